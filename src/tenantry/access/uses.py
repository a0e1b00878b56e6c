"""What acts with a role besides people. Packages above say so; deleting the role moves it to the successor."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RoleUse:
    """`permission`: of whoever may move them. `names`: of those that act with the role now. `refers`: whether anything
    names the role, ended things included. `move`: from one role to another, ended things included."""

    permission: str
    names: Callable[[UUID], tuple[str, ...]]
    refers: Callable[[UUID], bool]
    move: Callable[[UUID, UUID], None]


USES: list[RoleUse] = []


def register_role_use(use: RoleUse) -> RoleUse:
    USES.append(use)
    return use

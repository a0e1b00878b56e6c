"""What an administrator asks of the directory, drawn from the people and places that are there."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

from tenantry.access.models import Profile, Role
from tenantry.access.selectors import SORTS, DirectoryFilter
from tenantry.organizations.models import Unit, Workspace
from tenantry.people.models import Department, Membership, Team

STATUSES = (("active",), ("pending",), ("expired",), ("deactivated",), ("removed",), ("active", "pending"))
SEEN = ("7", "30", "90", "never")
FILTERS = ("role", "team", "unit", "region", "workspace", "profile", "department", "seen")
# Milliseconds that the 95th of a hundred is asked to stay below, by how many filters stand beside text and status.
BARS = {0: 25, 1: 25, 2: 100, 3: 300}
KINDS: tuple[tuple[str, ...], ...] = (
    (),
    ("text",),
    ("text", "status"),
    *((name,) for name in FILTERS),
    *(("text", name) for name in FILTERS),
    *(("text", "status", name) for name in FILTERS),
    ("text", "role", "department"),
    ("text", "unit", "seen"),
    ("text", "status", "region", "profile"),
    ("text", "status", "role", "unit", "seen"),
)
ORDERS = tuple(SORTS.values())


def bar(kind: tuple[str, ...]) -> int:
    return BARS[min(3, sum(part in FILTERS for part in kind))]


class Asker:
    """Draws questions; inside of the organization's scope, once."""

    def __init__(self, seed: int = 1022) -> None:
        self.random = random.Random(seed)
        rows = Membership.objects.order_by("id").values_list("given_name", "family_name", "email")
        count = Membership.objects.count()
        self.names = list(rows[:: max(1, count // 4000)])
        ids: dict[str, Any] = {
            "role_ids": Role.objects.filter(kind="base"),
            "team_ids": Team.objects,
            "workspace_ids": Workspace.objects,
            "profile_ids": Profile.objects,
            "department_ids": Department.objects,
        }
        self.ids: dict[str, list[UUID]] = {key: list(rows.values_list("id", flat=True)) for key, rows in ids.items()}
        units = Unit.objects.order_by("created_at", "id")
        self.ids["leaf"] = list(units.filter(children=None).values_list("id", flat=True))
        self.ids["upper"] = list(units.exclude(parent=None).exclude(children=None).values_list("id", flat=True))

    def draw(self, kind: tuple[str, ...]) -> DirectoryFilter:
        asked: dict[str, Any] = {}
        for part in kind:
            asked |= self._part(part)
        return DirectoryFilter(**asked)

    def _part(self, part: str) -> dict[str, Any]:
        if part == "text":
            return {"query": self._text()}
        if part == "status":
            return {"statuses": self.random.choice(STATUSES)}
        if part == "seen":
            return {"last_sign_in": self.random.choice(SEEN)}
        if part in ("unit", "region"):
            return {"unit_ids": (self.random.choice(self.ids["leaf" if part == "unit" else "upper"]),)}
        return {f"{part}_ids": (self.random.choice(self.ids[f"{part}_ids"]),)}

    def _text(self) -> str:
        """One to three letters, a longer beginning, a whole name, two beginnings, an address: as people type."""
        given, family, email = self.random.choice(self.names)
        cut = self.random.randrange
        ways: tuple[Callable[[], str], ...] = (
            lambda: given[:1],
            lambda: (family or given)[:2],
            lambda: self.random.choice((given, family or given))[: cut(3, 6)],
            lambda: family or given,
            lambda: f"{given} {family}",
            lambda: f"{given[: cut(1, 4)]} {family[: cut(1, 4)]}",
            lambda: email[: cut(6, max(7, len(email)))],
        )
        return self.random.choice(ways)()

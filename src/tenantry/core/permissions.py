"""The permission catalogue: declared constants. Roles are data, permissions are code (product.md §4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reach(IntEnum):
    """Whose records. Every reach includes one's own; team, workflow and unit combine by union."""

    OWN = 1
    TEAM = 2
    WORKFLOW = 3
    UNIT = 4
    ALL = 5


REACH_CODES = {"own": Reach.OWN, "team": Reach.TEAM, "workflow": Reach.WORKFLOW, "unit": Reach.UNIT, "all": Reach.ALL}

AREAS: dict[str, Any] = {
    "organization": _("Organization"),
    "people": _("People"),
    "access": _("Access"),
    "billing": _("Plan and billing"),
    "safety": _("Safety"),
    "data": _("Data"),
    "platform": _("Platform"),
}


@dataclass(frozen=True, slots=True)
class Permission:
    """`code` is `area.action`; `sentence` finishes “May …” on screens."""

    code: str
    title: str | Promise
    sentence: str | Promise
    area: str
    has_reach: bool = False

    def __str__(self) -> str:
        return self.code


_catalogue: dict[str, Permission] = {}


def declare(permissions: Iterable[Permission]) -> None:
    for permission in permissions:
        if permission.area not in AREAS:
            raise ValueError(f"{permission.code}: unknown area {permission.area}")
        if _catalogue.setdefault(permission.code, permission) is not permission:
            raise ValueError(f"{permission.code} is declared twice")


def catalogue() -> dict[str, Permission]:
    """Every declared permission by code, sorted."""
    return dict(sorted(_catalogue.items()))

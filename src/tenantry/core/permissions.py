"""The permission catalogue: declared constants. Roles are data, permissions are code (product.md §4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Reach(IntFlag):
    """Whose records. Each includes one's own; team, workflow and unit are different sets that combine by union."""

    NONE = 0
    OWN = 1
    TEAM = 2 | OWN
    WORKFLOW = 4 | OWN
    UNIT = 8 | OWN
    ALL = 31


# What roles, profiles and restrictions write down.
REACH_CODES = {"own": Reach.OWN, "team": Reach.TEAM, "workflow": Reach.WORKFLOW, "unit": Reach.UNIT, "all": Reach.ALL}
REACH_TITLES: Mapping[str, Any] = {
    "own": _("Own"),
    "team": _("Team"),
    "workflow": _("Workflow"),
    "unit": _("Unit"),
    "all": _("All"),
}
# A permission without a reach is written so.
YES = "yes"


def reach_of(written: str) -> Reach:
    """Of what a role writes: a reach code, or `yes`. Nothing and unknown words give nothing."""
    return Reach.ALL if written == YES else REACH_CODES.get(written, Reach.NONE)


def reach_codes(reach: Reach) -> tuple[str, ...]:
    """The widest codes that a reach consists of: `("team", "unit")`; own alone, all alone."""
    if reach == Reach.ALL:
        return ("all",)
    parts = tuple(code for code in ("team", "workflow", "unit") if reach & REACH_CODES[code] == REACH_CODES[code])
    return parts or (("own",) if reach else ())


class ScopeKind(StrEnum):
    """Where an assignment holds."""

    ORGANIZATION = "organization"
    UNIT = "unit"
    WORKSPACE = "workspace"


PLACES_OF_RECORDS = frozenset({ScopeKind.UNIT, ScopeKind.WORKSPACE})

AREAS: dict[str, Any] = {
    "leads": _("Leads"),
    "contacts": _("Contacts and companies"),
    "deals": _("Deals"),
    "work": _("Tasks, notes, activities and files"),
    "reports": _("Reports"),
    "people": _("People"),
    "structure": _("Teams, units, workspaces and workflows"),
    "access": _("Access"),
    "organization": _("Organization"),
    "billing": _("Plan and billing"),
    "recognition": _("Recognition"),
    "customization": _("Customization"),
    "safety": _("Safety"),
    "data": _("Data"),
    "platform": _("Platform"),
}


@dataclass(frozen=True, slots=True)
class Permission:
    """`code` is `area.action`; `sentence` finishes “May …” on screens.

    `scopes`: besides the whole organization, where a role with it may be held; an action on such a permission decides
    on its target. `in_applications`: profiles bound it. `reads`: seeing a field is enough for it. `keyholders_only`:
    no role can be given it. What works while the organization is not active (product.md §5): `reads` and `exports`
    when its trial is over, `when_frozen` then, while it is frozen and after its subscription has ended.
    """

    code: str
    title: str | Promise
    sentence: str | Promise
    area: str
    has_reach: bool = False
    scopes: frozenset[ScopeKind] = frozenset()
    in_applications: bool = False
    reads: bool = False
    keyholders_only: bool = False
    when_frozen: bool = False
    exports: bool = False

    def __str__(self) -> str:
        return self.code

    def works(self, state: str) -> bool:
        """Whether an organization in this state lets anybody do it."""
        if state == "active" or self.when_frozen:
            return True
        return state == "trial_ended" and (self.reads or self.exports)


@dataclass(frozen=True, slots=True)
class Restriction:
    """A switch on one member. `takes`: the permissions it takes away whole, or, with `choices` (reach codes), cuts down
    to the chosen reach. `hides`: fields that are not seen any more."""

    code: str
    title: str | Promise
    sentence: str | Promise
    takes: tuple[str, ...]
    choices: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    in_workspaces: bool = True

    def allows(self, value: str) -> bool:
        return value in self.choices if self.choices else value == YES

    def leaves(self, value: str) -> Reach:
        return REACH_CODES[value] if self.choices else Reach.NONE


class FieldAccess(IntEnum):
    HIDDEN = 0
    VIEW = 1
    EDIT = 2


FIELD_CODES = {"hidden": FieldAccess.HIDDEN, "view": FieldAccess.VIEW, "edit": FieldAccess.EDIT}


@dataclass(frozen=True, slots=True)
class RecordField:
    """A field that profiles may hide or make read-only. `code` is `type.field`; `columns`: of the model, where they are
    not called as the field is."""

    code: str
    title: str | Promise
    area: str
    columns: tuple[str, ...] = ()


_catalogue: dict[str, Permission] = {}
_restrictions: dict[str, Restriction] = {}
_fields: dict[str, RecordField] = {}


def declare(permissions: Iterable[Permission]) -> None:
    for permission in permissions:
        if permission.area not in AREAS:
            raise ValueError(f"{permission.code}: unknown area {permission.area}")
        if _catalogue.setdefault(permission.code, permission) != permission:
            raise ValueError(f"{permission.code} is declared twice")


def declare_restrictions(restrictions: Iterable[Restriction]) -> None:
    for restriction in restrictions:
        if _restrictions.setdefault(restriction.code, restriction) != restriction:
            raise ValueError(f"{restriction.code} is declared twice")


def declare_fields(fields: Iterable[RecordField]) -> None:
    for field in fields:
        if _fields.setdefault(field.code, field) != field:
            raise ValueError(f"{field.code} is declared twice")


def catalogue() -> dict[str, Permission]:
    """Every declared permission by code: sorted by what it is about, then as declared (see before edit)."""
    return dict(sorted(_catalogue.items(), key=lambda item: item[0].partition(".")[0]))


def permission(code: str) -> Permission:
    """:raises KeyError: nothing declares it."""
    return _catalogue[code]


def restrictions() -> dict[str, Restriction]:
    """Every declared restriction by code, in the order of declaration."""
    return dict(_restrictions)


def record_fields() -> dict[str, RecordField]:
    return dict(sorted(_fields.items()))

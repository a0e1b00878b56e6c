"""Which columns the directory shows: what the address says, else somebody's own choice, else the usual ones."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.access.selectors import status_shown
from tenantry.organizations.labels import label

USUAL = ("email", "role", "team", "unit", "status", "last_sign_in")
# So few fit everywhere.
FEW = 2


@dataclass(frozen=True, slots=True)
class Column:
    """`heading`: of the file. `sort`: as the address orders by it. `css`: from which width it shows. `word`: of
    `organizations.labels`. `part`: of structure, shown where that is in use."""

    key: str
    title: str | Promise
    heading: str
    cell: Callable[[Any, datetime], str]
    css: str = ""
    sort: str = ""
    first: str = "ascending"
    word: str = ""
    part: str = ""


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


COLUMNS: tuple[Column, ...] = (
    Column("email", _("E-mail"), "email", lambda m, _now: m.email, "d-none d-xl-table-cell", "email"),
    Column("role", _("Role"), "role", lambda m, _now: m.role_name or "", "d-none d-sm-table-cell"),
    Column("team", _("Team"), "teams", lambda m, _now: ", ".join(m.team_names), "d-none d-lg-table-cell", word="team"),
    Column(
        "unit",
        _("Branch"),
        "unit",
        lambda m, _now: m.unit_name or "",
        "d-none d-xl-table-cell",
        word="unit",
        part="units",
    ),
    Column(
        "department", _("Department"), "department", lambda m, _now: m.department_name or "", "d-none d-lg-table-cell"
    ),
    Column(
        "profile",
        _("Profile"),
        "profile",
        lambda m, _now: m.profile_name or "",
        "d-none d-lg-table-cell",
        part="profiles",
    ),
    Column("manager", _("Manager"), "manager", lambda m, _now: m.manager_name or "", "d-none d-lg-table-cell"),
    Column("phone", _("Phone"), "phone", lambda m, _now: m.phone, "d-none d-lg-table-cell"),
    Column("status", _("Status"), "status", status_shown),
    Column(
        "last_sign_in",
        _("Last sign-in"),
        "last_sign_in",
        lambda m, _now: _moment(m.last_sign_in_at),
        "d-none d-md-table-cell",
        "last_sign_in",
        "descending",
    ),
    Column(
        "added",
        _("Added"),
        "added",
        lambda m, _now: _moment(m.created_at),
        "d-none d-lg-table-cell",
        "added",
        "descending",
    ),
)
KEYS = tuple(column.key for column in COLUMNS)


@dataclass(frozen=True, slots=True)
class Shown:
    """One column as the page has it; `css` is empty where there is room for every one."""

    key: str
    label: str
    css: str
    sort: str
    first: str


def chosen(query: QueryDict, own: str) -> tuple[str, ...] | None:
    """Keys in the house's order; None where nobody chose. `own`: the query of somebody's own choice. The name always
    shows, so a choice of `name` alone is one of no other column."""
    for said in (query, QueryDict(own)):
        if "columns" in said:
            wanted = set(said.getlist("columns"))
            return tuple(key for key in KEYS if key in wanted)
    return None


def picked(keys: Iterable[str] | None, structure: Collection[str]) -> list[Column]:
    """Columns by key, without those of parts that are not in use."""
    wanted = set(USUAL if keys is None else keys)
    return [column for column in COLUMNS if column.key in wanted and (not column.part or column.part in structure)]


def offered(structure: Collection[str], labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """(key, label) of every column that there is here."""
    return [(column.key, _label(column, labels)) for column in picked(KEYS, structure)]


def shown(keys: tuple[str, ...] | None, structure: Collection[str], labels: Mapping[str, str]) -> list[Shown]:
    everywhere = keys is not None and len(keys) <= FEW
    return [
        Shown(c.key, _label(c, labels), "" if everywhere else c.css, c.sort, c.first) for c in picked(keys, structure)
    ]


def _label(column: Column, labels: Mapping[str, str]) -> str:
    return label(labels, column.word) if column.word else str(column.title)

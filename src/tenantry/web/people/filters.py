"""What the address of the directory says, read tolerantly: what can't be meant finds nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.access.selectors import SORTS, STATUSES, DirectoryFilter
from tenantry.core.ids import NIL, parse_id

STATUS_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("active", _("Active")),
    ("pending", _("Pending")),
    ("expired", _("Expired")),
    ("deactivated", _("Deactivated")),
    ("removed", _("Removed")),
)
SEEN_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("7", _("Not for a week")),
    ("30", _("Not for 30 days")),
    ("90", _("Not for 90 days")),
    ("never", _("Never")),
)
SORT_CHOICES: tuple[tuple[str, str | Promise], ...] = (
    ("name", _("Name")),
    ("email", _("E-mail")),
    ("-last_sign_in", _("Last sign-in, newest first")),
    ("last_sign_in", _("Last sign-in, oldest first")),
    ("-added", _("Added, newest first")),
    ("added", _("Added, oldest first")),
)
# By what leads here from the page of seats.
SEATS = frozenset({"held", "free"})
MOST_CHOICES = 50
# What narrows the list; the rest of the address orders it.
PARTS = frozenset({"q", "status", "role", "team", "unit", "workspace", "department", "profile", "last_sign_in", "seat"})


@dataclass(frozen=True, slots=True)
class Order:
    """`text` is how the address writes it."""

    text: str
    column: str
    descending: bool


def order_of(query: QueryDict) -> Order:
    text = query.get("sort", "")
    name = text.removeprefix("-")
    if name not in SORTS:
        return Order("name", SORTS["name"], descending=False)
    return Order(text, SORTS[name], text.startswith("-"))


def wanted(query: QueryDict) -> DirectoryFilter:
    asked = [status for status in query.getlist("status") if status]
    statuses = tuple(status for status in asked if status in STATUSES)
    return DirectoryFilter(
        query=query.get("q", ""),
        statuses=statuses,
        role_ids=(NIL,) if asked and not statuses else _ids(query.getlist("role")),
        team_ids=_ids(query.getlist("team")),
        last_sign_in=query.get("last_sign_in", ""),
        unit_ids=_ids(query.getlist("unit")),
        workspace_ids=_ids(query.getlist("workspace")),
        department_ids=_ids(query.getlist("department")),
        profile_ids=_ids(query.getlist("profile")),
        seat=query.get("seat", "") if query.get("seat") in SEATS else "",
    )


def is_filtered(query: QueryDict) -> bool:
    return any(query.get(name, "").strip() for name in PARTS)


def kept(query: QueryDict) -> str:
    """Filter, order and columns of an address, as saved views and forms write them."""
    told = QueryDict(mutable=True)
    for name in (*sorted(PARTS), "sort", "columns"):
        told.setlist(name, [value for value in query.getlist(name)[:MOST_CHOICES] if value])
    return told.urlencode()


def _ids(values: Sequence[str]) -> tuple[UUID, ...]:
    """What is no id becomes one that nobody has."""
    return tuple(parse_id(value) or NIL for value in values[:MOST_CHOICES] if value)

"""Who is here, in numbers. Of small organizations counted when asked; of large ones as of a moment ago, by a job."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, F, QuerySet, Value

from tenantry.access.models import Role
from tenantry.access.searching import keeping
from tenantry.access.selectors import DirectoryFilter, directory
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction
from tenantry.organizations.models import Unit, current_organization
from tenantry.people.models import Department, SearchState, Snapshot
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import Month, joins_and_leaves

# (id, name, people who are not removed); most first.
Heads = list[tuple[UUID | None, str, int]]


@dataclass(frozen=True, slots=True)
class Overview:
    """`as_of`: when it was counted, None for this very moment."""

    by_role: Heads
    by_unit: Heads
    by_department: Heads
    months: Sequence[Month]
    as_of: datetime | None


def overview(actor: Actor, now: datetime, zone: tzinfo, people: int) -> Overview:
    """`people`: how many the actor sees; of few nobody keeps a snapshot.

    :raises PermissionMissing: `people.view`.
    """
    kept = Snapshot.objects.first() if people >= keeping.SMALL and actor.reach(VIEW) == Reach.ALL else None
    if kept is not None:
        figures = kept.figures
        return Overview(
            _heads(figures["by_role"]),
            _heads(figures["by_unit"]),
            _heads(figures["by_department"]),
            [Month(date.fromisoformat(first), joined, left) for first, joined, left in figures["months"]],
            kept.taken_at,
        )
    heads = _counted(actor, now)
    return Overview(
        heads["by_role"], heads["by_unit"], heads["by_department"], joins_and_leaves(actor, now, zone), None
    )


# What is grouped by, and its name.
_GROUPS = {
    "by_role": ("role_id_", "role_name"),
    "by_unit": ("unit_id", "unit__name"),
    "by_department": ("department_id", "department__name"),
}


def _counted(actor: Actor, now: datetime) -> dict[str, Heads]:
    """Of those the actor may see; one query."""
    rows: QuerySet[Any] = directory(actor, DirectoryFilter(), now).order_by()
    parts: list[Any] = [
        rows.values(part=Value(part), key=F(key), title=F(title)).annotate(n=Count("id"))
        for part, (key, title) in _GROUPS.items()
    ]
    found: dict[str, Heads] = {part: [] for part in _GROUPS}
    for row in parts[0].union(*parts[1:], all=True):
        found[row["part"]].append((row["key"], row["title"] or "", row["n"]))
    for heads in found.values():
        heads.sort(key=lambda head: (-head[2], head[1]))
    return found


def _heads(rows: list[list[Any]]) -> Heads:
    return [(UUID(i) if i else None, name, number) for i, name, number in rows]


# By role, by unit and by department in one reading of the search rows; removed people have status 3.
_COUNTED = """
SELECT part, v.id, n FROM (
  SELECT coalesce(role, unit, department) AS code, grouping(role, unit, department) AS part, count(*) AS n
  FROM people_searchperson WHERE organization_id = %(organization)s AND status <> 3
  GROUP BY GROUPING SETS ((role), (unit), (department))
) AS counted
LEFT JOIN people_searchvalue v ON v.organization_id = %(organization)s AND v.code = counted.code
"""
# What `grouping` says: a bit for each column that was not grouped by.
_PARTS = {0b011: "by_role", 0b101: "by_unit", 0b110: "by_department"}


# Of those who wait to be folded; more than these come with a load, which has a job of its own.
_FOLDS = 3


def take_snapshot(now: datetime) -> None:
    """Counts the open scope's people as they are at `now`, anew when somebody changed since it was done before.

    Under the lock of whoever folds search rows: what they are about to commit is seen here, or comes after `now`. While
    a great load is folded, the figures before it stay, with their time."""
    assert_in_transaction()
    state = SearchState.objects.select_for_update().filter(ready_at__isnull=False).first()
    if state is None:
        Snapshot.objects.all().delete()
        return
    if keeping.is_passing(state) or all(keeping.fold_waiting(state, now) for _fold in range(_FOLDS)):
        return
    zone = ZoneInfo(current_organization().time_zone)
    kept = Snapshot.objects.first()
    if kept is not None and _holds(kept, state, now, zone):
        Snapshot.objects.update(figures=_named(kept.figures), taken_at=now)
        return
    Snapshot.objects.update_or_create(defaults={"figures": _figures(now, zone), "taken_at": now})


def _holds(kept: Snapshot, state: SearchState, now: datetime, zone: tzinfo) -> bool:
    """Whether nobody has changed since, and the months are still the same."""
    unchanged = state.folded_at is None or state.folded_at <= kept.taken_at
    counted_in = kept.figures.get("zone") == str(zone)
    return unchanged and counted_in and kept.taken_at.astimezone(zone).date() == now.astimezone(zone).date()


def _figures(now: datetime, zone: tzinfo) -> dict[str, Any]:
    actor = Actor.system("people", scope.organization_id())
    figures: dict[str, Any] = {name: [] for name in _PARTS.values()}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, {"organization": scope.organization_id()})
        for part, value, number in cursor.fetchall():
            figures[_PARTS[part]].append((str(value) if value else None, "", number))
    months = joins_and_leaves(actor, now, zone)
    figures["months"] = [(month.first.isoformat(), month.joined, month.left) for month in months]
    return {**_named(figures), "zone": str(zone)}


def _named(figures: dict[str, Any]) -> dict[str, Any]:
    """With the names of this moment: a new name changes nobody, and nobody is folded for it."""
    names: dict[str, str] = {}
    for model in (Role, Unit, Department):
        rows: Any = model._default_manager.values_list("id", "name")
        names.update((str(row_id), name) for row_id, name in rows)
    fresh = dict(figures)
    for part in _PARTS.values():
        heads = [(row_id, names.get(row_id, ""), number) for row_id, _name, number in figures[part]]
        fresh[part] = sorted(heads, key=lambda head: (-head[2], head[1]))
    return fresh

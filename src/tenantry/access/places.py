"""What pages and programs show of units: the tree with its people and managing agents, and places to choose from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value

from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, Role
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, require_any, visible
from tenantry.core.named import MOST_WORDS, called
from tenantry.core.records import NOWHERE
from tenantry.organizations.models import Unit, UnitLink
from tenantry.organizations.units import path_of, place_of
from tenantry.people.models import Membership
from tenantry.people.permissions import UNITS_MANAGE, UNITS_VIEW
from tenantry.people.records import UNIT

MOST_UNITS = 2000
BETWEEN = " › "


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who holds a role at a unit, for everything below it too."""

    assignment_id: UUID
    membership_id: UUID
    name: str
    role: str
    unit_id: UUID
    ends_at: Any


@dataclass(frozen=True, slots=True)
class Node:
    """One unit in the tree. `depth` counts from the highest that is seen; `people` stand in it, `below` in it and in
    everything below; `units`: how many units that is, itself not counted."""

    id: UUID
    name: str
    parent_id: UUID | None
    depth: int
    people: int
    below: int
    units: int
    agents: tuple[Agent, ...]
    manages: bool
    is_root: bool


def visible_units(actor: Actor) -> QuerySet[Unit]:
    """:raises PermissionMissing: `units.view`, nowhere at all."""
    require_any(actor, UNITS_VIEW, UNITS_MANAGE)
    return visible(actor, UNITS_VIEW, UNIT, Unit.objects.all())


def get_unit(actor: Actor, unit_id: UUID, code: str | None = None) -> Unit:
    """:raises NotFound: unknown or out of reach. :raises PermissionMissing: seen, but not the actor's for `code`."""
    unit: Unit = find(actor, UNIT, unit_id, code)
    return unit


def tree(actor: Actor, below: UUID | None = None) -> list[Node]:
    """The units that the actor sees, each after its parent, by name; of `below` and what is below it, when given.

    Two queries, three for who manages a part. At most `MOST_UNITS`.
    """
    rows = visible_units(actor)
    if below is not None:
        rows = rows.filter(id__in=UnitLink.objects.filter(above_id=below).values("below_id"))
    here = Membership.objects.filter(unit_id=OuterRef("id")).exclude(status=Membership.Status.REMOVED)
    standing = here.order_by().values("unit_id").annotate(n=Count("id")).values("n")
    units = list(rows.annotate(n=Subquery(standing[:1])).order_by("sort_name", "id")[:MOST_UNITS])
    ids = {unit.id for unit in units}
    managed = ids
    if not decide(actor, UNITS_MANAGE, NOWHERE):
        managed = set(visible(actor, UNITS_MANAGE, UNIT, Unit.objects.all()).values_list("id", flat=True))
    counted: dict[UUID, int] = {unit.id: unit.n or 0 for unit in units}
    agents: dict[UUID, list[Agent]] = {}
    for agent in agents_at(ids):
        agents.setdefault(agent.unit_id, []).append(agent)
    ordered = in_order(units)
    people = {unit.id: counted.get(unit.id, 0) for unit in units}
    inner = dict.fromkeys(people, 0)
    for unit, depth in reversed(ordered):
        if depth and unit.parent_id:
            people[unit.parent_id] += people[unit.id]
            inner[unit.parent_id] += inner[unit.id] + 1
    return [
        Node(
            id=unit.id,
            name=unit.name,
            parent_id=unit.parent_id,
            depth=depth,
            people=counted.get(unit.id, 0),
            below=people[unit.id],
            units=inner[unit.id],
            agents=tuple(agents.get(unit.id, ())),
            manages=unit.id in managed,
            is_root=unit.parent_id is None,
        )
        for unit, depth in ordered
    ]


def in_order(units: Sequence[Unit]) -> list[tuple[Unit, int]]:
    """Each unit after its parent with its depth; the order of `units` among those of one parent."""
    ids = {unit.id for unit in units}
    children: dict[UUID | None, list[Unit]] = {}
    for unit in units:
        children.setdefault(unit.parent_id if unit.parent_id in ids else None, []).append(unit)
    found: list[tuple[Unit, int]] = []
    # No recursion: a tree may be deeper than Python's stack.
    waiting = [(unit, 0) for unit in reversed(children.get(None, []))]
    while waiting:
        unit, depth = waiting.pop()
        found.append((unit, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(unit.id, []))]
    return found


def agents_at(unit_ids: Iterable[UUID]) -> list[Agent]:
    """Who holds a role at one of these units, by name."""
    rows = Assignment.objects.filter(unit_id__in=list(unit_ids)).exclude(membership__status=Membership.Status.REMOVED)
    found = rows.select_related("membership", "role").defer("membership__picture").order_by("membership__sort_name")
    return [
        Agent(row.id, row.membership_id, row.membership.name, row.role.name, row.unit_id, row.ends_at)
        for row in found
        if row.unit_id
    ]


def path_to(actor: Actor, unit_id: UUID) -> list[Unit]:
    """The units above this one that the actor sees, the highest first, and itself."""
    path = path_of(unit_id)
    if decide(actor, UNITS_VIEW, NOWHERE):
        return path
    seen = set(visible_units(actor).filter(id__in=[unit.id for unit in path]).values_list("id", flat=True))
    return [unit for unit in path if unit.id in seen]


def units_over(actor: Actor, code: str) -> QuerySet[Unit]:
    """The units over which the actor holds `code`."""
    rows: QuerySet[Unit] = visible(actor, code, UNIT, Unit.objects.all())
    return rows


def units_held(actor: Actor, code: str) -> frozenset[UUID]:
    """The units at which the actor holds a role and has `code`, none for whoever has it everywhere: where somebody
    stands below whom they may act on."""
    held = {one.scope_id for one in actor.grants.held if one.scope == "unit" and one.scope_id}
    if not held or actor.grants.everything:
        return frozenset()
    return frozenset(units_over(actor, code).filter(id__in=held).values_list("id", flat=True))


def with_paths(actor: Actor, code: str) -> QuerySet[Unit]:
    """The same with `path`, the names above each and its own, as far as they reach."""
    rows = units_over(actor, code)
    links = UnitLink.objects.filter(below_id=OuterRef("id"), above_id__in=rows.values("id"))
    names = ArraySubquery(links.order_by("-depth").values("above__name"))
    joined = Func(names, Value(BETWEEN), function="array_to_string", output_field=TextField())
    return rows.annotate(path=joined)


def units_called(rows: QuerySet[Any], typed: str) -> QuerySet[Any]:
    """Of units as `with_paths` shows them: those of which every word that was typed stands in their own name or in one
    above it, and one at least in their own. However many are called alike, one of them is found."""
    own, found = Q(), rows
    for word in typed.replace(BETWEEN.strip(), " ").split()[:MOST_WORDS]:
        named = called(rows, word).values("id")
        found = found.filter(id__in=UnitLink.objects.filter(above_id__in=named).values("below_id"))
        own |= Q(id__in=named)
    return found.filter(own)


def unit_choices(actor: Actor, code: str) -> list[tuple[UUID, str]]:
    """(id, path in names) of the units over which the actor holds `code`, in the order of the tree; one query."""
    units = list(visible(actor, code, UNIT, Unit.objects.all()).order_by("sort_name", "id")[:MOST_UNITS])
    found: list[tuple[UUID, str]] = []
    path: list[str] = []
    for unit, depth in in_order(units):
        path[depth:] = [unit.name]
        found.append((unit.id, BETWEEN.join(path)))
    return found


def roles_for(actor: Actor, kind: str, unit_id: UUID | None = None) -> list[Role]:
    """Roles of this kind that the actor may give at that unit, or in the whole organization; strongest first."""
    place = place_of(unit_id) if unit_id else NOWHERE
    rows = Role.objects.filter(kind=kind).order_by("position", "sort_name")
    return [role for role in rows if may_assign(actor, role, place)]

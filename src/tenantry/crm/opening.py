"""Whether people could open the records that they are given: asked of the one rule table, for them as the owner, once
for each type and workspace (docs/decisions/0044)."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.grants import of_members
from tenantry.access.models import Assignment, Role
from tenantry.access.workspaces import inside, levels_for
from tenantry.core.actor import Actor, Grants
from tenantry.core.decisions import decide, visible
from tenantry.core.ids import NIL
from tenantry.core.permissions import ScopeKind
from tenantry.core.records import RecordType, Target, connections, owned_types
from tenantry.organizations.models import Workspace
from tenantry.people.permissions import WORKSPACES_MANAGE, WORKSPACES_VIEW
from tenantry.people.records import WORKSPACE
from tenantry.people.selectors import names_of

# Whether somebody could open records of a type (its key) in a workspace, None for those in none, once they own them.
Opens = Callable[[UUID, str, UUID | None], bool]


@dataclass(frozen=True, slots=True)
class Closed:
    """Records that whoever receives them could not open. `name`: the receiver's; `place_id`: the workspace in which the
    records lie, None for those in none; `place`: its name, empty for whoever may not see it; `counts`: by type."""

    membership_id: UUID
    name: str
    place_id: UUID | None
    place: str
    counts: tuple[tuple[str, int], ...]

    @property
    def number(self) -> int:
        return sum(number for _key, number in self.counts)


def opening(ids: Collection[UUID], now: datetime) -> "Opening":
    """One query for any number of people; one more for each branch in which one of them holds a role at a branch."""
    grants = of_members(ids, now) if ids else {}
    units = {one.unit_id for one in grants.values() if one.unit_id and _at_units(one)}
    above = {unit: frozenset(connections().units_above(unit)) for unit in units}
    people = {one: _Receiver(one, held, above.get(held.unit_id or NIL, frozenset())) for one, held in grants.items()}
    codes = {key: one.permissions["view"] for key, one in owned_types().items()}
    return Opening(people, codes)


class Opening:
    """What `opening` found: called as `Opens`."""

    def __init__(self, people: Mapping[UUID, "_Receiver"], codes: Mapping[str, str]) -> None:
        self._people, self._codes = people, codes

    def __call__(self, one: UUID, key: str, place: UUID | None) -> bool:
        return one in self._people and self._people[one].opens(key, self._codes[key], place)

    def special(self, ids: Iterable[UUID]) -> list[UUID]:
        """Workspaces in which one of these people holds something of its own; to all of them every other one is like
        none."""
        return sorted({place for one in ids if one in self._people for place in self._people[one].special if place})


def _at_units(grants: Grants) -> bool:
    return any(held.scope is ScopeKind.UNIT for held in grants.held)


class _Receiver:
    """Somebody as owner of records: wherever they hold nothing of its own, one workspace is as another."""

    def __init__(self, one: UUID, grants: Grants, units: frozenset[UUID]) -> None:
        self._actor = Actor("member", None, grants, membership_id=one)
        self._target = Target(owner=one, owner_teams=grants.teams, units=units)
        levels = {held.scope_id for held in grants.held if held.scope is ScopeKind.WORKSPACE}
        self.special = levels | set(grants.taken_in)
        self._known: dict[tuple[str, UUID | None], bool] = {}

    def opens(self, key: str, code: str, place: UUID | None) -> bool:
        where = place if place in self.special else None
        found = self._known.get((key, where))
        if found is None:
            found = decide(self._actor, code, replace(self._target, kind=key, workspace=where)).allowed
            self._known[key, where] = found
        return found


def lie_in_workspaces() -> bool:
    """Whether there is any workspace: where there is none, nobody has to count by them."""
    return Workspace.objects.exists()


def named_closed(
    actor: Actor, found: Mapping[tuple[UUID, UUID | None], Mapping[str, int]], names: Mapping[UUID, str]
) -> tuple[Closed, ...]:
    """`found`: (receiver, workspace) -> records by type. In the order of names; one query where there is something."""
    if not found:
        return ()
    wanted = {place for _one, place in found if place}
    places: dict[UUID, str] = {}
    if wanted and actor.may(WORKSPACES_VIEW):
        rows: Any = visible(actor, WORKSPACES_VIEW, WORKSPACE).filter(id__in=wanted)
        places = dict(rows.values_list("id", "name"))
    lines = [
        Closed(one, names[one], place, places.get(place, "") if place else "", _in_order(counts))
        for (one, place), counts in found.items()
    ]
    return tuple(sorted(lines, key=_by_name))


def _by_name(one: Closed) -> tuple[Any, ...]:
    return one.name.lower(), one.membership_id, one.place.lower(), str(one.place_id or "")


def _in_order(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple((key, counts[key]) for key in owned_types() if counts.get(key))


def closed_to(
    actor: Actor, owner_id: UUID | None, record_type: RecordType, places: Mapping[UUID | None, int], now: datetime
) -> tuple[Closed, ...]:
    """Of records of one type that the actor gives to somebody, those that they could not open. `places`: how many lie
    in which workspace. Nobody is asked for the queue, or for the actor, who comes by nothing that they do not see."""
    if owner_id is None or owner_id == actor.membership_id or not places:
        return ()
    opens = opening((owner_id,), now)
    found = {
        (owner_id, place): {record_type.key: number}
        for place, number in places.items()
        if not opens(owner_id, record_type.key, place)
    }
    return named_closed(actor, found, names_of([owner_id])) if found else ()


def closed_among(
    actor: Actor, owner_id: UUID | None, record_type: RecordType, rows: Iterable[Any], now: datetime
) -> frozenset[UUID]:
    """The same of rows, one by one: ids of those."""
    listed = list(rows)
    places = {one.place_id for one in closed_to(actor, owner_id, record_type, places_in(record_type, listed), now)}
    return frozenset(row.pk for row in listed if places & set(places_in(record_type, [row])))


def places_in(record_type: RecordType, rows: Iterable[Any]) -> Counter[UUID | None]:
    """How many of these records lie in which workspace."""
    return Counter(getattr(row, record_type.workspace) if record_type.workspace else None for row in rows)


def total_of(closed: Iterable[Closed]) -> int:
    return sum(one.number for one in closed)


def closed_kept(number: int) -> dict[str, int]:
    """What the audit's entry says of it; nothing for none."""
    return {"closed": number} if number else {}


# --- The way out --------------------------------------------------------------------------


def level_that_opens(actor: Actor, line: Closed) -> Role | None:
    """The least level that the actor may give this receiver in the workspace of these records, and that opens them, for
    work where there is one; None: there is none, or it is not for want of a level."""
    if line.place_id is None or not decide(actor, WORKSPACES_MANAGE, inside(line.place_id)):
        return None
    if line.membership_id == actor.membership_id and not actor.grants.everything:
        return None
    types = [owned_types()[key].permissions for key, _number in line.counts]

    def gives(role: Role, verb: str) -> bool:
        return all(codes.get(verb, codes["view"]) in role.permissions for codes in types)

    here = Assignment.objects.filter(workspace_id=line.place_id, membership_id=line.membership_id)
    held = here.select_related("role").first()
    able = [role for role in levels_for(actor, line.place_id) if gives(role, "view")]
    if not able or (held is not None and gives(held.role, "view")):
        return None
    return ([role for role in able if gives(role, "edit")] or able)[-1]

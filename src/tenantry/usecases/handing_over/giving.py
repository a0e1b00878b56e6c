"""From whom records may be taken, and by whom they may be received."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.hands import Standing, out_of_hand, standings
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, require
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, Refusal
from tenantry.core.ids import NIL
from tenantry.core.records import NOWHERE, RecordType, Target, connections, owned_types
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership, TeamMember
from tenantry.people.permissions import DEACTIVATE, EDIT, REMOVE
from tenantry.people.selectors import visible_members
from tenantry.usecases.handing_over.portions import Part, Portion
from tenantry.usecases.handing_over.spreads import Group, Sharing

# Any one of them, over the person: who may say that somebody leaves may say who goes on with their work.
HANDS: Final = (EDIT, DEACTIVATE, REMOVE)


@dataclass(frozen=True, slots=True)
class Givers:
    """From whom the actor may take: people, and the types of the queue. `names` by id, `refused` by id."""

    ids: tuple[UUID, ...]
    names: Mapping[UUID, str]
    queue: frozenset[str]
    refused: Mapping[UUID, tuple[str, Refusal]]

    def types(self, owner_id: UUID, part: Part) -> tuple[RecordType, ...]:
        if owner_id != NIL:
            return part.types
        return tuple(one for one in part.types if one.key in self.queue)


def givers_of(actor: Actor, from_ids: Iterable[UUID], portion: Portion) -> Givers:
    """:raises NotFound, NotOnOneself, PermissionMissing, MemberOutOfHand: see `plan_reassign_records`."""
    wanted = list(from_ids)
    if not wanted:
        raise InvalidInput({"from_ids": _("Choose from whom.")})
    people = sorted(one for one in wanted if one != NIL)
    rows = {}
    if people:
        rows = {row.id: row for row in visible_members(actor).filter(id__in=people).defer("picture")}
        if len(rows) != len(people):
            raise NotFound
    refused = refusals_of(actor, rows)
    queue = queue_of(actor, portion) if NIL in wanted else frozenset[str]()
    ids = tuple(one for one in people if one not in refused) + ((NIL,) if queue else ())
    if not ids:
        raise next(refusal for _name, refusal in refused.values())
    names = {**{one: rows[one].name for one in people}, NIL: _("Unassigned")}
    return Givers(ids, names, queue, refused)


def refusals_of(actor: Actor, rows: Mapping[UUID, Membership]) -> dict[UUID, tuple[str, Refusal]]:
    standing = _standings(rows)
    found: dict[UUID, tuple[str, Refusal]] = {}
    for one, member in sorted(rows.items()):
        if one == actor.membership_id:
            found[one] = (member.name, NotOnOneself())
            continue
        refusals = [r for code in HANDS if (r := out_of_hand(actor, member, standing[one], code))]
        if len(refusals) == len(HANDS):
            # Of the rights that one has at all, the refusal that says most.
            found[one] = (member.name, next((r for r in refusals if not isinstance(r, PermissionMissing)), refusals[0]))
    return found


def may_take_from(actor: Actor, member: Membership) -> bool:
    """Whether the actor may say who goes on with this person's records, whether they are here or have left."""
    return actor.may_any(*HANDS) and not refusals_of(actor, {member.id: member})


def _standings(rows: Mapping[UUID, Membership]) -> dict[UUID, Standing]:
    """Whoever was removed holds nothing any more; their records stay in the branch where they were."""
    found = standings(rows)
    gone = {one: row.unit_id for one, row in rows.items() if row.status == Membership.Status.REMOVED and row.unit_id}
    above = {unit: frozenset(connections().units_above(unit)) for unit in set(gone.values())}
    for one, unit in gone.items():
        found[one] = Standing(None, (), Target("member", one, owner=one, units=above[unit]))
    return found


def ask_again(actor: Actor, giver_ids: Iterable[UUID], queue: Iterable[str]) -> None:
    """What was asked when it was confirmed, before each batch: `queue` are the types that are taken out of it.

    :raises Refusal: the first that holds now.
    """
    people = [one for one in giver_ids if one != NIL]
    refused = refusals_of(actor, {row.id: row for row in Membership.objects.filter(id__in=people).defer("picture")})
    for _name, refusal in refused.values():
        raise refusal
    types = owned_types()
    for key in queue:
        require(actor, types[key].permissions["edit"])


def queue_of(actor: Actor, portion: Portion) -> frozenset[str]:
    """Types whose records the actor may take out of the queue.

    :raises PermissionMissing: none of them, or not one that was asked for.
    """
    types = [one for key, one in owned_types().items() if key in portion.types or not portion.types]
    found = {one.key for one in types if decide(actor, one.permissions["edit"], NOWHERE)}
    missing = [one for one in types if one.key not in found]
    if missing and (portion.types or not found):
        code = missing[0].permissions["edit"]
        raise PermissionMissing(code, decide(actor, code, NOWHERE).step or "")
    return frozenset(found)


def ask_of_oneself(actor: Actor, givers: Givers, groups: Iterable[Group], sharing: Sharing) -> None:
    """Nobody comes to see by a handing over what they may not see: who receives has to reach it already, if it is they
    themselves who do it.

    :raises PermissionMissing: see there.
    """
    mine = actor.membership_id
    if mine is None or not any(mine in pool.members for pool in sharing.pools):
        return
    targets = targets_of(givers.ids)
    for group in groups:
        pool = sharing.pool_of(group)
        if pool is None or mine not in sharing.pools[pool].members:
            continue
        code = owned_types()[group.type_key].permissions["view"]
        decision = decide(actor, code, replace(targets[group.owner], workspace=group.place))
        if not decision:
            raise PermissionMissing(code, decision.step or "")


def targets_of(owner_ids: Iterable[UUID]) -> dict[UUID, Target]:
    """Somebody's records as decisions see them, wherever else each may stand."""
    people = [one for one in owner_ids if one != NIL]
    standing = _standings(Membership.objects.defer("picture").in_bulk(people))
    teams: dict[UUID, set[UUID]] = {}
    for team, one in TeamMember.objects.filter(membership_id__in=people).values_list("team_id", "membership_id"):
        teams.setdefault(one, set()).add(team)
    found = {
        one: Target("record", owner=one, owner_teams=frozenset(teams.get(one, ())), units=standing[one].target.units)
        for one in people
    }
    return {**found, NIL: NOWHERE}

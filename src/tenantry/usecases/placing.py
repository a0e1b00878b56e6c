"""Where people stand in the tree of units: one or many, the plan and the act from the same code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.errors import MoveWidensReach
from tenantry.access.hands import Standing, out_of_hand, standings
from tenantry.access.widening import widens
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.ids import NIL
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.units import place_of, unit_names
from tenantry.people.errors import AlreadyInUnit, AlreadyRemoved, NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import PLANNED, visible_members
from tenantry.people.steps import bump_access


@dataclass(frozen=True, slots=True)
class PlacingPlan(Plan):
    """Who of a selection would come into a unit, and who not, with the reason. `unit_id` None: into none."""

    unit_id: UUID | None
    unit: str
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    unit_id: UUID | None
    unit: str
    members: tuple[UUID, ...]
    refused: tuple[Refused, ...]


def plan_move_to_unit(*, actor: Actor, membership_ids: Iterable[UUID], unit_id: UUID | None) -> PlacingPlan:
    """:raises NotFound: the unit, or somebody of the selection, is unknown or out of reach.
    :raises PermissionMissing: `people.edit` does not reach that unit."""
    rows, refused = _sorted_out(actor, membership_ids, unit_id)
    moving = [member for member in rows if member.id not in refused]
    return PlacingPlan(
        unit_id,
        unit_names([unit_id]).get(unit_id, "") if unit_id else "",
        tuple(m.id for m in moving),
        tuple(m.name for m in moving),
        tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused),
    )


def _sorted_out(
    actor: Actor, membership_ids: Iterable[UUID], unit_id: UUID | None
) -> tuple[list[Membership], dict[UUID, Refusal]]:
    """The selection by name, and who of it can't be moved there and why."""
    place = place_of(unit_id)
    require(actor, EDIT, place)
    wanted = set(membership_ids)
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    standing = standings(member.id for member in rows)
    # Decided once a place: hundreds of people come from the same.
    widening = {units: widens(actor, units, place.units) for units in {one.target.units for one in standing.values()}}
    refused = {m.id: why for m in rows if (why := _refusal(actor, m, standing[m.id], unit_id, widening)) is not None}
    return rows, refused


def _refusal(
    actor: Actor,
    member: Membership,
    standing: Standing,
    unit_id: UUID | None,
    widening: Mapping[frozenset[UUID], bool],
) -> Refusal | None:
    if member.id == actor.membership_id:
        return NotOnOneself()
    if member.status == Membership.Status.REMOVED:
        return AlreadyRemoved(name=member.name)
    if member.unit_id == unit_id:
        return AlreadyInUnit(name=member.name)
    refusal = out_of_hand(actor, member, standing, EDIT)
    if refusal is None and widening[standing.target.units]:
        return MoveWidensReach()
    return refusal


@action(EDIT, targets=("membership_ids",))
def move_to_unit(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    unit_id: UUID | None,
    digest: str | None = None,
) -> Outcome[Placed]:
    """Those of a selection who can be moved stand in the unit from now on; the others are left out and named.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotOnOneself, AlreadyInUnit, MemberOutOfHand, MoveWidensReach: when nobody could be moved.
    """
    lock(LockRow.Name.STRUCTURE)
    plan = confirm(plan_move_to_unit(actor=actor, membership_ids=membership_ids, unit_id=unit_id), digest)
    if not plan.members:
        selection, refused = _sorted_out(actor, membership_ids, unit_id)
        raise refused[selection[0].id]
    rows = Membership.objects.filter(id__in=plan.members)
    before = dict(rows.values_list("id", "unit_id"))
    rows.update(unit_id=unit_id)
    bump_access(plan.members)
    values = {
        "name": plan.unit,
        "unit_id": unit_id,
        "members": [str(i) for i in plan.members],
        "before_ids": {str(i): before[i] for i in plan.members},
    }
    one = plan.members[0] if len(plan.members) == 1 else None
    # Many share one target, so that an undo of it is found.
    entry = Entry("people.moved_to_unit", "member" if one else "members", one or NIL, values)
    return Outcome(Placed(unit_id, plan.unit, plan.members, plan.refused), entry)

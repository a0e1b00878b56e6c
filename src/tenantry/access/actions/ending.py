"""What the house does by itself about assignments with an end: tells before, and tidies up after."""

from datetime import datetime
from uuid import UUID

from tenantry.access.ends import ended, to_announce
from tenantry.access.models import Assignment
from tenantry.access.permissions import ASSIGN
from tenantry.access.steps import give_base_role
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.people.steps import bump_access

OF_THE_HOUSE = "the house alone: what was given with an end says all that is done"


def _refuse_others(actor: Actor) -> None:
    if actor.kind != "system":
        raise PermissionMissing(ASSIGN)


def _place(held: Assignment) -> str:
    place = held.unit or held.workspace
    return place.name if place else ""


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def end_assignment(*, actor: Actor, now: datetime, membership_id: UUID, assignment_id: UUID) -> Outcome[Done]:
    """Takes an assignment away whose end has come; a base role gives way to the one that follows.

    Access ended at that moment already (`access.grants`); this makes lists agree. Does nothing when the end was moved.

    :raises PermissionMissing: to everybody but the house.
    """
    _refuse_others(actor)
    rows = ended(now).filter(id=assignment_id, membership_id=membership_id)
    held = rows.select_related("role", "then_role", "unit", "workspace").first()
    if held is None:
        return Outcome(Done(), None)
    if held.is_base and held.then_role:
        give_base_role(membership_id, held.then_role, given_by=held.given_by_id, now=now)
    else:
        held.delete()
        bump_access([membership_id])
    then = held.then_role.name if held.then_role else ""
    values = {"role": held.role.name, "then": then, "place": _place(held), "ended_at": held.ends_at}
    told = {"membership_id": membership_id, "role": held.role.name, "then": then, "place": _place(held)}
    return Outcome(
        Done(assignment_id),
        Entry("access.assignment_ended", "member", membership_id, values),
        events=(Event("AccessEnded", told),),
    )


@action(open_to=OF_THE_HOUSE, targets=("membership_id",))
def announce_end(*, actor: Actor, now: datetime, membership_id: UUID, assignment_id: UUID) -> Outcome[Done]:
    """Tells the person, and whoever gave it, that an assignment ends soon; once for each notice.

    :raises PermissionMissing: to everybody but the house.
    """
    _refuse_others(actor)
    rows = to_announce(now).filter(id=assignment_id, membership_id=membership_id)
    held = rows.select_related("role", "then_role", "unit", "workspace").first()
    if held is None:
        return Outcome(Done(), None)
    Assignment.objects.filter(id=held.id).update(noticed_at=now)
    told = {
        "membership_id": membership_id,
        "given_by": held.given_by_id,
        "role": held.role.name,
        "place": _place(held),
        "ends_at": held.ends_at,
    }
    values = {"role": held.role.name, "place": _place(held), "ends_at": held.ends_at}
    return Outcome(
        Done(assignment_id),
        Entry("access.end_announced", "member", membership_id, values),
        events=(Event("AccessEnding", told),),
    )

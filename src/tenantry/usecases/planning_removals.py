"""That people leave for good when a day is over (product.md §3): planned with its effect, with whom goes on with their
records, and called off. What happens on the day stands in `planned_work`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.organizations.selectors import current_organization
from tenantry.people.errors import NotActive, NotOnOneself
from tenantry.people.models import Membership, PlannedChange
from tenantry.people.permissions import REMOVE
from tenantry.people.planned import settle
from tenantry.people.selectors import get_member
from tenantry.usecases.leaving.errors import SuccessorRequired
from tenantry.usecases.leaving.records import REQUIRED, owned_by_each
from tenantry.usecases.offboarding import LeavingPlan, plan_remove_members, raise_single
from tenantry.usecases.planning import CalledOff, ask_day, days_of, write_days
from tenantry.usecases.planning_errors import NothingPlanned

Kind = PlannedChange.Kind
Status = Membership.Status


@dataclass(frozen=True, slots=True)
class RemovalsPlan(Plan):
    """`leaving`: what removing does, as if it were now, to `leaving.members`; `leaving.refused`: for whom it can't be
    planned, and why."""

    last_day: date
    leaving: LeavingPlan


def plan_schedule_removals(
    *,
    actor: Actor,
    membership_ids: Iterable[UUID],
    last_day: date,
    now: datetime,
    successor_id: UUID | None = None,
) -> RemovalsPlan:
    """What would happen when the last day is over, and for whom it can be planned.

    :raises NotFound, PermissionMissing, DayOver, DayTooFar, SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive:
    see there.
    """
    ids = tuple(membership_ids)
    # What is to be settled first can be until then.
    leaving = plan_remove_members(actor=actor, membership_ids=ids, now=now, successor_id=successor_id, supposing=True)
    ask_day(Kind.REMOVAL, last_day, current_organization().time_zone, now)
    pending = _pending(leaving)
    if leaving.rule == REQUIRED and successor_id is None and leaving.owned:
        owning = {one for one, counts in owned_by_each(leaving.members).items() if counts}
        names = dict(zip(leaving.members, leaving.names, strict=True))
        why = {one: SuccessorRequired(name=names[one]) for one in leaving.members if one in owning}
        pending |= {one: Refused(one, names[one], said.code, str(said)) for one, said in why.items()}
    if pending:
        left = [one for one in leaving.members if one not in pending]
        refused = (*leaving.refused, *pending.values())
        if not left:
            return RemovalsPlan(last_day, replace(leaving, members=(), names=(), refused=refused, planned=0))
        leaving = plan_remove_members(
            actor=actor, membership_ids=left, now=now, successor_id=successor_id, supposing=True
        )
        leaving = replace(leaving, refused=refused)
    # What was planned before gives way to this, and is not called off on the day.
    return RemovalsPlan(last_day, replace(leaving, planned=0))


def _pending(leaving: LeavingPlan) -> dict[UUID, Refused]:
    """Whoever has not joined is not let go on a day: the invitation is revoked."""
    if not leaving.invitations:
        return {}
    invited = Membership.objects.filter(id__in=leaving.members, status=Status.INVITED)
    found = {row.id: NotActive(name=row.name) for row in invited.only("given_name", "family_name", "email")}
    names = dict(zip(leaving.members, leaving.names, strict=True))
    return {one: Refused(one, names[one], why.code, str(why)) for one, why in found.items()}


@action(REMOVE, targets=("membership_ids", "successor_id"))
def schedule_removals(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    last_day: date,
    successor_id: UUID | None = None,
    digest: str | None = None,
) -> Outcome[RemovalsPlan]:
    """They leave for good once the last day is over, and their records go to the successor or become unassigned.
    Replaces what was planned for them. Those for whom it can't be planned are left out and named.

    :raises PlanChanged, DayOver, DayTooFar, SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive: see there.
    :raises NotOnOneself, AlreadyRemoved, NotActive, MemberOutOfHand, LastKeyholder, SuccessorRequired: when nobody can
    be let go.
    """
    found = plan_schedule_removals(
        actor=actor, membership_ids=membership_ids, last_day=last_day, successor_id=successor_id, now=now
    )
    plan = confirm(found, digest)
    _raise_single(plan.leaving, actor, membership_ids, now)
    before = write_days(actor, plan.leaving.members, {Kind.REMOVAL: last_day}, now, successor_id)
    if not before:
        return Outcome(plan, None)
    values = {"after": {"removal": last_day.isoformat()}, "to_id": successor_id}
    if len(before) == 1:
        [(one, days)] = before.items()
        return Outcome(plan, Entry("people.removal_planned", "member", one, {**values, "before": days}))
    several = {"members": [str(one) for one in before], "before": {str(one): days for one, days in before.items()}}
    return Outcome(plan, Entry("people.removal_planned", "members", None, {**values, **several}))


def _raise_single(leaving: LeavingPlan, actor: Actor, ids: Iterable[UUID], now: datetime) -> None:
    if leaving.members:
        return
    first = leaving.refused[0]
    if first.code == SuccessorRequired.code:
        raise SuccessorRequired(name=first.name)
    if first.code == NotActive.code:
        raise NotActive(name=first.name)
    raise_single(leaving, actor, ids, now, removing=True)


@action(REMOVE, targets=("membership_id",))
def call_off_removal(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[CalledOff]:
    """They stay.

    :raises NothingPlanned, NotOnOneself, NotFound, PermissionMissing, MemberOutOfHand: see there.
    """
    member = get_member(actor, membership_id)
    if membership_id == actor.membership_id:
        raise NotOnOneself
    refuse_out_of_hand(actor, member, REMOVE)
    rows = settle([membership_id], now, [Kind.REMOVAL])
    if not rows:
        raise NothingPlanned(name=member.name)
    done = CalledOff(member.id, member.name, {row.kind: row.day for row in rows})
    return Outcome(done, Entry("people.planned_called_off", "member", member.id, {"days": days_of(rows)}))

"""The same last day for several people: a leave, a season that ends (product.md §3)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.organizations.selectors import refuse_other_name
from tenantry.people.permissions import DEACTIVATE
from tenantry.usecases.offboarding import LeavingPlan, plan_deactivate_members, raise_single
from tenantry.usecases.planning import ask_days, wanted_days, write_days


@dataclass(frozen=True, slots=True)
class AbsencesPlan(Plan):
    """`leaving`: what the end of access does, as if it were now, to `leaving.members`; `leaving.refused`: for whom it
    can't be planned, and why."""

    last_day: date
    back_on: date | None
    leaving: LeavingPlan


def plan_schedule_leavings(
    *, actor: Actor, membership_ids: Iterable[UUID], last_day: date, now: datetime, back_on: date | None = None
) -> AbsencesPlan:
    """What would happen when the last day is over, and for whom it can be planned.

    :raises NotFound, NotOfferedHere, PermissionMissing, DayOver, DayTooFar, ReturnTooEarly: see there.
    """
    # What is to be settled first can be until then; the day itself waits for nobody.
    leaving = plan_deactivate_members(actor=actor, membership_ids=membership_ids, now=now, freezing=True)
    ask_days(last_day, back_on, now)
    # What was planned before gives way to this, and is not called off on the day.
    return AbsencesPlan(last_day, back_on, replace(leaving, planned=0))


@action(DEACTIVATE, targets=("membership_ids",))
def schedule_leavings(
    *,
    actor: Actor,
    now: datetime,
    membership_ids: tuple[UUID, ...],
    last_day: date,
    back_on: date | None = None,
    digest: str | None = None,
    organization_name: str = "",
) -> Outcome[AbsencesPlan]:
    """`planning.schedule_leaving` for each of them; those for whom it can't be planned are left out and named.

    :raises PlanChanged, OrganizationNameAsked, DayOver, DayTooFar, ReturnTooEarly: see there.
    :raises NotOnOneself, NotActive, MemberOutOfHand, LastKeyholder: when nobody can be let go.
    """
    found = plan_schedule_leavings(
        actor=actor, membership_ids=membership_ids, last_day=last_day, back_on=back_on, now=now
    )
    plan = confirm(found, digest)
    raise_single(plan.leaving, actor, membership_ids, now, removing=False)
    # Nobody types for a job or a command; whoever owns the machine is asked there.
    if plan.leaving.asks_name and actor.kind != "system":
        refuse_other_name(organization_name)
    wanted = wanted_days(last_day, back_on)
    before = write_days(actor, plan.leaving.members, wanted, now)
    if not before:
        return Outcome(plan, None)
    values = {
        "members": [str(one) for one in before],
        "before": {str(one): days for one, days in before.items()},
        "after": {str(kind): day.isoformat() for kind, day in wanted.items()},
    }
    return Outcome(plan, Entry("people.leavings_planned", "members", None, values))

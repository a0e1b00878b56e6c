"""What happens to one person by itself on a day: planned with its effect, and called off."""

from datetime import date, datetime
from typing import Any

from ninja import Router
from pydantic import Field

from tenantry.access.errors import LastKeyholder, MemberOutOfHand
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.leaving import leaving_plan_out
from tenantry.api.people.leaving_schemas import LeavingPlanOut
from tenantry.api.people.schemas import Named, TypedName
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Day, Digest, Id, In, Out
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.errors import NotActive, NotDeactivated, NotOfferedHere, NotOnOneself
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.usecases.planning import call_off, plan_schedule_leaving, planned_for, schedule_leaving, schedule_return
from tenantry.usecases.planning_errors import DayOver, DayTooFar, NothingPlanned, ReturnTooEarly

router = Router(tags=["Leaving"])
LEAVING_REFUSALS = (
    DayOver,
    DayTooFar,
    ReturnTooEarly,
    NotOnOneself,
    NotActive,
    MemberOutOfHand,
    LastKeyholder,
    NotOfferedHere,
    OrganizationNameAsked,
    PlanChanged,
)
RETURN_REFUSALS = (DayOver, DayTooFar, NotDeactivated, NotOnOneself, NotOfferedHere, MemberOutOfHand)


class PlannedOut(Out):
    """`day`: the last day of access, or the first one again, in the organization's calendar; `due_at` the moment."""

    kind: str = Field(description="`deactivation`, `reactivation` or `removal`.")
    day: date
    due_at: datetime
    planned_at: datetime
    planned_by: Named | None
    successor: Named | None = Field(description="Of a removal: who goes on with the records.")
    refused: str = Field(description="Why it could not happen when it was due, as a code; it is tried again.")


class PlannedChanges(Out):
    items: list[PlannedOut]


class LeavingDays(In):
    last_day: Day = Field(description="In the organization's calendar; access ends when it is over there.")
    back_on: Day | None = Field(default=None, description="For a leave: the first day back.")


class ConfirmedLeaving(LeavingDays):
    digest: Digest | None = None
    organization_name: TypedName = ""


class ReturnDay(In):
    back_on: Day = Field(description="In the organization's calendar; access begins with that day.")


class AbsencePlanOut(Out):
    """What is going to happen: `leaving` is what the end of access does, as if it were now."""

    digest: str
    person: Named
    last_day: date
    back_on: date | None
    leaving: LeavingPlanOut | None


def _planned(request: ApiRequest, person_id: Any) -> PlannedChanges:
    rows = planned_for(request.actor, person_id)
    return PlannedChanges(
        items=[
            PlannedOut(
                kind=row.kind,
                day=row.day,
                due_at=row.due_at,
                planned_at=row.planned_at,
                planned_by=Named(id=row.planned_by.id, name=row.planned_by.name) if row.planned_by else None,
                successor=Named(id=row.successor.id, name=row.successor.name) if row.successor else None,
                refused=row.refused,
            )
            for row in rows
        ]
    )


@operation(router, "GET", "/people/{person_id}/planned", DEACTIVATE, REMOVE, answer=PlannedChanges)
def planned_list(request: ApiRequest, person_id: Id) -> PlannedChanges:
    """What is planned for somebody, the earliest first. Nobody learns here what is planned for themselves."""
    return _planned(request, person_id)


@operation(
    router,
    "POST",
    "/people/{person_id}/planned/leaving/plan",
    DEACTIVATE,
    answer=AbsencePlanOut,
    reads=True,
    refuses=(DayOver, DayTooFar, ReturnTooEarly, NotOfferedHere),
)
def leaving_planned_plan(request: ApiRequest, person_id: Id, body: LeavingDays) -> AbsencePlanOut:
    """What happens when that day is over; changes nothing."""
    plan = plan_schedule_leaving(
        actor=request.actor,
        membership_id=person_id,
        last_day=body.last_day,
        back_on=body.back_on,
        now=clock.now(),
    )
    return AbsencePlanOut(
        digest=plan.digest,
        person=Named(id=plan.membership_id, name=plan.name),
        last_day=body.last_day,
        back_on=plan.back_on,
        leaving=leaving_plan_out(plan.leaving) if plan.leaving else None,
    )


@operation(
    router, "PUT", "/people/{person_id}/planned/leaving", DEACTIVATE, answer=PlannedChanges, refuses=LEAVING_REFUSALS
)
def leaving_planned(request: ApiRequest, person_id: Id, body: ConfirmedLeaving) -> PlannedChanges:
    """Plans that access ends when a day is over, and begins again on another where one is given. Replaces what was
    planned for this person."""
    carry_out(
        request,
        schedule_leaving,
        membership_id=person_id,
        last_day=body.last_day,
        back_on=body.back_on,
        digest=body.digest,
        organization_name=body.organization_name,
    )
    with reading():
        return _planned(request, person_id)


@operation(
    router, "PUT", "/people/{person_id}/planned/return", DEACTIVATE, answer=PlannedChanges, refuses=RETURN_REFUSALS
)
def return_planned(request: ApiRequest, person_id: Id, body: ReturnDay) -> PlannedChanges:
    """Plans that a deactivated person comes back, provided a seat is free then."""
    carry_out(request, schedule_return, membership_id=person_id, back_on=body.back_on)
    with reading():
        return _planned(request, person_id)


@operation(
    router,
    "DELETE",
    "/people/{person_id}/planned",
    DEACTIVATE,
    refuses=(NothingPlanned, NotOnOneself, NotActive, NotOfferedHere, MemberOutOfHand),
)
def planned_delete(request: ApiRequest, person_id: Id) -> None:
    """Calls off the end of access and the return that are planned for this person. A removal has its own."""
    carry_out(request, call_off, membership_id=person_id)

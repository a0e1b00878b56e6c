"""A last day for a selection: access ends, or they are removed, when it is over. The plan first, then the act."""

from datetime import date

from ninja import Router
from pydantic import Field

from tenantry.access.errors import LastKeyholder, MemberOutOfHand
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.leaving import OF_SUCCESSORS, leaving_plan_out
from tenantry.api.people.leaving_schemas import LeavingPlanOut, Successor
from tenantry.api.people.schemas import Named, RefusedPerson, Selection, TypedName, named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Day, Digest, Id, Out
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.errors import AlreadyRemoved, NotActive, NotOfferedHere, NotOnOneself
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.usecases.leaving.errors import SuccessorRequired
from tenantry.usecases.offboarding import LeavingPlan
from tenantry.usecases.planning_errors import DayOver, DayTooFar, NothingPlanned, ReturnTooEarly
from tenantry.usecases.planning_many import AbsencesPlan, plan_schedule_leavings, schedule_leavings
from tenantry.usecases.planning_removals import (
    RemovalsPlan,
    call_off_removal,
    plan_schedule_removals,
    schedule_removals,
)

router = Router(tags=["Leaving"])
DAYS = (DayOver, DayTooFar)
NOT_THESE = (NotOnOneself, NotActive, MemberOutOfHand, LastKeyholder, PlanChanged)


class LeavingsAsked(Selection):
    last_day: Day = Field(description="In the organization's calendar; access ends when it is over there.")
    back_on: Day | None = Field(default=None, description="For a leave: the first day back.")


class ConfirmedLeavings(LeavingsAsked):
    digest: Digest | None = None
    organization_name: TypedName = ""


class RemovalsAsked(Selection):
    last_day: Day = Field(description="In the organization's calendar; they are removed when it is over there.")
    successor_id: Successor = None


class ConfirmedRemovals(RemovalsAsked):
    digest: Digest | None = None


class PlannedSelectionPlan(Out):
    """What happens when the day is over, as if it were now, and for whom it can't be planned (`leaving.refused`)."""

    digest: str
    last_day: date
    back_on: date | None
    leaving: LeavingPlanOut


class PlannedSelection(Out):
    """For whom it is planned, and who was left out with the reason."""

    last_day: date
    back_on: date | None
    people: list[Named]
    refused: list[RefusedPerson]


def _plan_out(plan: AbsencesPlan | RemovalsPlan, back_on: date | None = None) -> PlannedSelectionPlan:
    leaving = leaving_plan_out(plan.leaving)
    return PlannedSelectionPlan(digest=plan.digest, last_day=plan.last_day, back_on=back_on, leaving=leaving)


def _planned(last_day: date, leaving: LeavingPlan, back_on: date | None = None) -> PlannedSelection:
    people, refused = named(leaving.members, leaving.names), refused_people(leaving.refused)
    return PlannedSelection(last_day=last_day, back_on=back_on, people=people, refused=refused)


@operation(
    router,
    "POST",
    "/people/planned/leavings/plan",
    DEACTIVATE,
    answer=PlannedSelectionPlan,
    reads=True,
    refuses=(*DAYS, ReturnTooEarly, NotOfferedHere),
)
def leavings_planned_plan(request: ApiRequest, body: LeavingsAsked) -> PlannedSelectionPlan:
    """What happens to a selection when that day is over; changes nothing."""
    plan = plan_schedule_leavings(
        actor=request.actor,
        membership_ids=body.person_ids,
        last_day=body.last_day,
        back_on=body.back_on,
        now=clock.now(),
    )
    return _plan_out(plan, plan.back_on)


@operation(
    router,
    "POST",
    "/people/planned/leavings",
    DEACTIVATE,
    answer=PlannedSelection,
    refuses=(*DAYS, ReturnTooEarly, *NOT_THESE, NotOfferedHere, OrganizationNameAsked),
)
def leavings_planned(request: ApiRequest, body: ConfirmedLeavings) -> PlannedSelection:
    """Plans the same last day for a selection, and a first day back where one is given. Replaces what was planned for
    them; for whom it can't be planned is left out and named."""
    made: AbsencesPlan = carry_out(
        request,
        schedule_leavings,
        membership_ids=tuple(body.person_ids),
        last_day=body.last_day,
        back_on=body.back_on,
        digest=body.digest,
        organization_name=body.organization_name,
    )
    return _planned(made.last_day, made.leaving, made.back_on)


@operation(
    router,
    "POST",
    "/people/planned/removals/plan",
    REMOVE,
    answer=PlannedSelectionPlan,
    reads=True,
    refuses=(*DAYS, *OF_SUCCESSORS),
)
def removals_planned_plan(request: ApiRequest, body: RemovalsAsked) -> PlannedSelectionPlan:
    """What happens to a selection that is removed when that day is over; changes nothing."""
    plan = plan_schedule_removals(
        actor=request.actor,
        membership_ids=body.person_ids,
        last_day=body.last_day,
        successor_id=body.successor_id,
        now=clock.now(),
    )
    return _plan_out(plan)


@operation(
    router,
    "POST",
    "/people/planned/removals",
    REMOVE,
    answer=PlannedSelection,
    refuses=(*DAYS, *NOT_THESE, AlreadyRemoved, SuccessorRequired, *OF_SUCCESSORS),
)
def removals_planned(request: ApiRequest, body: ConfirmedRemovals) -> PlannedSelection:
    """Plans that one person or several are removed when a day is over, with who goes on with their records. Replaces
    what was planned for them. What stands in the way on that day is told, and then nothing happens to that person."""
    made: RemovalsPlan = carry_out(
        request,
        schedule_removals,
        membership_ids=tuple(body.person_ids),
        last_day=body.last_day,
        successor_id=body.successor_id,
        digest=body.digest,
    )
    return _planned(made.last_day, made.leaving)


@operation(
    router,
    "DELETE",
    "/people/{person_id}/planned/removal",
    REMOVE,
    refuses=(NothingPlanned, NotOnOneself, MemberOutOfHand),
)
def removal_planned_delete(request: ApiRequest, person_id: Id) -> None:
    """Calls off the removal that is planned for this person."""
    carry_out(request, call_off_removal, membership_id=person_id)

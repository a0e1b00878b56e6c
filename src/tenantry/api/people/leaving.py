"""Letting people go, one or many: the plan first, the act with its digest."""

from uuid import UUID

from ninja import Query, Router

from tenantry.access.errors import LastKeyholder, MemberOutOfHand
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.leaving_schemas import (
    Amount,
    ClosedOut,
    ConfirmedDeactivation,
    ConfirmedRemoval,
    DeactivatedSelection,
    LeavingPlanOut,
    LeftOut,
    MatterOut,
    OwnedOut,
    RemovalAsked,
    RemovedSelection,
    SuccessorAsked,
)
from tenantry.api.people.rows import person
from tenantry.api.people.schemas import Named, Person, Selection, named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.crm.errors import ReceiverNotActive
from tenantry.organizations.errors import AtSeatLimit, OrganizationNameAsked
from tenantry.people.errors import AlreadyRemoved, NotActive, NotDeactivated, NotOfferedHere, NotOnOneself
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.usecases.handing_over import Closed
from tenantry.usecases.leaving.errors import (
    SettleFirst,
    SuccessorCannotOpen,
    SuccessorLeaves,
    SuccessorNotOffered,
    SuccessorRequired,
)
from tenantry.usecases.offboarding import (
    LeavingPlan,
    Left,
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    reactivate_member,
    remove_members,
)

router = Router(tags=["Leaving"])
DEACTIVATION_REFUSALS = (
    NotOnOneself,
    NotActive,
    MemberOutOfHand,
    LastKeyholder,
    NotOfferedHere,
    OrganizationNameAsked,
    SettleFirst,
    PlanChanged,
)
REMOVAL_REFUSALS = (
    NotOnOneself,
    AlreadyRemoved,
    MemberOutOfHand,
    LastKeyholder,
    SettleFirst,
    SuccessorRequired,
    SuccessorCannotOpen,
    SuccessorNotOffered,
    SuccessorLeaves,
    ReceiverNotActive,
    PlanChanged,
)
OF_SUCCESSORS = (SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive)


def closed_out(closed: tuple[Closed, ...]) -> list[ClosedOut]:
    return [
        ClosedOut(
            person=Named(id=one.membership_id, name=one.name),
            workspace_id=one.place_id if one.place else None,
            workspace=one.place,
            records=[OwnedOut(type=key, number=number) for key, number in one.counts],
            number=one.number,
        )
        for one in closed
    ]


def leaving_plan_out(plan: LeavingPlan) -> LeavingPlanOut:
    return LeavingPlanOut(
        digest=plan.digest,
        people=named(plan.members, plan.names),
        refused=refused_people(plan.refused),
        sessions=plan.sessions,
        invitations=plan.invitations,
        teams=plan.teams,
        roles=plan.roles,
        seats_freed=plan.seats_freed,
        planned=plan.planned,
        reports=plan.reports,
        asks_name=plan.asks_name,
        records=[OwnedOut(type=key, number=number) for key, number in plan.records],
        open_deals=plan.open_deals,
        open_value=[Amount(currency=currency, minor=minor) for currency, minor in plan.open_value],
        successor=Named(id=plan.successor_id, name=plan.successor) if plan.successor_id else None,
        closed=closed_out(plan.closed),
        matters=[
            MatterOut.model_validate(
                {"kind": one.kind, "must": one.must, "id": one.id, "name": one.name, "number": one.number}
            )
            for one in plan.matters
        ],
    )


def left_out(left: Left) -> LeftOut:
    return LeftOut(
        people=named(left.members, left.names),
        refused=refused_people(left.refused),
        sessions=left.sessions,
        moved=left.moved,
        operation_id=left.operation_id,
    )


def _deactivation_plan(request: ApiRequest, ids: list[UUID]) -> LeavingPlanOut:
    return leaving_plan_out(plan_deactivate_members(actor=request.actor, membership_ids=ids, now=clock.now()))


def _removal_plan(request: ApiRequest, ids: list[UUID], asked: RemovalAsked | SuccessorAsked) -> LeavingPlanOut:
    plan = plan_remove_members(
        actor=request.actor,
        membership_ids=ids,
        now=clock.now(),
        successor_id=asked.successor_id,
        anyway=asked.anyway,
    )
    return leaving_plan_out(plan)


@operation(router, "POST", "/people/deactivations/plan", DEACTIVATE, answer=LeavingPlanOut, reads=True)
def deactivations_plan(request: ApiRequest, body: Selection) -> LeavingPlanOut:
    """What deactivating a selection would do; changes nothing."""
    return _deactivation_plan(request, body.person_ids)


@operation(router, "POST", "/people/deactivations", DEACTIVATE, answer=LeftOut, refuses=DEACTIVATION_REFUSALS)
def deactivations_create(request: ApiRequest, body: DeactivatedSelection) -> LeftOut:
    """Deactivates a selection. Who can't be is left out and named; when nobody can be, the first reason answers."""
    left: Left = carry_out(
        request,
        deactivate_members,
        membership_ids=tuple(body.person_ids),
        digest=body.digest,
        organization_name=body.organization_name,
        freezing=body.freezing,
        tell=body.tell,
    )
    return left_out(left)


@operation(router, "POST", "/people/removals/plan", REMOVE, answer=LeavingPlanOut, reads=True, refuses=OF_SUCCESSORS)
def removals_plan(request: ApiRequest, body: RemovalAsked) -> LeavingPlanOut:
    """What removing a selection would do; changes nothing."""
    return _removal_plan(request, body.person_ids, body)


@operation(router, "POST", "/people/removals", REMOVE, answer=LeftOut, refuses=REMOVAL_REFUSALS)
def removals_create(request: ApiRequest, body: RemovedSelection) -> LeftOut:
    """Removes a selection for good. Names stay in history; records go to the successor or become unassigned."""
    left: Left = carry_out(
        request,
        remove_members,
        membership_ids=tuple(body.person_ids),
        digest=body.digest,
        successor_id=body.successor_id,
        anyway=body.anyway,
        tell=body.tell,
    )
    return left_out(left)


@operation(router, "GET", "/people/{person_id}/deactivation/plan", DEACTIVATE, answer=LeavingPlanOut)
def deactivation_plan(request: ApiRequest, person_id: Id) -> LeavingPlanOut:
    """What deactivating this person would do."""
    return _deactivation_plan(request, [person_id])


@operation(router, "POST", "/people/{person_id}/deactivation", DEACTIVATE, answer=Person, refuses=DEACTIVATION_REFUSALS)
def deactivation_create(
    request: ApiRequest,
    person_id: Id,
    body: ConfirmedDeactivation = ConfirmedDeactivation(),  # noqa: B008 frozen
) -> Person:
    """Ends somebody's access at once; everything stays under their name."""
    carry_out(
        request,
        deactivate_members,
        membership_ids=(person_id,),
        digest=body.digest,
        organization_name=body.organization_name,
        freezing=body.freezing,
        tell=body.tell,
    )
    with reading():
        return person(request.actor, person_id)


@operation(
    router,
    "DELETE",
    "/people/{person_id}/deactivation",
    DEACTIVATE,
    answer=Person,
    refuses=(NotDeactivated, MemberOutOfHand, AtSeatLimit, NotOfferedHere),
)
def deactivation_delete(request: ApiRequest, person_id: Id) -> Person:
    """Reactivates: the same role and teams, provided a seat is free."""
    carry_out(request, reactivate_member, membership_id=person_id)
    with reading():
        return person(request.actor, person_id)


@operation(router, "GET", "/people/{person_id}/removal/plan", REMOVE, answer=LeavingPlanOut, refuses=OF_SUCCESSORS)
def removal_plan(request: ApiRequest, person_id: Id, query: Query[SuccessorAsked]) -> LeavingPlanOut:
    """What removing this person would do."""
    return _removal_plan(request, [person_id], query)


@operation(router, "POST", "/people/{person_id}/removal", REMOVE, answer=Person, refuses=REMOVAL_REFUSALS)
def removal_create(
    request: ApiRequest,
    person_id: Id,
    body: ConfirmedRemoval = ConfirmedRemoval(),  # noqa: B008 frozen
) -> Person:
    """Removes somebody for good: role, teams and links end; the name stays in history; records go to the successor or
    become unassigned."""
    carry_out(
        request,
        remove_members,
        membership_ids=(person_id,),
        digest=body.digest,
        successor_id=body.successor_id,
        anyway=body.anyway,
        tell=body.tell,
    )
    with reading():
        return person(request.actor, person_id)

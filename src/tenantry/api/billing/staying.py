"""Who stays when there are more people than seats: a proposal, what becomes of the others, and the act."""

from uuid import UUID

from ninja import Query, Router

from tenantry.access.errors import LastKeyholder, MemberOutOfHand
from tenantry.api.billing.seat_schemas import (
    MOST_STAYING,
    ConfirmedStay,
    StayIn,
    StayOut,
    StayPlanOut,
    StayProposal,
    StayQuery,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.leaving import leaving_plan_out, left_out
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.errors import NotOfferedHere
from tenantry.people.seats import seats
from tenantry.usecases.leaving.errors import SettleFirst, SuccessorRequired
from tenantry.usecases.staying import (
    LetGo,
    TooManyLeave,
    let_go,
    likely_to_stay,
    plan_who_stays,
    seat_holders,
    seats_to_come,
    who_leaves,
)

router = Router(tags=["Billing"])
REFUSALS = (NotOfferedHere, TooManyLeave)


@operation(router, "GET", "/billing/seats/stay", BILLING_CHANGE, answer=StayProposal)
def billing_stay_proposal(request: ApiRequest, query: Query[StayQuery]) -> StayProposal:
    """Who would stay of those who hold a seat, as a first proposal."""
    actor, now = request.actor, clock.now()
    number = seats_to_come(now) if query.seats is None else query.seats
    ids = likely_to_stay(actor, min(number, MOST_STAYING), now)
    people = seat_holders(actor, now).filter(id__in=ids)
    return StayProposal(
        seats=number, in_use=seats(now).in_use, people=[Named(id=one.id, name=one.name) for one in people]
    )


@operation(router, "POST", "/billing/seats/stay/plan", BILLING_CHANGE, answer=StayPlanOut, reads=True, refuses=REFUSALS)
def billing_stay_plan(request: ApiRequest, body: StayIn) -> StayPlanOut:
    """What becomes of those who do not stay; changes nothing."""
    found = plan_who_stays(actor=request.actor, staying=body.person_ids, number=body.seats, now=clock.now())
    return StayPlanOut(
        digest=found.digest,
        seats=found.seats,
        in_use=found.in_use,
        after=found.after,
        beyond=found.beyond,
        deactivated=leaving_plan_out(found.off) if found.off else None,
        removed=leaving_plan_out(found.away) if found.away else None,
    )


@operation(
    router,
    "POST",
    "/billing/seats/stay",
    BILLING_CHANGE,
    answer=StayOut,
    refuses=(
        *REFUSALS,
        MemberOutOfHand,
        LastKeyholder,
        OrganizationNameAsked,
        SettleFirst,
        SuccessorRequired,
        PlanChanged,
    ),
)
def billing_stay(request: ApiRequest, body: ConfirmedStay) -> StayOut:
    """Lets everybody else go, also while a trial is over. All of it happens, or none. Who can't be let go is left out
    and named; when nobody can be, the first reason answers."""
    done: LetGo = carry_out(
        request,
        let_go,
        membership_ids=_leaving(request, body),
        number=body.seats,
        digest=body.digest,
        organization_name=body.organization_name,
    )
    with reading():
        in_use = seats(clock.now()).in_use
    return StayOut(
        in_use=in_use,
        deactivated=left_out(done.off) if done.off else None,
        removed=left_out(done.away) if done.away else None,
    )


def _leaving(request: ApiRequest, body: StayIn) -> tuple[UUID, ...]:
    with reading():
        return who_leaves(actor=request.actor, staying=body.person_ids, now=clock.now())

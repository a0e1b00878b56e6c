"""Handing ownership over. A person proves themselves with their own password; a key never does."""

from collections.abc import Callable
from typing import Any

from ninja import Router

from tenantry.access.errors import FollowerNeeded, RoleNotAssignable
from tenantry.access.permissions import TRANSFER
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.ownership.schemas import (
    Acceptance,
    ConfirmedTransfer,
    Transfer,
    TransferOut,
    TransferPlanOut,
    TransferredOut,
    Transfers,
)
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, TooFast
from tenantry.core.transactions import reading
from tenantry.people.errors import NotActive, NotOnOneself
from tenantry.security import slowing
from tenantry.security.errors import SignInRefused
from tenantry.usecases.ownership_errors import (
    HolderAlready,
    HolderNoMore,
    PeopleOnly,
    TransferOver,
    TransferWaiting,
)
from tenantry.usecases.transferring import (
    TransferPlan,
    Transferred,
    accept_ownership,
    decline_ownership,
    find_transfer,
    open_transfers,
    plan_accept_ownership,
    plan_transfer_ownership,
    state_of,
    transfer_ownership,
    withdraw_ownership,
)

router = Router(tags=["Ownership"])
MINE = "whoever takes part in a transfer sees it; whoever may transfer ownership sees all"
PLANNING = (PeopleOnly, HolderNoMore, HolderAlready, NotOnOneself, NotActive, FollowerNeeded, RoleNotAssignable)
PROVING = (SignInRefused, TooFast, PlanChanged)
SLOWED = "own_password"


def _out(row: Any) -> TransferOut:
    state: Any = state_of(row, clock.now())
    return TransferOut(
        id=row.id,
        state=state,
        giver=Named(id=row.giver_id, name=row.giver.name),
        recipient=Named(id=row.recipient_id, name=row.recipient.name),
        then=Named(id=row.then_role_id, name=row.then_role.name),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _plan(plan: TransferPlan) -> TransferPlanOut:
    return TransferPlanOut(
        digest=plan.digest,
        giver=Named(id=plan.giver_id, name=plan.giver),
        recipient=Named(id=plan.recipient_id, name=plan.recipient),
        role=plan.role,
        then=Named(id=plan.then_id, name=plan.then),
        gains=list(plan.gains),
        loses=list(plan.loses),
        restrictions=list(plan.restrictions),
        ended_roles=[*plan.recipient_ends, *plan.giver_ends],
        sessions=plan.sessions,
        immediate=plan.immediate,
    )


def _transferred(made: Transferred, *, waits: bool) -> TransferredOut:
    return TransferredOut(
        id=made.transfer_id,
        state="waiting" if waits else "accepted",
        recipient=Named(id=made.recipient_id, name=made.recipient),
        role=made.role,
        then=made.then,
    )


def _proven(request: ApiRequest, act: Callable[[], Transferred]) -> Transferred:
    """:raises TooFast, SignInRefused: guessing slows down as at sign-in."""
    who = str(request.actor.user_id)
    slowing.ask(SLOWED, who, request.client_address, clock.now())
    try:
        found = act()
    except SignInRefused:
        slowing.failed(SLOWED, who, request.client_address, clock.now())
        raise
    slowing.succeeded(SLOWED, who, request.client_address)
    return found


@operation(router, "GET", "/ownership-transfers", open_to=MINE, answer=Transfers)
def transfer_list(request: ApiRequest) -> Transfers:
    """Offers of ownership that wait for their recipient."""
    return Transfers(items=[_out(row) for row in open_transfers(request.actor, clock.now())])


@operation(router, "POST", "/ownership-transfers/plan", TRANSFER, answer=TransferPlanOut, reads=True, refuses=PLANNING)
def transfer_plan(request: ApiRequest, body: Transfer) -> TransferPlanOut:
    """What handing ownership over would do, with the digest that confirms it."""
    return _plan(
        plan_transfer_ownership(
            actor=request.actor, recipient_id=body.recipient_id, then_role_id=body.then_role_id, now=clock.now()
        )
    )


@operation(
    router,
    "POST",
    "/ownership-transfers",
    TRANSFER,
    answer=TransferredOut,
    status=201,
    refuses=(*PLANNING, *PROVING, TransferWaiting),
)
def transfer_create(request: ApiRequest, body: ConfirmedTransfer) -> TransferredOut:
    """Hands ownership over: at once, or as an offer that waits a week (policy `ownership.transfer`)."""

    def act() -> Transferred:
        return carry_out(
            request,
            transfer_ownership,
            recipient_id=body.recipient_id,
            then_role_id=body.then_role_id,
            password=body.password,
            digest=body.digest,
        )

    made = _proven(request, act)
    return _transferred(made, waits=made.transfer_id is not None)


@operation(router, "GET", "/ownership-transfers/{transfer_id}", open_to=MINE, answer=TransferOut)
def transfer_get(request: ApiRequest, transfer_id: Id) -> TransferOut:
    """One offer of ownership, settled ones included."""
    return _out(find_transfer(request.actor, transfer_id))


@operation(
    router,
    "GET",
    "/ownership-transfers/{transfer_id}/acceptance/plan",
    open_to="whom it was offered to",
    answer=TransferPlanOut,
    refuses=(HolderNoMore, HolderAlready, TransferOver),
)
def transfer_acceptance_plan(request: ApiRequest, transfer_id: Id) -> TransferPlanOut:
    """What accepting would do now."""
    return _plan(plan_accept_ownership(actor=request.actor, transfer_id=transfer_id, now=clock.now()))


@operation(
    router,
    "POST",
    "/ownership-transfers/{transfer_id}/acceptance",
    open_to="whom it was offered to, and nobody else, accepts",
    answer=TransferredOut,
    refuses=(*PROVING, PeopleOnly, HolderNoMore, HolderAlready, TransferOver),
)
def transfer_accept(request: ApiRequest, transfer_id: Id, body: Acceptance) -> TransferredOut:
    """Takes ownership over."""
    with reading():
        transfer = find_transfer(request.actor, transfer_id)

    def act() -> Transferred:
        return carry_out(
            request,
            accept_ownership,
            transfer_id=transfer_id,
            giver_id=transfer.giver_id,
            password=body.password,
            digest=body.digest,
        )

    return _transferred(_proven(request, act), waits=False)


@operation(
    router,
    "POST",
    "/ownership-transfers/{transfer_id}/decline",
    open_to="whom it was offered to, and nobody else, declines",
    refuses=(TransferOver,),
)
def transfer_decline(request: ApiRequest, transfer_id: Id) -> None:
    """Nothing changes; the giver is told."""
    carry_out(request, decline_ownership, transfer_id=transfer_id)


@operation(
    router,
    "DELETE",
    "/ownership-transfers/{transfer_id}",
    open_to="who offered it, and nobody else, takes it back",
    refuses=(TransferOver,),
)
def transfer_withdraw(request: ApiRequest, transfer_id: Id) -> None:
    """The offer is dead; the recipient is told."""
    carry_out(request, withdraw_ownership, transfer_id=transfer_id)

"""Seats and packs with their price first, and orders that wait for their payment."""

from collections.abc import Callable
from typing import Any

from ninja import Router

from tenantry.acting.actions import Done, Outcome
from tenantry.api.billing.rows import order_out, pack_out, quote_out
from tenantry.api.billing.schemas import (
    ConfirmedSeatChange,
    OrderOut,
    PackBoughtOut,
    PackPlanOut,
    PacksOut,
    SeatChangeIn,
    SeatChangeOut,
    SeatsChangedOut,
)
from tenantry.api.billing.subscription import KEPT_BACK
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.schemas import Confirmation
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.billing.actions.packs import buy_pack, plan_buy_pack
from tenantry.billing.actions.seats import buy_seats, plan_buy_seats, plan_reduce_seats, reduce_seats
from tenantry.billing.errors import (
    CardDeclined,
    FewestSeats,
    MostSeats,
    NoPacks,
    NoPaymentMethod,
    NoSeats,
    NotCounted,
    NothingChanges,
    NothingSold,
    PackUseless,
    SeatsInUse,
)
from tenantry.billing.selectors import find_order, moment_of, subscription, terms_of
from tenantry.billing.use import useful
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_CHANGE, BILLING_VIEW
from tenantry.organizations.selectors import entitlements

router = Router(tags=["Billing"])
SEAT_REFUSALS = (
    NoSeats,
    NotCounted,
    NothingChanges,
    MostSeats,
    FewestSeats,
    SeatsInUse,
    NoPaymentMethod,
    CardDeclined,
    *KEPT_BACK,
)


@operation(router, "GET", "/billing/orders/{order_id}", BILLING_VIEW, BILLING_CHANGE, answer=OrderOut)
def billing_order(request: ApiRequest, order_id: Id) -> OrderOut:
    """What was ordered, and how its payment went."""
    return order_out(find_order(order_id), moment_of(subscription(), clock.now()), request)


# --- Seats --------------------------------------------------------------------------------


@operation(
    router,
    "POST",
    "/billing/seats/change/plan",
    BILLING_CHANGE,
    answer=SeatChangeOut,
    reads=True,
    refuses=SEAT_REFUSALS,
)
def billing_seats_plan(request: ApiRequest, body: SeatChangeIn) -> SeatChangeOut:
    """What another number of licensed seats costs, when it is charged, and when it holds; changes nothing."""
    actor, now, held = request.actor, clock.now(), _held()
    if body.seats > held:
        found = plan_buy_seats(actor=actor, count=body.seats - held, now=now, at=body.at)
    else:
        found = plan_reduce_seats(actor=actor, seats=body.seats, now=now)
    return SeatChangeOut(
        digest=found.digest,
        at=found.at,
        before=found.before,
        after=found.after,
        effective_at=found.effective_at,
        charged_at=found.charged_at,
        quote=quote_out(found.quote, request),
        renewal_amount=found.renewal_amount,
    )


def _held() -> int:
    row = subscription()
    return (row.seats if row else None) or 0


@operation(
    router,
    "POST",
    "/billing/seats/change",
    BILLING_CHANGE,
    answer=SeatsChangedOut,
    refuses=(*SEAT_REFUSALS, PlanChanged),
)
def billing_seats_change(request: ApiRequest, body: ConfirmedSeatChange) -> SeatsChangedOut:
    """Buys seats, which can be taken at once, or gives seats back with the next period."""
    with reading():
        held = _held()
    action, asked = _wanted(body, held)
    carry_out(request, action, digest=body.digest, **asked)
    with reading():
        row = subscription()
        planned = row.planned.get("seats") if row else None
        return SeatsChangedOut(seats=_held(), planned_seats=planned)


def _wanted(body: SeatChangeIn, held: int) -> tuple[Callable[..., Outcome[Done]], dict[str, Any]]:
    if body.seats > held:
        return buy_seats, {"count": body.seats - held, "at": body.at}
    return reduce_seats, {"seats": body.seats}


# --- Packs --------------------------------------------------------------------------------


@operation(router, "GET", "/billing/packs", BILLING_VIEW, answer=PacksOut)
def billing_pack_list(request: ApiRequest) -> PacksOut:
    """Packs of the present plan."""
    terms = terms_of(subscription())
    return PacksOut(items=[pack_out(pack, terms.currency) for pack in useful(terms.packs, entitlements())])


@operation(
    router,
    "GET",
    "/billing/packs/{pack}/plan",
    BILLING_CHANGE,
    answer=PackPlanOut,
    refuses=(NothingSold, NoPacks, PackUseless, *KEPT_BACK),
)
def billing_pack_plan(request: ApiRequest, pack: str) -> PackPlanOut:
    """What a pack is and costs."""
    found = plan_buy_pack(actor=request.actor, pack=pack, now=clock.now())
    terms = terms_of(subscription())
    one = next(each for each in terms.packs if each.key == found.key)
    return PackPlanOut(digest=found.digest, pack=pack_out(one, terms.currency), quote=quote_out(found.quote, request))


@operation(
    router,
    "POST",
    "/billing/packs/{pack}",
    BILLING_CHANGE,
    answer=PackBoughtOut,
    refuses=(NothingSold, NoPacks, PackUseless, PlanChanged, *KEPT_BACK),
)
def billing_pack_buy(
    request: ApiRequest,
    pack: str,
    body: Confirmation = Confirmation(),  # noqa: B008 frozen
) -> PackBoughtOut:
    """Orders a pack; what credit pays for in full is there at once."""
    done = carry_out(request, buy_pack, pack=pack, digest=body.digest)
    with reading():
        at = moment_of(subscription(), clock.now())
        order = order_out(find_order(done.order_id), at, request) if done.order_id else None
    return PackBoughtOut(title=done.title, order=order)

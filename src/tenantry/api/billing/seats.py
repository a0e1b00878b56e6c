"""Seats in use, what they consist of, and every change of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ninja import Query, Router

from tenantry.api.billing.seat_schemas import SeatHolders, SeatLedgerPage, SeatLedgerQuery, SeatLineOut, SeatsInUse
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.organizations.permissions import BILLING_VIEW, SEATS_VIEW
from tenantry.people.permissions import VIEW
from tenantry.people.seat_ledger import LedgerFilter, ledger_page, numbers_after
from tenantry.people.seats import free_roles, seats
from tenantry.people.selectors import names_of, visible_members

router = Router(tags=["Billing"])


@operation(router, "GET", "/billing/seats", SEATS_VIEW, BILLING_VIEW, answer=SeatsInUse)
def seat_meter(request: ApiRequest) -> SeatsInUse:
    """How many seats are in use, by whom, and how many there are."""
    state = seats(clock.now())
    people = [
        _holders("active", state.active, state.free_active, holds="active" in state.counted),
        _holders("pending", state.pending, state.free_pending, holds="invited" in state.counted),
        _holders("deactivated", state.deactivated, state.free_deactivated, holds="deactivated" in state.counted),
        _holders("expired", state.expired, 0, holds=False),
    ]
    return SeatsInUse(
        in_use=state.in_use,
        limit=state.limit,
        free=state.free,
        growth=state.growth,  # type: ignore[arg-type]
        free_roles=sorted(free_roles()),
        people=people,
    )


def _holders(status: Any, number: int, free: int, *, holds: bool) -> SeatHolders:
    return SeatHolders(status=status, number=number, holds=holds, free=free)


@operation(router, "GET", "/billing/seats/ledger", SEATS_VIEW, BILLING_VIEW, answer=SeatLedgerPage)
def seat_ledger(request: ApiRequest, query: Query[SeatLedgerQuery]) -> Answer:
    """Every change of the seats in use, the latest first. The sum of all changes is the number in use."""
    actor, now = request.actor, clock.now()
    wanted = LedgerFilter(
        kinds=tuple(query.kind),
        person_ids=(query.person,) if query.person else None,
        since=query.since,
        until=query.until,
    )
    page = ledger_page(actor, wanted, now, cursor=query.cursor, size=query.limit)
    after = numbers_after(page.rows, seats(now).in_use, now)
    names = _names(request, [line.membership_id for line in page.rows if line.membership_id])
    money = actor.may(BILLING_VIEW)
    items = [_line(line, after[line.id], names, money=money) for line in page.rows]
    return listed(request, SeatLedgerPage, page, items)


def _line(line: Any, after: int, names: Mapping[UUID, str], *, money: bool) -> SeatLineOut:
    return SeatLineOut(
        id=line.id,
        at=line.at,
        kind=line.kind,
        change=line.change,
        in_use_after=after,
        member_id=line.membership_id,
        member_name=names.get(line.membership_id, ""),
        actor_kind=line.actor_kind,
        actor_id=line.actor_id,
        action=line.action,
        counted=[one for one in line.counted.split(",") if one],
        growth=line.growth,
        licensed=line.licensed,
        effect=line.costs if money else "",
        amount=line.amount if money else None,
        currency=line.currency if money else "",
        invoice_id=line.invoice_id if money else None,
    )


def _names(request: ApiRequest, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Of those whom the caller sees."""
    if not ids or not request.actor.may(VIEW):
        return {}
    return names_of(visible_members(request.actor).filter(id__in=ids).values_list("id", flat=True))

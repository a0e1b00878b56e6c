"""What can be done about a subscription at this moment, and by name what keeps the rest back: what its actions would
say before they ask for figures."""

from collections.abc import Callable, Mapping

from tenantry.billing.errors import (
    AlreadyCanceling,
    CardDeclined,
    MostSeats,
    NoPacks,
    NoPaymentMethod,
    NotCanceling,
    NotCounted,
    NothingPlanned,
    NothingSold,
    NothingToCancel,
    PackUseless,
)
from tenantry.billing.models import PaymentMethod, Subscription
from tenantry.billing.offers import sells
from tenantry.billing.selectors import payment_method, rules, terms_of
from tenantry.billing.states import Act, State, require_state
from tenantry.billing.use import useful
from tenantry.core.errors import Refusal
from tenantry.metering.meters import METERS
from tenantry.organizations.selectors import entitlements


def refuse_card(card: PaymentMethod | None) -> None:
    """:raises NoPaymentMethod, CardDeclined: nothing can be charged later."""
    if card is None:
        raise NoPaymentMethod
    if card.declined_at is not None:
        raise CardDeclined(brand=card.brand, last4=card.last4)


def acts_now(row: Subscription | None) -> list[tuple[Act, Refusal | None]]:
    """Each act with what refuses it; None: it can be done. Whether the reader may is not asked."""
    if row is None:
        sold = sells()
        return [(act, None if sold and act == Act.CHANGE_NOW else NothingSold()) for act in Act]
    found: list[tuple[Act, Refusal | None]] = []
    for act in Act:
        try:
            if act in _BEFORE:
                _BEFORE[act](row)
            require_state(row.state, act)
            if act in _AFTER:
                _AFTER[act](row)
        except Refusal as refused:
            found.append((act, refused))
        else:
            found.append((act, None))
    return found


def _something_sold(row: Subscription) -> None:
    if not sells():
        raise NothingSold


def _planned(row: Subscription) -> None:
    if not row.planned:
        raise NothingPlanned


def _running(row: Subscription) -> None:
    if row.period_end is None:
        raise NothingToCancel
    if row.cancels and row.state != State.FROZEN:
        raise AlreadyCanceling


def _canceling(row: Subscription) -> None:
    if not row.cancels:
        raise NotCanceling


def _licensed(row: Subscription) -> None:
    if row.seats is None or terms_of(row).included is None or rules().per_person:
        raise NotCounted


def _growing(row: Subscription) -> None:
    terms = terms_of(row)
    if row.period_end is None or terms.most_seats is not None:
        raise MostSeats(plan=terms.title, maximum=row.seats)
    refuse_card(payment_method())


def _packed(row: Subscription) -> None:
    packs = terms_of(row).packs
    if not packs:
        raise NoPacks
    if not useful(packs, entitlements()):
        raise PackUseless(what=METERS[packs[0].meter].title)


def _going_on(row: Subscription) -> None:
    """Of what comes with the next period: there is none once it ends with this one."""
    if row.cancels:
        raise AlreadyCanceling


# In the order in which the actions ask: what is there, the state, what else it needs.
_BEFORE: Mapping[Act, Callable[[Subscription], None]] = {
    Act.CHANGE_NOW: _something_sold,
    Act.CHANGE_LATER: _something_sold,
    Act.WITHDRAW: _planned,
    Act.CANCEL: _running,
    Act.RESUME: _canceling,
    Act.BUY_SEATS: _licensed,
    Act.REDUCE_SEATS: _licensed,
}
_AFTER: Mapping[Act, Callable[[Subscription], None]] = {
    Act.CHANGE_LATER: _going_on,
    Act.BUY_SEATS: _growing,
    Act.REDUCE_SEATS: _going_on,
    Act.BUY_PACK: _packed,
}

"""The gateway of an installation that takes no money: cards that do what their name says."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.billing.gateways.base import Bill, Charged, Result


@dataclass(frozen=True, slots=True)
class Card:
    """`first`: what happens while its owner is there; `later`: what happens when it is charged by itself."""

    key: str
    brand: str
    last4: str
    sentence: str | Promise
    first: Result
    later: Result
    expires_month: int = 12
    expires_year: int = 2034

    @property
    def ref(self) -> str:
        return f"sandbox:{self.key}"


CARDS: Final = {
    card.key: card
    for card in (
        Card("good", "Visa", "4242", _("is always paid"), Result.PAID, Result.PAID),
        Card("declined", "Visa", "0002", _("is always declined"), Result.DECLINED, Result.DECLINED),
        Card("tires", "Mastercard", "0341", _("is paid now and declined from then on"), Result.PAID, Result.DECLINED),
        Card("asks", "Visa", "3155", _("asks at the bank first"), Result.NEEDS_ACTION, Result.PAID),
    )
}
_BY_REF = {card.ref: card for card in CARDS.values()}


class Sandbox:
    """Takes nothing and remembers nothing: what a card does is in its name, so the same key answers the same."""

    key = "sandbox"

    def charge(self, bill: Bill, *, attempt: int) -> Charged:
        card = _BY_REF.get(bill.method)
        if card is None:
            return Charged(Result.DECLINED, "no_card")
        if card.later != Result.PAID:
            return Charged(card.later, "declined")
        return Charged(Result.PAID, ref=f"sandbox:{bill.id}:{attempt}")

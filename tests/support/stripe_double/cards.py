"""Cards that do what their name says, as Stripe's test cards do."""

from dataclasses import dataclass
from typing import Final

from support.stripe_double.world import Object, World

PAID, ASKS = "paid", "asks"


@dataclass(frozen=True)
class Card:
    """What becomes of it: "paid", "asks" (its owner has to confirm), or the code of a decline.

    `attached`: kept for a customer through the API; `there`: a payment with its owner there; `alone`: by itself;
    `on_page`: on a page of ours, where a card that declines only later is taken.
    """

    name: str
    brand: str
    last4: str
    attached: str = PAID
    there: str = PAID
    alone: str = PAID
    on_page: str = PAID


CARDS: Final = {
    card.name: card
    for card in (
        Card("good", "visa", "4242"),
        Card("mastercard", "mastercard", "4444"),
        Card("declined", "visa", "0002", *["generic_decline"] * 4),
        Card("poor", "visa", "9995", *["insufficient_funds"] * 4),
        Card("tires", "visa", "0341", there="generic_decline", alone="generic_decline"),
        Card("asks", "visa", "3155", there=ASKS, on_page=ASKS),
        Card("asks_always", "visa", "3184", there=ASKS, alone="authentication_required", on_page=ASKS),
    )
}
BY_TEST_NAME: Final = {
    "pm_card_visa": "good",
    "pm_card_mastercard": "mastercard",
    "pm_card_chargeDeclined": "declined",
    "pm_card_visa_chargeDeclined": "declined",
    "pm_card_chargeDeclinedInsufficientFunds": "poor",
    "pm_card_chargeCustomerFail": "tires",
    "pm_card_authenticationRequiredOnSetup": "asks",
    "pm_card_authenticationRequired": "asks_always",
}
ADDRESS: Final = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def card_of(method: Object) -> Card:
    return CARDS[method["_card"]]


def make_method(world: World, name: str) -> Object:
    card = CARDS[name]
    return world.add(
        "payment_method",
        "pm",
        _card=name,
        allow_redisplay="unspecified",
        billing_details={"address": dict(ADDRESS), "email": None, "name": None, "phone": None, "tax_id": None},
        card={
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": f"double{card.last4}",
            "funding": "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        customer=None,
        customer_account=None,
        metadata={},
        type="card",
    )


def method_of(world: World, key: str, *, param: str = "payment_method") -> Object:
    """One that is kept, or a new one of Stripe's names for tests."""
    if key in BY_TEST_NAME:
        return make_method(world, BY_TEST_NAME[key])
    return world.find("payment_method", key, param=param)


def attach(world: World, method: Object, customer: str) -> None:
    if method["customer"] != customer:
        method["customer"] = customer
        world.emit("payment_method.attached", method)


def outcome(world: World, method: Object, *, there: bool, on_page: bool = False) -> str:
    """What becomes of a payment: "paid", "asks", or the code of a decline. Uses up what a test said comes next."""
    if world.coming:
        return world.coming.pop(0)
    card = card_of(method)
    return card.on_page if on_page else card.there if there else card.alone

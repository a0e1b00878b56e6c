"""What Stripe tells of itself: proven by its signature, and read for no more than what it is about."""

import json
from dataclasses import dataclass
from typing import Any, Final

import stripe
from django.conf import settings

# Of the time that is signed, in seconds.
TOLERANCE: Final = 300
# What is followed; everything else is kept and ignored.
FOLLOWED: Final = ("checkout.session.", "invoice.", "customer.", "subscription_schedule.")


class SignatureWrong(Exception):
    """Not of Stripe, changed on its way, or too old."""


@dataclass(frozen=True, slots=True)
class Told:
    """`about`: the id of the object, which is read anew; `customer`: whose it is. `followed`: it may concern us."""

    id: str
    kind: str
    about: str
    customer: str
    followed: bool


def read(body: bytes, signature: str) -> Told:
    """:raises SignatureWrong: nothing of it is believed."""
    secret = settings.STRIPE_WEBHOOK_SECRET
    if not secret:
        raise SignatureWrong
    try:
        stripe.Webhook.construct_event(body, signature, secret, TOLERANCE)
        event = json.loads(body)
        about = event["data"]["object"]
        kind, number = str(event["type"]), str(event["id"])
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError) as error:
        raise SignatureWrong from error
    customer, followed = _customer(about), kind.startswith(FOLLOWED)
    return Told(number[:255], kind[:255], _id(about), customer, followed and bool(_id(about)) and bool(customer))


def _id(about: Any) -> str:
    found = about.get("id") if isinstance(about, dict) else None
    return found[:255] if isinstance(found, str) else ""


def _customer(about: Any) -> str:
    if not isinstance(about, dict):
        return ""
    if about.get("object") == "customer":
        return _id(about)
    found = about.get("customer")
    return found[:255] if isinstance(found, str) else _id(found)

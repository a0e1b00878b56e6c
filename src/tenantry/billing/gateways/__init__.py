"""Where money is taken. The engine says what is due; a gateway says what became of it."""

from tenantry.billing.gateways.base import Bill, Charged, Gateway, Named, Result
from tenantry.billing.gateways.sandbox import Sandbox
from tenantry.billing.gateways.stripe.charging import Stripe

__all__ = ["Bill", "Charged", "Gateway", "Named", "Result", "Sandbox", "gateway_of"]

_GATEWAYS: dict[str, Gateway] = {one.key: one for one in (Sandbox(), Stripe())}


def gateway_of(key: str) -> Gateway:
    """:raises KeyError: there is none of that name."""
    return _GATEWAYS[key]

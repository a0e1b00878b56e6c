"""What a Checkout session has to be, beyond what the document says."""

import time
from typing import Any

from support.stripe_double.catalogue import amount_of, interval_of, price_of
from support.stripe_double.payments import enough
from support.stripe_double.refusals import Refused, lacking, unheeded
from support.stripe_double.routes import Call
from support.stripe_double.subscriptions import anchored

ONLY_IN = {
    "subscription_data": {"subscription"},
    "payment_intent_data": {"payment"},
    "setup_intent_data": {"setup"},
    "invoice_creation": {"payment"},
    "line_items": {"payment", "subscription"},
    "payment_method_collection": {"subscription"},
    "customer_creation": {"payment", "setup"},
}
HOUR = 3600


def check(call: Call) -> None:
    """:raises Refused: in Stripe's words"""
    mode = call.get("mode", "")
    if not mode:
        raise lacking("mode")
    if call.given("customer") and call.given("customer_email"):
        raise Refused("You may only specify one of these parameters: customer, customer_email.", param="customer")
    for name, modes in ONLY_IN.items():
        if call.given(name) and mode not in modes:
            raise Refused(f"You can not pass `{name}` in `{mode}` mode.", param=name)
    _addresses(call)
    _ends(call)
    if mode == "setup":
        if not call.get("currency") and not call.get("payment_method_types"):
            raise Refused("You must provide `currency` when `mode` is `setup` and `payment_method_types` is not given.",
                          code="parameter_missing", param="currency")  # fmt: skip
    elif not call.get("line_items"):
        raise lacking("line_items")
    if key := call.get("customer"):
        call.world.find("customer", key, param="customer")
    elif call.given("customer_update"):
        raise Refused("`customer_update` can only be used with `customer`.", param="customer_update")


def _ends(call: Call) -> None:
    if until(call) is None:
        raise Refused(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", param="expires_at"
        )


def until(call: Call) -> int | None:
    """When the page is over by this world's clock; None: impossible. Pages live by the machine's time, too: a clock
    that was moved ahead moves subscriptions and invoices only."""
    now = call.world.now()
    at = call.get("expires_at", now + 24 * HOUR)
    for moved in (0, now - int(time.time())):
        if HOUR // 2 <= at + moved - now <= 24 * HOUR:
            return int(at + moved)
    return None


def _addresses(call: Call) -> None:
    if call.get("ui_mode", "hosted_page") not in {"hosted", "hosted_page"}:
        raise unheeded("pages that are not hosted", "ui_mode")
    if not call.get("success_url"):
        raise lacking("success_url")
    for name in ("success_url", "cancel_url"):
        given = call.get(name)
        if given and not given.startswith(("http://", "https://")):
            raise Refused("Not a valid URL", code="url_invalid", param=name)


def lines_of(call: Call) -> list[dict[str, Any]]:
    """Prices and quantities. :raises Refused: they don't fit the mode or each other"""
    mode, lines = call.get("mode"), []
    for place, one in enumerate(call.get("line_items") or []):
        param = f"line_items[{place}]"
        if "quantity" not in one:
            raise lacking(f"{param}[quantity]")
        if one["quantity"] < 1:
            raise Refused("This value must be greater than or equal to 1.", param=f"{param}[quantity]")
        lines.append({"price": price_of(call.world, one, param), "quantity": one["quantity"]})
    if not lines:
        return lines
    prices = [line["price"] for line in lines]
    if len({price["currency"] for price in prices}) > 1:
        raise Refused("You can not combine currencies on a single session.", param="line_items")
    recurring = [price for price in prices if price["type"] == "recurring"]
    if mode == "subscription" and not recurring:
        raise Refused(
            "You must provide at least one recurring price in `subscription` mode when using prices.",
            param="line_items",
        )
    if mode == "payment" and recurring:
        raise Refused(
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices.",
            param="mode",
        )
    if len({interval_of(price) for price in recurring}) > 1:
        raise Refused("Checkout does not support multiple prices with different billing intervals.", param="line_items")
    anchor = call.get("subscription_data.billing_cycle_anchor")
    proration = call.get("subscription_data.proration_behavior")
    if anchor and len(recurring) < len(prices) and proration == "none":
        # docs.stripe.com/payments/checkout/billing-cycle, Limitations
        raise Refused("You can't use one-time prices when `proration_behavior` is `none`.", param="line_items")
    anchored(call.world, lines, anchor, proration, "subscription_data[billing_cycle_anchor]")
    if mode == "payment":
        total = sum(amount_of(line["price"], line["quantity"]) for line in lines)
        enough(total, prices[0]["currency"], "line_items")
    return lines

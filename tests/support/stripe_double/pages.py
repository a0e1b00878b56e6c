"""The pages that Stripe would show, with the buttons a test presses; a call presses the same."""

from html import escape

from support.stripe_double.cards import ASKS, CARDS, PAID, attach, make_method
from support.stripe_double.checkout import expire, pay
from support.stripe_double.collecting import attempt
from support.stripe_double.payments import confirm
from support.stripe_double.portal import cancelable, press
from support.stripe_double.refusals import DECLINES, Refused, declined
from support.stripe_double.world import Object, World

KINDS = {
    "checkout": "checkout.session",
    "portal": "billing_portal.session",
    "invoice": "invoice",
    "authenticate": "payment_intent",
}
# Name of the button → what it does, and with which card.
CHECKOUT = {
    "Pay": ("pay", "good"),
    "Pay, decline later": ("pay", "tires"),
    "Decline": ("decline", "declined"),
    "Authenticate": ("authenticate", "asks"),
    "Back": ("back", ""),
}
INVOICE = {"Pay": ("pay", "good"), "Decline": ("decline", "declined"), "Authenticate": ("authenticate", "asks")}
PORTAL = {
    "Cancel plan": ("cancel", ""),
    "Keep plan": ("keep", ""),
    "Use another card": ("card", "good"),
    "Back": ("back", ""),
}
SAID = {
    "asks": "Your bank asks you to confirm this payment.",
    "paid": "Paid. Thank you.",
    "expired": "This page is no longer there.",
}


def act(world: World, page: str, key: str, what: str, card: str) -> tuple[str, str]:
    """Presses a button: where the browser is sent (empty: the page stays), and what the page says then.

    :raises Refused: the page has no such button
    """
    row = world.find(KINDS[page], key, status=404)
    if page == "checkout":
        return _checkout(world, row, what, card or _card(CHECKOUT, what))
    if page == "invoice":
        return "", _invoice(world, row, what, card or _card(INVOICE, what))
    if page == "authenticate":
        return _authenticate(world, row, what)
    if what == "back":
        return row["return_url"], ""
    press(world, row, what, card or "good")
    return "", "Done."


def _card(buttons: dict[str, tuple[str, str]], what: str) -> str:
    return next((card for name, card in buttons.values() if name == what and card), "good")


def _checkout(world: World, row: Object, what: str, card: str) -> tuple[str, str]:
    if row["status"] != "open":
        raise Refused(SAID["expired"], status=409)
    if what == "back":
        return row["cancel_url"] or "", ""
    if what == "expire":
        expire(world, row)
        return "", SAID["expired"]
    said = pay(world, row, card)
    if said == ASKS and what == "authenticate":
        said = pay(world, row, card, agreed=True)
    if said == PAID:
        return row["success_url"].replace("{CHECKOUT_SESSION_ID}", row["id"]), ""
    return "", _words(said)


def _words(said: str) -> str:
    return SAID.get(said) or DECLINES.get(said, DECLINES["generic_decline"])


def _invoice(world: World, row: Object, what: str, card: str) -> str:
    if row["status"] != "open":
        return SAID["paid"] if row["status"] == "paid" else SAID["expired"]
    method = make_method(world, CARDS[card].name)
    if CARDS[card].attached == PAID:
        attach(world, method, row["customer"])
    said = attempt(world, row, method, there=True, on_page=True)
    if said == ASKS and what == "authenticate":
        said = attempt(world, row, method, agreed=True)
    return _words(said)


def _authenticate(world: World, row: Object, what: str) -> tuple[str, str]:
    """The bank's own page, for a payment intent that waits for it."""
    if row["status"] != "requires_action":
        raise Refused(SAID["expired"], status=409)
    method = world.ids[row["payment_method"]]
    back = (row["next_action"] or {}).get("redirect_to_url", {}).get("return_url") or ""
    invoice = world.ids.get(row.get("_invoice", ""))
    if what != "authenticate":
        row |= {"status": "requires_payment_method", "next_action": None, "payment_method": None}
        row["last_payment_error"] = declined("authentication_required").error
        world.emit("payment_intent.payment_failed", row)
    elif invoice is not None:
        attempt(world, invoice, method, agreed=True)
    else:
        confirm(world, row, method, there=True, agreed=True)
    return back, _words(PAID if row["status"] == "succeeded" else "generic_decline")


def html(world: World, page: str, key: str, said: str = "") -> str:
    """:raises Refused: nothing is there"""
    row = world.find(KINDS[page], key, status=404)
    title, buttons = _contents(world, page, row)
    forms = "".join(
        f'<form method="post"><input type="hidden" name="do" value="{what}">'
        f'<input type="hidden" name="card" value="{card}"><button>{escape(name)}</button></form>'
        for name, (what, card) in buttons.items()
    )
    alert = f'<p role="alert">{escape(said)}</p>' if said else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title></head><body><main><h1>{escape(title)}</h1>{alert}{forms}</main></body></html>"
    )


def _contents(world: World, page: str, row: Object) -> tuple[str, dict[str, tuple[str, str]]]:
    if page == "checkout":
        if row["status"] != "open":
            return SAID["expired"], {}
        amount = f"Pay {row['amount_total']} {row['currency']}" if row["amount_total"] is not None else "Keep a card"
        return amount, {name: one for name, one in CHECKOUT.items() if name != "Back" or row["cancel_url"]}
    if page == "invoice":
        left = INVOICE if row["status"] == "open" else {}
        return f"Invoice {row['number']}: {row['amount_remaining']} {row['currency']}, {row['status']}", left
    if page == "authenticate":
        return "Your bank", {"Authenticate": ("authenticate", ""), "Decline": ("decline", "")}
    subscription = cancelable(world, row)
    gone = {"Cancel plan", "Keep plan"} if subscription is None else set()
    if subscription is not None:
        gone = {"Cancel plan"} if subscription["cancel_at_period_end"] else {"Keep plan"}
    if not world.ids[row["configuration"]]["features"]["payment_method_update"]["enabled"]:
        gone |= {"Use another card"}
    return "Billing", {name: one for name, one in PORTAL.items() if name not in gone}

"""Kinds about plan, money and meters: the money side for those who see billing, what it means for everybody else."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.billing.wording import interval_words
from tenantry.core import money
from tenantry.metering.meters import METERS
from tenantry.metering.wording import amount_in_words
from tenantry.notifications.kinds.registry import Kind, Mail
from tenantry.organizations.permissions import BILLING_VIEW

if TYPE_CHECKING:
    from tenantry.notifications.models import Notification

BILLING, INVOICES = "/admin/billing", "/admin/billing/invoices"

# Of `SubscriptionChanged`: the change -> what it means for whoever looks after the money.
MANAGED: Mapping[str, Any] = {
    "trial_started": gettext_lazy(
        "The trial of %(plan)s has begun and ends %(when)s. Nothing is charged; choose a plan whenever you like."
    ),
    "started": gettext_lazy("The plan %(plan)s has started. What it costs stands under Billing."),
    "agreed": gettext_lazy(
        "The plan is %(plan)s now, as agreed with whoever runs this installation. Its invoice is under Billing."
    ),
    "agreement_ending": gettext_lazy(
        "What was agreed on for %(plan)s ends %(when)s. Agree on what follows or choose another plan, or nobody can"
        " work here then."
    ),
    "upgraded": gettext_lazy(
        "The plan is %(plan)s now, up from %(before_plan)s. What it costs until renewal is on an invoice under Billing."
    ),
    "downgrade_planned": gettext_lazy(
        "The plan changes to %(plan)s %(when)s. Until then everything stays as it is paid for."
    ),
    "change_planned": gettext_lazy(
        "What is paid for %(plan)s changes %(when)s. Until then everything stays as it is paid for."
    ),
    "downgraded": gettext_lazy(
        "The plan is %(plan)s now, down from %(before_plan)s. From now on its price is charged."
    ),
    "downgrade_withdrawn": gettext_lazy("The planned change is called off: %(plan)s goes on as it is, at its price."),
    "cancel_planned": gettext_lazy(
        "The subscription ends %(when)s and is not charged again. It can be resumed until then."
    ),
    "canceled": gettext_lazy(
        "The subscription has ended. Nothing is charged any more; data can be exported for 30 days."
    ),
    "resumed": gettext_lazy("The subscription goes on: %(plan)s is charged at the next renewal as before."),
    "seats_changed": gettext_lazy(
        "There are %(seats)s paid seats now. What came on top is charged for the rest of the period; what went is not"
        " charged again."
    ),
    "seats_planned": gettext_lazy(
        "From renewal on there are %(next_seats)s paid seats instead of %(seats)s. What is paid stays until then."
    ),
    "interval_changed": gettext_lazy("The plan %(plan)s is paid %(interval)s now. Its invoice is under Billing."),
    "trial_ending": gettext_lazy(
        "The trial ends %(when)s. Choose a plan to go on; without one nothing is charged and nobody can change data."
    ),
    "trial_ended": gettext_lazy("The trial has ended and nothing was charged. Choose a plan to go on."),
    "payment_pending": gettext_lazy(
        "A payment failed. Update the card under Billing: unless it is paid, the organization is frozen %(when)s. Until"
        " then everything works, but no seats or packs can be added."
    ),
    "recovered": gettext_lazy("The missing payment came in: %(plan)s goes on."),
    "frozen": gettext_lazy(
        "An invoice stayed unpaid: the organization is frozen. Only billing and exports work; paying opens everything"
        " again."
    ),
}
# The same for everybody else.
HERE: Mapping[str, Any] = {
    "trial_started": gettext_lazy(
        "Your organization tries %(plan)s until a plan is chosen: everything is open to you."
    ),
    "started": gettext_lazy("Your organization has the plan %(plan)s now: what it includes is open to you."),
    "agreed": gettext_lazy(
        "Your organization has the plan %(plan)s by agreement now: what it includes is open to you."
    ),
    "agreement_ending": gettext_lazy(
        "Your organization’s plan %(plan)s ends %(when)s unless it is renewed. Until then you work as before."
    ),
    "upgraded": gettext_lazy("Your organization moved up to %(plan)s: you may find more features and higher limits."),
    "downgrade_planned": gettext_lazy(
        "Your organization moves to the smaller plan %(plan)s %(when)s. Until then you work as before."
    ),
    "change_planned": gettext_lazy("Your organization pays otherwise for %(plan)s %(when)s. You work as before."),
    "downgraded": gettext_lazy(
        "Your organization has the smaller plan %(plan)s now. Some features or limits may be gone; your data stays."
    ),
    "downgrade_withdrawn": gettext_lazy("Your organization keeps the plan %(plan)s. Nothing changes for you."),
    "cancel_planned": gettext_lazy(
        "Your organization’s plan ends %(when)s. Until then you work as before; afterwards nobody can work here unless"
        " it goes on."
    ),
    "canceled": gettext_lazy(
        "Your organization’s plan has ended. Nobody can work here now; those who may export can do so for 30 days."
    ),
    "resumed": gettext_lazy("Your organization’s plan goes on. Nothing changes for you."),
    "seats_changed": gettext_lazy("Your organization changed its number of seats. Nothing changes for you."),
    "seats_planned": gettext_lazy("Your organization will have fewer seats. Nothing changes for you."),
    "interval_changed": gettext_lazy("Your organization pays in another rhythm now. Nothing changes for you."),
    "trial_ending": gettext_lazy(
        "Your organization’s trial ends %(when)s. Without a plan you can read and export then, not change."
    ),
    "trial_ended": gettext_lazy(
        "Your organization’s trial has ended. You can read and export, not change, until it chooses a plan."
    ),
    "payment_pending": gettext_lazy(
        "A payment of your organization is missing. You work as before; unless it is paid, the organization is frozen"
        " %(when)s."
    ),
    "recovered": gettext_lazy("Your organization’s payment came in. Everything works as before."),
    "frozen": gettext_lazy(
        "Your organization is frozen until an invoice is paid. Nothing is lost, but you can't work here meanwhile."
    ),
}


def managed(row: "Notification") -> str:
    return str(MANAGED[_change(row.values)])


def _here(row: "Notification") -> str:
    return str(HERE[_change(row.values)])


def _change(values: Mapping[str, str]) -> str:
    """Seats that become fewer at renewal are told otherwise than seats that are there, and another interval or number
    of them otherwise than a smaller plan."""
    change = values["change"]
    if change == "seats_changed" and values.get("next_seats"):
        return "seats_planned"
    same = values.get("plan") == values.get("before_plan")
    return "change_planned" if change == "downgrade_planned" and same else change


def _issued(row: "Notification") -> str:
    if row.values.get("number"):
        return _("Invoice %(number)s over %(money)s was issued.")
    return _("A new invoice was issued.")


def _failed(row: "Notification") -> str:
    again = _("It is tried again %(when)s.") if row.values.get("on") else _("It is not tried again by itself.")
    if row.values.get("number"):
        return f"{_('The payment of invoice %(number)s over %(money)s failed.')} {again}"
    return f"{_('A payment failed.')} {again}"


def _received(row: "Notification") -> str:
    if row.values.get("kept") == "credit":
        return _("A payment came in for something that had changed meanwhile. It is kept as credit and used first.")
    if row.values.get("number"):
        return _("Invoice %(number)s over %(money)s is paid.")
    return _("A payment came in.")


def _reached(row: "Notification") -> str:
    """Nothing is said of a new beginning where a meter has none: seats, records, storage."""
    if row.values.get("percent") == "100":
        text = _("%(meter)s: all %(limit)s are used.")
    else:
        text = _("%(meter)s: %(percent)s%% are used, %(used)s of %(limit)s.")
    return f"{text} {_('The count begins anew %(when)s.')}" if row.values.get("on") else text


def words_of_plan(values: Mapping[str, str]) -> dict[str, str]:
    """Plans by the title that they were bought under."""
    return {
        "plan": values.get("plan", ""),
        "before_plan": values.get("before_plan", ""),
        "when": _when(values.get("on", "")),
        "interval": interval_words(values.get("interval", "month")),
        "seats": values.get("seats", ""),
        "next_seats": values.get("next_seats", ""),
    }


def money_words(values: Mapping[str, str]) -> dict[str, str]:
    due, currency = values.get("due", ""), values.get("currency", "")
    amount = money.written(int(due), currency) if due and currency else ""
    return {"number": values.get("number", ""), "money": amount, "when": _when(values.get("on", ""))}


def meter_words(values: Mapping[str, str]) -> dict[str, str]:
    meter = METERS[values["meter"]]
    amounts = {name: amount_in_words(meter, int(values.get(name, "0"))) for name in ("used", "limit", "amount")}
    return {
        "meter": str(meter.title),
        "percent": values.get("percent", ""),
        "when": _when(values.get("on", "")),
        **amounts,
    }


def _when(day: str) -> str:
    if not day:
        return _("at renewal")
    return _("on %(day)s") % {"day": date_format(date.fromisoformat(day), "DATE_FORMAT")}


def _to(url: str) -> Any:
    return lambda _row: url


KINDS = (
    Kind(
        "subscription_managed",
        gettext_lazy("The plan or subscription changed"),
        "billing",
        managed,
        permission=BILLING_VIEW,
        url=_to(BILLING),
        words=words_of_plan,
    ),
    Kind(
        "subscription_here",
        gettext_lazy("What you can use here changed with the plan"),
        "billing",
        _here,
        mail=Mail.NEVER,
        words=words_of_plan,
    ),
    Kind(
        "invoice_issued",
        gettext_lazy("An invoice was issued"),
        "billing",
        _issued,
        mail=Mail.DIGEST,
        permission=BILLING_VIEW,
        url=_to(INVOICES),
        words=money_words,
    ),
    Kind(
        "payment_failed",
        gettext_lazy("A payment failed"),
        "billing",
        _failed,
        permission=BILLING_VIEW,
        url=_to(INVOICES),
        words=money_words,
    ),
    Kind(
        "payment_received",
        gettext_lazy("A payment came in"),
        "billing",
        _received,
        mail=Mail.DIGEST,
        permission=BILLING_VIEW,
        url=_to(INVOICES),
        words=money_words,
    ),
    Kind(
        "pack_bought",
        gettext_lazy("A pack was bought"),
        "billing",
        gettext_lazy("A pack of %(amount)s was bought for %(meter)s."),
        mail=Mail.DIGEST,
        permission=BILLING_VIEW,
        url=_to(BILLING),
        words=meter_words,
    ),
    Kind(
        "meter_reached",
        gettext_lazy("An allowance is nearly or all used"),
        "billing",
        _reached,
        permission=BILLING_VIEW,
        url=_to(BILLING),
        words=meter_words,
    ),
)

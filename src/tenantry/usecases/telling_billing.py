"""The audit's words for plan, seats and money."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from tenantry.core.money import written
from tenantry.organizations.entitlements import CATALOGUE
from tenantry.usecases.telling_holding import Facts

TITLES: Mapping[str, Any] = {
    "billing.plan_changed": _("Plan changed"),
    "billing.plan_ordered": _("Plan ordered"),
    "billing.order_paid": _("Order paid"),
    "billing.order_failed": _("Payment of an order failed"),
    "billing.order_credited": _("Payment kept as credit"),
    "billing.downgrade_planned": _("Change for the period's end planned"),
    "billing.downgrade_withdrawn": _("Planned change withdrawn"),
    "billing.cancel_planned": _("Subscription canceled"),
    "billing.canceled": _("Subscription ended"),
    "billing.resumed": _("Subscription resumed"),
    "billing.seats_bought": _("Seats bought"),
    "billing.seats_reduced": _("Seats given back"),
    "billing.seats_reduction_planned": _("Fewer seats planned"),
    "billing.details_changed": _("Billing details changed"),
    "billing.addon_switched_on": _("Add-on switched on"),
    "billing.addon_switched_off": _("Add-on switched off"),
    "billing.card_changed": _("Card changed"),
    "billing.pack_ordered": _("Pack ordered"),
    "billing.pack_bought": _("Pack bought"),
    "billing.payment_received": _("Payment received"),
    "billing.payment_failed": _("Payment failed"),
    "billing.transfer_noted": _("Bank transfer noted"),
    "billing.time_passed": _("Subscription by itself"),
    "billing.gateway_differs": _("The payment service differs"),
    "billing.entitlement_overridden": _("Entitlement overridden"),
    "billing.override_ended": _("Override ended"),
    "billing.plan_agreed": _("Plan agreed on"),
    "billing.clock_moved": _("Clock of the demonstration moved"),
}
_NAMES = ("name", "before", "after", "count", "invoice")


def _places(facts: Facts) -> dict[str, str]:
    target = facts.several if "members" in facts.values else facts.target
    return {"who": facts.who, "target": target, "sum": _sum(facts), **{one: facts.get(one) for one in _NAMES}}


def _sum(facts: Facts) -> str:
    amount = facts.values.get("amount", facts.values.get("due"))
    return written(int(amount), facts.get("currency")) if amount is not None and facts.get("currency") else ""


def _plain(text: Any) -> Callable[[Facts], str]:
    return lambda facts: str(text) % _places(facts)


def _seats(text: Any) -> Callable[[Facts], str]:
    return lambda facts: str(text % {**_places(facts), "count": int(facts.values.get("count") or 0)})


# What happened by itself, one sentence for each.
_BY_ITSELF: Mapping[str, Any] = {
    "trial_told": _("The end of the trial came near."),
    "trial_over": _("The trial ended."),
    "agreement_told": _("The end of what was agreed came near."),
    "renewed": _("A period ended and the next one was invoiced."),
    "downgraded": _("A period ended, and the plan became %(name)s as planned."),
    "interval_changed": _("A period ended, and the interval changed as planned."),
    "seats_changed": _("A period ended, and the seats became fewer as planned."),
    "seats_charged": _("Seats that were added were invoiced."),
    "people_counted": _("People were counted for the invoice."),
    "canceled": _("The subscription ended, as it was canceled."),
    "frozen": _("The organization was frozen, because a payment was not made in time."),
    "closed": _("The time for exports was over, and the organization was closed."),
}


def _time_passed(facts: Facts) -> str:
    said = [
        str(_BY_ITSELF[one]) % {"name": facts.get("name")}
        for one in facts.values.get("what") or ()
        if one in _BY_ITSELF
    ]
    ended = [_titled(key) for key in facts.values.get("overrides") or ()]
    if ended:
        said.append(gettext("What the operator had granted ended: %(what)s.") % {"what": ", ".join(ended)})
    return " ".join(said)


def _titled(key: str) -> str:
    return str(CATALOGUE[key].title) if key in CATALOGUE else key


def _overridden(facts: Facts) -> str:
    places = {
        **_places(facts),
        "what": _titled(facts.get("key")),
        "limit": facts.get("limit"),
        "reason": facts.get("reason"),
    }
    if facts.values.get("limit") is None:
        return gettext("%(who)s granted %(what)s without a limit: %(reason)s") % places
    return gettext("%(who)s set %(what)s to %(limit)s: %(reason)s") % places


def _override_ended(facts: Facts) -> str:
    places = {"who": facts.who, "what": _titled(facts.get("key"))}
    return gettext("%(who)s took back what was granted: %(what)s.") % places


def _agreed(facts: Facts) -> str:
    places = {**_places(facts), "reason": facts.get("reason"), "day": _day(facts.values.get("until"))}
    if facts.values.get("until"):
        return gettext("%(who)s put the organization on %(after)s as agreed, until %(day)s: %(reason)s") % places
    return gettext("%(who)s put the organization on %(after)s as agreed: %(reason)s") % places


def _transferred(facts: Facts) -> str:
    places = {**_places(facts), "day": _day(facts.values.get("day"))}
    places |= {"reference": facts.get("reference"), "reason": facts.get("reason")}
    return (
        gettext(
            "%(who)s noted that the invoice %(invoice)s, %(sum)s, was paid by bank transfer on %(day)s, reference"
            " %(reference)s: %(reason)s"
        )
        % places
    )


def _clock_moved(facts: Facts) -> str:
    places = {"who": facts.who, "day": _day(facts.values.get("at"))}
    moved = gettext("%(who)s moved the demonstration’s clock ahead to %(day)s.") % places
    return f"{moved} {_time_passed(facts)}".rstrip()


def _day(moment: Any) -> str:
    return str(date_format(datetime.fromisoformat(moment), "DATE_FORMAT")) if moment else ""


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "billing.plan_changed": _plain(_("%(who)s changed the plan from %(before)s to %(after)s.")),
    "billing.plan_ordered": _plain(_("%(who)s ordered the plan %(after)s for %(sum)s.")),
    "billing.order_paid": _plain(_("An order was paid, %(sum)s: %(after)s.")),
    "billing.order_failed": _plain(_("The payment of an order failed: %(after)s.")),
    "billing.order_credited": _plain(_("A payment of %(sum)s came too late for its order and became credit.")),
    "billing.downgrade_planned": _plain(_("%(who)s planned the change from %(before)s to %(after)s.")),
    "billing.downgrade_withdrawn": _plain(_("%(who)s withdrew the planned change: %(name)s stays.")),
    "billing.cancel_planned": _plain(_("%(who)s canceled %(name)s for the end of the period.")),
    "billing.canceled": _plain(_("%(who)s ended the subscription of %(name)s.")),
    "billing.resumed": _plain(_("%(who)s resumed %(name)s.")),
    "billing.seats_bought": _seats(
        ngettext_lazy(
            "%(who)s bought %(count)s seat, now %(after)s.",
            "%(who)s bought %(count)s seats, now %(after)s.",
            "count",
        )
    ),
    "billing.seats_reduced": _seats(
        ngettext_lazy(
            "%(who)s gave %(count)s seat back, now %(after)s.",
            "%(who)s gave %(count)s seats back, now %(after)s.",
            "count",
        )
    ),
    "billing.seats_reduction_planned": _plain(_("%(who)s planned %(after)s seats from the next period on.")),
    "billing.details_changed": _plain(_("%(who)s changed what invoices say of the organization.")),
    "billing.addon_switched_on": _plain(_("%(who)s switched %(name)s on for %(target)s.")),
    "billing.addon_switched_off": _plain(_("%(who)s switched %(name)s off for %(target)s.")),
    "billing.card_changed": _plain(_("%(who)s changed the card to %(after)s.")),
    "billing.pack_ordered": _plain(_("%(who)s ordered a pack for %(sum)s: %(after)s.")),
    "billing.pack_bought": _plain(_("%(who)s bought a pack: %(after)s.")),
    "billing.payment_received": _plain(_("The invoice %(invoice)s was paid, %(sum)s.")),
    "billing.payment_failed": _plain(_("The payment of the invoice %(invoice)s failed, %(sum)s.")),
    "billing.transfer_noted": _transferred,
    "billing.time_passed": _time_passed,
    "billing.gateway_differs": _plain(_("The payment service says something else than Tenantry about: %(after)s.")),
    "billing.entitlement_overridden": _overridden,
    "billing.override_ended": _override_ended,
    "billing.plan_agreed": _agreed,
    "billing.clock_moved": _clock_moved,
}

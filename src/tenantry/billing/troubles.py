"""What a gateway says otherwise, in words for the operator."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.billing.models import GatewayTrouble

CUSTOMER_MISSING: Final = "customer_missing"
_SAID: Mapping[str, Any] = {
    CUSTOMER_MISSING: gettext_lazy(
        "Stripe does not know the customer %(ref)s any more. Nothing is charged until a card is given anew."
    ),
    "subscription_missing": gettext_lazy(
        "Nothing runs at Stripe for %(ref)s, though a plan runs here: it was ended there."
    ),
    "items_differ": gettext_lazy("The items of %(ref)s at Stripe are others than those of the plan here."),
    "not_paid_there": gettext_lazy(
        "The invoice of %(ref)s is paid here and not at Stripe. Look whether it was refunded."
    ),
    "not_known_here": gettext_lazy(
        "Stripe took money by %(ref)s, and nothing here was paid by it. Refund or credit it."
    ),
}


def trouble_said(trouble: GatewayTrouble) -> str:
    return str(_SAID.get(trouble.code, _("Stripe says something else about %(ref)s."))) % {"ref": trouble.ref}

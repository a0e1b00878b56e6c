"""The audit's words for meters."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.metering.meters import METERS
from tenantry.metering.wording import amount_in_words
from tenantry.usecases.telling_holding import Facts

TITLES: Mapping[str, Any] = {"billing.meter_reached": _("Meter reached")}


def _reached(facts: Facts) -> str:
    meter = METERS.get(facts.get("meter"))
    if meter is None:
        return gettext("A meter reached %(percent)s %% of its limit.") % {"percent": facts.get("percent")}
    places = {
        "title": str(meter.title),
        "percent": facts.get("percent"),
        "used": amount_in_words(meter, int(facts.values.get("used") or 0)),
        "limit": amount_in_words(meter, int(facts.values.get("limit") or 0)),
    }
    return gettext("“%(title)s” reached %(percent)s %% of its limit: %(used)s of %(limit)s.") % places


SENTENCES: Mapping[str, Callable[[Any], str]] = {"billing.meter_reached": _reached}

"""What stands on an invoice and in a quote, in words. Codes come from `quoting`, `invoicing` and packs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.billing.invoicing import Line
from tenantry.billing.states import State
from tenantry.core.money import written

# Words and the shape beside them.
STATES: Mapping[State, tuple[Any, str]] = {
    State.TRIAL: (gettext_lazy("Trial"), "wait"),
    State.TRIAL_ENDED: (gettext_lazy("Trial ended"), "bad"),
    State.ACTIVE: (gettext_lazy("Active"), ""),
    State.DOWNGRADING: (gettext_lazy("Downgrading"), "wait"),
    State.CANCELING: (gettext_lazy("Canceling"), "wait"),
    State.PENDING_PAYMENT: (gettext_lazy("Pending payment"), "bad"),
    State.FROZEN: (gettext_lazy("Frozen"), "bad"),
    State.CANCELED: (gettext_lazy("Canceled"), "off"),
}


@dataclass(frozen=True, slots=True)
class Worded:
    """`text`: what it is; `detail`: how its amount comes about, "" where there is nothing to say."""

    text: str
    detail: str
    quantity: int
    amount: int


def worded(line: Line, zone: tzinfo) -> Worded:
    """In the language of the moment, days in `zone`."""
    say = _TEXTS.get(line.code.removesuffix("_unused"), _plainly)
    text = say(line)
    if line.code.endswith("_unused"):
        text = _("%(what)s, unused") % {"what": text}
    return Worded(text, _detail(line.values, zone), line.quantity, line.amount)


def interval_words(interval: str) -> str:
    return _("yearly") if interval == "year" else _("monthly")


def _plan(line: Line) -> str:
    return _("%(plan)s, %(interval)s") % {**line.values, "interval": interval_words(line.values["interval"])}


def _seats(line: Line) -> str:
    count = ngettext("%(shown)s seat", "%(shown)s seats", line.quantity) % {"shown": _number(line.quantity)}
    return _("%(plan)s, %(seats)s") % {"plan": line.values["plan"], "seats": count}


def _seats_added(line: Line) -> str:
    more = ngettext("%(shown)s more seat", "%(shown)s more seats", line.quantity) % {"shown": _number(line.quantity)}
    return _("%(plan)s, %(seats)s") % {"plan": line.values["plan"], "seats": more}


def _addon(line: Line) -> str:
    people = ngettext("%(shown)s person", "%(shown)s people", line.quantity) % {"shown": _number(line.quantity)}
    return _("%(addon)s, %(people)s") % {"addon": line.values["addon"], "people": people}


def _plainly(line: Line) -> str:
    return str(line.values.get("title") or line.code)


_TEXTS: Mapping[str, Callable[[Line], str]] = {
    "plan": _plan,
    "seats": _seats,
    "seats_added": _seats_added,
    "addon": _addon,
}


def _detail(values: Mapping[str, Any], zone: tzinfo) -> str:
    """`4 Nov to 3 Dec 2026 · $29.00 each`: the last day is within, the moment after it is not."""
    parts = []
    if "from" in values:
        first, end = (datetime.fromisoformat(values[key]).astimezone(zone) for key in ("from", "to"))
        last = end - timedelta(microseconds=1)
        parts.append(_("%(first)s to %(last)s") % {"first": _day(first), "last": _day(last)})
    if "unit" in values:
        parts.append(_("%(price)s each") % {"price": written(values["unit"], values["currency"])})
    return " · ".join(parts)


def _day(moment: datetime) -> str:
    return date_format(moment, "DATE_FORMAT")


def _number(value: int) -> str:
    return str(number_format(value, use_l10n=True, force_grouping=True))

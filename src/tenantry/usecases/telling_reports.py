"""The audit's words for reports that are taken out."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenantry.usecases.telling_holding import Facts

TITLES: Mapping[str, Any] = {
    "reports.exported": _("Report exported"),
    "billing.seats_exported": _("Seat ledger exported"),
}
REPORTS: Mapping[str, Any] = {
    "pipeline": _("Pipeline"),
    "won": _("Won deals"),
    "conversion": _("Conversion of leads"),
    "activity": _("Activity"),
}


def _exported(facts: Facts) -> str:
    count = int(facts.values.get("count") or 0)
    report = facts.get("report")
    places = {"who": facts.who, "report": str(REPORTS.get(report, report)), "count": count}
    if not count:
        return gettext("%(who)s took the report “%(report)s” out as a file; it was empty.") % places
    text = ngettext(
        "%(who)s took the report “%(report)s” out as a file, %(count)s line.",
        "%(who)s took the report “%(report)s” out as a file, %(count)s lines.",
        count,
    )
    return text % places


def _seats_exported(facts: Facts) -> str:
    return gettext("%(who)s took the seat ledger out as a file.") % {"who": facts.who}


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "reports.exported": _exported,
    "billing.seats_exported": _seats_exported,
}

"""The audit's words for records that went from people to others."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.core.ids import NIL

TITLES: Mapping[str, Any] = {
    "records.handed_over": gettext_lazy("Records handed over"),
    "records.handover_started": gettext_lazy("Handing over begun"),
}
FEW = 3


def _places(facts: Any) -> dict[str, str]:
    """`members` are the givers, then the receivers where they are few."""
    givers = [one for one in facts.values.get("from") or [] if one != str(NIL)]
    receivers = [one for one in facts.values.get("to") or {} if one != str(NIL)]
    names = list(facts.members)
    number = int(facts.values.get("count") or 0)
    words = ngettext("%(n)s record", "%(n)s records", number) % {"n": number_format(number, force_grouping=True)}
    return {
        "who": facts.who,
        "records": words,
        "givers": _listed(names[: len(givers)], len(givers), facts.values.get("from") or ()),
        "receivers": _listed(names[len(givers) :], len(receivers), facts.values.get("to") or ()),
        "number": facts.get("undoes"),
    }


def _listed(names: Sequence[str], number: int, ids: Any) -> str:
    """The first names and how many more there are; the queue is one more."""
    shown = list(names[:FEW])
    if str(NIL) in ids:
        shown.append(_("the queue “Unassigned”"))
        number += 1
    more = number - len(shown)
    if not more:
        return ", ".join(shown)
    if not shown:
        return ngettext("%(n)s person", "%(n)s people", more) % {"n": more}
    return ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {
        "names": ", ".join(shown),
        "n": more,
    }


def closed_said(facts: Any) -> str:
    """A further sentence, where whoever received records could not open some of them."""
    number = int(facts.values.get("closed") or 0)
    words = ngettext(
        "%(n)s of them could not be opened by whoever received it.",
        "%(n)s of them could not be opened by whoever received them.",
        number,
    )
    return f" {words % {'n': number_format(number, force_grouping=True)}}" if number else ""


def _stayed_said(facts: Any) -> str:
    number = int(facts.values.get("stayed") or 0)
    words = ngettext(
        "%(n)s stayed, because whoever was to receive it could not open it any more.",
        "%(n)s stayed, because whoever was to receive them could not open them any more.",
        number,
    )
    return f" {words % {'n': number_format(number, force_grouping=True)}}" if number else ""


def _told(text: Any, taken_back: Any) -> Callable[[Any], str]:
    def tell(facts: Any) -> str:
        return (
            str(taken_back if facts.get("undoes") else text) % _places(facts) + closed_said(facts) + _stayed_said(facts)
        )

    return tell


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "records.handed_over": _told(
        gettext_lazy("%(who)s handed %(records)s of %(givers)s over to %(receivers)s."),
        gettext_lazy("%(who)s took entry %(number)s back: %(records)s went from %(givers)s back to %(receivers)s."),
    ),
    "records.handover_started": _told(
        gettext_lazy("%(who)s began to hand %(records)s of %(givers)s over to %(receivers)s."),
        gettext_lazy("%(who)s began to take entry %(number)s back: %(records)s from %(givers)s to %(receivers)s."),
    ),
}

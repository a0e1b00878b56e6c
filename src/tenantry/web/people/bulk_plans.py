"""Plans for selections in words: numbers with sentences, and why some are left out."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.acting.plans import Refused
from tenantry.core.permissions import catalogue
from tenantry.people.permissions import DEACTIVATE, EDIT, INVITE, REMOVE, TEAMS_MANAGE
from tenantry.usecases.bulk_changing.planning import BulkPlan, Reason
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.web.people.plans import MOST_NAMES
from tenantry.web.templatetags.components import grouped

Line = dict[str, Any]
# Whoever may do something to many may look at what became of it.
MANY = (INVITE, EDIT, DEACTIVATE, REMOVE, TEAMS_MANAGE, ASSIGN, RESTRICT)
_NUMBERS: dict[str, Any] = {
    "active": ngettext_lazy("can't sign in any more", "can't sign in any more"),
    "sessions": ngettext_lazy("session ends at once", "sessions end at once"),
    "invitations": ngettext_lazy("invitation ends: its link is dead", "invitations end: their links are dead"),
    "roles": ngettext_lazy("role is taken away", "roles are taken away"),
    "teams": ngettext_lazy("team place is given up", "team places are given up"),
    "seats_freed": ngettext_lazy("seat becomes free", "seats become free"),
    "seats_taken": ngettext_lazy("seat is taken again", "seats are taken again"),
    "ended": ngettext_lazy(
        "role beside it ends: it may not stand beside the new one",
        "roles beside it end: they may not stand beside the new one",
    ),
}
_WARNED = frozenset({"roles", "teams", "seats_taken", "ended"})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """People who are left out for one reason."""

    number: int
    sentence: str
    remedy: str
    names: str
    code: str


def left_out(refused: Iterable[Refused]) -> list[LeftOut]:
    """Of a plan that says it of each one."""
    found: dict[str, list[Refused]] = {}
    for one in refused:
        found.setdefault(one.code, []).append(one)
    return _worded(
        Reason(code, these[0].sentence, len(these), tuple(one.name for one in these)) for code, these in found.items()
    )


def reasons_of(plan: BulkPlan) -> list[LeftOut]:
    return _worded(plan.reasons)


def _worded(reasons: Iterable[Reason]) -> list[LeftOut]:
    found = []
    for reason in reasons:
        words = in_words(reason.code)
        # One person's refusal names them and says more.
        sentence = reason.sentence if reason.number == 1 else words.sentence
        known = reason.number == 1 and bool(reason.names) and reason.names[0] in sentence
        names = "" if known else shortened(reason.names, reason.number)
        found.append(LeftOut(reason.number, sentence, words.remedy, names, reason.code))
    return found


def effects_of(plan: BulkPlan) -> list[Line]:
    """In the order in which people ask."""
    if not plan.done:
        return []
    lines = [_first(plan)]
    lines += [line for line in (*_numbers(plan), _records(plan)) if line["number"]]
    if plan.gains:
        lines.append(_permissions(plan.gains, _("permissions that somebody of them gains"), warning=False))
    if plan.loses:
        lines.append(_permissions(plan.loses, _("permissions that somebody of them loses"), warning=True))
    if plan.do in ("role", "profile") and not plan.gains and not plan.loses:
        lines.append({"number": 0, "text": _("What they may do stays the same.")})
    return lines


def shortened(names: Iterable[str], number: int) -> str:
    """The first names and how many more there are."""
    shown = list(names)[:MOST_NAMES]
    more = number - len(shown)
    text = ", ".join(shown)
    # Nobody of them may be in sight.
    if more <= 0 or not shown:
        return text
    words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return words % {"names": text, "count": grouped(more)}


def _first(plan: BulkPlan) -> Line:
    n = plan.done
    texts = {
        "deactivation": ngettext(
            "person leaves for now; everything stays under their name",
            "people leave for now; everything stays under their names",
            n,
        ),
        "removal": ngettext(
            "person leaves for good; the name stays in history",
            "people leave for good; their names stay in history",
            n,
        ),
        "resend": ngettext(
            "person gets a new link; the old one is dead", "people get new links; the old ones are dead", n
        ),
        "team": ngettext("person comes into %(value)s", "people come into %(value)s", n),
        "unit": ngettext("person stands in %(value)s then", "people stand in %(value)s then", n),
        "role": ngettext("person gets the role %(value)s", "people get the role %(value)s", n),
        "profile": ngettext("person gets the profile %(value)s", "people get the profile %(value)s", n),
        "department": ngettext("person comes into %(value)s", "people come into %(value)s", n),
    }
    text = texts[plan.do]
    if plan.do == "profile" and not plan.value:
        text = ngettext("person has no profile any more", "people have no profile any more", n)
    if plan.do == "department" and not plan.value:
        text = ngettext("person leaves their department", "people leave their departments", n)
    names = shortened(plan.names, n)
    return {"number": n, "text": text % {"value": plan.value}, "detail": names, "warning": plan.do == "removal"}


def _records(plan: BulkPlan) -> Line:
    n = plan.number("owned")
    if plan.do != "removal":
        return {"number": n, "text": ngettext("record stays under their name", "records stay under their names", n)}
    if plan.value:
        text = ngettext("record goes to %(name)s", "records go to %(name)s", n) % {"name": plan.value}
        return {"number": n, "text": text}
    return {"number": n, "text": ngettext("record becomes unassigned", "records become unassigned", n), "warning": True}


def _numbers(plan: BulkPlan) -> Iterable[Line]:
    for name, text in _NUMBERS.items():
        number = plan.number(name)
        # These have no place for the number: it stands before them.
        yield {"number": number, "text": text % number, "warning": name in _WARNED}


def _permissions(found: Iterable[tuple[str, int]], text: str, *, warning: bool) -> Line:
    known = catalogue()
    most = sorted(
        ((n, str(known[code].title)) for code, n in found if code in known), key=lambda one: (-one[0], one[1])
    )
    names = [f"{title} ({grouped(n)})" for n, title in most]
    return {"number": len(names), "text": text, "detail": shortened(names, len(names)), "warning": warning}

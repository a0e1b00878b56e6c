"""Plans in words: numbers with sentences, and what has to be settled first with the way to settle it."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.plans import Refused
from tenantry.usecases.offboarding import LeavingPlan
from tenantry.usecases.resending import ResendPlan

MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Blocker:
    """`url` and `label`: where it is settled; empty where nobody can."""

    sentence: str
    url: str = ""
    label: str = ""


def blockers(plan: Any) -> list[Blocker]:
    return [_blocker(refused) for refused in plan.refused]


def _blocker(refused: Refused) -> Blocker:
    if refused.code == "last_keyholder":
        return Blocker(refused.sentence, reverse("person_list"), _("Choose somebody"))
    if refused.code == "at_seat_limit":
        return Blocker(f"{refused.name}: {refused.sentence}", reverse("invitation_list"), _("Revoke another one"))
    known = refused.name in refused.sentence
    return Blocker(refused.sentence if known else f"{refused.name}: {refused.sentence}")


def leaving_effects(plan: LeavingPlan, *, removing: bool) -> list[dict[str, Any]]:
    """What deactivating or removing does, in the order in which people ask."""
    lines: list[dict[str, Any]] = []

    def add(number: int, text: str, *, warning: bool = False, detail: str = "") -> None:
        if number:
            lines.append({"number": number, "text": text, "warning": warning, "detail": detail})

    people = len(plan.members)
    names = listing(plan.names) if people > 1 else ""
    if removing:
        text = ngettext(
            "person leaves for good; the name stays in history",
            "people leave for good; their names stay in history",
            people,
        )
        add(people, text, warning=True, detail=names)
    elif people > 1:
        add(people, _("people can't sign in any more; everything stays under their names"), detail=names)
    add(plan.sessions, ngettext("session ends at once", "sessions end at once", plan.sessions))
    add(
        plan.invitations,
        ngettext("invitation ends: its link is dead", "invitations end: their links are dead", plan.invitations),
    )
    add(plan.roles, ngettext("role is taken away", "roles are taken away", plan.roles), warning=True)
    add(plan.teams, ngettext("team place is given up", "team places are given up", plan.teams), warning=True)
    add(plan.seats_freed, ngettext("seat becomes free", "seats become free", plan.seats_freed))
    return lines


def resend_effects(plan: ResendPlan) -> list[dict[str, Any]]:
    people = len(plan.members)
    lines = []
    if people:
        text = ngettext(
            "person gets a new link; the old one is dead", "people get new links; the old ones are dead", people
        )
        lines.append({"number": people, "text": text, "detail": listing(plan.names)})
    if plan.seats_taken:
        text = ngettext("seat is taken again", "seats are taken again", plan.seats_taken)
        lines.append({"number": plan.seats_taken, "text": text, "warning": True})
    return lines


def listing(names: tuple[str, ...]) -> str:
    """The first names and how many more there are."""
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    if more <= 0:
        return shown
    return ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more) % {
        "names": shown,
        "count": more,
    }

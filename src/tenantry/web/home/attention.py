"""What needs somebody's attention, most urgent first. Every line is true now and has a way to settle it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import Standing
from tenantry.crm.mentoring import Unanswered
from tenantry.people.planned import reason_in_words
from tenantry.usecases.planning import Waiting
from tenantry.web.navigation import address
from tenantry.web.people.plans import listing

NEAR = 90
# Up to here nobody is warned; above, one in ten is few.
FEW_ADMINISTRATORS = 3
FEW_KEYHOLDERS = 3


@dataclass(frozen=True, slots=True)
class Facts:
    """What the actor may know; None or empty where it is not theirs. `seats`: people.seats.Seats; `people`: how many
    are pending and expired, of those the actor may see."""

    seats: Any
    people: Mapping[str, int]
    standing: Standing | None
    expiring: tuple[str, ...]
    invites: bool
    setup_open: bool
    mail_waits: bool
    sees_seats: bool = False
    planned: Waiting = field(default_factory=Waiting)
    unanswered: tuple[Unanswered, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """`tone`: bad, warn or empty. `icon` is a drawing's name. `url` "" : nothing to press."""

    tone: str
    icon: str
    title: str
    text: str
    url: str = ""
    label: str = ""


def attention(facts: Facts) -> list[Line]:
    found = [
        *_seats(facts),
        *_planned(facts.planned),
        *_unanswered(facts.unanswered),
        *_invitations(facts),
        *_standing(facts),
        *_ending(facts),
        *_mail(facts),
        *_setup(facts),
    ]
    order = {"bad": 0, "warn": 1, "": 2}
    return sorted(found, key=lambda line: order[line.tone])


def _seats(facts: Facts) -> list[Line]:
    state = facts.seats
    if state is None or state.limit is None:
        return []
    words = {"used": state.in_use, "limit": state.limit}
    url, label = address("person_list"), _("See people")
    if facts.sees_seats:
        url, label = address("seat_home"), _("See seats")
    if state.in_use >= state.limit:
        text = _("Nobody can be added or reactivated until a seat is free. Everybody who is in keeps working.")
        return [Line("bad", "ticket", _("At seat limit: %(used)s of %(limit)s in use") % words, text, url, label)]
    if state.in_use * 100 >= state.limit * NEAR:
        free = state.limit - state.in_use
        title = ngettext("%(free)s seat is left", "%(free)s seats are left", free) % {"free": free}
        return [Line("warn", "ticket", title, _("%(used)s of %(limit)s are in use.") % words, url, label)]
    return []


def _invitations(facts: Facts) -> list[Line]:
    lines = []
    if not facts.invites:
        return []
    url = address("invitation_list")
    expired = facts.people.get("expired", 0)
    if expired:
        title = ngettext("%(n)s invitation has expired", "%(n)s invitations have expired", expired) % {"n": expired}
        text = ngettext(
            "It holds no seat any more. Send it again or revoke it.",
            "They hold no seat any more. Send them again or revoke them.",
            expired,
        )
        lines.append(Line("warn", "mail", title, text, f"{url}?state=expired", _("Show them")))
    soon = len(facts.expiring)
    if soon:
        title = ngettext(
            "%(n)s invitation expires within three days", "%(n)s invitations expire within three days", soon
        ) % {"n": soon}
        text = ngettext("%(names)s has not answered yet.", "%(names)s have not answered yet.", soon) % {
            "names": listing(facts.expiring)
        }
        lines.append(Line("warn", "mail", title, text, url, _("Resend")))
    return lines


def _standing(facts: Facts) -> list[Line]:
    state = facts.standing
    if state is None:
        return []
    lines = []
    if state.keyholders == 1 and state.maximum != 1:
        text = _("If %(name)s loses access, nobody can change roles, plan or sign-in rules.") % {"name": state.one}
        lines.append(
            Line(
                "warn",
                "key",
                _("Only one %(role)s") % {"role": state.role},
                text,
                address("person_list"),
                _("Name a second"),
            )
        )
    most = max(FEW_KEYHOLDERS, state.active // 10) if state.maximum is None else state.maximum
    if state.keyholders > most:
        title = _("%(n)s people are %(role)s") % {"n": state.keyholders, "role": state.role}
        text = _("Each of them can do everything, and take it from the others. Two or three are enough.")
        if state.maximum is not None:
            text = _("This organization allows %(maximum)s. Nobody is thrown out; give the others a narrower role.")
        lines.append(Line("warn", "key", title, text % {"maximum": most}, address("person_list"), _("See people")))
    if state.administrators > max(FEW_ADMINISTRATORS, state.active // 10):
        title = _("%(n)s administrators for %(active)s people") % {"n": state.administrators, "active": state.active}
        text = _("Each of them can change other people’s access. A narrower role is often enough.")
        lines.append(Line("warn", "shield-half", title, text, address("role_list"), _("See roles")))
    return lines


def _ending(facts: Facts) -> list[Line]:
    ending = facts.standing.ending if facts.standing is not None else ()
    soon = len(ending)
    if not soon:
        return []
    title = ngettext("%(n)s role ends within a week", "%(n)s roles end within a week", soon) % {"n": soon}
    text = _("It ends by itself; whoever needs it longer is given it longer: %(names)s.")
    return [Line("", "clock", title, text % {"names": listing(ending)}, address("person_list"), _("See people"))]


def _planned(waiting: Waiting) -> list[Line]:
    """What could not happen on its day, one by one with the reason; what is to be settled before a day; and who leaves
    or comes back within a week."""
    lines = []
    for member_id, name, kind, reason in waiting.refused:
        said = _("%(name)s still has access") if kind != "reactivation" else _("%(name)s is not back yet")
        text = _("It was planned and could not be done. %(reason)s") % {"reason": reason_in_words(reason)}
        url = reverse("person_detail", args=[member_id])
        label = _("Settle it") if reason == "settle_first" else _("See why")
        lines.append(Line("bad", "calendar-event", said % {"name": name}, text, url, label))
    for member_id, name, kind, day in waiting.soon:
        if kind != "reactivation" and member_id in waiting.unsettled:
            words = {"name": name, "day": date_format(day, "MONTH_DAY_FORMAT")}
            title = _("%(name)s leaves after %(day)s, and something is to be settled") % words
            text = _("Nobody would look after it then. Name somebody who does.")
            url = reverse("person_detail", args=[member_id])
            lines.append(Line("warn", "calendar-event", title, text, url, _("Settle it")))
    for kind in ("deactivation", "reactivation"):
        soon = [row for row in waiting.soon if (row[2] == "reactivation") == (kind == "reactivation")]
        if soon:
            count = len(soon)
            title = (
                ngettext("%(n)s person leaves within a week", "%(n)s people leave within a week", count)
                if kind == "deactivation"
                else ngettext("%(n)s person comes back within a week", "%(n)s people come back within a week", count)
            ) % {"n": count}
            days = [f"{name} ({date_format(day, 'MONTH_DAY_FORMAT')})" for _id, name, _kind, day in soon]
            text = _("It happens by itself: %(names)s.") % {"names": listing(tuple(days))}
            url = reverse("person_detail", args=[soon[0][0]]) if count == 1 else address("person_list")
            lines.append(Line("", "calendar-event", title, text, url, _("Look at it")))
    return lines


def _unanswered(found: tuple[Unanswered, ...]) -> list[Line]:
    """Deals that stay where they are until somebody else is named."""
    lines = []
    for one in found:
        words = {"n": one.number, "mentor": one.mentor, "mentee": one.mentee}
        title = ngettext(
            "%(n)s deal waits for the word of %(mentor)s, who can’t give it",
            "%(n)s deals wait for the word of %(mentor)s, who can’t give it",
            one.number,
        )
        text = _("They are not active here any more, or may not have mentees. %(mentee)s needs another mentor.")
        url = reverse("person_mentor", args=[one.mentee_id])
        lines.append(Line("warn", "shield-check", title % words, text % words, url, _("Choose a mentor")))
    return lines


def _mail(facts: Facts) -> list[Line]:
    pending = facts.people.get("pending", 0)
    if not facts.mail_waits or not pending:
        return []
    title = _("No mail server is set up")
    text = ngettext(
        "%(n)s invitation waits in the outbox of whoever runs this installation. A copied link works without mail.",
        "%(n)s invitations wait in the outbox of whoever runs this installation. A copied link works without mail.",
        pending,
    ) % {"n": pending}
    return [Line("warn", "mail-off", title, text, address("invitation_list"), _("Copy links"))]


def _setup(facts: Facts) -> list[Line]:
    url = address("setup")
    if not facts.setup_open or not url:
        return []
    text = _("Company profile, first people, plan: each step can be skipped and taken up again.")
    return [Line("", "rocket", _("Setting up is not finished"), text, url, _("Go on"))]

"""What needs somebody's attention, most urgent first. Every line is true now and has a way to settle it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import Standing
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
    found = [*_seats(facts), *_invitations(facts), *_standing(facts), *_ending(facts), *_mail(facts), *_setup(facts)]
    order = {"bad": 0, "warn": 1, "": 2}
    return sorted(found, key=lambda line: order[line.tone])


def _seats(facts: Facts) -> list[Line]:
    state = facts.seats
    if state is None or state.limit is None:
        return []
    words = {"used": state.in_use, "limit": state.limit}
    plan = address("org_plan")
    url, label = (plan, _("See plan")) if plan else (address("person_list"), _("See people"))
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

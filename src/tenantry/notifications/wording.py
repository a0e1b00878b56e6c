"""Sentences of notifications, written when they are shown: names and language are those of that moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenantry.notifications.models import Notification
from tenantry.people.selectors import names_of

PLACES = ("name", "role", "then", "profile", "until")


@dataclass(frozen=True, slots=True)
class Notice:
    id: UUID
    sentence: str
    about_id: UUID | None
    created_at: datetime
    is_read: bool
    url: str = ""


def sentence(row: Notification, names: Mapping[UUID, str]) -> str:
    name = names.get(row.about_id, "") if row.about_id else ""
    words = {**row.values, "name": name, "until": _day(row.values.get("until", ""))}
    return _template(row) % {place: words.get(place, "") for place in PLACES}


def _day(written: str) -> str:
    return date_format(date.fromisoformat(written), "DATE_FORMAT") if written else ""


def _template(row: Notification) -> str:
    has = {name for name, value in row.values.items() if value}
    if row.kind in ("role_changed", "role_given", "role_ended", "access_ended", "access_ending", "profile_set"):
        return _of_access(row, has)
    return {
        "member_joined": _("%(name)s accepted the invitation and is in."),
        "member_reactivated": _("Your access here works again."),
        "ownership_offered": _("%(name)s wants to hand the role %(role)s to you. You decide."),
        "ownership_transferred": _("%(name)s is now %(role)s."),
        "ownership_declined": _("%(name)s declined to become %(role)s."),
        "ownership_withdrawn": _("%(name)s does not hand the role %(role)s to you any more."),
    }[row.kind]


def _of_access(row: Notification, has: set[str]) -> str:
    if row.kind == "role_changed":
        return (
            _("Your role here is %(role)s until %(until)s.") if "until" in has else _("Your role here is now %(role)s.")
        )
    if row.kind == "role_given":
        if "until" in has:
            return _("You also hold the role %(role)s here until %(until)s.")
        return _("You also hold the role %(role)s here now.")
    if row.kind == "role_ended":
        return _("You don't hold the role %(role)s here any more.")
    if row.kind == "profile_set":
        return (
            _("Your profile here is now %(profile)s.") if "profile" in has else _("You have no profile here any more.")
        )
    if row.kind == "access_ended":
        if "then" in has:
            return _("Your role %(role)s here has ended; it is %(then)s now.")
        return _("Your role %(role)s here has ended.")
    if row.about_id != row.membership_id:
        return _("The role %(role)s of %(name)s ends after %(until)s.")
    return _("Your role %(role)s here ends after %(until)s.")


def url_of(row: Notification) -> str:
    """Where the reader can do something about it; empty where nothing is to be done."""
    return f"/ownership/{row.values['transfer_id']}" if row.kind == "ownership_offered" else ""


def worded(rows: list[Notification]) -> list[Notice]:
    """With one query for the names."""
    names = names_of(row.about_id for row in rows)
    return [Notice(r.id, sentence(r, names), r.about_id, r.created_at, r.read_at is not None, url_of(r)) for r in rows]

"""Sentences of notifications, written when they are shown: names and language are those of that moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.notifications.models import Notification
from tenantry.people.selectors import names_of


@dataclass(frozen=True, slots=True)
class Notice:
    id: UUID
    sentence: str
    about_id: UUID | None
    created_at: datetime
    is_read: bool


def sentence(row: Notification, names: Mapping[UUID, str]) -> str:
    name = names.get(row.about_id, "") if row.about_id else ""
    role = str(row.values.get("role", ""))
    return {
        "member_joined": _("%(name)s accepted the invitation and is in."),
        "role_changed": _("Your role here is now %(role)s."),
        "member_reactivated": _("Your access here works again."),
    }[row.kind] % {"name": name, "role": role}


def worded(rows: list[Notification]) -> list[Notice]:
    """With one query for the names."""
    names = names_of(row.about_id for row in rows)
    return [Notice(r.id, sentence(r, names), r.about_id, r.created_at, r.read_at is not None) for r in rows]

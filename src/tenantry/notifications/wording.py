"""Sentences of notifications, written when they are shown: names and language are those of that moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.formats import date_format

from tenantry.acting.operations import operation_kinds
from tenantry.notifications.kinds import kind_of
from tenantry.notifications.models import Notification
from tenantry.people.selectors import names_of

PLACES = ("name", "role", "then", "profile", "until", "what", "done", "refused", "deal", "stage")


@dataclass(frozen=True, slots=True)
class Notice:
    id: UUID
    kind: str
    sentence: str
    about_id: UUID | None
    created_at: datetime
    is_read: bool
    url: str = ""


def sentence(row: Notification, names: Mapping[UUID, str]) -> str:
    kind = kind_of(row.kind)
    template = kind.sentence(row) if callable(kind.sentence) else str(kind.sentence)
    name = names.get(row.about_id, "") if row.about_id else ""
    words = {**row.values, "name": name, "until": _day(row.values.get("until", "")), **_of_operation(row)}
    return str(template % {**{place: words.get(place, "") for place in PLACES}, **kind.words(row.values)})


def _of_operation(row: Notification) -> dict[str, str]:
    known = operation_kinds().get(row.values.get("operation", ""))
    return {"what": str(known.title) if known else "", **{n: row.values.get(n, "0") for n in ("done", "refused")}}


def _day(written: str) -> str:
    return date_format(date.fromisoformat(written), "DATE_FORMAT") if written else ""


def url_of(row: Notification) -> str:
    """Where the reader can do something about it; empty where nothing is to be done."""
    return kind_of(row.kind).url(row)


def worded(rows: Iterable[Notification]) -> list[Notice]:
    """With one query for the names."""
    found = list(rows)
    names = names_of(row.about_id for row in found)
    return [
        Notice(r.id, r.kind, sentence(r, names), r.about_id, r.created_at, r.read_at is not None, url_of(r))
        for r in found
    ]

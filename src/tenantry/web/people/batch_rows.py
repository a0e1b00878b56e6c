"""Rows of a batch as they are shown: each value with what is wrong with it, what became of it, and the way out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.access.selectors import all_role_names
from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.organizations.errors import AtSeatLimit
from tenantry.organizations.labels import label
from tenantry.people.selectors import invitations, visible_members, with_mail
from tenantry.usecases.bulk_inviting import is_warning, reason_in_words
from tenantry.usecases.bulk_inviting.drafts import several
from tenantry.web.people.batches import ROW_STATES
from tenantry.web.refusals import Way, ways_out
from tenantry.web.templatetags.components import STATUSES

if TYPE_CHECKING:
    from tenantry.people.models import BatchRow, InvitationBatch

FIELDS: Mapping[str, Any] = {
    "email": gettext_lazy("E-mail"),
    "name": gettext_lazy("Name"),
    "role": gettext_lazy("Role"),
    "team": gettext_lazy("Team"),
    "profile": gettext_lazy("Profile"),
    "unit": gettext_lazy("Branch"),
    "department": gettext_lazy("Department"),
    "workspaces": gettext_lazy("Workspaces"),
}
ALWAYS = ("email", "name", "role", "team")
# Fields whose word the organization may have chosen.
WORDS = {"team": "team", "unit": "unit", "workspaces": "workspaces"}
# Fields that may hold several names, and what stands between them on screen.
SEVERAL, BETWEEN = ("team", "workspaces"), ", "
# A mail that did not arrive; every other state is on its way or there.
TROUBLED = ("failed", "refused", "parked")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a value, or with the whole row."""

    label: str
    sentence: str
    warning: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row. `given`: what counts where the file says nothing."""

    name: str
    label: str
    value: str
    faults: tuple[Fault, ...]
    given: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row. `beside`: its further values in one line, for small screens; `faulty`: what is wrong with those."""

    row: "BatchRow"
    cells: tuple[Cell, ...]
    whole: tuple[Fault, ...]
    state: Any
    tone: str
    mail: str
    person_url: str
    ways: tuple[Way, ...]

    @property
    def beside(self) -> str:
        return " · ".join(cell.value or cell.given for cell in self.cells[1:] if cell.value or cell.given)

    @property
    def faulty(self) -> list[Fault]:
        return [fault for cell in self.cells[1:] for fault in cell.faults]


def labels_of(labels: Mapping[str, str]) -> dict[str, str]:
    """Field -> its label, in the organization's own words."""
    return {name: label(labels, WORDS[name]) if name in WORDS else str(text) for name, text in FIELDS.items()}


def fields_of(batch: "InvitationBatch", rows: Iterable["BatchRow"]) -> list[str]:
    """What the table shows: what every file has, what this one has, and what was filled in by hand. A pasted list was
    given every heading by us."""
    found = {column["field"] for column in batch.reading.get("columns", ()) if batch.file_name}
    found |= {name for row in rows for name in FIELDS if getattr(row, name)}
    return [name for name in FIELDS if name in ALWAYS or name in found]


def cells_of(
    row: "BatchRow", fields: Sequence[str], labels: Mapping[str, str], roles: Mapping[str, str] | None = None
) -> tuple[Cell, ...]:
    """`roles`: id -> name, to say which one people get for whom none is named."""
    given = {"role": (roles or {}).get(row.resolved.get("role_id", ""), "")}
    return tuple(
        Cell(
            name,
            labels[name],
            BETWEEN.join(several(getattr(row, name))) if name in SEVERAL else getattr(row, name),
            tuple(_faults(row, labels, {name})),
            given.get(name, ""),
        )
        for name in fields
    )


def whole_of(row: "BatchRow", fields: Sequence[str], labels: Mapping[str, str]) -> tuple[Fault, ...]:
    """What is about the row as a whole, or about a value that has no place in the table."""
    return tuple(_faults(row, labels, {reason["field"] for reason in row.reasons} - set(fields)))


def _faults(row: "BatchRow", labels: Mapping[str, str], fields: set[str]) -> list[Fault]:
    return [
        Fault(labels.get(reason["field"], ""), reason_in_words(reason), is_warning(reason))
        for reason in row.reasons
        # What was worth a second look has been looked at.
        if reason["field"] in fields and not (row.state == "sent" and is_warning(reason))
    ]


def lines(actor: Actor, rows: Sequence["BatchRow"], fields: Sequence[str], labels: Mapping[str, str]) -> list[Line]:
    """Of one page; four queries at most, whatever its rows."""
    unnamed = any(not row.role and row.resolved.get("role_id") for row in rows)
    roles = {str(role_id): name for role_id, name in all_role_names()} if unnamed else {}
    people = _people(actor, rows)
    mails = _mails(actor, [row.membership_id for row in rows if row.membership_id])
    seats = ways_out(AtSeatLimit(), actor) if any(map(_seatless, rows)) else []
    return [
        _line(row, cells_of(row, fields, labels, roles), whole_of(row, fields, labels), people, mails, seats)
        for row in rows
    ]


def _line(
    row: "BatchRow",
    cells: tuple[Cell, ...],
    whole: tuple[Fault, ...],
    people: Mapping[UUID, str],
    mails: Mapping[UUID, str],
    seats: Sequence[Way],
) -> Line:
    words, tone = ROW_STATES[row.state]
    person = row.membership_id if row.membership_id in people else None
    mail = mails.get(row.membership_id) if row.membership_id else None
    return Line(
        row,
        cells,
        whole,
        words,
        tone,
        _("Mail: %(state)s") % {"state": STATUSES[mail][1]} if mail in TROUBLED else "",
        reverse("person_detail", args=[person]) if person else "",
        tuple(_ways(row, people, seats)),
    )


def _known(row: "BatchRow") -> list[UUID]:
    """People here whom the row's reasons name."""
    named = [parse_id(str(reason.get("values", {}).get("membership_id", ""))) for reason in row.reasons]
    return [member_id for member_id in named if member_id]


def _people(actor: Actor, rows: Sequence["BatchRow"]) -> dict[UUID, str]:
    """Those of them whom the actor may see -> their status."""
    ids = {row.membership_id for row in rows if row.membership_id} | {i for row in rows for i in _known(row)}
    return dict(visible_members(actor).filter(id__in=ids).values_list("id", "status")) if ids else {}


def _mails(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Member -> state of the newest mail with their link."""
    if not ids:
        return {}
    rows = with_mail(invitations(actor).filter(membership_id__in=ids)).order_by("created_at", "id")
    found: Iterable[Any] = rows
    return {row.membership_id: row.mail["state"] for row in found if row.mail}


def _seatless(row: "BatchRow") -> bool:
    return any(reason["code"] == AtSeatLimit.code for reason in row.reasons)


def _ways(row: "BatchRow", people: Mapping[UUID, str], seats: Sequence[Way]) -> Iterable[Way]:
    """Where somebody goes on whose row can't be sent. `seats`: to a free one."""
    for member_id in _known(row):
        status = people.get(member_id)
        if status == "deactivated":
            yield Way(_("Reactivate them"), reverse("person_reactivation", args=[member_id]))
        elif status == "invited":
            yield Way(_("Open their page to send it again"), reverse("person_detail", args=[member_id]))
        elif status:
            yield Way(_("Open their page"), reverse("person_detail", args=[member_id]))
    if _seatless(row):
        yield from seats

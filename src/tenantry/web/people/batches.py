"""Batches of invitations in words: what state one is in, how far it is, how its file was read, what sending does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.core.actor import Actor
from tenantry.core.sheets import ENCODINGS
from tenantry.usecases.bulk_inviting import batches, totals_of
from tenantry.web.templatetags.components import grouped

if TYPE_CHECKING:
    from tenantry.people.models import InvitationBatch
    from tenantry.usecases.bulk_inviting import SendPlan

RECENT = 5
# State -> (words, tone of components.status).
STATES: Mapping[str, tuple[Any, str]] = {
    "reading": (gettext_lazy("Reading"), "wait"),
    "ready": (gettext_lazy("Ready to look through"), "wait"),
    "sending": (gettext_lazy("Sending"), "wait"),
    "sent": (gettext_lazy("Sent"), ""),
    "canceled": (gettext_lazy("Canceled"), "off"),
    "failed": (gettext_lazy("Failed"), "bad"),
}
ROW_STATES: Mapping[str, tuple[Any, str]] = {
    "ready": (gettext_lazy("Ready"), ""),
    "warning": (gettext_lazy("Warning"), "wait"),
    "error": (gettext_lazy("Error"), "bad"),
    "sent": (gettext_lazy("Sent"), ""),
    "refused": (gettext_lazy("Refused"), "bad"),
}
SEPARATORS: Mapping[str, Any] = {
    ",": gettext_lazy("comma"),
    ";": gettext_lazy("semicolon"),
    "\t": gettext_lazy("tab"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A batch in the history."""

    batch: "InvitationBatch"
    name: str
    by: str
    state: Any
    tone: str
    result: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` 0 while nobody knows it."""

    title: str
    done: int
    total: int
    text: str
    cancels: bool


@dataclass(frozen=True, slots=True)
class ColumnRead:
    """A heading of the file; `meaning` "" when nothing uses it."""

    heading: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Understood:
    """How a file was read. `open`: worth a look at once."""

    short: str
    columns: Sequence[ColumnRead] = field(default=())
    open: bool = False


def name_of(batch: "InvitationBatch") -> str:
    return batch.file_name or _("Pasted list")


def line_of(batch: "InvitationBatch", counts: Mapping[str, int]) -> Line:
    words, tone = STATES[batch.state]
    by = batch.created_by.name if batch.created_by else ""
    return Line(batch, name_of(batch), by, words, tone, result_of(batch, counts))


def lines_of(rows: Sequence["InvitationBatch"]) -> list[Line]:
    """One query."""
    totals = totals_of(rows)
    return [line_of(row, totals[row.id]) for row in rows]


def recent_batches(actor: Actor) -> dict[str, Any]:
    """The newest, and whether there are more; two queries, one where there is none."""
    found = list(batches(actor)[: RECENT + 1])
    return {"batches": lines_of(found[:RECENT]) if found else [], "more_batches": len(found) > RECENT}


def result_of(batch: "InvitationBatch", counts: Mapping[str, int]) -> str:
    """What became of it, by number."""
    waiting = counts.get("ready", 0) + counts.get("warning", 0)
    parts = [
        (counts.get("sent", 0), _("%(count)s sent")),
        (counts.get("refused", 0), _("%(count)s refused")),
        (waiting, _("%(count)s not sent") if batch.state in ("sent", "canceled", "failed") else _("%(count)s ready")),
        (counts.get("error", 0), _("%(count)s with errors")),
    ]
    return ", ".join(text % {"count": grouped(count)} for count, text in parts if count)


def progress_of_reading(done: int, total: int) -> Progress:
    text = (
        _("%(done)s of about %(total)s lines. You can leave this page; reading goes on.")
        if total > done
        else _("%(done)s lines so far. You can leave this page; reading goes on.")
    )
    figures = {"done": grouped(done), "total": grouped(total)}
    return Progress(_("Reading the file"), done, max(total, done), text % figures, cancels=False)


def progress_of_sending(done: int, total: int, refused: int) -> Progress:
    text = _("%(done)s of %(total)s. You can leave this page; sending goes on.")
    if refused:
        text = _("%(done)s of %(total)s, %(refused)s of them refused. You can leave this page; sending goes on.")
    figures = {"done": grouped(done), "total": grouped(total), "refused": grouped(refused)}
    return Progress(_("Sending the invitations"), done, total, text % figures, cancels=True)


def understood(reading: Mapping[str, Any], meanings: Mapping[str, Any]) -> Understood | None:
    """Of what the reader wrote down; None before it did. `meanings`: field -> its label."""
    kind = reading.get("kind", "")
    if not kind:
        return None
    if kind == "xlsx":
        parts = [_("Excel workbook")]
    else:
        parts = [ENCODINGS.get(reading.get("encoding", ""), "")]
        if reading.get("separator"):
            parts.insert(0, _("separated by %(separator)s") % {"separator": SEPARATORS[reading["separator"]]})
    columns = [
        ColumnRead(one["heading"], str(meanings.get(one["field"], "")) if one["field"] else "")
        for one in reading.get("columns", ())
    ]
    unused = sum(not one.meaning for one in columns)
    if columns:
        parts.append(ngettext("%(count)s column", "%(count)s columns", len(columns)) % {"count": grouped(len(columns))})
    if unused:
        parts.append(ngettext("%(count)s not used", "%(count)s not used", unused) % {"count": grouped(unused)})
    return Understood(", ".join(part for part in parts if part), columns)


def sending_effects(plan: "SendPlan", days: int) -> list[dict[str, Any]]:
    """What *Send all* does, in the order in which people ask."""
    sent = plan.ready + plan.warnings - plan.beyond_seats
    lines: list[dict[str, Any]] = []
    if sent > 0:
        text = ngettext("invitation goes out", "invitations go out", sent)
        alive = ngettext("The link works for %(days)s day.", "The links work for %(days)s days.", days) % {"days": days}
        lines.append({"number": sent, "text": text, "detail": alive})
    if plan.warnings:
        text = ngettext("of them has a warning", "of them have a warning", plan.warnings)
        lines.append({"number": plan.warnings, "text": text, "warning": True})
    lines += _seats(plan)
    if plan.errors:
        text = ngettext("row stays behind: it has an error", "rows stay behind: they have errors", plan.errors)
        lines.append({"number": plan.errors, "text": text, "warning": True})
    return lines


def _seats(plan: "SendPlan") -> list[dict[str, Any]]:
    if not plan.seats_needed:
        return []
    text = ngettext("seat is needed", "seats are needed", plan.seats_needed)
    line: dict[str, Any] = {"number": plan.seats_needed, "text": text}
    if plan.growth == "per_person":
        line |= {"detail": _("Seats grow with people here: every added person is charged."), "warning": True}
    elif plan.seats_free is not None:
        free = ngettext("%(count)s seat is free.", "%(count)s seats are free.", plan.seats_free)
        line["detail"] = free % {"count": grouped(plan.seats_free)}
    return [line]

"""The page of one batch: what it shows in which state."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.operations import operations
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.paging import keyset_page
from tenantry.core.sheets.errors import revived
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import policy
from tenantry.usecases.bulk_inviting import (
    counts_of,
    get_batch,
    plan_send_batch,
    progress_of,
    rows_of,
    unanswered,
)
from tenantry.usecases.bulk_inviting.failed_mails import failed_mails
from tenantry.web.people.batch_forms import ReadAgainForm, place_of_separator
from tenantry.web.people.batch_rows import fields_of, labels_of, lines
from tenantry.web.people.batches import (
    ROW_STATES,
    STATES,
    name_of,
    progress_of_reading,
    progress_of_sending,
    sending_effects,
    understood,
)
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page
from tenantry.web.templatetags.components import grouped

PAGE_SIZE = 50
BEFORE = ("ready", "warning", "error")
AFTER = ("sent", "refused", *BEFORE)
DAYS = "people.invitation_days"
PARAMETERS = ("state", "cursor")


def page_url(request: MemberRequest, batch_id: UUID, *, anchor: str = "") -> str:
    """The batch's page, with the state that is looked at and the place in its rows."""
    kept = kept_query(request)
    url = reverse("batch_detail", args=[batch_id])
    return f"{url}{'?' if kept else ''}{kept}{anchor}"


def kept_query(request: MemberRequest) -> str:
    return urlencode({name: request.GET[name] for name in PARAMETERS if request.GET.get(name)})


def shown_batch(
    request: MemberRequest, batch_id: UUID, *, status: int = 200, changed: bool = False, near: int | None = None
) -> HttpResponse:
    """`changed`: the plan did, since it was read. `near`: the line that was worked on; the focus stays there, or goes
    to the next one when that is not shown any more."""
    with reading():
        context = _context(request, batch_id, changed=changed)
        if near is not None:
            shown = [line.row for line in context["lines"]]
            context["focus"] = next((row.id for row in shown if row.position >= near), shown[-1].id if shown else None)
        return page(request, "people/batches/detail.html", context, status=status)


def _context(request: MemberRequest, batch_id: UUID, *, changed: bool) -> dict[str, Any]:
    batch = get_batch(request.actor, batch_id)
    counts = counts_of(batch)
    words, tone = STATES[batch.state]
    labels = labels_of(request.organization.labels)
    context: dict[str, Any] = {
        "batch": batch,
        "name": name_of(batch),
        "by": batch.created_by.name if batch.created_by else "",
        "state": words,
        "tone": tone,
        "here": page_url(request, batch_id),
        "kept": kept_query(request),
        "changed": changed,
        "moving": batch.state in ("reading", "sending"),
        "over": batch.state in ("sent", "canceled", "failed"),
        "editable": batch.state == "ready",
        "deletable": batch.state in ("reading", "ready", "canceled", "failed") and not batch.sent_at,
        "faulty": counts["error"] + counts["refused"] if batch.state != "reading" else 0,
        "understood": understood(batch.reading, labels) if batch.file_name else None,
    }
    # Only faulty rows can be among them.
    context["unanswered"] = unanswered(batch) if counts["error"] and batch.state == "ready" else 0
    context |= _rows(request, batch, counts, labels)
    if batch.state in ("reading", "sending"):
        context |= _under_way(batch)
    elif batch.state == "ready":
        context |= {**_sending(request, batch), "reread": reread_form(batch)}
    else:
        context |= _over(request, batch, counts)
    return context


def _rows(request: MemberRequest, batch: Any, counts: Mapping[str, int], labels: Mapping[str, str]) -> dict[str, Any]:
    known = BEFORE if batch.state in ("reading", "ready") else AFTER
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in known else ""
    shown = keyset_page(
        rows_of(batch, (chosen,) if chosen else ()),
        order="position",
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    fields = fields_of(batch, shown.rows)
    total = sum(counts.values())
    tabs = [{"value": "", "text": _("All"), "count": total, "current": not chosen}]
    tabs += [
        {"value": state, "text": ROW_STATES[state][0], "count": counts[state], "current": state == chosen}
        for state in known
        if counts[state] or state == chosen or batch.state in ("reading", "ready")
    ]
    return {
        "tabs": tabs if total or batch.state != "failed" else [],
        "chosen": chosen,
        "shown": counts[chosen] if chosen else total,
        "page": shown,
        "fields": [{"name": name, "label": labels[name]} for name in fields],
        "lines": lines(request.actor, shown.rows, fields, labels),
    }


def get_row(batch: Any, row_id: UUID) -> Any:
    """:raises NotFound: the batch has no such row."""
    row = rows_of(batch).filter(id=row_id).first()
    if row is None:
        raise NotFound
    return row


def _under_way(batch: Any) -> dict[str, Any]:
    done, total, _state = progress_of(batch)
    if batch.state == "reading":
        return {"progress": progress_of_reading(done, total)}
    return {"progress": progress_of_sending(done, total, 0)}


def _sending(request: MemberRequest, batch: Any) -> dict[str, Any]:
    plan = plan_send_batch(request.actor, batch.id, clock.now())
    return {
        "plan": plan,
        "sendable": max(plan.ready + plan.warnings - plan.beyond_seats, 0),
        "effects": sending_effects(plan, policy(DAYS)),
    }


def reread_form(batch: Any) -> ReadAgainForm | None:
    """With how it was read; None for what can't be read another way."""
    if batch.reading.get("kind") == "xlsx":
        return None
    initial = {
        "separator": place_of_separator(batch.reading.get("separator", "")),
        "encoding": batch.reading.get("encoding", ""),
    }
    return ReadAgainForm(initial=initial)


def _over(request: MemberRequest, batch: Any, counts: Mapping[str, int]) -> dict[str, Any]:
    if batch.fault:
        fault = revived(batch.fault["code"], batch.fault.get("values", {}))
        form = reread_form(batch)
        return {"fault": str(fault), "reread": form, "can_reread": form is not None}
    lost = failed_mails(rows_of(batch, ("sent",))).count() if counts["sent"] else 0
    said = " ".join([*_begun(request, batch), *_said(batch, counts, lost)])
    waiting = batch.operation_id is not None and batch.state != "sent" and counts["ready"] + counts["warning"] > 0
    return {
        "said": said,
        "said_tone": _tone(batch, counts["refused"] + lost),
        "resendable": batch.operation_id is not None and not waiting and counts["refused"] + lost > 0,
        **(_sending(request, batch) if waiting else {}),
    }


def _tone(batch: Any, failed: int) -> str:
    if batch.state == "failed":
        return "bad"
    return "warn" if batch.state == "canceled" or failed else "ok"


def _begun(request: MemberRequest, batch: Any) -> list[str]:
    """Why it did not come to its end."""
    if batch.state == "canceled":
        return [_("Sending was stopped.") if batch.operation_id else _("This batch was canceled before it was sent.")]
    if batch.state == "sent":
        return []
    rows = operations(request.actor).filter(id=batch.operation_id).values_list("error", flat=True)
    why = {
        "no_longer_in": _("Sending ended early: whoever sent it is not here any more."),
        "permission_missing": _("Sending ended early: whoever sent it may not add people any more."),
    }
    return [why.get(rows.first() or "", _("Sending ended early. Please try again; nobody gets two mails."))]


def _said(batch: Any, counts: Mapping[str, int], lost: int) -> list[str]:
    """The result in sentences. `lost`: mails that did not arrive."""
    if batch.operation_id is None:
        return []
    waiting = counts["ready"] + counts["warning"]
    sent, refused, errors = counts["sent"], counts["refused"], counts["error"]
    sentences = (
        (sent, ngettext("%(count)s invitation was sent.", "%(count)s invitations were sent.", sent)),
        (lost, ngettext("%(count)s mail did not arrive.", "%(count)s mails did not arrive.", lost)),
        (refused, ngettext("%(count)s row was refused.", "%(count)s rows were refused.", refused)),
        (waiting, ngettext("%(count)s row was not sent.", "%(count)s rows were not sent.", waiting)),
        (
            errors,
            ngettext("%(count)s row with errors stayed behind.", "%(count)s rows with errors stayed behind.", errors),
        ),
    )
    return [text % {"count": grouped(count)} for count, text in sentences if count or text is sentences[0][1]]

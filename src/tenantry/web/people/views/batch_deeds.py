"""What is done to a batch as a whole: read another way, stopped, sent again, thrown away."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.errors import Refusal
from tenantry.people.permissions import INVITE
from tenantry.usecases.bulk_inviting import (
    cancel_batch,
    delete_batch,
    get_batch,
    progress_of,
    read_again,
    resend_failed,
)
from tenantry.usecases.bulk_inviting.errors import BatchNotReady
from tenantry.web.people.batch_forms import ReadAgainForm
from tenantry.web.people.batches import name_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


@screen(INVITE, methods=("POST",))
def batch_read(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Reads the file again, as the person says."""
    form = ReadAgainForm(request.POST)
    if not form.is_valid():
        toast(request, _("Choose a separator and an encoding of the lists."), bad=True)
        return _back(request, batch_id)
    try:
        perform(
            read_again,
            actor=request.actor,
            batch_id=batch_id,
            encoding=form.cleaned_data["encoding"],
            separator=form.chosen_separator,
        )
    except Refusal as refused:
        if refused.kind not in ("invalid", "conflict"):
            raise
        toast(request, str(refused), bad=True)
    return _back(request, batch_id)


@screen(INVITE, methods=("GET", "POST"))
def batch_cancel(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    if request.method == "POST":
        perform(cancel_batch, actor=request.actor, batch_id=batch_id)
        toast(request, _("Sending was stopped."))
        return _back(request, batch_id)
    batch = get_batch(request.actor, batch_id)
    # It may have come to its end since the page was shown.
    done, total, _state = progress_of(batch) if batch.state == "sending" else (0, 0, "")
    left = max(total - done, 0)
    effects = [
        {"number": done, "text": ngettext("row was handled already", "rows were handled already", done)},
        {"number": left, "text": ngettext("row is not sent", "rows are not sent", left), "warning": True},
    ]
    return page(
        request, "people/batches/cancel.html", {**_named(batch), "effects": effects, "stops": batch.state == "sending"}
    )


@screen(INVITE, methods=("POST",))
def batch_resend(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    """Those that were refused, and mails that failed, once more."""
    try:
        perform(resend_failed, actor=request.actor, batch_id=batch_id)
    except Refusal as refused:
        if refused.kind != "conflict":
            raise
        toast(request, str(refused), bad=True)
    return _back(request, batch_id)


@screen(INVITE, methods=("GET", "POST"))
def batch_delete(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    if request.method == "POST":
        perform(delete_batch, actor=request.actor, batch_id=batch_id)
        toast(request, _("The batch was discarded."))
        return go(request, reverse("batch_create"))
    batch = get_batch(request.actor, batch_id)
    if batch.sent_at is not None:
        raise BatchNotReady
    return page(request, "people/batches/deletion.html", {**_named(batch), "rows": batch.rows_read})


def _named(batch: Any) -> dict[str, Any]:
    return {"batch": batch, "name": name_of(batch), "back": reverse("batch_detail", args=[batch.id])}


def _back(request: MemberRequest, batch_id: UUID) -> HttpResponse:
    return go(request, reverse("batch_detail", args=[batch_id]))

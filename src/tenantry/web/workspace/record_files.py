"""Files that hang on a lead, contact, company or deal: a card of its page, and a page of their own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from tenantry.core.decisions import decide, find
from tenantry.core.errors import NotFound
from tenantry.core.records import RecordType
from tenantry.crm.drive import VIEW, may_add
from tenantry.crm.records import FILE
from tenantry.crm.selectors import owner_names, standing, subject_types, type_of, with_owner
from tenantry.crm.timeline import attached
from tenantry.web.momentum.listing import Row, record_url, rows_shown
from tenantry.web.momentum.pages import add_panel
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.workspace.items import items_of_files, upload_bounds

MOST_ON_CARD = 6
MOST = 200


def files_panel(request: MemberRequest, row: Row) -> Mapping[str, Any]:
    """Names for `workspace/drive/attached.html`; none where files are not open to the reader."""
    if row.record_type not in subject_types() or not decide(request.actor, VIEW):
        return {}
    return {"files_at": _found(request, row.record_type, row.record, MOST_ON_CARD)}


def _found(request: MemberRequest, record_type: RecordType, record: Any, most: int) -> dict[str, Any]:
    rows = standing(FILE, attached(request.actor, FILE, record_type, record.pk))
    shown = list(with_owner(rows).order_by("-created_at", "-pk")[: most + 1])
    return {
        "files": items_of_files(request.actor, shown[:most], owner_names(shown)),
        "more": len(shown) > most,
        "uploads": record.archived_at is None and may_add(request.actor, record.workspace_id),
        "type_key": record_type.key,
        "id": record.pk,
        "all_url": reverse("record_files", args=[record_type.key, record.pk]),
        "back": request.get_full_path(),
        **upload_bounds(),
    }


@screen(VIEW)
def record_files(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """All of them."""
    record_type = type_of(type_key)
    if record_type not in subject_types():
        raise NotFound
    record = find(request.actor, record_type, record_id)
    row = rows_shown(request, record_type, [record])[0]
    context = {
        "row": row,
        "list_url": record_url(type_key, record_id),
        "files_at": _found(request, record_type, record, MOST),
    }
    return page(request, "workspace/drive/at.html", context)


add_panel(files_panel)

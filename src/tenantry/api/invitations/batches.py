"""Batches of invitations: a table of people is read, mended row by row, and sent as one."""

from collections.abc import Mapping
from typing import Any

from ninja import Query, Router

from tenantry.api.idempotency import carry_out
from tenantry.api.invitations.batch_schemas import (
    BatchCounts,
    BatchFault,
    BatchOut,
    BatchPage,
    BatchProgress,
    BatchQuery,
    BatchRowOut,
    BatchRowPage,
    BatchRowQuery,
    BatchSummary,
    EditBatchRow,
    RowReason,
    SendPlanOut,
    UploadQuery,
)
from tenantry.api.operations import Answer, Download, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Confirmation, Named
from tenantry.api.requests import ApiRequest, uploaded
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.sheets import BOUNDS
from tenantry.core.sheets.errors import BY_CODE, revived
from tenantry.core.transactions import reading
from tenantry.people.permissions import INVITE
from tenantry.usecases.bulk_inviting import (
    batches,
    cancel_batch,
    counts_of,
    delete_batch,
    drop_row,
    edit_row,
    faulty_file,
    get_batch,
    is_warning,
    plan_send_batch,
    progress_of,
    reason_in_words,
    resend_failed,
    rows_of,
    send_batch,
    totals_of,
    upload_batch,
)
from tenantry.usecases.bulk_inviting.errors import BatchNotReady, NothingFailed, NothingToSend

router = Router(tags=["Invitations"])

BATCHES = "/invitations/batches"
BATCH = f"{BATCHES}/{{batch_id}}"
ROW = f"{BATCH}/rows/{{row_id}}"
SHEETS = (
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
SEPARATORS = {"": "", "comma": ",", "semicolon": ";", "tab": "\t"}
FIELDS = ("email", "name", "role", "team", "profile", "unit", "department", "workspaces")
# What of the reading is the caller's business.
TOLD = ("kind", "encoding", "separator", "columns")


@operation(
    router,
    "POST",
    BATCHES,
    INVITE,
    answer=BatchOut,
    status=201,
    refuses=tuple(BY_CODE.values()),
    takes=SHEETS,
    most=BOUNDS.file,
)
def batch_create(request: ApiRequest, query: Query[UploadQuery]) -> Answer:
    """Takes a table as the body, as a CSV file or an Excel workbook. Its first rows are read at once, the rest a moment
    later; `state` says when. Nothing is sent before the batch's delivery is asked for."""
    content = uploaded(request)
    done = carry_out(
        request,
        upload_batch,
        said=request.META.get("QUERY_STRING", "").encode() + b"\n" + content,
        file_name=query.file_name,
        content=content,
        encoding=query.encoding,
        separator=SEPARATORS[query.separator],
    )
    return Answer(_batch(request, done.batch_id), {"Location": f"/api/v1{BATCHES}/{done.batch_id}"})


@operation(router, "GET", BATCHES, INVITE, answer=BatchPage)
def batch_list(request: ApiRequest, query: Query[BatchQuery]) -> Answer:
    """Batches, the newest first: who, when, result."""
    page = keyset_page(
        batches(request.actor), order="created_at", descending=True, cursor=query.cursor, size=query.limit
    )
    totals = totals_of(page.rows)
    return listed(request, BatchPage, page, [BatchSummary(**_summary(row, totals[row.id])) for row in page.rows])


@operation(router, "GET", BATCH, INVITE, answer=BatchOut)
def batch_get(request: ApiRequest, batch_id: Id) -> BatchOut:
    """One batch: how it was read, how far it is, how many rows are in which state."""
    return _shown(request, batch_id)


@operation(router, "DELETE", BATCH, INVITE, refuses=(BatchNotReady,))
def batch_delete(request: ApiRequest, batch_id: Id) -> None:
    """Throws away a batch of which nothing was sent."""
    carry_out(request, delete_batch, batch_id=batch_id)


@operation(router, "GET", f"{BATCH}/rows", INVITE, answer=BatchRowPage)
def batch_row_list(request: ApiRequest, batch_id: Id, query: Query[BatchRowQuery]) -> Answer:
    """Rows in the order of the file, each with every reason why it can't be sent or wants a second look."""
    rows = rows_of(get_batch(request.actor, batch_id), query.state)
    page = keyset_page(rows, order="position", cursor=query.cursor, size=query.limit)
    return listed(request, BatchRowPage, page, [_row(row) for row in page.rows])


@operation(router, "PATCH", ROW, INVITE, answer=BatchRowOut, refuses=(BatchNotReady,))
def batch_row_edit(request: ApiRequest, batch_id: Id, row_id: Id, body: EditBatchRow) -> BatchRowOut:
    """Mends a row; it is looked at anew, as are those with the same address."""
    sent = body.model_fields_set
    with reading():
        row = _find_row(request, batch_id, row_id)
    values = {name: getattr(body if name in sent else row, name) for name in FIELDS}
    carry_out(request, edit_row, batch_id=batch_id, row_id=row_id, **values)
    with reading():
        return _row(_find_row(request, batch_id, row_id))


@operation(router, "DELETE", ROW, INVITE, refuses=(BatchNotReady,))
def batch_row_drop(request: ApiRequest, batch_id: Id, row_id: Id) -> None:
    """Takes a row out of the batch."""
    carry_out(request, drop_row, batch_id=batch_id, row_id=row_id)


@operation(router, "GET", f"{BATCH}/faulty-rows", INVITE, status=200, gives="text/csv; charset=utf-8")
def batch_faulty_rows(request: ApiRequest, batch_id: Id) -> Download:
    """Rows with errors and refused ones as CSV, with the reasons in a last column; can be uploaded again."""
    with reading():
        get_batch(request.actor, batch_id)
    return Download("faulty-rows.csv", faulty_file(request.actor, batch_id))


@operation(router, "GET", f"{BATCH}/delivery/plan", INVITE, answer=SendPlanOut)
def batch_delivery_plan(request: ApiRequest, batch_id: Id) -> SendPlanOut:
    """What sending the batch would do."""
    plan = plan_send_batch(request.actor, batch_id, clock.now())
    figures = {name: getattr(plan, name) for name in SendPlanOut.model_fields if name != "digest"}
    return SendPlanOut(digest=plan.digest, **figures)


@operation(
    router,
    "POST",
    f"{BATCH}/delivery",
    INVITE,
    answer=BatchOut,
    status=202,
    refuses=(BatchNotReady, NothingToSend, PlanChanged),
)
def batch_delivery_create(request: ApiRequest, batch_id: Id, body: Confirmation) -> BatchOut:
    """Sends every row that can be. Rows with errors stay behind; `progress` says how far it is."""
    carry_out(request, send_batch, batch_id=batch_id, digest=body.digest)
    return _batch(request, batch_id)


@operation(router, "POST", f"{BATCH}/cancellation", INVITE, answer=BatchOut, refuses=(BatchNotReady,))
def batch_cancel(request: ApiRequest, batch_id: Id) -> BatchOut:
    """Stops sending; what was sent stays sent."""
    carry_out(request, cancel_batch, batch_id=batch_id)
    return _batch(request, batch_id)


@operation(
    router,
    "POST",
    f"{BATCH}/retry",
    INVITE,
    answer=BatchOut,
    status=202,
    refuses=(BatchNotReady, NothingFailed),
)
def batch_retry(request: ApiRequest, batch_id: Id) -> BatchOut:
    """Sends those again that were refused, and those whose mail failed."""
    carry_out(request, resend_failed, batch_id=batch_id)
    return _batch(request, batch_id)


def _batch(request: ApiRequest, batch_id: Any) -> BatchOut:
    with reading():
        return _shown(request, batch_id)


def _shown(request: ApiRequest, batch_id: Any) -> BatchOut:
    row = get_batch(request.actor, batch_id)
    done, total, _state = progress_of(row)
    fault = revived(row.fault["code"], row.fault.get("values", {})) if row.fault else None
    return BatchOut(
        **_summary(row, counts_of(row)),
        progress=BatchProgress(done=done, total=total),
        reading={name: row.reading[name] for name in TOLD if name in row.reading},
        fault=BatchFault(code=fault.code, detail=str(fault)) if fault else None,
    )


def _summary(row: Any, counts: Mapping[str, int]) -> dict[str, Any]:
    by = row.created_by
    return {
        "id": row.id,
        "state": row.state,
        "file_name": row.file_name,
        "created_by": Named(id=by.id, name=by.name) if by else None,
        "created_at": row.created_at,
        "sent_at": row.sent_at,
        "finished_at": row.finished_at,
        "counts": BatchCounts(**counts),
    }


def _find_row(request: ApiRequest, batch_id: Any, row_id: Any) -> Any:
    row = rows_of(get_batch(request.actor, batch_id)).filter(id=row_id).first()
    if row is None:
        raise NotFound
    return row


def _row(row: Any) -> BatchRowOut:
    return BatchRowOut(
        id=row.id,
        line=row.position,
        state=row.state,
        person_id=row.membership_id,
        reasons=[
            RowReason(field=one["field"], code=one["code"], detail=reason_in_words(one), warning=is_warning(one))
            for one in row.reasons
        ],
        **{name: getattr(row, name) for name in FIELDS},
    )

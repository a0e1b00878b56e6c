"""Bulk invite: a file or a list is read into rows, judged, mended, and sent as one (product.md §3)."""

from tenantry.usecases.bulk_inviting.batches import (
    BatchDone,
    SendPlan,
    batches,
    counts_of,
    get_batch,
    progress_of,
    rows_of,
    totals_of,
    unanswered,
)
from tenantry.usecases.bulk_inviting.editing import drop_row, edit_row
from tenantry.usecases.bulk_inviting.files import faulty_file, template_file
from tenantry.usecases.bulk_inviting.reading import paste_batch, read_again, upload_batch
from tenantry.usecases.bulk_inviting.sending import (
    cancel_batch,
    delete_batch,
    plan_send_batch,
    resend_failed,
    send_batch,
)
from tenantry.usecases.bulk_inviting.wording import is_warning, reason_in_words

__all__ = [
    "BatchDone",
    "SendPlan",
    "batches",
    "cancel_batch",
    "counts_of",
    "delete_batch",
    "drop_row",
    "edit_row",
    "faulty_file",
    "get_batch",
    "is_warning",
    "paste_batch",
    "plan_send_batch",
    "progress_of",
    "read_again",
    "reason_in_words",
    "resend_failed",
    "rows_of",
    "send_batch",
    "template_file",
    "totals_of",
    "unanswered",
    "upload_batch",
]

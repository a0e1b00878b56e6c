"""Batches of invitations as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Bounded, Digest, In, Out, QueryIn
from tenantry.core.sheets import BOUNDS
from tenantry.core.text import TextBound

BatchState = Literal["reading", "ready", "sending", "sent", "canceled", "failed"]
RowState = Literal["ready", "warning", "error", "sent", "refused"]
Value = Annotated[str, Bounded(TextBound(BOUNDS.cell, required=False))]


class BatchCounts(Out):
    """Rows by state."""

    ready: int
    warning: int
    error: int
    sent: int
    refused: int


class BatchFault(Out):
    """Why the file can't be read."""

    code: str
    detail: str


class BatchProgress(Out):
    """Of reading or sending, whichever is under way; `total` is 0 while it is not known."""

    done: int
    total: int


class BatchSummary(Out):
    id: UUID
    state: BatchState
    file_name: str = Field(description="Empty for a list that was pasted.")
    created_by: Named | None
    created_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None
    counts: BatchCounts


class BatchOut(BatchSummary):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01890a5d-ac96-774b-bcce-b302099a8061",
                "state": "ready",
                "file_name": "people.csv",
                "created_by": {"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "Maren Holt"},
                "created_at": "2026-05-04T08:00:00Z",
                "sent_at": None,
                "finished_at": None,
                "counts": {"ready": 310, "warning": 2, "error": 14, "sent": 0, "refused": 0},
                "progress": {"done": 326, "total": 326},
                "reading": {"kind": "csv", "encoding": "utf-8", "separator": ";"},
                "fault": None,
            }
        }
    )

    progress: BatchProgress
    reading: dict[str, Any] = Field(description="How the file was understood.")
    fault: BatchFault | None


class BatchPage(PageOf[BatchSummary]):
    pass


class BatchQuery(PageQuery):
    pass


class UploadQuery(QueryIn):
    """How the body is read where that is not to be found out."""

    file_name: Annotated[str, Field(max_length=255, description="As people will find it in the history.")] = ""
    encoding: Annotated[str, Field(max_length=20, description="Such as utf-8 or cp1252.")] = ""
    separator: Annotated[Literal["", "comma", "semicolon", "tab"], Field()] = ""


class RowReason(Out):
    """`field` is empty for the row as a whole."""

    field: str
    code: str
    detail: str
    warning: bool


class BatchRowOut(Out):
    id: UUID
    line: int = Field(description="Of the file, counted from 1 with the heading.")
    state: RowState
    email: str
    name: str
    role: str
    team: str
    profile: str
    unit: str
    department: str
    workspaces: str
    reasons: list[RowReason]
    person_id: UUID | None = Field(description="Whom it invited.")


class BatchRowPage(PageOf[BatchRowOut]):
    pass


class BatchRowQuery(PageQuery):
    state: Annotated[list[RowState], Field(description="None: every one.")] = []


class EditBatchRow(In):
    """Only what is sent is changed. Names as in the file; several teams or workspaces are separated by `|`."""

    email: Value = ""
    name: Value = ""
    role: Value = ""
    team: Value = ""
    profile: Value = ""
    unit: Value = ""
    department: Value = ""
    workspaces: Value = ""


class SendPlanOut(Out):
    """What sending would do; `beyond_seats` rows of `ready` find no seat."""

    digest: Digest
    ready: int
    warnings: int
    errors: int
    seats_needed: int
    seats_free: int | None
    beyond_seats: int
    growth: Literal["licensed", "per_person"] = Field(description="per_person: every added person is charged.")

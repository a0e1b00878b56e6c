"""Deals, stages and a mentor's word as the interface shows and takes them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named
from tenantry.api.records.rows import RecordOut, RecordQuery
from tenantry.api.records.schemas import ForAnother
from tenantry.api.schemas import Bounded, Day, Digest, Id, Ids, In, Out, QueryIn
from tenantry.core.money import LARGEST
from tenantry.crm.bounds import NAME
from tenantry.crm.deals import COMMENT, LOST_REASON, WHOLE
from tenantry.crm.pipelines import STAGE_NAME

Minor = Annotated[int, Field(ge=0, le=LARGEST, description="In the smallest unit of the currency: cents.")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217.")]
DealName = Annotated[str, Bounded(NAME)]
DealState = Literal["open", "won", "lost"]


class DealOut(RecordOut):
    """`stage_since`: when it came into its stage. The commission has an operation of its own."""

    workflow_id: UUID
    stage_id: UUID
    state: DealState
    value: int | None = Field(default=None, description="In the smallest unit of `currency`.")
    currency: str
    company_id: UUID | None = Field(description="Null: none, or none that the caller sees.")
    contact_id: UUID | None = Field(description="Null: none, or none that the caller sees.")
    closes_on: date | None = Field(description="When it is expected to be won.")
    stage_since: datetime
    closed_at: datetime | None
    lost_reason: str


class DealPage(PageOf[DealOut]):
    pass


class DealQuery(RecordQuery):
    state: Annotated[list[DealState], Field(max_length=3)] = []
    workflow_id: Id | None = None
    stage_id: Id | None = None


class NewDeal(In):
    """`owner_id` left out: the caller's own. `stage_id` left out: the first stage of the workflow."""

    name: DealName
    workflow_id: Id
    stage_id: Id | None = None
    owner_id: Id | None = None
    workspace_id: Id | None = None
    anyway: ForAnother = False
    value: Minor | None = None
    currency: Currency | None = None
    company_id: Id | None = None
    contact_id: Id | None = None
    closes_on: Day | None = None


class EditDeal(In):
    """What is left out stays."""

    name: DealName | None = None
    value: Minor | None = None
    currency: Currency | None = None
    company_id: Id | None = None
    contact_id: Id | None = None
    closes_on: Day | None = None


class MoveDeal(In):
    """`from_stage_id`: where the caller saw it; elsewhere it is not moved."""

    stage_id: Id
    from_stage_id: Id | None = None


class MovedOut(Out):
    """`asked`: the deal stays in `before_id` until the mentor has answered."""

    deal_id: UUID
    stage_id: UUID
    before_id: UUID
    asked: bool


class CloseDeal(In):
    """`reason`: why it was lost."""

    state: DealState
    reason: Annotated[str, Bounded(LOST_REASON)] = ""


class DealMemberOut(Out):
    id: UUID = Field(description="Of the person.")
    name: str


class DealMembersOut(Out):
    items: list[DealMemberOut]


class AddDealMembers(In):
    person_ids: Ids


class ShareOut(Out):
    """`share` in hundredths of a percent; `amount` in the smallest unit."""

    person: Named
    share: int | None
    amount: int | None


class CommissionOut(Out):
    """`rest`: what the shares leave for the owner."""

    commission: int | None
    currency: str
    shares: list[ShareOut]
    rest: int | None


class ShareIn(In):
    person_id: Id
    share: Annotated[int, Field(ge=0, le=WHOLE, description="In hundredths of a percent.")] | None


class SplitCommission(In):
    """Members who are not named keep their share."""

    commission: Minor | None
    shares: Annotated[list[ShareIn], Field(max_length=200)] = []


class ApprovalOut(Out):
    """`settled_at`: when it was answered or lapsed."""

    id: UUID
    deal: Named
    stage: Named
    asked_by: Named
    mentor: Named
    state: Literal["waiting", "approved", "declined", "canceled"]
    comment: str
    asked_at: datetime
    settled_at: datetime | None


class ApprovalPage(PageOf[ApprovalOut]):
    pass


class ApprovalQuery(PageQuery):
    state: Literal["waiting", "settled"] = "waiting"
    sort: Literal["asked", "-asked"] = "asked"


class ApprovalsOut(Out):
    items: list[ApprovalOut]


class AnswerApproval(In):
    answer: Literal["approve", "decline"]
    comment: Annotated[str, Bounded(COMMENT)] = ""


class MentorOut(Out):
    mentor: Named | None


class SetMentor(In):
    mentor_id: Id | None = Field(description="Null: nobody's word is needed.")


# --- Stages -------------------------------------------------------------------------------


class StageOut(Out):
    """`deals`: open ones of anybody."""

    id: UUID
    key: UUID = Field(description="Stays the same whatever the stage is called.")
    name: str
    position: int
    probability: int
    is_milestone: bool
    is_lodgement: bool
    stale_days: int | None
    version: int = Field(description="Goes up with each edit: what `If-Match` names, in quotation marks.")
    deals: int


class StagesOut(Out):
    items: list[StageOut]


class NewStage(In):
    name: Annotated[str, Bounded(STAGE_NAME)]
    probability: Annotated[int, Field(ge=0, le=100)] = 0
    is_milestone: bool = False
    is_lodgement: bool = False
    stale_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class EditStage(In):
    """What is left out stays."""

    name: Annotated[str, Bounded(STAGE_NAME)] | None = None
    probability: Annotated[int, Field(ge=0, le=100)] | None = None
    is_milestone: bool | None = None
    is_lodgement: bool | None = None
    stale_days: Annotated[int, Field(ge=1, le=3650)] | None = None


class OrderStages(In):
    stage_ids: Annotated[list[Id], Field(min_length=1, max_length=30)]


class StageDeletionQuery(QueryIn):
    to: Id | None = None


class StageDeletionPlanOut(Out):
    """`deals`, closed and archived ones too, go to `to`; `open` of them are open. `waiting`: requests to mentors, which
    lapse."""

    digest: str
    stage: Named
    to: Named | None
    deals: int
    open: int
    waiting: int


class DeleteStage(In):
    to: Id | None = None
    digest: Digest | None = None


class DuplicateWorkflow(In):
    name: Annotated[str, Bounded(NAME)]
    with_members: bool = False


class Worth(Out):
    currency: str
    value: int = Field(description="In the smallest unit.")


class LaneOut(Out):
    """`count` and `worth` of all deals of the stage; `deals` are the first, those that came last first."""

    stage: StageOut
    count: int
    worth: list[Worth]
    deals: list[DealOut]


class BoardOut(Out):
    workflow: Named
    lanes: list[LaneOut]


class BoardQuery(QueryIn):
    q: Annotated[str, Field(max_length=200, description="Words, each of which begins a word of a deal.")] = ""

"""Long work and changes of many people, as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from tenantry.access.selectors import DirectoryFilter
from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import PersonStatus, TypedName
from tenantry.api.schemas import Digest, Id, Ids, In, Out
from tenantry.usecases.bulk_changing.planning import BulkPlan
from tenantry.usecases.bulk_changing.results import Told, ToldLine

Deed = Literal["role", "profile", "team", "unit", "department", "resend", "deactivation", "removal"]
Some = Annotated[list[Id], Field(max_length=50)]


class PeopleFilter(In):
    """As the directory filters. Nothing said: everybody but removed people."""

    q: Annotated[str, Field(max_length=200)] = ""
    status: Annotated[list[PersonStatus], Field(max_length=5)] = []
    role: Some = []
    team: Some = []
    unit: Annotated[list[Id], Field(max_length=50, description="There, and in everything below.")] = []
    workspace: Some = []
    department: Some = []
    profile: Some = []
    never_signed_in: bool = False
    not_seen_for_days: Annotated[int, Field(ge=1, le=9999)] | None = None

    def wanted(self) -> DirectoryFilter:
        return DirectoryFilter(
            query=self.q,
            statuses=tuple(self.status),
            role_ids=tuple(self.role),
            team_ids=tuple(self.team),
            last_sign_in="never" if self.never_signed_in else str(self.not_seen_for_days or ""),
            unit_ids=tuple(self.unit),
            workspace_ids=tuple(self.workspace),
            department_ids=tuple(self.department),
            profile_ids=tuple(self.profile),
        )


class ChangePeople(In):
    """Either `ids` or `filter`. `value`: the role, profile, team, unit or department; null takes profile or department
    away."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "do": "role",
                "filter": {"team": ["01890a5d-ac96-774b-bcce-b302099a8002"]},
                "value": "01890a5d-ac96-774b-bcce-b302099a8001",
                "dry_run": True,
            }
        }
    )

    do: Deed
    ids: Ids | None = None
    filter: PeopleFilter | None = None
    value: Id | None = None
    digest: Digest | None = None
    dry_run: Annotated[bool, Field(description="Answers what would happen and changes nothing.")] = False
    organization_name: TypedName = ""

    @model_validator(mode="after")
    def _one_selection(self) -> "ChangePeople":
        if (self.ids is None) == (self.filter is None):
            raise ValueError("either ids or filter")
        return self


class ConfirmWork(In):
    organization_name: TypedName = ""


class ReasonOut(Out):
    """Why some are left out, with the first names."""

    code: str
    detail: str
    number: int
    names: list[str]


class CountedOut(Out):
    code: str
    people: int


class BulkPlanOut(Out):
    """What would happen. `numbers` add up over everybody; `gains` and `loses`: people by code of a permission."""

    digest: str
    total: int
    done: int
    refused: list[ReasonOut]
    names: list[str] = Field(description="The first of those it would be done to.")
    numbers: dict[str, int]
    gains: list[CountedOut]
    loses: list[CountedOut]
    asks_name: bool


class WorkOut(Out):
    """Long work. `finished_at` null: it is still under way."""

    id: UUID
    kind: str
    title: str
    state: Literal["waiting", "running", "done", "canceled", "failed"]
    value: str = Field(description="The name of what was chosen; empty where nothing was.")
    total: int
    done: int
    refused: int
    error: str | None = Field(description="Code of the refusal that stopped it.")
    created_at: datetime
    finished_at: datetime | None
    plan: BulkPlanOut | None = Field(
        description="Of one that was planned and waits for its confirmation; not in lists."
    )


class ChangedOut(Out):
    """`plan` of a dry run, else the `operation`."""

    plan: BulkPlanOut | None
    operation: WorkOut | None


class WorkPage(PageOf[WorkOut]):
    pass


class LineOut(Out):
    """One person or record of it. `name` null: out of the caller's reach."""

    position: int
    person_id: UUID | None
    record_id: UUID | None = Field(description="Where it is about records.")
    name: str | None
    state: Literal["waiting", "done", "refused"]
    code: str | None
    detail: str | None


class LinePage(PageOf[LineOut]):
    pass


class LinesQuery(PageQuery):
    state: Annotated[list[Literal["waiting", "done", "refused"]], Field(max_length=3)] = []


def plan_out(plan: BulkPlan) -> BulkPlanOut:
    return BulkPlanOut(
        digest=plan.digest,
        total=plan.total,
        done=plan.done,
        refused=[ReasonOut(code=r.code, detail=r.sentence, number=r.number, names=list(r.names)) for r in plan.reasons],
        names=list(plan.names),
        numbers=dict(plan.numbers),
        gains=[CountedOut(code=code, people=number) for code, number in plan.gains],
        loses=[CountedOut(code=code, people=number) for code, number in plan.loses],
        asks_name=plan.asks_name,
    )


def work_out(told: Told, plan: BulkPlan | None = None) -> WorkOut:
    row: Any = told.row
    return WorkOut(
        id=row.id,
        kind=row.kind,
        title=told.what,
        state=row.state,
        value=told.value,
        total=row.total,
        done=row.done,
        refused=row.refused,
        error=row.error or None,
        created_at=row.created_at,
        finished_at=row.finished_at,
        plan=plan_out(plan) if plan else None,
    )


def line_out(line: ToldLine) -> LineOut:
    state: Any = line.state
    return LineOut(
        position=line.position,
        person_id=line.about_id,
        record_id=line.record_id,
        name=line.name or None,
        state=state,
        code=line.code or None,
        detail=line.reason or None,
    )

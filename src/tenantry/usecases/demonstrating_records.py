"""The records of a demonstration organization, written by sets: what its people sell, to whom, and what is to do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.models import Assignment
from tenantry.acting.actions import Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.records import record_types
from tenantry.crm.models import SUBJECTS, Deal, DealApproval, DealMember, Mentorship, Stage
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.security.errors import SignInRefused

# In the order of their links.
KINDS = ("company", "contact", "deal", "lead", "task", "note", "activity")


@dataclass(frozen=True, slots=True)
class DemoRecord:
    """`kind`: key of the record type; `links`: attribute -> `key` of another record. `owner` None: unassigned.

    A deal's `step` counts the stages of the workflow in which its owner takes part. `with_`: who works on it, too.
    """

    kind: str
    key: str
    owner: UUID | None
    created_at: datetime
    changed_at: datetime
    values: Mapping[str, Any]
    links: Mapping[str, str] = field(default_factory=dict)
    step: int = 0
    with_: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoRecords:
    """`mentees`: mentee -> mentor."""

    records: Sequence[DemoRecord]
    mentees: Mapping[UUID, UUID] = field(default_factory=dict)


@action(open_to="only somebody with the machine's command line reaches it")
def load_demonstration_records(*, actor: Actor, now: datetime, wanted: DemoRecords) -> Outcome[int]:
    """How many were written. The organization has a workflow."""
    if actor.kind != "system":
        raise SignInRefused
    ways, places = _Ways.read(), _workspaces()
    made: dict[str, Any] = {}
    for kind in KINDS:
        rows = [_row(one, made, ways, places) for one in wanted.records if one.kind == kind]
        record_types()[kind].model.objects.bulk_create(rows)
    deals = [(one, made[one.key]) for one in wanted.records if one.kind == "deal"]
    DealMember.objects.bulk_create(
        DealMember(deal=deal, membership_id=member, added_at=deal.created_at)
        for one, deal in deals
        for member in one.with_
    )
    _mentor(wanted, [deal for _one, deal in deals], now)
    return Outcome(len(made), None)


def _row(one: DemoRecord, made: dict[str, Any], ways: "_Ways", places: Mapping[UUID, UUID]) -> Any:
    links = {f"{name}_id": made[key].id for name, key in one.links.items()}
    values = {**one.values, **links}
    if one.kind == "deal":
        stage = ways.stage(one.owner, one.step)
        values |= {"workflow_id": stage.workflow_id, "stage_id": stage.id}
    row = record_types()[one.kind].model(
        id=new_id(),
        owner_id=one.owner,
        created_by_id=one.owner,
        created_at=one.created_at,
        changed_at=one.changed_at,
        workspace_id=_place(one, made, places),
        **values,
    )
    row.refresh_search()
    made[one.key] = row
    return row


def _place(one: DemoRecord, made: Mapping[str, Any], places: Mapping[UUID, UUID]) -> UUID | None:
    """Work is where its subject is; everything else where its owner is."""
    subject = next(
        (made[key] for name, key in one.links.items() if name in SUBJECTS and one.kind not in SUBJECTS), None
    )
    if subject is not None:
        place: UUID | None = subject.workspace_id
        return place
    return places.get(one.owner) if one.owner else None


def _workspaces() -> dict[UUID, UUID]:
    """Member -> their workspace, for those who are in one only by a level in it."""
    rows = Assignment.objects.filter(workspace__isnull=False).order_by("given_at", "id")
    return {row.membership_id: row.workspace_id for row in rows if row.workspace_id is not None}


@dataclass(frozen=True, slots=True)
class _Ways:
    """Stages by workflow, the oldest first, and who takes part where."""

    stages: Sequence[Sequence[Stage]]
    of_member: Mapping[UUID, UUID]

    @classmethod
    def read(cls) -> "_Ways":
        by_flow: dict[UUID, list[Stage]] = {
            flow: [] for flow in Workflow.objects.order_by("created_at", "sort_name").values_list("id", flat=True)
        }
        for stage in Stage.objects.order_by("position"):
            by_flow[stage.workflow_id].append(stage)
        return cls(
            [stages for stages in by_flow.values() if stages],
            dict(WorkflowMember.objects.values_list("membership_id", "workflow_id")),
        )

    def stage(self, owner: UUID | None, step: int) -> Stage:
        flow = self.of_member.get(owner) if owner else None
        stages = next((found for found in self.stages if found[0].workflow_id == flow), self.stages[0])
        return stages[min(step, len(stages) - 1)]


def _mentor(wanted: DemoRecords, deals: Iterable[Deal], now: datetime) -> None:
    """One deal of each mentee waits for the mentor's word, where there is a stage that asks for it."""
    Mentorship.objects.bulk_create(
        Mentorship(mentor_id=mentor, mentee_id=mentee, since=now) for mentee, mentor in wanted.mentees.items()
    )
    positions = dict(Stage.objects.values_list("id", "position"))
    asked = {stage.workflow_id: stage for stage in Stage.objects.filter(is_lodgement=True)}
    waiting: dict[UUID, Deal] = {}
    open_of: dict[UUID | None, list[Deal]] = defaultdict(list)
    for deal in deals:
        lodged = asked.get(deal.workflow_id)
        if lodged and deal.state == Deal.State.OPEN and positions[deal.stage_id] < lodged.position:
            open_of[deal.owner_id].append(deal)
    for mentee in wanted.mentees:
        if open_of[mentee]:
            waiting[mentee] = open_of[mentee][0]
    DealApproval.objects.bulk_create(
        DealApproval(
            deal=deal,
            stage=asked[deal.workflow_id],
            asked_by_id=mentee,
            mentor_id=wanted.mentees[mentee],
            asked_at=deal.changed_at,
        )
        for mentee, deal in waiting.items()
    )

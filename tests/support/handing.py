"""Worlds of records, and what became of them when they changed hands."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from unittest.mock import patch
from uuid import UUID

from hypothesis import strategies as st

from factories.organizations import Organization, Person, make_organization, unique
from factories.records import make_record, make_workflow
from support.many import lines
from tenantry.access.grants import of_members
from tenantry.access.models import Assignment
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.ids import NIL
from tenantry.core.many import insert_many
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import File, Lead, Note
from tenantry.people.actions import create_team, join_team
from tenantry.people.models import WorkflowMember
from tenantry.usecases.handing_over import HANDED_OVER, HandoverPlan, Portion, Spread, plan_reassign_records, planning
from tenantry.usecases.handing_over import batches as batching
from tenantry.usecases.workspaces import create_workspace

TYPES = ("lead", "deal", "task", "file")


def plan(org: Organization, by: Person | None = None, **asked: Any) -> HandoverPlan:
    with scope.tenant(org.id), reading():
        return plan_reassign_records(actor=(by or org.owner).actor, now=clock.now(), **asked)


def owners(org: Organization) -> dict[tuple[str, UUID], UUID | None]:
    """(type, record) -> owner."""
    with scope.tenant(org.id), reading():
        return {
            (key, pk): owner
            for key, one in owned_types().items()
            for pk, owner in one.model.objects.values_list("pk", one.owner)
        }


def in_one_team(org: Organization, members: tuple[UUID, ...]) -> UUID:
    team: UUID = org.perform(create_team, name=unique("team")).id
    if members:
        org.perform(join_team, team_id=team, membership_ids=members)
    return team


@contextmanager
def make_large(large: bool, *, batch: int) -> Iterator[None]:
    """Whatever is handed over goes by an operation, so many records a batch."""
    with ExitStack() as stack:
        if large:
            stack.enter_context(patch.object(planning, "AT_ONCE", 0))
        stack.enter_context(patch.object(batching, "RECORDS", batch))
        yield


def audited(org: Organization, handover_id: UUID) -> None:
    """What the audit says was moved is what the lines say: each record once, and the digests agree."""
    settled = [line for line in lines(org, handover_id) if line.state == "done"]
    assert len({line.target_id for line in settled}) == len(settled)
    assert [line.position for line in settled] == list(range(1, len(settled) + 1))
    with scope.tenant(org.id), reading():
        entries = list(
            Entry.objects.filter(action=HANDED_OVER, values__operation_id=str(handover_id)).order_by("number")
        )
        assert verify().sound
    assert sum(entry.values["count"] for entry in entries) == len(settled)
    for entry in entries:
        first, last = entry.values["lines"]
        some = settled[first - 1 : last]
        text = "".join(
            f"{one.values['type']} {one.target_id} {one.values['from']} {one.values['to']}\n" for one in some
        )
        assert entry.values["digest"] == sha256(text.encode()).hexdigest()[:32]
        assert entry.values["counts"] == Counter(one.values["type"] for one in some)
        assert entry.values["to"] == Counter(one.values["to"] or str(NIL) for one in some)
        assert set(entry.values["from"]) == {one.values["from"] or str(NIL) for one in some}


@dataclass(frozen=True)
class World:
    """People in teams and workflows, some of whom leave, with records of their own; `NIL` stands for the queue."""

    org: Organization
    leavers: list[UUID]
    others: list[UUID]
    teams: list[UUID]
    workflows: list[UUID]
    records: list[UUID]

    def givers(self) -> st.SearchStrategy[tuple[UUID, ...]]:
        return st.lists(st.sampled_from([*self.leavers, NIL]), min_size=1, max_size=3, unique=True).map(tuple)

    def spreads(self) -> st.SearchStrategy[Spread]:
        some = st.lists(st.sampled_from(self.others), min_size=1, max_size=3, unique=True).map(tuple)
        return st.one_of(
            st.sampled_from(self.others).map(lambda one: Spread("one", (one,))),
            some.map(lambda ones: Spread("round_robin", ones)),
            st.just(Spread("nobody")),
            st.just(Spread("team")),
            st.just(Spread("workflow")),
            st.sampled_from(self.teams).map(lambda one: Spread("team", (one,))),
            st.sampled_from(self.workflows).map(lambda one: Spread("workflow", (one,))),
        )

    def portions(self) -> st.SearchStrategy[Portion]:
        days = st.integers(-3, 3).map(lambda n: clock.now().date() + timedelta(days=n))
        return st.one_of(
            st.just(Portion()),
            st.lists(st.sampled_from(TYPES), min_size=1, unique=True).map(lambda keys: Portion(types=tuple(keys))),
            st.sampled_from(self.workflows).map(lambda one: Portion(workflow_id=one)),
            st.sampled_from(["open", "won", "lost"]).map(lambda state: Portion(state=state)),
            days.map(lambda day: Portion(created_before=date.fromordinal(day.toordinal()))),
            st.lists(st.sampled_from(self.records), min_size=1, unique=True).map(
                lambda ids: Portion(record_ids=tuple(ids))
            )
            if self.records
            else st.just(Portion()),
        )


def world(draw: Any) -> World:
    """Few people in an organization of its own."""
    org = make_organization(seats=40)
    people = [org.person().membership_id for _n in range(5)]
    leavers, others = people[:2], people[2:]
    teams = []
    for _n in range(2):
        inside = draw(st.lists(st.sampled_from(people), unique=True))
        teams.append(in_one_team(org, tuple(inside)))
    workflows = [make_workflow(org) for _n in range(2)]
    with scope.tenant(org.id), writing():
        WorkflowMember.objects.bulk_create(
            WorkflowMember(workflow_id=workflow, membership_id=one, added_at=clock.now())
            for workflow in workflows
            for one in draw(st.lists(st.sampled_from(people), unique=True))
        )
    spaces = _workspaces(org, draw, others)
    records = [_record(org, draw, [*people, None], workflows, spaces) for _n in range(draw(st.integers(0, 14)))]
    return World(org, leavers, others, teams, workflows, records)


def _workspaces(org: Organization, draw: Any, people: list[UUID]) -> list[UUID]:
    """None, or two with some of the people in them, of whom some see records nowhere else."""
    if not draw(st.booleans()):
        return []
    spaces = [org.perform(create_workspace, name=unique("space")).id for _n in range(2)]
    viewer, blind = org.role("workspace_viewer"), org.role("billing_administrator")
    with scope.tenant(org.id), writing():
        for one in draw(st.lists(st.sampled_from(people), unique=True)):
            Assignment.objects.filter(membership_id=one, is_base=True).update(role_id=blind)
        for space in spaces:
            for one in draw(st.lists(st.sampled_from(people), unique=True)):
                Assignment.objects.create(
                    workspace_id=space, membership_id=one, role_id=viewer, is_base=False, given_at=clock.now()
                )
    return spaces


def closed_to_receivers(
    org: Organization, before: dict[tuple[str, UUID], UUID | None], after: dict[tuple[str, UUID], UUID | None]
) -> dict[tuple[UUID, UUID | None, str], int]:
    """(receiver, workspace, type) -> records of those that changed hands that the receiver's own lists don't show."""
    now, found = clock.now(), Counter[tuple[UUID, UUID | None, str]]()
    with scope.tenant(org.id), reading():
        for (key, pk), to in after.items():
            if to is None or to == before[key, pk]:
                continue
            kind = owned_types()[key]
            actor = Actor("member", org.id, of_members([to], now)[to], membership_id=to)
            if not visible(actor, kind.permissions["view"], kind).filter(pk=pk).exists():
                found[to, kind.model.objects.values_list("workspace_id", flat=True).get(pk=pk), key] += 1
    return dict(found)


def _record(org: Organization, draw: Any, people: list[UUID | None], workflows: list[UUID], spaces: list[UUID]) -> UUID:
    kind, owner = draw(st.sampled_from(TYPES)), draw(st.sampled_from(people[:2] + people))
    more: dict[str, Any] = {"age": timedelta(hours=draw(st.integers(0, 72)))}
    if draw(st.booleans()):
        more["archived_at"] = clock.now()
    if spaces:
        more["workspace_id"] = draw(st.sampled_from([None, *spaces]))
    if kind == "deal":
        more["workflow_id"] = draw(st.sampled_from(workflows))
        more["state"] = draw(st.sampled_from(["open", "open", "won", "lost"]))
        if more["state"] != "open":
            more["closed_at"] = clock.now()
    return make_record(org, kind, owner, **more)


def many_records(org: Organization, owner: UUID, number: int) -> None:
    """So many, a third each of leads, notes and files of 10 bytes: too many to be made one by one."""
    moment = clock.now() - timedelta(days=1)
    rows: dict[Any, Any] = {
        Lead: lambda n: Lead(given_name="Nora", family_name=f"Lead {n}"),
        Note: lambda n: Note(body=f"They asked for a visit {n}"),
        File: lambda n: File(
            name=f"offer {n}", size=10, content_type="text/plain", sha256="0" * 64, store_key=unique("key")
        ),
    }
    with scope.tenant(org.id), writing():
        for make in rows.values():
            made = [make(n) for n in range(number // 3)]
            for n, row in enumerate(made):
                row.owner_id, row.created_at, row.changed_at = owner, moment + timedelta(milliseconds=n), moment
                row.refresh_search()
            insert_many(made)

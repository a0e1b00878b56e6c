"""What the plan of a leaving says is what happens: deactivate, remove, reassign, in generated worlds, also when they
change between the preview and the confirmation; then it is refused with the plan of now, and nothing has happened."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, make_organization, unique
from factories.records import make_record, make_workflow
from support.many import crowd
from tenantry.access.grants import of_members
from tenantry.access.models import Assignment
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.actions import create_team
from tenantry.people.models import Membership, PlannedChange, SavedView, TeamMember, WorkflowMember
from tenantry.security.models import SessionEntry
from tenantry.usecases.handing_over import (
    Portion,
    ReceiverCannotOpen,
    Spread,
    plan_reassign_records,
    reassign_records,
)
from tenantry.usecases.leaving.errors import SettleFirst
from tenantry.usecases.offboarding import (
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    remove_members,
)
from tenantry.usecases.workspaces import create_workspace

TYPES = ("lead", "contact", "company", "deal", "task", "note", "activity", "folder")
PEOPLE, PLACES = 4, 3
who = st.integers(0, PEOPLE - 1)
where = st.integers(0, PLACES - 1)


@st.composite
def worlds(draw: Any) -> dict[str, Any]:
    return {
        "workflows": draw(st.lists(st.tuples(where, who), max_size=6)),
        "owners": draw(st.lists(st.tuples(where, who), max_size=5)),
        "leads": draw(st.lists(st.tuples(where, who), max_size=4)),
        # Of some the records lie in a workspace; some people see records only where they have a level.
        "records": draw(st.lists(st.tuples(st.sampled_from(TYPES), who, st.none() | where), max_size=8)),
        "blind": draw(st.sets(who, max_size=PEOPLE)),
        "levels": draw(st.lists(st.tuples(where, who), max_size=4)),
        "views": draw(st.lists(st.tuples(who, st.booleans()), max_size=3)),
        "sessions": draw(st.lists(who, max_size=3)),
        "reports": draw(st.lists(st.tuples(who, who), max_size=3)),
        "planned": draw(st.sets(who, max_size=2)),
    }


@dataclass
class Ground:
    """Places that stay from example to example; people are made anew for each."""

    org: Organization
    workflows: list[UUID]
    workspaces: list[UUID]
    teams: list[UUID]
    level: UUID
    lower: UUID
    blind: UUID

    def fill(self, world: dict[str, Any]) -> list[UUID]:
        people = crowd(self.org, PEOPLE)
        now = clock.now()
        with scope.tenant(self.org.id), writing():
            WorkflowMember.objects.all().delete()
            Assignment.objects.filter(workspace__isnull=False).delete()
            TeamMember.objects.all().delete()
            for place, one in set(world["workflows"]):
                WorkflowMember.objects.create(
                    workflow_id=self.workflows[place], membership_id=people[one], added_at=now
                )
            self._give_levels(world, people)
            for place, one in set(world["leads"]):
                TeamMember.objects.create(
                    team_id=self.teams[place], membership_id=people[one], is_lead=True, added_at=now
                )
            for n, (one, shared) in enumerate(world["views"]):
                SavedView.objects.create(
                    owner_id=people[one], name=f"View {n}", sort_name=f"view {n}", is_shared=shared, created_at=now
                )
            for one in world["sessions"]:
                SessionEntry.objects.create(membership_id=people[one], epoch=0, entered_at=now, seen_at=now)
            for boss, one in world["reports"]:
                if boss != one:
                    Membership.objects.filter(id=people[one]).update(manager_id=people[boss])
            for one in world["planned"]:
                PlannedChange.objects.create(
                    membership_id=people[one],
                    kind="deactivation",
                    day=(now + timedelta(days=9)).date(),
                    zone="UTC",
                    due_at=now + timedelta(days=9),
                    planned_at=now,
                )
        for kind, one, place in world["records"]:
            more = {"workflow_id": self.workflows[0]} if kind == "deal" else {}
            if place is not None:
                more["workspace_id"] = self.workspaces[place]
            make_record(self.org, kind, people[one], **more)
        return people

    def _give_levels(self, world: dict[str, Any], people: list[UUID]) -> None:
        owners = set(world["owners"])
        given = [(place, one, self.level) for place, one in owners]
        given += [(place, one, self.lower) for place, one in set(world.get("levels", ())) - owners]
        for place, one, role in given:
            Assignment.objects.create(
                workspace_id=self.workspaces[place],
                membership_id=people[one],
                role_id=role,
                is_base=False,
                given_at=clock.now(),
            )
        blind = [people[one] for one in world.get("blind", ())]
        Assignment.objects.filter(membership_id__in=blind, is_base=True).update(role_id=self.blind)

    def see(self, one: UUID) -> set[tuple[str, UUID]]:
        """What somebody can open: as their lists find it."""
        with scope.tenant(self.org.id), reading():
            actor = Actor("member", self.org.id, of_members([one], clock.now())[one], membership_id=one)
            return {
                (key, row)
                for key, kind in owned_types().items()
                for row in visible(actor, kind.permissions["view"], kind).values_list("id", flat=True)
            }

    def state(self) -> dict[str, Any]:
        """Everything that a leaving may touch, as plain values."""
        found: dict[str, Any] = {}
        with scope.tenant(self.org.id), reading():
            found["status"] = dict(Membership.objects.values_list("id", "status"))
            found["manager"] = dict(Membership.objects.values_list("id", "manager_id"))
            found["workflows"] = set(WorkflowMember.objects.values_list("workflow_id", "membership_id"))
            found["owners"] = set(
                Assignment.objects.filter(role_id=self.level).values_list("workspace_id", "membership_id")
            )
            found["roles"] = Counter(Assignment.objects.values_list("membership_id", flat=True))
            found["teams"] = set(TeamMember.objects.values_list("team_id", "membership_id"))
            found["views"] = dict(SavedView.objects.values_list("id", "owner_id"))
            found["sessions"] = set(SessionEntry.objects.filter(ended_at=None).values_list("id", flat=True))
            open_changes = PlannedChange.objects.filter(done_at=None, canceled_at=None)
            found["planned"] = set(open_changes.values_list("id", flat=True))
            found["records"] = {
                (key, record): owner
                for key, one in owned_types().items()
                for record, owner in one.model.objects.values_list("id", one.owner)
            }
        return found


@pytest.fixture(scope="module")
def ground(database):
    org = make_organization()
    return Ground(
        org,
        [make_workflow(org) for _ in range(PLACES)],
        [org.perform(create_workspace, name=unique("space")).id for _ in range(PLACES)],
        [org.perform(create_team, name=unique("team")).id for _ in range(PLACES)],
        org.role("workspace_manager"),
        org.role("workspace_viewer"),
        org.role("billing_administrator"),
    )


def planned(ground: Ground, plan: Any, **params: Any) -> Any:
    with scope.tenant(ground.org.id), reading():
        return plan(actor=ground.org.owner.actor, now=clock.now(), **params)


def moved(before: dict[str, Any], after: dict[str, Any]) -> Counter:
    """(type, from, to) of every record that changed owner."""
    return Counter(
        (key[0], owner, after["records"][key])
        for key, owner in before["records"].items()
        if after["records"][key] != owner
    )


def check_closed(ground: Ground, found: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    """What the plan said could not be opened is what receivers can't open now, by receiver and workspace."""
    with scope.tenant(ground.org.id), reading():
        places = {
            (key, pk): place
            for key, one in owned_types().items()
            for pk, place in one.model.objects.values_list("id", one.workspace)
        }
    got = [(key, to) for key, to in after["records"].items() if to != before["records"][key] and to]
    sees = {to: ground.see(to) for to in {to for _key, to in got}}
    shut = Counter((to, places[key], key[0]) for key, to in got if key not in sees[to])
    said = {(one.membership_id, one.place_id, kind): n for one in found.closed for kind, n in one.counts}
    assert dict(shut) == said


def meddle(ground: Ground, people: list[UUID], how: str) -> None:
    """What somebody else does meanwhile."""
    if how == "record":
        make_record(ground.org, "task", people[0])
    elif how == "team":
        with scope.tenant(ground.org.id), writing():
            # Who leads it already is in it.
            TeamMember.objects.get_or_create(
                team_id=ground.teams[0], membership_id=people[0], defaults={"added_at": clock.now()}
            )
    elif how == "level":
        # Whoever was to receive comes into a workspace, or leaves it.
        with scope.tenant(ground.org.id), writing():
            held = {"workspace_id": ground.workspaces[0], "membership_id": people[-1]}
            if not Assignment.objects.filter(**held, role_id=ground.lower).delete()[0]:
                more = {"role_id": ground.lower, "is_base": False, "given_at": clock.now()}
                Assignment.objects.get_or_create(**held, defaults=more)
    elif how == "session":
        now = clock.now()
        with scope.tenant(ground.org.id), writing():
            SessionEntry.objects.create(membership_id=people[0], epoch=0, entered_at=now, seen_at=now)


def act(
    ground: Ground, action: Any, plan: Any, people: list[UUID], how: str, meant: bool = False, **params: Any
) -> tuple[Any, Any, Any]:
    """(plan that held, state before, state after); None and twice the same where it was refused. `meant`: `anyway` is
    said when it is confirmed."""
    found = planned(ground, plan, **params)
    meddle(ground, people, how)
    before = ground.state()
    said = {**params, "anyway": True} if meant else params
    changed = attempt(ground, action, said, found)
    if isinstance(changed, PlanChanged):
        assert ground.state() == before
        assert changed.plan == planned(ground, plan, **params)
        assert changed.plan.digest != found.digest
        found = changed.plan
        changed = attempt(ground, action, said, found)
    if changed is None:
        return found, before, ground.state()
    if isinstance(changed, ReceiverCannotOpen):
        assert not meant
        assert changed.params["number"] == sum(one.number for one in found.closed) > 0
    assert ground.state() == before
    return None, before, before


def attempt(ground: Ground, action: Any, params: dict[str, Any], found: Any) -> Refusal | None:
    try:
        ground.org.perform(action, **params, digest=found.digest)
    except Refusal as refused:
        return refused
    return None


def check_access(found: Any, before: dict[str, Any], after: dict[str, Any], status: str) -> None:
    left = {one for one, now in after["status"].items() if now != before["status"][one]}
    assert left == set(found.members)
    assert {after["status"][one] for one in left} == {status}
    assert len(before["sessions"] - after["sessions"]) == found.sessions
    assert len(before["planned"] - after["planned"]) == found.planned
    said = {one.id for one in found.matters}
    for kind in ("workflows", "owners"):
        alone = {place for place, one in before[kind] if one in left and not _stays(before, kind, place, left)}
        # Nobody who looked after a place alone has left it, unless it was to be settled later.
        assert alone <= said
        assert found.freezing or not alone


def _stays(before: dict[str, Any], kind: str, place: UUID, left: set[UUID]) -> bool:
    return any(at == place and one not in left and before["status"][one] == "active" for at, one in before[kind])


MEDDLING = st.sampled_from(["", "", "record", "team", "session", "level"])
SETTINGS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@SETTINGS
@given(world=worlds(), some=st.integers(1, PEOPLE), freezing=st.booleans(), how=MEDDLING)
def test_deactivating_does_what_its_plan_says(ground, world, some, freezing, how):
    people = ground.fill(world)
    params = {"membership_ids": tuple(people[:some]), "freezing": freezing}
    found, before, after = act(ground, deactivate_members, plan_deactivate_members, people, how, **params)
    if found is None:
        assert not freezing
        return
    check_access(found, before, after, "deactivated")
    assert after["records"] == before["records"]
    owned = Counter(key for (key, _id), owner in before["records"].items() if owner in found.members)
    assert dict(found.records) == dict(owned)
    for kind in ("workflows", "owners", "teams", "views", "roles", "manager"):
        assert after[kind] == before[kind]


@SETTINGS
@given(world=worlds(), some=st.integers(1, PEOPLE - 1), heir=st.booleans(), anyway=st.booleans(), how=MEDDLING)
def test_removing_does_what_its_plan_says(ground, world, some, heir, anyway, how):
    people = ground.fill(world)
    successor_id = people[-1] if heir else None
    params = {"membership_ids": tuple(people[:some]), "successor_id": successor_id, "anyway": anyway}
    found, before, after = act(ground, remove_members, plan_remove_members, people, how, **params)
    if found is None:
        return
    assert anyway or not found.closed
    check_closed(ground, found, before, after)
    check_access(found, before, after, "removed")
    left = set(found.members)
    assert moved(before, after) == Counter(
        (key, owner, successor_id) for (key, _id), owner in before["records"].items() if owner in left
    )
    assert found.owned == sum(moved(before, after).values())
    assert not any(one in left for _place, one in (*after["workflows"], *after["owners"], *after["teams"]))
    assert len(before["teams"]) - len(after["teams"]) == found.teams
    assert len(before["workflows"]) - len(after["workflows"]) == found.ending("workflows")
    released = {one for one, boss in before["manager"].items() if boss in left and one not in left}
    assert len(released) == found.reports
    assert all(after["manager"][one] is None for one in released)
    shared = sum(1 for view, owner in before["views"].items() if owner in left and view in after["views"])
    assert shared == (found.ending("shared_views") if heir else 0)
    assert {after["views"][view] for view in after["views"] if before["views"][view] in left} <= {successor_id}


@SETTINGS
@given(
    world=worlds(),
    kind=st.sampled_from(["one", "round_robin", "team", "workflow", "nobody"]),
    types=st.sets(st.sampled_from(TYPES)),
    anyway=st.booleans(),
    how=MEDDLING,
)
def test_reassigning_does_what_its_plan_says(ground, world, kind, types, anyway, how):
    people = ground.fill(world)
    to = {"one": tuple(people[-1:]), "round_robin": tuple(people[1:])}.get(kind, ())
    params = {
        "from_ids": (people[0],),
        "spread": Spread(kind, to),
        "portion": Portion(types=tuple(sorted(types))),
    }
    found, before, after = act(ground, reassign_records, plan_reassign_records, people, how, anyway, **params)
    if found is None:
        return
    check_closed(ground, found, before, after)
    gone = moved(before, after)
    assert dict(found.counts) == dict(sum((Counter({key: n}) for (key, _from, _to), n in gone.items()), Counter[str]()))
    received = sum((Counter({to: n}) for (_key, _from, to), n in gone.items()), Counter[Any]())
    assert received.pop(None, 0) == found.unassigned
    assert dict(received) == {one: n for one, _name, n in found.receivers}
    assert {owner for _key, owner, _to in gone} <= {people[0]}
    del before["records"], after["records"]
    assert before == after


def test_what_must_be_settled_is_refused_all_at_once(ground):
    people = ground.fill(
        {
            "workflows": [(0, 0), (1, 0)],
            "owners": [(0, 0)],
            "leads": [(0, 0)],
            "records": [],
            "views": [],
            "sessions": [],
            "reports": [],
            "planned": set(),
        }
    )
    with pytest.raises(SettleFirst) as refused:
        ground.org.perform(deactivate_members, membership_ids=(people[0],))
    assert sorted(one["kind"] for one in refused.value.params["matters"]) == ["workflow", "workflow", "workspace"]
    assert ground.org.status(people[0]) == "active"
    with scope.tenant(ground.org.id), reading():
        assert verify().sound

"""Generated organizations: what Hypothesis draws, how it is written to our tables, how it reads in a counterexample."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from hypothesis import strategies as st

from access.reference import Assignment, Member, Profile, Record, Role, Taken, World
from support import probes
from tenantry.access import models as access
from tenantry.core.ids import new_id
from tenantry.core.permissions import restrictions
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations import models as organizations
from tenantry.people import models as people

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MOST_PEOPLE = 6
PROBES = (probes.VIEW, probes.EDIT, probes.DELETE)
# Others that a role may hold; people.edit and units.manage have no reach.
REACHING = (*PROBES, "people.view", "teams.view", "teams.manage", "workflows.view", "workflows.manage")
HELD = ("people.edit", "units.view", "units.manage", "workspaces.view", "workspaces.edit", "workspaces.manage")
reaches = st.sampled_from(["own", "team", "workflow", "unit", "all"])
ends = st.sampled_from([NOW - timedelta(days=9), NOW, NOW + timedelta(microseconds=1), NOW + timedelta(days=9)])


def _id(kind: int, number: int) -> UUID:
    """A name that can be read: `id_name` turns it back."""
    return UUID(int=(kind << 96) | (0x4 << 76) | (0x2 << 62) | (number + 1))


KINDS = "unit team workspace workflow role profile member record".split()


def make_id(kind: str, number: int) -> UUID:
    return _id(KINDS.index(kind) + 1, number)


def id_name(value: UUID | None) -> str:
    if value is None:
        return "-"
    kind, number = value.int >> 96, value.int & 0xFFFF
    return f"{KINDS[kind - 1]}{number - 1}"


def ids(kind: str, number: int) -> list[UUID]:
    return [make_id(kind, i) for i in range(number)]


def maybe(things: list[Any]) -> st.SearchStrategy[Any]:
    return st.none() | st.sampled_from(things) if things else st.none()


def some(things: list[Any], most: int = 2) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(things), unique=True, max_size=most) if things else st.just([])


permissions = st.fixed_dictionaries(
    {}, optional={**dict.fromkeys(REACHING, reaches), **dict.fromkeys(HELD, st.just("yes"))}
)
fields = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["hidden", "view"]) for name in (probes.AMOUNT, probes.SECRET)}
)


@st.composite
def worlds(draw: Callable[..., Any]) -> World:
    world = World(NOW, state=draw(st.sampled_from(["active", "active", "active", "frozen", "trial_ended", "canceled"])))
    for i, unit in enumerate(ids("unit", draw(st.integers(0, 5)))):
        world.units[unit] = draw(st.sampled_from(ids("unit", i))) if i else None
    world.workspaces = ids("workspace", draw(st.integers(0, 2)))
    world.workflows = ids("workflow", draw(st.integers(0, 2)))
    world.teams = {team: draw(maybe(world.workspaces)) for team in ids("team", draw(st.integers(0, 3)))}
    kinds = ["base", "base", "base", "addition", "unit", "unit", "workspace", "workspace"]
    world.roles = [
        Role(make_id("role", i), kind, draw(permissions), everything=i == 0 and draw(st.booleans()))
        for i, kind in enumerate(kinds)
    ]
    world.profiles = [
        Profile(make_id("profile", i), draw(permissions), draw(fields), everything=draw(st.booleans()))
        for i in range(draw(st.integers(0, 2)))
    ]
    world.members = [draw(_members(world, i)) for i in range(draw(st.integers(1, MOST_PEOPLE)))]
    world.records = [draw(_records(world, i)) for i in range(draw(st.integers(1, 8)))]
    return world


@st.composite
def _members(draw: Callable[..., Any], world: World, number: int) -> Member:
    statuses = ["active", "active", "active", "deactivated", "invited", "removed"] if number else ["active"]
    member = Member(make_id("member", number), draw(st.sampled_from(statuses)), unit=draw(maybe(list(world.units))))
    if member.status == "removed":
        return member
    member.teams = draw(some(list(world.teams)))
    member.workflows = draw(some(world.workflows))
    member.profile = draw(maybe(world.profiles))
    member.assignments = draw(_assignments(world))
    member.restrictions = draw(_restrictions(world))
    return member


@st.composite
def _assignments(draw: Callable[..., Any], world: World) -> list[Assignment]:
    of_kind = {kind: [role for role in world.roles if role.kind == kind] for kind in access.Role.Kind.values}
    end = draw(st.none() | ends)
    base = st.sampled_from(of_kind["base"])
    found = [Assignment(draw(base), ends=end, then=draw(base) if end else None)]
    if draw(st.booleans()):
        found.append(Assignment(of_kind["addition"][0], ends=draw(st.none() | ends)))
    for kind, places in (("unit", list(world.units)), ("workspace", world.workspaces)):
        roles = st.sampled_from(of_kind[kind])
        found += [Assignment(draw(roles), kind, place, draw(st.none() | ends)) for place in draw(some(places))]
    return found


@st.composite
def _restrictions(draw: Callable[..., Any], world: World) -> list[Taken]:
    found = []
    for code in (probes.NO_EDIT, probes.SEEN, probes.NO_SECRET, "workspaces.no_settings"):
        declared = restrictions()[code]
        for place in draw(some([None, *world.workspaces])):
            value = draw(st.sampled_from(declared.choices)) if declared.choices else "yes"
            leaves = value if declared.choices else "nothing"
            found.append(Taken(code, value, place, declared.takes, declared.hides, leaves))
    return found


@st.composite
def _records(draw: Callable[..., Any], world: World, number: int) -> Record:
    everybody = [member.id for member in world.members]
    return Record(
        make_id("record", number),
        owner=draw(maybe(everybody)),
        team=draw(maybe(list(world.teams))),
        workflow=draw(maybe(world.workflows)),
        unit=draw(maybe(list(world.units))),
        workspace=draw(maybe(world.workspaces)),
        collaborators=draw(some(everybody)),
    )


# --- In our tables -----------------------------------------------------------------------------------


@contextmanager
def stored(world: World, organization_id: UUID, users: list[UUID]) -> Iterator[None]:
    """The world in this organization, for as long as it is open: nothing of it is committed."""
    with scope.tenant(organization_id), writing():
        _store_structure(world)
        _store_people(world, users)
        _store_access(world)
        _store_records(world)
        yield
        transaction.set_rollback(True)


def _store_structure(world: World) -> None:
    organizations.Unit.objects.bulk_create(
        organizations.Unit(id=i, parent_id=above, name=str(i), sort_name=str(i), created_at=NOW)
        for i, above in world.units.items()
    )
    links = []
    for unit in world.units:
        above: UUID | None = unit
        depth = 0
        while above is not None:
            links.append(organizations.UnitLink(above_id=above, below_id=unit, depth=depth))
            above, depth = world.units[above], depth + 1
    organizations.UnitLink.objects.bulk_create(links)
    for model, wanted in ((organizations.Workspace, world.workspaces), (organizations.Workflow, world.workflows)):
        model.objects.bulk_create(model(id=i, name=str(i), sort_name=str(i), created_at=NOW) for i in wanted)
    people.Team.objects.bulk_create(
        people.Team(id=i, name=str(i), sort_name=str(i), created_at=NOW, workspace_id=place)
        for i, place in world.teams.items()
    )


def _store_people(world: World, users: list[UUID]) -> None:
    people.Membership.objects.bulk_create(
        people.Membership(
            id=member.id,
            user_id=user,
            email=f"{id_name(member.id)}@example.test",
            given_name=id_name(member.id),
            status=member.status,
            unit_id=member.unit,
            invited_until=NOW if member.status == "invited" else None,
            created_at=NOW,
        )
        for member, user in zip(world.members, users, strict=False)
    )
    people.TeamMember.objects.bulk_create(
        people.TeamMember(team_id=team, membership_id=member.id, added_at=NOW)
        for member in world.members
        for team in member.teams
    )
    people.WorkflowMember.objects.bulk_create(
        people.WorkflowMember(workflow_id=workflow, membership_id=member.id, added_at=NOW)
        for member in world.members
        for workflow in member.workflows
    )


def _store_access(world: World) -> None:
    access.Role.objects.bulk_create(
        access.Role(
            id=role.id,
            key=id_name(role.id),
            kind=role.kind,
            name=id_name(role.id),
            sort_name=id_name(role.id),
            is_keyholder=role.everything,
            permissions=role.permissions,
        )
        for role in world.roles
    )
    access.Assignment.objects.bulk_create(
        access.Assignment(
            id=new_id(),
            membership_id=member.id,
            role_id=given.role.id,
            is_base=given.role.kind == "base",
            unit_id=given.place if given.scope == "unit" else None,
            workspace_id=given.place if given.scope == "workspace" else None,
            ends_at=given.ends,
            then_role_id=given.then.id if given.then else None,
            given_at=NOW,
        )
        for member in world.members
        for given in member.assignments
    )
    access.Profile.objects.bulk_create(
        access.Profile(
            id=profile.id,
            key=id_name(profile.id),
            name=id_name(profile.id),
            sort_name=id_name(profile.id),
            is_everything=profile.everything,
            permissions=profile.permissions,
            fields=profile.fields,
        )
        for profile in world.profiles
    )
    access.ProfileAssignment.objects.bulk_create(
        access.ProfileAssignment(profile_id=member.profile.id, membership_id=member.id, given_at=NOW)
        for member in world.members
        if member.profile
    )
    access.RestrictionSet.objects.bulk_create(
        access.RestrictionSet(
            membership_id=member.id, code=taken.code, value=taken.value, workspace_id=taken.workspace, set_at=NOW
        )
        for member in world.members
        for taken in member.restrictions
    )


def _store_records(world: World) -> None:
    probes.Probe.objects.bulk_create(
        probes.Probe(
            id=record.id,
            owner_id=record.owner,
            team_id=record.team,
            workflow_id=record.workflow,
            unit_id=record.unit,
            workspace_id=record.workspace,
            name=id_name(record.id),
            created_at=NOW,
        )
        for record in world.records
    )
    probes.ProbeCollaborator.objects.bulk_create(
        probes.ProbeCollaborator(probe_id=record.id, member_id=member)
        for record in world.records
        for member in record.collaborators
    )


# --- In words ----------------------------------------------------------------------------------------


def in_words(world: World) -> str:
    lines = [f"organization is {world.state}"]
    lines += [f"{id_name(unit)} below {id_name(above)}" for unit, above in world.units.items()]
    lines += [f"{id_name(team)} in {id_name(place)}" for team, place in world.teams.items()]
    lines += [
        f"{id_name(role.id)} ({role.kind}) {'everything' if role.everything else role.permissions}"
        for role in world.roles
    ]
    lines += [
        f"{id_name(p.id)} {'everything' if p.everything else p.permissions} fields {p.fields}" for p in world.profiles
    ]
    lines += [_member_in_words(member) for member in world.members]
    lines += [
        f"{id_name(r.id)}: owner {id_name(r.owner)}, team {id_name(r.team)}, workflow {id_name(r.workflow)},"
        f" unit {id_name(r.unit)}, workspace {id_name(r.workspace)},"
        f" collaborators {[id_name(i) for i in r.collaborators]}"
        for r in world.records
    ]
    return "\n".join(lines)


def _member_in_words(member: Member) -> str:
    given = [
        f"{id_name(a.role.id)} at {id_name(a.place)}"
        + (f" for {a.ends - NOW}, then {id_name(a.then.id) if a.then else '-'}" if a.ends else "")
        for a in member.assignments
    ]
    taken = [f"{t.code}={t.value} in {id_name(t.workspace)}" for t in member.restrictions]
    return (
        f"{id_name(member.id)} ({member.status}): unit {id_name(member.unit)},"
        f" teams {[id_name(i) for i in member.teams]}, workflows {[id_name(i) for i in member.workflows]},"
        f" roles {given}, profile {id_name(member.profile.id if member.profile else None)}, restrictions {taken}"
    )

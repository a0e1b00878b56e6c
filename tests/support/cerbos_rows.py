"""Writes a made-up organization (`cerbos_worlds`) to our tables, set-based, past the actions."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from support.cerbos_worlds import Assignment, Member, Role, World
from support.probes import Probe, ProbeCollaborator
from tenantry.access import models as access
from tenantry.core.ids import new_id
from tenantry.core.permissions import ScopeKind
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations import models as organizations
from tenantry.people import models as people

BATCH = 2000


def store(world: World, organization_id: UUID) -> None:
    """Structure, people, roles and what they hold. The organization has no units yet, or its root stands above."""
    with scope.platform("demo", organization_id), writing():
        users = [_user(member, world) for member in world.members.values()]
        people.User.objects.bulk_create(users, BATCH)
        _store_structure(world)
        _store_people(world, users)
        _store_access(world)


def store_probes(world: World, organization_id: UUID) -> None:
    """The records, as probes."""
    with scope.tenant(organization_id), writing():
        Probe.objects.bulk_create(
            [
                Probe(
                    id=record.id,
                    owner_id=record.owner,
                    team_id=record.team,
                    workflow_id=record.workflow,
                    unit_id=record.unit,
                    workspace_id=record.workspace,
                    name=f"Probe {number % 5}",
                    # Several of one moment.
                    created_at=world.now - timedelta(hours=number % 7),
                )
                for number, record in enumerate(world.records)
            ],
            BATCH,
        )
        ProbeCollaborator.objects.bulk_create(
            [
                ProbeCollaborator(probe_id=record.id, member_id=member)
                for record in world.records
                for member in record.collaborators
            ],
            BATCH,
        )


def _user(member: Member, world: World) -> people.User:
    return people.User(email=f"{member.id.hex}@example.test", created_at=world.now)


def _store_structure(world: World) -> None:
    root = organizations.Unit.objects.filter(parent=None).values_list("id", flat=True).first()
    tops = [root] if root else []
    organizations.Unit.objects.bulk_create(
        organizations.Unit(id=unit, parent_id=above or root, name=str(unit), sort_name=str(unit), created_at=world.now)
        for unit, above in world.units.items()
    )
    organizations.UnitLink.objects.bulk_create(
        [
            organizations.UnitLink(above_id=above, below_id=unit, depth=depth)
            for unit in world.units
            for depth, above in enumerate([*world.above(unit), *tops])
        ],
        BATCH,
    )
    for model, ids in ((organizations.Workspace, world.workspaces), (organizations.Workflow, world.workflows)):
        model.objects.bulk_create(model(id=i, name=str(i), sort_name=str(i), created_at=world.now) for i in ids)
    people.Team.objects.bulk_create(
        people.Team(id=team, name=str(team), sort_name=str(team), created_at=world.now) for team in world.teams
    )


def _store_people(world: World, users: Sequence[people.User]) -> None:
    people.Membership.objects.bulk_create(
        [_membership(member, user, world) for member, user in zip(world.members.values(), users, strict=True)], BATCH
    )
    people.TeamMember.objects.bulk_create(
        [
            people.TeamMember(team_id=team, membership_id=member.id, added_at=world.now)
            for member in world.members.values()
            for team in member.teams
        ],
        BATCH,
    )
    people.WorkflowMember.objects.bulk_create(
        [
            people.WorkflowMember(workflow_id=workflow, membership_id=member.id, added_at=world.now)
            for member in world.members.values()
            for workflow in member.workflows
        ],
        BATCH,
    )


def _membership(member: Member, user: people.User, world: World) -> people.Membership:
    status = people.Membership.Status
    return people.Membership(
        id=member.id,
        user=user,
        email=user.email,
        given_name="Pat",
        family_name=member.id.hex[:6],
        sort_name=f"pat {member.id.hex[:6]}",
        status=status.ACTIVE if member.active else status.DEACTIVATED,
        joined_at=world.now,
        created_at=world.now,
        unit_id=member.unit,
    )


def _store_access(world: World) -> None:
    access.Role.objects.bulk_create(_role(role, number) for number, role in enumerate(world.roles))
    access.Assignment.objects.bulk_create(_assignments(world), BATCH)
    access.Profile.objects.bulk_create(
        access.Profile(
            id=profile.id,
            key=profile.id.hex,
            name=profile.id.hex,
            sort_name=profile.id.hex,
            is_everything=profile.everything,
            permissions=profile.permissions,
            fields=profile.fields,
        )
        for profile in world.profiles
    )
    access.ProfileAssignment.objects.bulk_create(
        access.ProfileAssignment(profile_id=member.profile.id, membership_id=member.id, given_at=world.now)
        for member in world.members.values()
        if member.profile
    )
    access.RestrictionSet.objects.bulk_create(
        access.RestrictionSet(
            membership_id=member.id,
            code=taken.code,
            value=taken.value,
            workspace_id=taken.workspace,
            set_at=world.now,
        )
        for member in world.members.values()
        for taken in member.restrictions
    )


def _role(role: Role, number: int) -> access.Role:
    return access.Role(
        id=role.id,
        key=role.id.hex,
        kind=role.kind,
        name=f"Role {number}",
        sort_name=f"role {number} {role.id.hex}",
        is_keyholder=role.everything,
        is_system=False,
        permissions=role.permissions,
    )


def _assignments(world: World) -> Iterator[Any]:
    for member in world.members.values():
        for assignment in member.assignments:
            yield _assignment(member, assignment, world)


def _assignment(member: Member, assignment: Assignment, world: World) -> access.Assignment:
    return access.Assignment(
        id=new_id(),
        role_id=assignment.role.id,
        membership_id=member.id,
        is_base=assignment.role.kind == "base",
        unit_id=assignment.place if assignment.scope is ScopeKind.UNIT else None,
        workspace_id=assignment.place if assignment.scope is ScopeKind.WORKSPACE else None,
        ends_at=assignment.ends,
        then_role_id=assignment.then.id if assignment.then else None,
        given_at=world.now,
    )

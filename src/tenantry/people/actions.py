"""What administrators change about people and teams, as far as it stays in this package."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find, require
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, Refusal
from tenantry.core.ids import NIL
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.people.errors import AlreadyInTeam, AlreadyRemoved, NotOnOneself, OneTeamOnly, TeamNameTaken
from tenantry.people.locks import lock_teams
from tenantry.people.models import Membership, Team, TeamMember, User
from tenantry.people.permissions import TEAMS_MANAGE
from tenantry.people.records import WORKSPACE
from tenantry.people.selectors import PLANNED, get_team, in_the_way, may_manage_team, visible_members
from tenantry.people.steps import bump_access


@action(open_to="everybody chooses how their own screens look")
def choose_appearance(*, actor: Actor, now: datetime, theme: str) -> Outcome[Done]:
    """:raises InvalidInput: not `system`, `light` or `dark`."""
    if theme not in User.Theme.values:
        raise InvalidInput({"theme": _("System, light or dark.")})
    if actor.user_id is None:
        raise NotFound
    User.objects.filter(id=actor.user_id).update(theme=theme)
    return Outcome(Done(actor.user_id), None)


@dataclass(frozen=True, slots=True)
class TeamCreated:
    id: UUID
    name: str


def _manage_all(actor: Actor) -> None:
    require(actor, TEAMS_MANAGE)


@action(TEAMS_MANAGE)
def create_team(
    *, actor: Actor, now: datetime, name: str, description: str = "", workspace_id: UUID | None = None
) -> Outcome[TeamCreated]:
    """`workspace_id`: the workspace that it belongs to, of those the actor sees.

    :raises TeamNameTaken: in any spelling of capitals. :raises NotFound: no such workspace.
    """
    _manage_all(actor)
    _ask_workspace(actor, workspace_id)
    team = Team(name=name, sort_name=name.lower(), description=description, workspace_id=workspace_id, created_at=now)
    _save_team(team, insert=True)
    return Outcome(TeamCreated(team.id, name), Entry("teams.created", "team", team.id, {"name": name}))


def _ask_workspace(actor: Actor, workspace_id: UUID | None) -> None:
    """Holds the structure, so that the workspace is not deleted under the new link."""
    if workspace_id is not None:
        lock(LockRow.Name.STRUCTURE)
        find(actor, WORKSPACE, workspace_id)


def _save_team(team: Team, *, insert: bool = False) -> None:
    fields = None if insert else ["name", "sort_name", "description", "workspace"]
    try:
        with transaction.atomic():
            team.save(force_insert=insert, update_fields=fields)
    except IntegrityError:
        raise TeamNameTaken(name=team.name) from None


@action(TEAMS_MANAGE)
def edit_team(
    *,
    actor: Actor,
    now: datetime,
    team_id: UUID,
    name: str,
    description: str = "",
    workspace_id: UUID | None = NIL,
) -> Outcome[Done]:
    """`workspace_id`: left out, it stays where it belongs.

    :raises TeamNameTaken, NotFound: see there. :raises OneTeamOnly: policy `teams.per_person`, in that workspace.
    """
    _manage_all(actor)
    moves = workspace_id != NIL
    _ask_workspace(actor, workspace_id if moves else None)
    team = Team.objects.select_for_update(no_key=True).filter(id=team_id).first()
    if team is None:
        raise NotFound
    before = {"name": team.name, "description": team.description, "workspace_id": team.workspace_id}
    team.name, team.sort_name, team.description = name, name.lower(), description
    team.workspace_id = workspace_id if moves else team.workspace_id
    members = team.members.values_list("membership_id", flat=True)
    if before["workspace_id"] != team.workspace_id:
        for taken in in_the_way(team, members).select_related("membership")[:1]:
            raise OneTeamOnly(name=taken.membership.name)
    _save_team(team)
    after = {"name": name, "description": description, "workspace_id": team.workspace_id}
    values = {"before": before, "after": after}
    return Outcome(Done(team_id), Entry("teams.edited", "team", team_id, values))


@dataclass(frozen=True, slots=True)
class TeamDeletionPlan(Plan):
    """`members`: how many people lose this team and keep everything else."""

    team_id: UUID
    name: str
    members: int


def plan_delete_team(*, actor: Actor, team_id: UUID) -> TeamDeletionPlan:
    """What deleting it would do.

    :raises NotFound, PermissionMissing: see there.
    """
    _manage_all(actor)
    team = get_team(actor, team_id)
    members = team.members.exclude(membership__status=Membership.Status.REMOVED).count()
    return TeamDeletionPlan(team.id, team.name, members)


@action(TEAMS_MANAGE)
def delete_team(*, actor: Actor, now: datetime, team_id: UUID, digest: str | None = None) -> Outcome[Done]:
    """Its people keep everything but this team.

    :raises PlanChanged: `digest` is of an older plan.
    """
    _manage_all(actor)
    team = Team.objects.select_for_update().filter(id=team_id).first()
    if team is None:
        raise NotFound
    confirm(plan_delete_team(actor=actor, team_id=team_id), digest)
    members = list(team.members.values_list("membership_id", flat=True))
    TeamMember.objects.filter(team_id=team_id).delete()
    team.delete()
    bump_access(members)
    values = {"name": team.name, "members": [str(i) for i in members]}
    return Outcome(Done(team_id), Entry("teams.deleted", "team", team_id, values))


@action(TEAMS_MANAGE, targets=("membership_ids",))
def add_to_team(
    *, actor: Actor, now: datetime, team_id: UUID, membership_ids: tuple[UUID, ...], is_lead: bool = False
) -> Outcome[Done]:
    """Adds people whom the actor may see; those in the team already get `is_lead` as given.

    :raises NotOnOneself: `teams.manage` is for anybody but oneself.
    :raises OneTeamOnly: policy `teams.per_person`.
    """
    team = _locked_team(actor, team_id)
    if not may_manage_team(actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    _refuse_oneself(actor, membership_ids)
    rows = visible_members(actor).filter(id__in=membership_ids).exclude(status=Membership.Status.REMOVED)
    members = list(rows.order_by("id"))
    if len(members) != len(set(membership_ids)):
        raise NotFound
    for taken in in_the_way(team, membership_ids).select_related("membership")[:1]:
        raise OneTeamOnly(name=taken.membership.name)
    inside = TeamMember.objects.filter(team=team, membership__in=members)
    before = {str(member_id): was_lead for member_id, was_lead in inside.values_list("membership_id", "is_lead")}
    TeamMember.objects.bulk_create(
        [TeamMember(team=team, membership=m, added_at=now, is_lead=is_lead) for m in members],
        update_conflicts=True,
        unique_fields=["organization_id", "team", "membership"],
        update_fields=["is_lead"],
    )
    bump_access(m.id for m in members)
    values = {"name": team.name, "members": [str(m.id) for m in members], "is_lead": is_lead, "inside": before}
    return Outcome(Done(team_id), Entry("teams.members_added", "team", team_id, values))


@action(TEAMS_MANAGE, targets=("membership_id",))
def remove_from_team(*, actor: Actor, now: datetime, team_id: UUID, membership_id: UUID) -> Outcome[Done]:
    """:raises NotFound: not in that team."""
    team = get_team(actor, team_id)
    if not may_manage_team(actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    _refuse_oneself(actor, (membership_id,))
    held = TeamMember.objects.filter(team_id=team_id, membership_id=membership_id).first()
    if held is None:
        raise NotFound
    held.delete()
    bump_access([membership_id])
    values = {"name": team.name, "members": [str(membership_id)], "is_lead": held.is_lead}
    return Outcome(Done(team_id), Entry("teams.member_removed", "team", team_id, values))


def _locked_team(actor: Actor, team_id: UUID) -> Team:
    """:raises NotFound: unknown, out of reach, or deleted meanwhile."""
    get_team(actor, team_id)
    team = lock_teams([team_id]).get(team_id)
    if team is None:
        raise NotFound
    return team


def _refuse_oneself(actor: Actor, ids: tuple[UUID, ...]) -> None:
    """A team may widen whose records somebody reaches (product.md §3); only whoever reaches all gains nothing."""
    if actor.membership_id in ids and not actor.grants.everything:
        raise NotOnOneself


@dataclass(frozen=True, slots=True)
class JoinPlan(Plan):
    """Who of a selection would come into a team, and who not, with the reason."""

    team_id: UUID
    team: str
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    team_id: UUID
    members: tuple[UUID, ...]
    refused: tuple[Refused, ...]


def plan_join_team(*, actor: Actor, team_id: UUID, membership_ids: Iterable[UUID]) -> JoinPlan:
    """:raises NotFound: team or somebody of the selection is unknown or out of reach. :raises PermissionMissing."""
    team, rows, refused = _sorted_out(actor, team_id, membership_ids)
    joining = [member for member in rows if member.id not in refused]
    return JoinPlan(
        team.id,
        team.name,
        tuple(m.id for m in joining),
        tuple(m.name for m in joining),
        tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused),
    )


def _sorted_out(
    actor: Actor, team_id: UUID, membership_ids: Iterable[UUID]
) -> tuple[Team, list[Membership], dict[UUID, Refusal]]:
    """The team, the selection by name, and who of it can't come in and why."""
    team = get_team(actor, team_id)
    if not may_manage_team(actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    wanted = set(membership_ids)
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    teams = TeamMember.objects.filter(membership_id__in=wanted)
    inside = set(teams.filter(team_id=team_id).values_list("membership_id", flat=True))
    elsewhere = set(in_the_way(team, wanted).values_list("membership_id", flat=True))
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        if member.status == Membership.Status.REMOVED:
            refused[member.id] = AlreadyRemoved(name=member.name)
        elif member.id in inside:
            refused[member.id] = AlreadyInTeam(name=member.name, team=team.name)
        elif member.id in elsewhere:
            refused[member.id] = OneTeamOnly(name=member.name)
        elif member.id == actor.membership_id and not actor.grants.everything:
            refused[member.id] = NotOnOneself()
    return team, rows, refused


@action(TEAMS_MANAGE, targets=("membership_ids",))
def join_team(
    *, actor: Actor, now: datetime, team_id: UUID, membership_ids: tuple[UUID, ...], digest: str | None = None
) -> Outcome[Joined]:
    """Adds those of a selection who can be; the others are left out and named.

    :raises PlanChanged: `digest` is of an older plan.
    :raises AlreadyInTeam, AlreadyRemoved, OneTeamOnly, NotOnOneself: when nobody of the selection could be added.
    """
    _locked_team(actor, team_id)
    plan = confirm(plan_join_team(actor=actor, team_id=team_id, membership_ids=membership_ids), digest)
    if not plan.members:
        _team, rows, refused = _sorted_out(actor, team_id, membership_ids)
        raise refused[rows[0].id]
    TeamMember.objects.bulk_create(
        [TeamMember(team_id=team_id, membership_id=i, added_at=now) for i in plan.members], ignore_conflicts=True
    )
    bump_access(plan.members)
    values = {"name": plan.team, "members": [str(i) for i in plan.members], "is_lead": False}
    return Outcome(Joined(team_id, plan.members, plan.refused), Entry("teams.members_added", "team", team_id, values))

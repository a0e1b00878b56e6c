"""What administrators change about people and teams, as far as it stays in this package."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing
from tenantry.core.permissions import Reach
from tenantry.organizations.selectors import policy
from tenantry.people.errors import NotOnOneself, OneTeamOnly, TeamNameTaken
from tenantry.people.models import Membership, Team, TeamMember, User
from tenantry.people.permissions import TEAMS_MANAGE
from tenantry.people.selectors import get_team, may_manage_team, visible_members


@action(open_to="everybody changes their own name and picture")
def change_own_profile(
    *, actor: Actor, now: datetime, given_name: str, family_name: str, picture: bytes | None = None
) -> Outcome[Done]:
    """`picture`: an image that `people.pictures` made; None leaves the present one."""
    member = _own(actor)
    before = {"given_name": member.given_name, "family_name": member.family_name}
    after = {"given_name": given_name, "family_name": family_name}
    member.given_name, member.family_name = given_name, family_name
    member.refresh_search()
    fields = ["given_name", "family_name", "sort_name", "search_text"]
    if picture is not None:
        member.picture = picture
        fields.append("picture")
    member.save(update_fields=fields)
    if before == after and picture is None:
        return Outcome(Done(member.id), None)
    entry = Entry(
        "people.own_profile_changed",
        "member",
        member.id,
        {"picture": picture is not None},
        {"before": before, "after": after},
    )
    return Outcome(Done(member.id), entry)


def _own(actor: Actor) -> Membership:
    member = Membership.objects.select_for_update(no_key=True).filter(id=actor.membership_id).first()
    if member is None:
        raise NotFound
    return member


@action(open_to="everybody chooses how their own screens look")
def choose_appearance(*, actor: Actor, now: datetime, theme: str) -> Outcome[Done]:
    """:raises InvalidInput: not `system`, `light` or `dark`."""
    if theme not in User.Theme.values:
        raise InvalidInput({"theme": _("System, light or dark.")})
    User.objects.filter(id=actor.user_id).update(theme=theme)
    return Outcome(Done(actor.user_id), None)


@dataclass(frozen=True, slots=True)
class TeamCreated:
    id: UUID
    name: str


def _manage_all(actor: Actor) -> None:
    if actor.reach(TEAMS_MANAGE) != Reach.ALL:
        raise PermissionMissing(TEAMS_MANAGE)


@action(TEAMS_MANAGE)
def create_team(*, actor: Actor, now: datetime, name: str, description: str = "") -> Outcome[TeamCreated]:
    """:raises TeamNameTaken: in any spelling of capitals."""
    _manage_all(actor)
    team = Team(name=name, sort_name=name.lower(), description=description, created_at=now)
    _save_team(team, insert=True)
    return Outcome(TeamCreated(team.id, name), Entry("teams.created", "team", team.id, {"name": name}))


def _save_team(team: Team, *, insert: bool = False) -> None:
    try:
        with transaction.atomic():
            team.save(force_insert=insert)
    except IntegrityError:
        raise TeamNameTaken(name=team.name) from None


@action(TEAMS_MANAGE)
def edit_team(*, actor: Actor, now: datetime, team_id: UUID, name: str, description: str = "") -> Outcome[Done]:
    """:raises TeamNameTaken, NotFound: see there."""
    _manage_all(actor)
    team = Team.objects.select_for_update(no_key=True).filter(id=team_id).first()
    if team is None:
        raise NotFound
    before = {"name": team.name, "description": team.description}
    team.name, team.sort_name, team.description = name, name.lower(), description
    _save_team(team)
    values = {"before": before, "after": {"name": name, "description": description}}
    return Outcome(Done(team_id), Entry("teams.edited", "team", team_id, values))


@action(TEAMS_MANAGE)
def delete_team(*, actor: Actor, now: datetime, team_id: UUID) -> Outcome[Done]:
    """Its people keep everything but this team."""
    _manage_all(actor)
    team = Team.objects.select_for_update().filter(id=team_id).first()
    if team is None:
        raise NotFound
    members = [str(i) for i in team.members.values_list("membership_id", flat=True)]
    TeamMember.objects.filter(team_id=team_id).delete()
    team.delete()
    values = {"name": team.name, "members": members}
    return Outcome(Done(team_id), Entry("teams.deleted", "team", team_id, values))


@action(TEAMS_MANAGE, targets=("membership_ids",))
def add_to_team(
    *, actor: Actor, now: datetime, team_id: UUID, membership_ids: tuple[UUID, ...], is_lead: bool = False
) -> Outcome[Done]:
    """Adds people whom the actor may see; those in the team already get `is_lead` as given.

    :raises NotOnOneself: nobody changes their own team membership by `teams.manage` of a part.
    :raises OneTeamOnly: policy `teams.per_person`.
    """
    team = get_team(actor, team_id)
    if not may_manage_team(actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    _refuse_oneself(actor, membership_ids)
    rows = visible_members(actor).filter(id__in=membership_ids).exclude(status=Membership.Status.REMOVED)
    members = list(rows.order_by("id"))
    if len(members) != len(set(membership_ids)):
        raise NotFound
    if policy("teams.per_person") == "one":
        elsewhere = TeamMember.objects.filter(membership_id__in=membership_ids).exclude(team_id=team_id)
        for taken in elsewhere.select_related("membership")[:1]:
            raise OneTeamOnly(name=taken.membership.name)
    TeamMember.objects.bulk_create(
        [TeamMember(team=team, membership=m, added_at=now, is_lead=is_lead) for m in members],
        update_conflicts=True,
        unique_fields=["organization_id", "team", "membership"],
        update_fields=["is_lead"],
    )
    values = {"name": team.name, "members": [str(m.id) for m in members], "is_lead": is_lead}
    return Outcome(Done(team_id), Entry("teams.members_added", "team", team_id, values))


@action(TEAMS_MANAGE, targets=("membership_id",))
def remove_from_team(*, actor: Actor, now: datetime, team_id: UUID, membership_id: UUID) -> Outcome[Done]:
    """:raises NotFound: not in that team."""
    team = get_team(actor, team_id)
    if not may_manage_team(actor, team_id):
        raise PermissionMissing(TEAMS_MANAGE)
    _refuse_oneself(actor, (membership_id,))
    gone, _by_model = TeamMember.objects.filter(team_id=team_id, membership_id=membership_id).delete()
    if not gone:
        raise NotFound
    values = {"name": team.name, "members": [str(membership_id)]}
    return Outcome(Done(team_id), Entry("teams.member_removed", "team", team_id, values))


def _refuse_oneself(actor: Actor, ids: tuple[UUID, ...]) -> None:
    """Whoever manages every team may place themselves too: it gives them nothing they don't have."""
    if actor.membership_id in ids and actor.reach(TEAMS_MANAGE) != Reach.ALL:
        raise NotOnOneself

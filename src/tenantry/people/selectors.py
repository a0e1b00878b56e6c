"""Reads of people: who is visible to whom, invitations, teams, links."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.permissions import Reach
from tenantry.people.errors import LinkExpired, LinkReplaced, LinkRevoked, LinkUnknown, LinkUsed
from tenantry.people.models import Invitation, InvitationLink, Membership, Team, TeamMember, User
from tenantry.people.permissions import INVITE, TEAMS_MANAGE, TEAMS_VIEW, VIEW

Status = Membership.Status


def shares_team_with(membership_id: UUID | None) -> Q:
    mine = TeamMember.objects.filter(membership_id=membership_id).values("team_id")
    return Exists(TeamMember.objects.filter(membership_id=OuterRef("id"), team_id__in=mine))  # type: ignore[return-value]


def visible_members(actor: Actor) -> QuerySet[Membership]:
    """The people whom the actor may see; `team` is those who share a team now, and always oneself.

    :raises PermissionMissing: `people.view`.
    """
    reach = actor.reach(VIEW)
    if reach is None:
        raise PermissionMissing(VIEW)
    rows = Membership.objects.all()
    if reach == Reach.ALL:
        return rows
    if reach == Reach.TEAM:
        return rows.filter(Q(shares_team_with(actor.membership_id)) | Q(id=actor.membership_id))
    return rows.filter(id=actor.membership_id)


def get_member(actor: Actor, membership_id: UUID) -> Membership:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    member = visible_members(actor).filter(id=membership_id).first()
    if member is None:
        raise NotFound
    return member


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Display names by membership id, removed people included, for history."""
    rows = Membership.objects.filter(id__in={i for i in ids if i}).only("given_name", "family_name", "email")
    return {row.id: row.name for row in rows}


def visible_teams(actor: Actor) -> QuerySet[Team]:
    """:raises PermissionMissing: neither `teams.view` nor `teams.manage`."""
    reach = max((r for r in (actor.reach(TEAMS_VIEW), actor.reach(TEAMS_MANAGE)) if r), default=None)
    if reach is None:
        raise PermissionMissing(TEAMS_VIEW)
    rows = Team.objects.annotate(
        size=Count("members", filter=~Q(members__membership__status=Status.REMOVED), distinct=True)
    )
    if reach == Reach.ALL:
        return rows
    return rows.filter(Exists(TeamMember.objects.filter(team_id=OuterRef("id"), membership_id=actor.membership_id)))


def get_team(actor: Actor, team_id: UUID) -> Team:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    team = visible_teams(actor).filter(id=team_id).first()
    if team is None:
        raise NotFound
    return team


def may_manage_team(actor: Actor, team_id: UUID) -> bool:
    """Whether the actor may change who is in this team: every team, or with reach `team` those they are in."""
    reach = actor.reach(TEAMS_MANAGE)
    if reach is None or reach == Reach.ALL:
        return reach == Reach.ALL
    return TeamMember.objects.filter(team_id=team_id, membership_id=actor.membership_id).exists()


def team_members(team_id: UUID) -> QuerySet[TeamMember]:
    return (
        TeamMember.objects.filter(team_id=team_id)
        .exclude(membership__status=Status.REMOVED)
        .select_related("membership")
        .order_by("-is_lead", "membership__sort_name")
    )


def teams_of(ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Team names by membership id, in one query."""
    found: dict[UUID, list[str]] = {}
    rows = TeamMember.objects.filter(membership_id__in=list(ids)).select_related("team").order_by("team__sort_name")
    for row in rows:
        found.setdefault(row.membership_id, []).append(row.team.name)
    return found


def invitations(actor: Actor) -> QuerySet[Invitation]:
    """Invitations with their person, of those the actor may see.

    :raises PermissionMissing: `people.invite`.
    """
    if not actor.may(INVITE):
        raise PermissionMissing(INVITE)
    return Invitation.objects.filter(membership__in=visible_members(actor)).select_related("membership", "invited_by")


def open_invitation(membership_id: UUID) -> Invitation | None:
    """The invitation that is neither accepted nor revoked; it may have expired."""
    return Invitation.objects.filter(membership_id=membership_id, accepted_at=None, revoked_at=None).first()


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link by its token, with what hangs on it."""

    organization_id: UUID
    link: InvitationLink
    invitation: Invitation
    member: Membership


def find_link(token: str) -> FoundLink:
    """Looks a link up over all organizations (crossing `link_lookup` or `accept_invitation`).

    :raises LinkUnknown: no such token.
    """
    rows = InvitationLink.objects.select_related("invitation__membership")
    link = rows.filter(token_hash=crypto.token_hash(token)).first() if len(token) <= 200 else None
    if link is None:
        raise LinkUnknown
    return FoundLink(link.organization_id, link, link.invitation, link.invitation.membership)


def refuse_dead_link(found: FoundLink, now: datetime) -> None:
    """:raises LinkUsed, LinkRevoked, LinkReplaced, LinkExpired: why the link opens nothing any more."""
    if found.invitation.accepted_at or found.link.used_at:
        raise LinkUsed
    if found.invitation.revoked_at or found.member.status != Status.INVITED:
        raise LinkRevoked
    if found.link.ended_at:
        raise LinkReplaced
    if found.invitation.expires_at <= now:
        raise LinkExpired


def find_user(email: str) -> User | None:
    return User.objects.filter(email=email.strip().lower()).first()


@dataclass(frozen=True, slots=True)
class Entry:
    """One organization that a person may enter."""

    organization_id: UUID
    membership_id: UUID


def active_memberships_of(user_id: UUID) -> list[Entry]:
    """Over all organizations (crossing `sign_in` or `switch_organization`), the latest visited first."""
    rows = Membership.objects.filter(user_id=user_id, status=Status.ACTIVE)
    found = rows.order_by("-last_sign_in_at", "organization_id").values_list("organization_id", "id")
    return [Entry(organization_id, membership_id) for organization_id, membership_id in found]


def counts_by_status(actor: Actor, now: datetime) -> dict[str, int]:
    """People whom the actor may see: `active`, `pending`, `expired`, `deactivated`, `removed`."""
    expired = Q(status=Status.INVITED, invited_until__lte=now)
    figures: dict[str, Any] = visible_members(actor).aggregate(
        active=Count("id", filter=Q(status=Status.ACTIVE)),
        pending=Count("id", filter=Q(status=Status.INVITED) & ~expired),
        expired=Count("id", filter=expired),
        deactivated=Count("id", filter=Q(status=Status.DEACTIVATED)),
        removed=Count("id", filter=Q(status=Status.REMOVED)),
    )
    return figures



"""Reads of people: who is visible to whom, invitations, teams, links."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce, Concat, JSONObject, Trim, TruncMonth

from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any, visible
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.models import MailDelivery
from tenantry.core.named import called
from tenantry.core.permissions import Reach
from tenantry.organizations.models import Workflow
from tenantry.organizations.selectors import policy
from tenantry.people.errors import LinkExpired, LinkReplaced, LinkRevoked, LinkUnknown, LinkUsed
from tenantry.people.models import (
    Headcount,
    Invitation,
    InvitationLink,
    Membership,
    Team,
    TeamMember,
    TemporaryPassword,
    User,
    WorkflowMember,
)
from tenantry.people.permissions import INVITE, TEAMS_MANAGE, TEAMS_VIEW, VIEW, WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.people.records import MEMBER, TEAM, WORKFLOW
from tenantry.people.seats import headcount
from tenantry.people.words import asked_words

Status = Membership.Status
INVITATION_MAIL = "people.invitation"
TEMPORARY_MAIL = "people.temporary_password"
# All that plans for selections read of a person: for many, the other columns are most of the time.
PLANNED = ("given_name", "family_name", "email", "status", "invited_until", "seat_free", "unit_id", "department_id")


def visible_members(actor: Actor) -> QuerySet[Membership]:
    """The people whom the actor may see.

    :raises PermissionMissing: `people.view`.
    """
    require_any(actor, VIEW)
    return visible(actor, VIEW, MEMBER, Membership.objects.all())


def get_member(actor: Actor, membership_id: UUID) -> Membership:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    member = visible_members(actor).filter(id=membership_id).first()
    if member is None:
        raise NotFound
    return member


def find_member_of(actor: Actor) -> Membership | None:
    """The actor's own membership; keys and operators have none."""
    return Membership.objects.filter(id=actor.own_id).first()


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Display names by membership id, removed people included, for history."""
    rows = Membership.objects.filter(id__in={i for i in ids if i}).only("given_name", "family_name", "email")
    return {row.id: row.name for row in rows}


def ids_called(query: str, limit: int = 20) -> list[UUID]:
    """Whose name or address has words that begin like those of `query`, removed people included; for history, whatever
    the reach."""
    rows = Membership.objects.all()
    for word in asked_words(query):
        rows = rows.filter(search_text__contains=f" {word}")
    return list(rows.order_by("sort_name", "id").values_list("id", flat=True)[:limit])


def teams_in_reach(actor: Actor) -> QuerySet[Team]:
    """Teams that the actor may see or manage.

    :raises PermissionMissing: neither `teams.view` nor `teams.manage`.
    """
    require_any(actor, TEAMS_VIEW, TEAMS_MANAGE)
    seen, managed = (visible(actor, code, TEAM, Team.objects.all()).values("id") for code in (TEAMS_VIEW, TEAMS_MANAGE))
    return Team.objects.filter(Q(id__in=seen) | Q(id__in=managed))


def visible_teams(actor: Actor) -> QuerySet[Team]:
    """The same with `size`, how many people are in them."""
    taking_part = ~Q(members__membership__status=Status.REMOVED)
    return teams_in_reach(actor).annotate(size=Count("members", filter=taking_part, distinct=True))


def searched_teams(actor: Actor, query: str) -> QuerySet[Team]:
    """Teams whose name holds `query`, with `leads`: the names of up to three of their leads."""
    rows = visible_teams(actor)
    leads = TeamMember.objects.filter(team_id=OuterRef("id"), is_lead=True).exclude(membership__status=Status.REMOVED)
    name = Trim(Concat("membership__given_name", Value(" "), "membership__family_name", output_field=TextField()))
    named = leads.annotate(shown=name).order_by("membership__sort_name").values("shown")
    rows = rows.annotate(leads=ArraySubquery(named[:3]))
    return called(rows, query)


def get_team(actor: Actor, team_id: UUID) -> Team:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    team = visible_teams(actor).filter(id=team_id).first()
    if team is None:
        raise NotFound
    return team


def manageable_teams(actor: Actor) -> QuerySet[Team]:
    """The teams whose people the actor may change: `teams.manage` decides, not what they may see."""
    return visible(actor, TEAMS_MANAGE, TEAM, Team.objects.order_by("sort_name", "id"))


def managed_teams_of(actor: Actor, membership_id: UUID) -> list[UUID]:
    """The teams of this person whose people the actor may change."""
    mine = TeamMember.objects.filter(membership_id=membership_id).values("team_id")
    return list(manageable_teams(actor).filter(id__in=mine).values_list("id", flat=True))


def may_manage_team(actor: Actor, team_id: UUID) -> bool:
    """Whether the actor may change who is in this team."""
    return manageable_teams(actor).filter(id=team_id).exists()


def team_members(team_id: UUID) -> QuerySet[TeamMember]:
    return (
        TeamMember.objects.filter(team_id=team_id)
        .exclude(membership__status=Status.REMOVED)
        .select_related("membership")
        .order_by("-is_lead", "membership__sort_name")
    )


def teams_of_member(actor: Actor, membership_id: UUID) -> QuerySet[TeamMember]:
    """The teams of one person, of those the actor may see."""
    visible = visible_teams(actor).order_by().values("id")
    rows = TeamMember.objects.filter(membership_id=membership_id, team_id__in=visible)
    return rows.select_related("team").order_by("team__sort_name")


def teams_of(ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Team names by membership id, in one query."""
    found: dict[UUID, list[str]] = {}
    rows = TeamMember.objects.filter(membership_id__in=list(ids)).select_related("team").order_by("team__sort_name")
    for row in rows:
        found.setdefault(row.membership_id, []).append(row.team.name)
    return found


def team_links_of(actor: Actor, ids: Iterable[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """(id, name) of those of their teams that the actor may see, by membership id; one query."""
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    if not actor.may_any(TEAMS_VIEW, TEAMS_MANAGE):
        return found
    seen = visible_teams(actor).values("id")
    rows = TeamMember.objects.filter(membership_id__in=list(ids), team_id__in=seen).select_related("team")
    for row in rows.order_by("team__sort_name"):
        found.setdefault(row.membership_id, []).append((row.team_id, row.team.name))
    return found


def invitations(actor: Actor) -> QuerySet[Invitation]:
    """Invitations with their person, of those the actor may see.

    :raises PermissionMissing: `people.invite`.
    """
    if not actor.may(INVITE):
        raise PermissionMissing(INVITE)
    return Invitation.objects.filter(membership__in=visible_members(actor)).select_related("membership", "invited_by")


def with_mail(rows: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Adds `mail`: state, answer and time of the newest delivery of link or temporary password; None before there is
    one."""
    links = InvitationLink.objects.filter(invitation_id=OuterRef("id"), kind=InvitationLink.Kind.MAILED)
    passwords = TemporaryPassword.objects.filter(invitation_id=OuterRef("id"))
    newest = {
        "newest_link": Subquery(links.order_by("-created_at", "-id").values("id")[:1]),
        "newest_password": Subquery(passwords.order_by("-created_at", "-id").values("id")[:1]),
    }
    mails = MailDelivery.objects.filter(
        Q(kind=INVITATION_MAIL, subject_id=OuterRef("newest_link"))
        | Q(kind=TEMPORARY_MAIL, subject_id=OuterRef("newest_password")),
        organization_id=OuterRef("organization_id"),
    )
    told = mails.order_by("-created_at").values(told=JSONObject(state="state", answer="answer"))
    return rows.annotate(**newest).annotate(mail=Subquery(told[:1]))


def invitations_in(rows: QuerySet[Invitation], states: Iterable[str], now: datetime) -> QuerySet[Invitation]:
    """Those in any of `states`: pending, expired, accepted, revoked. None named: every one."""
    unsettled = Q(accepted_at=None, revoked_at=None)
    known = {
        "pending": unsettled & Q(expires_at__gt=now),
        "expired": unsettled & Q(expires_at__lte=now),
        "accepted": Q(accepted_at__isnull=False),
        "revoked": Q(accepted_at=None, revoked_at__isnull=False),
    }
    chosen = Q()
    for state in states:
        chosen |= known.get(state, Q())
    return rows.filter(chosen)


def latest_invitation(membership_id: UUID) -> Invitation | None:
    """The newest invitation of somebody, with who sent it and what became of its mail."""
    rows = Invitation.objects.filter(membership_id=membership_id).select_related("invited_by")
    return with_mail(rows).order_by("-created_at", "-id").first()


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
    epoch: int


def active_memberships_of(user_id: UUID) -> list[Entry]:
    """Over all organizations (crossing `sign_in` or `switch_organization`), the latest visited first."""
    rows = Membership.objects.filter(user_id=user_id, status=Status.ACTIVE)
    found = rows.order_by("-last_sign_in_at", "organization_id").values_list("organization_id", "id", "session_epoch")
    return [Entry(*row) for row in found]


def counts_by_status(actor: Actor, now: datetime) -> dict[str, int]:
    """People whom the actor may see: `active`, `pending`, `expired`, `deactivated`, `removed`."""
    if actor.reach(VIEW) == Reach.ALL:
        names = ("active", "pending", "expired", "deactivated", "removed")
        totals: Any = Headcount.objects.order_by().values("organization_id")
        summed: dict[str, int] = next(iter(totals.annotate(**{name: headcount(now, name) for name in names})), {})
        return {name: summed.get(name, 0) for name in names}
    expired = Q(status=Status.INVITED, invited_until__lte=now)
    figures: dict[str, Any] = visible_members(actor).aggregate(
        active=Count("id", filter=Q(status=Status.ACTIVE)),
        pending=Count("id", filter=Q(status=Status.INVITED) & ~expired),
        expired=Count("id", filter=expired),
        deactivated=Count("id", filter=Q(status=Status.DEACTIVATED)),
        removed=Count("id", filter=Q(status=Status.REMOVED)),
    )
    return figures


@dataclass(frozen=True, slots=True)
class Month:
    """`first`: the month's first day in the organization's time zone."""

    first: date
    joined: int
    left: int


def joins_and_leaves(actor: Actor, now: datetime, zone: tzinfo, months: int = 12) -> list[Month]:
    """People who joined and who lost their access (deactivated, or removed after having joined) in each month, oldest
    first. One query."""
    today = now.astimezone(zone).date()
    firsts = [_month_before(today, back) for back in range(months - 1, -1, -1)]
    since = datetime(firsts[0].year, firsts[0].month, 1, tzinfo=zone)
    rows = visible_members(actor).order_by().exclude(joined_at=None)
    joined = rows.filter(joined_at__gte=since).annotate(
        month=TruncMonth("joined_at", tzinfo=zone), kind=Value("joined")
    )
    gone = rows.exclude(status=Status.ACTIVE).annotate(ended=Coalesce("removed_at", "deactivated_at"))
    left = gone.filter(ended__gte=since).annotate(month=TruncMonth("ended", tzinfo=zone), kind=Value("left"))
    counted = [
        r.values("kind", "month").annotate(n=Count("id")).values_list("kind", "month", "n") for r in (joined, left)
    ]
    found = {(kind, month.astimezone(zone).date()): n for kind, month, n in counted[0].union(counted[1])}
    return [Month(first, found.get(("joined", first), 0), found.get(("left", first), 0)) for first in firsts]


def _month_before(day: date, back: int) -> date:
    index = day.year * 12 + day.month - 1 - back
    return date(index // 12, index % 12 + 1, 1)


def teams_in(workspace_id: UUID) -> QuerySet[Team]:
    """The teams that belong to a workspace, by name."""
    return Team.objects.filter(workspace_id=workspace_id).order_by("sort_name")


def visible_workflows(actor: Actor, query: str = "") -> QuerySet[Any]:
    """Workflows that the actor sees, with `size`, by a part of their name.

    :raises PermissionMissing: neither `workflows.view` nor `workflows.manage`.
    """
    require_any(actor, WORKFLOWS_VIEW, WORKFLOWS_MANAGE)
    taking_part = ~Q(members__membership__status=Status.REMOVED)
    rows: QuerySet[Any] = visible(actor, WORKFLOWS_VIEW, WORKFLOW)
    rows = Workflow.objects.filter(id__in=rows.values("id")).annotate(size=Count("members", filter=taking_part))
    return called(rows, query)


def get_workflow(actor: Actor, workflow_id: UUID) -> Any:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    workflow = visible_workflows(actor).filter(id=workflow_id).first()
    if workflow is None:
        raise NotFound
    return workflow


def may_manage_workflow(actor: Actor, workflow_id: UUID) -> bool:
    """Whether the actor may change who takes part in this workflow."""
    return visible(actor, WORKFLOWS_MANAGE, WORKFLOW).filter(pk=workflow_id).exists()


def workflow_members(workflow_id: UUID) -> QuerySet[WorkflowMember]:
    rows = WorkflowMember.objects.filter(workflow_id=workflow_id).exclude(membership__status=Status.REMOVED)
    return rows.select_related("membership").order_by("membership__sort_name")


def workflows_of_member(actor: Actor, membership_id: UUID) -> QuerySet[WorkflowMember]:
    """The workflows of one person, of those the actor may see."""
    seen: QuerySet[Any, Any] = visible(actor, WORKFLOWS_VIEW, WORKFLOW).values("id")
    rows = WorkflowMember.objects.filter(membership_id=membership_id, workflow_id__in=seen)
    return rows.select_related("workflow").order_by("workflow__sort_name")


def picture_of(actor: Actor, membership_id: UUID) -> bytes:
    """:raises NotFound: out of reach, or there is none."""
    found = visible_members(actor).filter(id=membership_id).values_list("picture", flat=True).first()
    if not found:
        raise NotFound
    return bytes(found)


def in_the_way(team: Team, member_ids: Iterable[UUID]) -> QuerySet[TeamMember]:
    """Places of these people in other teams that policy `teams.per_person` does not allow beside this one."""
    rule = policy("teams.per_person")
    others = TeamMember.objects.filter(membership_id__in=list(member_ids)).exclude(team_id=team.id)
    if rule == "one":
        return others
    if rule == "one_per_workspace" and team.workspace_id is not None:
        return others.filter(team__workspace_id=team.workspace_id)
    return others.none()

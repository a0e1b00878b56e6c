"""What use cases compose around memberships. No permission, no audit, no transaction of their own."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from tenantry.acting.actions import in_action
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.many import insert_many
from tenantry.organizations.selectors import policy
from tenantry.people.addresses import refuse_taken
from tenantry.people.errors import AlreadyInvited, AlreadyMember, MemberDeactivated, OneTeamOnly
from tenantry.people.locks import lock_teams
from tenantry.people.models import (
    Invitation,
    InvitationLink,
    Membership,
    PlannedChange,
    SavedView,
    Team,
    TeamMember,
    User,
    WorkflowMember,
)
from tenantry.people.permissions import VIEW
from tenantry.people.planned import settle
from tenantry.people.selectors import visible_members
from tenantry.people.ways import LINK, end_passwords, end_ways, mail_ways, way_of_lists

Status = Membership.Status


def bump_access(member_ids: Iterable[UUID]) -> None:
    """Cached grants of these members are old from the commit on: what they hold, or where they stand, changed."""
    in_action()
    Membership.objects.filter(id__in=list(member_ids)).update(access_version=F("access_version") + 1)


def create_user(*, email: str, password_hash: str, proven: bool, now: datetime) -> User:
    """A new identity. The address must be free: the unique index answers otherwise, and `perform` looks again."""
    in_action()
    user = User(email=email, password=password_hash, created_at=now, email_proven_at=now if proven else None)
    user.save(force_insert=True)
    return user


def refuse_known_address(email: str, told: Actor | None = None) -> None:
    """The three ways somebody can be here already, each with its own answer (product.md §3, Add user); and the one
    where they are elsewhere. `told`: to whom they are named, if within sight; else it is the address that was typed.

    :raises AddressElsewhere: policy `people.exclusive_email`, here or there.
    """
    member = Membership.objects.filter(email=email).exclude(status=Status.REMOVED).first()
    if member is None:
        refuse_taken(email)
        return
    refusal = {
        Status.ACTIVE.value: AlreadyMember,
        Status.INVITED.value: AlreadyInvited,
        Status.DEACTIVATED.value: MemberDeactivated,
    }[member.status]
    raise refusal(**named_to(told, [member])[member.id])


def named_to(told: Actor | None, members: Iterable[Membership]) -> dict[UUID, dict[str, str]]:
    """What a refusal says of people whose address somebody typed: name and page for whoever may see them. One query."""
    rows = list(members)
    asked = told is not None and told.may(VIEW) and bool(rows)
    sight = visible_members(told) if asked and told else Membership.objects.none()
    seen = set(sight.filter(id__in=[row.id for row in rows]).values_list("id", flat=True))
    return {
        row.id: {"name": row.name, "membership_id": str(row.id)}
        if row.id in seen
        else {"name": row.email, "membership_id": ""}
        for row in rows
    }


def was_here(email: str) -> bool:
    """Whether somebody with this address has left for good: they begin afresh."""
    return Membership.objects.filter(email=email, status=Status.REMOVED, joined_at__isnull=False).exists()


def create_membership(
    *,
    email: str,
    given_name: str,
    family_name: str,
    now: datetime,
    user_id: UUID | None = None,
    invited_until: datetime | None = None,
    unit_id: UUID | None = None,
    department_id: UUID | None = None,
    seat_free: bool = False,
) -> Membership:
    """An invited membership, or an active one when `user_id` is given. `seat_free`: it gets a role without a fee.

    :raises AlreadyMember, AlreadyInvited, MemberDeactivated: the address is known here.
    :raises AddressElsewhere: it is in use in another organization, and one of both excludes that.
    """
    in_action()
    refuse_known_address(email)
    member = Membership(
        email=email,
        given_name=given_name,
        family_name=family_name,
        created_at=now,
        user_id=user_id,
        invited_until=invited_until,
        unit_id=unit_id,
        department_id=department_id,
        seat_free=seat_free,
        status=Status.ACTIVE if user_id else Status.INVITED,
        joined_at=now if user_id else None,
    )
    member.refresh_search()
    try:
        with transaction.atomic():
            Membership.objects.bulk_create([member])
    except IntegrityError:
        # Somebody else was faster; the unique index knows, and the look-up above now sees why.
        refuse_known_address(email)
        raise
    return member


def create_invitation(*, member: Membership, invited_by: UUID | None, now: datetime, way: str = LINK) -> Invitation:
    """Opens an invitation whose mail is composed by a job. The membership must carry the same end."""
    in_action()
    if member.invited_until is None:
        raise ValueError("an invited membership has an end")
    invitation = Invitation(
        membership=member,
        invited_by_id=invited_by,
        way=way,
        created_at=now,
        sent_at=now,
        expires_at=member.invited_until,
    )
    Invitation.objects.bulk_create([invitation])
    mail_ways([invitation], now)
    return invitation


def invitation_end(now: datetime) -> datetime:
    """The one function that says how long an invitation lives, sent or sent again."""
    return now + timedelta(days=policy("people.invitation_days"))


def copied_link(invitation: Invitation, now: datetime) -> str:
    """A link of its own beside the mailed one. Returns its token, which is stored nowhere."""
    in_action()
    token = crypto.new_token()
    InvitationLink.objects.bulk_create(
        [
            InvitationLink(
                invitation=invitation,
                kind=InvitationLink.Kind.COPIED,
                token_hash=crypto.token_hash(token),
                created_at=now,
            )
        ]
    )
    return token


def revoke_open_invitations(member_ids: Iterable[UUID], now: datetime) -> int:
    """Ends open invitations of these memberships, and every link and temporary password of theirs. Returns how many
    invitations there were."""
    in_action()
    of = list(member_ids)
    rows = Invitation.objects.filter(membership_id__in=of, accepted_at=None, revoked_at=None)
    ids = list(rows.values_list("id", flat=True))
    end_ways(ids, now)
    end_passwords(of, now)
    rows.filter(id__in=ids).update(revoked_at=now)
    return len(ids)


def _too_many(teams: list[Team]) -> bool:
    """Whether policy `teams.per_person` keeps one person out of some of them."""
    rule, places = policy("teams.per_person"), [team.workspace_id for team in teams if team.workspace_id]
    return rule == "one" or (rule == "one_per_workspace" and len(places) != len(set(places)))


def set_teams(member: Membership, team_ids: Iterable[UUID], now: datetime) -> list[Team]:
    """Puts somebody into exactly these teams; unknown ids are left out. Returns the teams.

    :raises OneTeamOnly: policy `teams.per_person`.
    """
    in_action()
    teams = sorted(lock_teams(team_ids).values(), key=lambda team: team.sort_name)
    if len(teams) > 1 and _too_many(teams):
        raise OneTeamOnly(name=member.name)
    TeamMember.objects.filter(membership=member).exclude(team__in=teams).delete()
    TeamMember.objects.bulk_create(
        [TeamMember(team=team, membership=member, added_at=now) for team in teams], ignore_conflicts=True
    )
    bump_access([member.id])
    return teams


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended with somebody's access; numbers for plan, entry and screen."""

    invitations: int = 0
    teams: int = 0
    # How much that was planned is called off.
    planned: int = 0
    # Whose manager they were.
    reports: tuple[UUID, ...] = ()


def deactivate_rows(members: Iterable[Membership], now: datetime, *, as_planned: bool = False) -> Ended:
    """Active people become deactivated; nothing of theirs moves, every session and link of theirs here is dead.

    By hand it calls off what was planned for them, a return too: nobody comes back by themselves from that.
    """
    in_action()
    ids = [member.id for member in members]
    settled = [] if as_planned else settle(ids, now)
    Membership.objects.filter(id__in=ids).update(
        status=Status.DEACTIVATED, deactivated_at=now, session_epoch=F("session_epoch") + 1
    )
    return Ended(invitations=revoke_open_invitations(ids, now), planned=len(settled))


def reactivate_row(member: Membership, now: datetime) -> None:
    """Back in. A return that was planned for later has happened; a planned end of access stays."""
    in_action()
    settle([member.id], now, [PlannedChange.Kind.REACTIVATION])
    member.status, member.deactivated_at = Status.ACTIVE, None
    member.save(update_fields=["status", "deactivated_at"])


def remove_rows(members: Iterable[Membership], now: datetime) -> Ended:
    """People leave for good: name and history stay, teams and open invitations end; nobody has them as manager."""
    in_action()
    ids = [member.id for member in members]
    settled = settle(ids, now)
    reports = Membership.objects.filter(manager_id__in=ids).exclude(id__in=ids)
    released = tuple(reports.exclude(status=Status.REMOVED).order_by("sort_name", "id").values_list("id", flat=True))
    Membership.objects.filter(manager_id__in=ids).update(manager=None)
    Membership.objects.filter(id__in=ids).update(
        status=Status.REMOVED, removed_at=now, invited_until=None, session_epoch=F("session_epoch") + 1
    )
    teams, _by_model = TeamMember.objects.filter(membership_id__in=ids).delete()
    WorkflowMember.objects.filter(membership_id__in=ids).delete()
    SavedView.objects.filter(owner_id__in=ids).delete()
    return Ended(revoke_open_invitations(ids, now), teams, len(settled), released)


def bring_back_rows(ids: Iterable[UUID], deactivated: Iterable[UUID]) -> None:
    """Removed people are as they were: `deactivated` those of them, the others active. Their links are the caller's."""
    in_action()
    away, rows = list(deactivated), Membership.objects.filter(id__in=list(ids), status=Status.REMOVED)
    rows.filter(id__in=away).update(status=Status.DEACTIVATED, removed_at=None)
    rows.exclude(id__in=away).update(status=Status.ACTIVE, removed_at=None)


def code_matches(link: InvitationLink, code: str) -> bool:
    if link.code_hash is None:
        return False
    return hmac.compare_digest(crypto.token_hash(f"{link.id}{code.strip()}"), bytes(link.code_hash))


def known_addresses(emails: Iterable[str]) -> dict[str, Membership]:
    """Who of these is here already, in whatever way; one query."""
    rows = Membership.objects.filter(email__in=list(emails)).exclude(status=Status.REMOVED)
    return {row.email: row for row in rows}


def create_invitations(members: Iterable[Membership], *, invited_by: UUID | None, now: datetime) -> list[Invitation]:
    """Inserts invited memberships that are not saved yet, with invitation and mail each, by the way of lists."""
    in_action()
    rows = list(members)
    insert_many(rows)
    way = way_of_lists()
    invitations = [
        Invitation(
            membership=m, invited_by_id=invited_by, way=way, created_at=now, sent_at=now, expires_at=m.invited_until
        )
        for m in rows
        if m.invited_until
    ]
    insert_many(invitations)
    mail_ways(invitations, now, fresh=True)
    return invitations

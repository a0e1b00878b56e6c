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
from tenantry.core.mail import end_mails, queue_mail
from tenantry.core.tenancy import scope
from tenantry.organizations.selectors import policy
from tenantry.people.errors import AlreadyInvited, AlreadyMember, MemberDeactivated, OneTeamOnly
from tenantry.people.locks import lock_teams
from tenantry.people.models import (
    Invitation,
    InvitationLink,
    Membership,
    Team,
    TeamMember,
    User,
    WorkflowMember,
)
from tenantry.people.selectors import INVITATION_MAIL

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


def refuse_known_address(email: str) -> None:
    """The three ways somebody can be here already, each with its own answer (product.md §3, Add user)."""
    member = Membership.objects.filter(email=email).exclude(status=Status.REMOVED).first()
    if member is None:
        return
    refusal = {
        Status.ACTIVE.value: AlreadyMember,
        Status.INVITED.value: AlreadyInvited,
        Status.DEACTIVATED.value: MemberDeactivated,
    }[member.status]
    raise refusal(name=member.name, membership_id=str(member.id))


def create_membership(
    *,
    email: str,
    given_name: str,
    family_name: str,
    now: datetime,
    user: User | None = None,
    invited_until: datetime | None = None,
    unit_id: UUID | None = None,
) -> Membership:
    """An invited membership, or an active one when `user` is given.

    :raises AlreadyMember, AlreadyInvited, MemberDeactivated: the address is known here.
    """
    in_action()
    refuse_known_address(email)
    member = Membership(
        email=email,
        given_name=given_name,
        family_name=family_name,
        created_at=now,
        user=user,
        invited_until=invited_until,
        unit_id=unit_id,
        status=Status.ACTIVE if user else Status.INVITED,
        joined_at=now if user else None,
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


def create_invitation(*, member: Membership, invited_by: UUID | None, now: datetime) -> Invitation:
    """Opens an invitation whose mail is composed by a job. The membership must carry the same end."""
    in_action()
    if member.invited_until is None:
        raise ValueError("an invited membership has an end")
    invitation = Invitation(
        membership=member, invited_by_id=invited_by, created_at=now, sent_at=now, expires_at=member.invited_until
    )
    Invitation.objects.bulk_create([invitation])
    mail_link(invitation, member.email, now)
    return invitation


def invitation_end(now: datetime) -> datetime:
    """The one function that says how long an invitation lives, sent or sent again."""
    return now + timedelta(days=policy("people.invitation_days"))


def mail_link(invitation: Invitation, to: str, now: datetime) -> InvitationLink:
    """A new mailed link; every other link of the invitation is dead from here on."""
    end_links([invitation.id], now)
    link = InvitationLink(invitation=invitation, kind=InvitationLink.Kind.MAILED, created_at=now)
    InvitationLink.objects.bulk_create([link])
    queue_mail(kind=INVITATION_MAIL, to=to, organization_id=scope.organization_id(), subject_id=link.id, now=now)
    return link


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


def end_links(invitation_ids: Iterable[UUID], now: datetime) -> int:
    """Kills open links and blanks their mails. Returns how many links were open."""
    in_action()
    links = list(
        InvitationLink.objects.filter(invitation_id__in=list(invitation_ids), used_at=None, ended_at=None).order_by(
            "id"
        )
    )
    ids = [link.id for link in links]
    # The delivery first, then what it is about: the order of the job that composes it.
    end_mails(kind=INVITATION_MAIL, subject_ids=ids, now=now)
    InvitationLink.objects.filter(id__in=ids).update(ended_at=now)
    return len(links)


def revoke_open_invitations(member_ids: Iterable[UUID], now: datetime) -> int:
    """Ends open invitations of these memberships with their links. Returns how many there were."""
    in_action()
    rows = Invitation.objects.filter(membership_id__in=list(member_ids), accepted_at=None, revoked_at=None)
    ids = list(rows.values_list("id", flat=True))
    end_links(ids, now)
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


def deactivate_rows(members: Iterable[Membership], now: datetime) -> Ended:
    """Active people become deactivated; nothing of theirs moves, every session and link of theirs here is dead."""
    in_action()
    ids = [member.id for member in members]
    Membership.objects.filter(id__in=ids).update(
        status=Status.DEACTIVATED, deactivated_at=now, session_epoch=F("session_epoch") + 1
    )
    return Ended(invitations=revoke_open_invitations(ids, now))


def reactivate_row(member: Membership) -> None:
    in_action()
    member.status, member.deactivated_at = Status.ACTIVE, None
    member.save(update_fields=["status", "deactivated_at"])


def remove_rows(members: Iterable[Membership], now: datetime) -> Ended:
    """People leave for good: name and history stay, teams and open invitations end."""
    in_action()
    ids = [member.id for member in members]
    Membership.objects.filter(id__in=ids).update(
        status=Status.REMOVED, removed_at=now, invited_until=None, session_epoch=F("session_epoch") + 1
    )
    teams, _by_model = TeamMember.objects.filter(membership_id__in=ids).delete()
    WorkflowMember.objects.filter(membership_id__in=ids).delete()
    return Ended(invitations=revoke_open_invitations(ids, now), teams=teams)


def code_matches(link: InvitationLink, code: str) -> bool:
    if link.code_hash is None:
        return False
    return hmac.compare_digest(crypto.token_hash(f"{link.id}{code.strip()}"), bytes(link.code_hash))


def known_addresses(emails: Iterable[str]) -> dict[str, Membership]:
    """Who of these is here already, in whatever way; one query."""
    rows = Membership.objects.filter(email__in=list(emails)).exclude(status=Status.REMOVED)
    return {row.email: row for row in rows}


def create_invitations(members: Iterable[Membership], *, invited_by: UUID | None, now: datetime) -> list[Invitation]:
    """Inserts invited memberships that are not saved yet, with invitation, link and mail each."""
    in_action()
    rows = list(members)
    Membership.objects.bulk_create(rows)
    invitations = [
        Invitation(membership=m, invited_by_id=invited_by, created_at=now, sent_at=now, expires_at=m.invited_until)
        for m in rows
        if m.invited_until
    ]
    Invitation.objects.bulk_create(invitations)
    links = [InvitationLink(invitation=i, kind=InvitationLink.Kind.MAILED, created_at=now) for i in invitations]
    InvitationLink.objects.bulk_create(links)
    for member, link in zip(rows, links, strict=True):
        queue_mail(
            kind=INVITATION_MAIL, to=member.email, organization_id=scope.organization_id(), subject_id=link.id, now=now
        )
    return invitations

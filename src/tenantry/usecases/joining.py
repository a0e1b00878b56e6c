"""Bringing people in: invite, send again, copy a link, revoke, accept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.holding import profile_id_of
from tenantry.access.models import Profile, Role
from tenantry.access.permissions import RESTRICT
from tenantry.access.selectors import roles_of
from tenantry.access.steps import (
    allow_another_keyholder,
    assignable,
    end_assignments,
    get_profile,
    give_base_role,
    set_profile_row,
)
from tenantry.access.widening import refuse_widening
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.ids import NIL
from tenantry.core.records import Target
from tenantry.organizations.units import place_of
from tenantry.people.errors import NotInvited
from tenantry.people.models import Invitation, Membership, Team, TeamMember
from tenantry.people.permissions import EDIT, INVITE, TEAMS_MANAGE
from tenantry.people.seats import counted_statuses, take_seats
from tenantry.people.selectors import get_member, manageable_teams, open_invitation
from tenantry.people.steps import (
    bump_access,
    copied_link,
    create_invitation,
    create_membership,
    invitation_end,
    mail_link,
    refuse_known_address,
    remove_rows,
    set_teams,
)

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class Invited:
    membership_id: UUID
    invitation_id: UUID
    name: str
    email: str
    expires_at: datetime


@action(INVITE)
def invite_member(
    *,
    actor: Actor,
    now: datetime,
    email: str,
    role_id: UUID,
    given_name: str = "",
    family_name: str = "",
    team_ids: tuple[UUID, ...] = (),
    unit_id: UUID | None = None,
    profile_id: UUID | None = None,
) -> Outcome[Invited]:
    """An invited membership with role, teams, unit and profile, a seat, and a mail with a single-use link.

    :raises AlreadyMember, AlreadyInvited, MemberDeactivated: the address is known here.
    :raises RoleNotAssignable, AtSeatLimit, TooManyKeyholders, OneTeamOnly: why it can't be.
    """
    place = place_of(unit_id)
    require(actor, INVITE, place)
    role = assignable(actor, role_id, place)
    profile = _given_profile(actor, profile_id, place)
    # Before the seats: somebody who is known here is answered with what can be done about them.
    refuse_known_address(email)
    take_seats(1 if Status.INVITED in counted_statuses() else 0, now)
    allow_another_keyholder(role)
    member = create_membership(
        email=email,
        given_name=given_name,
        family_name=family_name,
        now=now,
        invited_until=invitation_end(now),
        unit_id=unit_id,
    )
    if profile is not None:
        set_profile_row(member.id, profile.id, given_by=actor.membership_id, now=now)
    return _invite(actor, now, member, role, team_ids)


def _given_profile(actor: Actor, profile_id: UUID | None, place: Target) -> Profile | None:
    """:raises NotFound: no such profile. :raises PermissionMissing: `people.restrict`."""
    if profile_id is None:
        return None
    require(actor, RESTRICT, place)
    return get_profile(profile_id)


def _invite(
    actor: Actor, now: datetime, member: Membership, role: Role, team_ids: tuple[UUID, ...]
) -> Outcome[Invited]:
    give_base_role(member.id, role, given_by=actor.membership_id, now=now)
    teams = set_teams(member, _given_teams(actor, team_ids), now)
    invitation = create_invitation(member=member, invited_by=actor.membership_id, now=now)
    return Outcome(
        Invited(member.id, invitation.id, member.name, member.email, invitation.expires_at),
        Entry(
            "people.invited",
            "member",
            member.id,
            {"role": role.name, "teams": [t.name for t in teams], "expires_at": invitation.expires_at},
            {"email": member.email, "name": member.name},
        ),
        events=(Event("MemberInvited", {"membership_id": member.id}),),
    )


def _given_teams(actor: Actor, wanted: Iterable[UUID], present: Iterable[UUID] = ()) -> set[UUID]:
    """The teams somebody will be in: membership follows `teams.manage` (product.md §3), so those that the actor does
    not manage stay as they are. Unknown ids are left out.

    :raises PermissionMissing: one of the new ones is not the actor's to fill.
    """
    asked, kept = set(wanted), set(present)
    managed = set(manageable_teams(actor).filter(id__in=asked | kept).values_list("id", flat=True))
    if Team.objects.filter(id__in=asked - kept - managed).exists():
        raise PermissionMissing(TEAMS_MANAGE)
    return (asked & managed) | (kept - managed)


@dataclass(frozen=True, slots=True)
class InvitationSent:
    membership_id: UUID
    name: str
    expires_at: datetime


def _invited(actor: Actor, membership_id: UUID) -> tuple[Membership, Invitation]:
    """:raises NotInvited, MemberOutOfHand: not pending, or not the actor's to handle."""
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, INVITE)
    invitation = open_invitation(membership_id)
    if member.status != Status.INVITED or invitation is None:
        raise NotInvited(name=member.name)
    return member, invitation


@action(INVITE, targets=("membership_id",))
def resend_invitation(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[InvitationSent]:
    """A new link, the old one dead, the timer anew, the seat taken again where it had been given back.

    :raises NotInvited, AtSeatLimit: see there.
    """
    member, invitation = _invited(actor, membership_id)
    renew_invitation(member, invitation, now)
    entry = Entry("people.invitation_resent", "member", member.id, {"expires_at": invitation.expires_at})
    return Outcome(InvitationSent(member.id, member.name, invitation.expires_at), entry)


def renew_invitation(member: Membership, invitation: Invitation, now: datetime) -> None:
    """The one way an invitation is renewed. The membership's row is locked by the action's proof."""
    lapsed = member.is_expired(now) and Status.INVITED in counted_statuses()
    take_seats(1 if lapsed else 0, now)
    invitation.expires_at = member.invited_until = invitation_end(now)
    invitation.sent_at = now
    invitation.sent_count += 1
    invitation.save(update_fields=["expires_at", "sent_at", "sent_count"])
    member.save(update_fields=["invited_until"])
    mail_link(invitation, member.email, now)


@dataclass(frozen=True, slots=True)
class LinkCopied:
    """`token`: for `/accounts/invitation/<token>`; shown once."""

    membership_id: UUID
    token: str


@action(INVITE, targets=("membership_id",), holds_secret=True)
def copy_invitation_link(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[LinkCopied]:
    """A link of its own for a pending person. Either link being used ends both; an expired invitation is renewed."""
    member, invitation = _invited(actor, membership_id)
    if member.is_expired(now):
        renew_invitation(member, invitation, now)
    token = copied_link(invitation, now)
    return Outcome(LinkCopied(member.id, token), Entry("people.invitation_link_copied", "member", member.id))


@action(INVITE, targets=("membership_id",))
def revoke_invitation(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """The links are dead, the seat is free, the address can be invited anew."""
    member, _invitation = _invited(actor, membership_id)
    remove_rows([member], now)
    end_assignments([member.id])
    entry = Entry("people.invitation_revoked", "member", member.id, {}, {"email": member.email})
    return Outcome(Done(member.id), entry)


@action(INVITE, targets=("membership_id",))
def edit_invited(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    given_name: str,
    family_name: str,
    role_id: UUID,
    team_ids: tuple[UUID, ...],
    profile_id: UUID | None = NIL,
    unit_id: UUID | None = NIL,
) -> Outcome[Done]:
    """Changes a pending person before they accept: name, role, teams, profile, unit. `profile_id` and `unit_id`: left
    out, they stay.

    :raises NotInvited, RoleNotAssignable: see there.
    """
    member, _invitation = _invited(actor, membership_id)
    place = place_of(_changed_unit(actor, member, unit_id))
    role = assignable(actor, role_id, place)
    before = roles_of([member.id]).get(member.id)
    if before is None or before.id != role.id:
        allow_another_keyholder(role, member.id)
    member.given_name, member.family_name = given_name, family_name
    member.refresh_search()
    member.save(update_fields=["given_name", "family_name", "sort_name", "search_text", "unit"])
    # The same role keeps its end, and who gave it.
    if before is None or before.id != role.id:
        give_base_role(member.id, role, given_by=actor.membership_id, now=now)
    if profile_id != NIL and profile_id != profile_id_of(member.id):
        refuse_out_of_hand(actor, member, RESTRICT)
        given = get_profile(profile_id).id if profile_id else None
        set_profile_row(member.id, given, given_by=actor.membership_id, now=now)
    present = TeamMember.objects.filter(membership=member).values_list("team_id", flat=True)
    teams = set_teams(member, _given_teams(actor, team_ids, present), now)
    values = {"role": role.name, "teams": [t.name for t in teams]}
    return Outcome(Done(member.id), Entry("people.invited_edited", "member", member.id, values, {"name": member.name}))


def _changed_unit(actor: Actor, member: Membership, unit_id: UUID | None) -> UUID | None:
    """Where the pending person stands from now on. `unit_id` NIL: where they stand.

    :raises PermissionMissing: `people.invite` does not reach the new place. :raises NotFound: no such unit.
    :raises MoveWidensReach: the actor would come to reach the person further.
    """
    if unit_id not in (NIL, member.unit_id):
        place = place_of(unit_id)
        require(actor, INVITE, place)
        refuse_widening(actor, place_of(member.unit_id).units, place.units)
        member.unit_id = unit_id
        bump_access([member.id])
    return member.unit_id


@action(EDIT, targets=("membership_id",))
def edit_member(
    *, actor: Actor, now: datetime, membership_id: UUID, given_name: str, family_name: str
) -> Outcome[Done]:
    """Changes somebody's name in this organization.

    :raises MemberOutOfHand, NotFound: see there. One's own name may be changed too.
    """
    member = get_member(actor, membership_id)
    if member.status == Status.REMOVED:
        raise NotFound
    if membership_id != actor.membership_id:
        refuse_out_of_hand(actor, member, EDIT)
    before = {"given_name": member.given_name, "family_name": member.family_name}
    after = {"given_name": given_name, "family_name": family_name}
    if before == after:
        return Outcome(Done(member.id), None)
    member.given_name, member.family_name = given_name, family_name
    member.refresh_search()
    member.save(update_fields=["given_name", "family_name", "sort_name", "search_text"])
    entry = Entry("people.edited", "member", member.id, {}, {"before": before, "after": after})
    return Outcome(Done(member.id), entry)

"""Bringing people in: invite, send again, copy a link, revoke, accept."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.holding import profile_id_of
from tenantry.access.models import Profile
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
from tenantry.core.errors import InvalidInput, PermissionMissing, Refusal
from tenantry.core.ids import NIL
from tenantry.core.records import Target
from tenantry.organizations.units import place_of
from tenantry.people.departments import ask_department
from tenantry.people.errors import AddressElsewhere, NotInvited, WayNotOffered
from tenantry.people.models import Invitation, Membership, Team, TeamMember
from tenantry.people.permissions import INVITE, TEAMS_MANAGE
from tenantry.people.seats import counted_statuses, free_roles, seats_for, seats_kept, take_seats
from tenantry.people.selectors import get_member, manageable_teams, open_invitation
from tenantry.people.steps import (
    bump_access,
    copied_link,
    create_invitation,
    create_membership,
    invitation_end,
    refuse_known_address,
    remove_rows,
    set_teams,
    was_here,
)
from tenantry.people.ways import ADMINISTRATOR, LINK, mail_ways, offered_ways
from tenantry.usecases.given_passwords import make_given_account, welcome

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class Invited:
    """`way`: how they get in. With `administrator_password` they are in, `invitation_id` and `expires_at` are None;
    unless `asked`: the address has an account, and its owner decides. `returned`: they were here before and begin
    afresh, without the role of then."""

    membership_id: UUID
    name: str
    email: str
    way: str
    invitation_id: UUID | None = None
    expires_at: datetime | None = None
    asked: bool = False
    returned: bool = False

    @property
    def refused(self) -> tuple[type[Refusal], ...]:
        """What is counted as an answer about the address (`security.answers`): pending says that it has an account."""
        return (AddressElsewhere,) if self.asked else ()


@action(INVITE, answers=AddressElsewhere.code)
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
    department_id: UUID | None = None,
    way: str = "",
    password: str = "",
    must_change: bool = True,
) -> Outcome[Invited]:
    """A membership with role, teams, unit, profile and department, a seat, and a way in: one of policy
    `people.entry_modes`, its first when `way` is empty. With a link or a temporary password, mailed, it is pending
    until the person comes; with `password` (`must_change`: they choose their own first) they are in at once, unless the
    address has an account: then its owner is asked by mail (docs/decisions/0016-ways-in.md).

    :raises AlreadyMember, AlreadyInvited, MemberDeactivated: the address is known here.
    :raises AddressElsewhere: it is in use elsewhere, and one of both organizations excludes that.
    :raises RoleNotAssignable, AtSeatLimit, TooManyKeyholders, OneTeamOnly: why it can't be.
    :raises NotFound: no such unit, profile or department. :raises WayNotOffered, PasswordRefused, InvalidInput: see
    there.
    """
    place = place_of(unit_id)
    require(actor, INVITE, place)
    role = assignable(actor, role_id, place)
    profile = _given_profile(actor, profile_id, place)
    department_id = ask_department(department_id)
    way = _chosen_way(way, password)
    # Before the seats: somebody who is known here is answered with what can be done about them.
    refuse_known_address(email, actor)
    returned = was_here(email)
    user_id = None
    if way == ADMINISTRATOR:
        name = f"{given_name} {family_name}"
        user_id = make_given_account(email=email, name=name, password=password, must_change=must_change, now=now)
    needed = seats_for([role.key], Status.ACTIVE if user_id else Status.INVITED)
    take_seats(needed, now)
    allow_another_keyholder(role)
    member = create_membership(
        email=email,
        given_name=given_name,
        family_name=family_name,
        now=now,
        user_id=user_id,
        invited_until=None if user_id else invitation_end(now),
        unit_id=unit_id,
        department_id=department_id,
        seat_free=role.key in free_roles(),
    )
    if profile is not None:
        set_profile_row(member.id, profile.id, given_by=actor.membership_id, now=now)
    give_base_role(member.id, role, given_by=actor.membership_id, now=now)
    teams = set_teams(member, _given_teams(actor, team_ids), now)
    values = {"role": role.name, "teams": [t.name for t in teams], "way": way}
    return _let_know(actor, now, member, Invited(member.id, member.name, email, way, returned=returned), values)


def _chosen_way(way: str, password: str) -> str:
    """:raises WayNotOffered: policy `people.entry_modes`. :raises InvalidInput: a password is missing, or too much."""
    offered = offered_ways()
    way = way or offered[0]
    if way not in offered:
        raise WayNotOffered
    if way == ADMINISTRATOR and not password:
        raise InvalidInput({"password": _("Please choose a password for them.")})
    if way != ADMINISTRATOR and password:
        raise InvalidInput({"password": _("Nobody chooses a password for this way in.")})
    return way


def _let_know(
    actor: Actor, now: datetime, member: Membership, made: Invited, values: dict[str, Any]
) -> Outcome[Invited]:
    """Tells the person by mail, and the audit. Whoever has a password from an administrator is in already."""
    personal = {"email": member.email, "name": member.name}
    if member.status == Status.ACTIVE:
        welcome(member, now)
        event = Event("MemberAdded", {"membership_id": member.id})
        return Outcome(made, Entry("people.added", "member", member.id, values, personal), events=(event,))
    asked = made.way == ADMINISTRATOR
    way = LINK if asked else made.way
    invitation = create_invitation(member=member, invited_by=actor.membership_id, now=now, way=way)
    made = replace(made, invitation_id=invitation.id, expires_at=invitation.expires_at, asked=asked)
    values |= {"way": way, "expires_at": invitation.expires_at}
    event = Event("MemberInvited", {"membership_id": member.id})
    return Outcome(made, Entry("people.invited", "member", member.id, values, personal), events=(event,))


def _given_profile(actor: Actor, profile_id: UUID | None, place: Target) -> Profile | None:
    """:raises NotFound: no such profile. :raises PermissionMissing: `people.restrict`."""
    if profile_id is None:
        return None
    require(actor, RESTRICT, place)
    return get_profile(profile_id)


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
    way: str


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
    """A new link or temporary password, the old one dead, the timer anew, the seat taken again where it had been given
    back.

    :raises NotInvited, AtSeatLimit: see there.
    """
    member, invitation = _invited(actor, membership_id)
    renew_invitation(member, invitation, now)
    entry = Entry("people.invitation_resent", "member", member.id, {"expires_at": invitation.expires_at})
    return Outcome(InvitationSent(member.id, member.name, invitation.expires_at, invitation.way), entry)


def renew_invitation(member: Membership, invitation: Invitation, now: datetime) -> None:
    """The one way an invitation is renewed. The membership's row is locked by the action's proof."""
    lapsed = member.is_expired(now) and Status.INVITED in counted_statuses()
    take_seats(1 if lapsed and not member.seat_free else 0, now)
    invitation.expires_at = member.invited_until = invitation_end(now)
    invitation.sent_at = now
    invitation.sent_count += 1
    invitation.save(update_fields=["expires_at", "sent_at", "sent_count"])
    member.save(update_fields=["invited_until"])
    invitation.membership = member
    mail_ways([invitation], now)


@dataclass(frozen=True, slots=True)
class LinkCopied:
    """`token`: for `/accounts/invitation/<token>`; shown once."""

    membership_id: UUID
    token: str


@action(INVITE, targets=("membership_id",), holds_secret=True)
def copy_invitation_link(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[LinkCopied]:
    """A link of its own for a pending person, whatever was mailed to them. Whichever is used first ends the other; an
    expired invitation is renewed."""
    member, invitation = _invited(actor, membership_id)
    if member.is_expired(now):
        renew_invitation(member, invitation, now)
    token = copied_link(invitation, now)
    return Outcome(LinkCopied(member.id, token), Entry("people.invitation_link_copied", "member", member.id))


@action(INVITE, targets=("membership_id",))
def revoke_invitation(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """Links and temporary passwords are dead, the seat is free, the address can be invited anew."""
    member, _open = _invited(actor, membership_id)
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
    member, _open = _invited(actor, membership_id)
    place = place_of(_changed_unit(actor, member, unit_id))
    role = assignable(actor, role_id, place)
    before = roles_of([member.id]).get(member.id)
    another = before is None or before.id != role.id
    member.given_name, member.family_name = given_name, family_name
    member.refresh_search()
    member.save(update_fields=["given_name", "family_name", "sort_name", "search_text", "unit"])
    # The same role keeps its end, and who gave it.
    if another:
        with seats_kept(now):
            allow_another_keyholder(role, member.id)
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

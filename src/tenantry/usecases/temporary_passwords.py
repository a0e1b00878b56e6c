"""Temporary passwords: good for one sign-in, after which their person chooses an own one (decision 0016).

Of an invitation, which they accept; or sent to somebody who is in, beside whose own password they are good for an hour.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.organizations.selectors import current_organization, is_closed
from tenantry.people.errors import (
    NameNeeded,
    NotActive,
    NotOnOneself,
    TemporaryExpired,
    TemporaryReplaced,
    TemporaryRevoked,
    TemporaryUsed,
    WayNotOffered,
)
from tenantry.people.identity import owned_here, refuse_foreign_identity
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership, TemporaryPassword, User
from tenantry.people.permissions import RESET_PASSWORD
from tenantry.people.seats import counted_statuses, seats
from tenantry.people.selectors import find_user, get_member
from tenantry.people.ways import TEMPORARY, end_passwords, find_password, mail_new_password, offered_ways
from tenantry.security.passwords import Person, password_rule, refuse_repeated, refuse_weak, rule_in_words
from tenantry.security.steps import end_entries, open_entry, raise_epoch, set_password
from tenantry.usecases.accepting import Accepted, Coming, let_in
from tenantry.usecases.signing_in import refuse_again_soon

Status = Membership.Status
DEAD: dict[type[Refusal], str] = {
    TemporaryUsed: "used",
    TemporaryRevoked: "revoked",
    TemporaryReplaced: "replaced",
    TemporaryExpired: "expired",
}


@action(RESET_PASSWORD, targets=("membership_id",))
def send_temporary_password(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """Mails somebody who is in a temporary password, good for an hour. Nothing ends by it: their own password works
    until they have used this one, and sessions end then.

    :raises NotOnOneself, MemberOutOfHand, NotActive: see there. :raises WayNotOffered: policy `people.entry_modes`.
    :raises IdentityElsewhere: the account is in other organizations, too. :raises TooFast: one in five minutes.
    """
    member = get_member(actor, membership_id)
    if membership_id == actor.membership_id:
        raise NotOnOneself
    refuse_out_of_hand(actor, member, RESET_PASSWORD)
    if member.status != Status.ACTIVE:
        raise NotActive(name=member.name)
    if TEMPORARY not in offered_ways():
        raise WayNotOffered
    refuse_foreign_identity(member)
    refuse_again_soon(member, now)
    mail_new_password(member, now)
    return Outcome(Done(member.id), Entry("people.temporary_password_sent", "member", member.id))


@dataclass(frozen=True, slots=True)
class FoundPassword:
    """Whose temporary password somebody typed at sign-in; it may be dead by now."""

    organization_id: UUID
    temporary_id: UUID


def find_temporary_password(email: str, typed: str) -> FoundPassword | None:
    """Over all organizations (crossing `sign_in`): several may have sent one to the same address. Takes the same
    work whether there is one or not."""
    row = find_password(email, typed)
    return FoundPassword(row.organization_id, row.id) if row else None


@dataclass(frozen=True, slots=True)
class SeenPassword:
    """`state`: ok, used, revoked, replaced, expired, wrong_account or no_seat. `mode`, with state ok: new (an account
    is made), renew (it has one, and a new password), sign_in (its own password is asked first) or join (it is signed
    in)."""

    state: str
    mode: str
    organization_id: UUID
    organization_name: str
    inviter_name: str
    inviter_email: str
    email: str
    given_name: str
    until: datetime
    password_rules: tuple[str, ...]


def open_temporary_password(temporary_id: UUID, *, signed_in_user_id: UUID | None, now: datetime) -> SeenPassword:
    """What the page after sign-in shows. Reads in the crossing `accept_invitation`, armed with its organization.

    :raises TemporaryRevoked: it was pruned meanwhile.
    """
    row = _get(temporary_id)
    member, organization = row.membership, current_organization()
    inviter = row.invitation.invited_by if row.invitation else None
    state, mode = _state(row, signed_in_user_id, now)
    return SeenPassword(
        state=state,
        mode=mode,
        organization_id=row.organization_id,
        organization_name=organization.name,
        inviter_name=inviter.name if inviter else organization.name,
        inviter_email=inviter.email if inviter and inviter.status == Status.ACTIVE else "",
        email=member.email,
        given_name=member.given_name,
        until=row.expires_at,
        password_rules=tuple(rule_in_words(password_rule())) if mode in ("new", "renew") else (),
    )


def _get(temporary_id: UUID) -> TemporaryPassword:
    rows = TemporaryPassword.objects.select_related("membership", "invitation__invited_by")
    row = rows.filter(id=temporary_id).first()
    if row is None:
        raise TemporaryRevoked
    return row


def _state(row: TemporaryPassword, signed_in_user_id: UUID | None, now: datetime) -> tuple[str, str]:
    try:
        _refuse_dead(row, now)
    except tuple(DEAD) as dead:
        return DEAD[type(dead)], ""
    user = find_user(row.membership.email)
    if signed_in_user_id is not None and (user is None or user.id != signed_in_user_id):
        return "wrong_account", ""
    if row.invitation is None:
        return "ok", "renew"
    counted = counted_statuses()
    needs = Status.ACTIVE in counted and Status.INVITED not in counted and not row.membership.seat_free
    if needs and seats(now).free == 0:
        return "no_seat", ""
    if user is None or not user.is_own:
        return "ok", "new"
    return "ok", "join" if user.id == signed_in_user_id else "sign_in"


def _refuse_dead(row: TemporaryPassword, now: datetime) -> None:
    """:raises TemporaryUsed, TemporaryRevoked, TemporaryReplaced, TemporaryExpired: why it opens nothing any more."""
    member, invitation = row.membership, row.invitation
    if row.used_at or (invitation is not None and invitation.accepted_at):
        raise TemporaryUsed
    wanted = Status.ACTIVE if invitation is None else Status.INVITED
    if (invitation is not None and invitation.revoked_at) or member.status != wanted:
        raise TemporaryRevoked
    if row.ended_at:
        raise TemporaryReplaced
    if row.expires_at <= now:
        raise TemporaryExpired
    # Meanwhile somebody else may share the account: then only its person changes the password.
    if is_closed(current_organization()) or (invitation is None and not owned_here(member)):
        raise TemporaryRevoked


@action(open_to="the temporary password, asked at sign-in, is the permission")
def use_temporary_password(
    *,
    actor: Actor,
    now: datetime,
    temporary_id: UUID,
    signed_in_user_id: UUID | None = None,
    given_name: str = "",
    family_name: str = "",
    password: str = "",
) -> Outcome[Accepted]:
    """The own password takes the place of the temporary one, and its person is in: invited people with account, seat
    and membership, all at once. Runs as crossing `accept_invitation`; whose it is was proven at sign-in.

    :raises TemporaryUsed, TemporaryRevoked, TemporaryReplaced, TemporaryExpired: what became of it.
    :raises NameNeeded, PasswordRefused, AtSeatLimit: see there.
    :raises SignInFirst, WrongAccount: the address has an account that is not the one signed in.
    """
    found = _get(temporary_id)
    member = lock_members([found.membership_id]).get(found.membership_id)
    row = _get(temporary_id)
    if member is None:
        raise TemporaryRevoked
    row.membership = member
    _refuse_dead(row, now)
    if row.invitation is None:
        outcome = _renew(row, password, actor, now)
    else:
        if password and not (given_name or member.given_name):
            raise NameNeeded
        coming = Coming(member, row.invitation, True, signed_in_user_id, given_name, family_name, password)
        outcome = let_in(coming, TEMPORARY, actor, now).outcome
    end_passwords([member.id], now)
    TemporaryPassword.objects.filter(id=row.id).update(used_at=now)
    return outcome


def _renew(row: TemporaryPassword, password: str, actor: Actor, now: datetime) -> Outcome[Accepted]:
    """A new password for an account of this organization alone; sessions that the one before opened are over."""
    member = row.membership
    user = User.objects.select_for_update(no_key=True).get(id=member.user_id)
    rule = password_rule()
    refuse_weak(password, Person(user.email, member.name), rule)
    refuse_repeated(password, user, rule)
    set_password(user, password, now)
    if user.email_proven_at is None:
        user.email_proven_at = now
        user.save(update_fields=["email_proven_at"])
    raise_epoch([member.id])
    end_entries([member.id], now)
    member.refresh_from_db(fields=["session_epoch"])
    entry = open_entry(member, actor, now)
    return Outcome(
        Accepted(user.id, member.organization_id, member.id, entry.id),
        Entry("people.temporary_password_used", "member", member.id),
    )

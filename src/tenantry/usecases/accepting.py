"""Accepting an invitation: a person's POST, by a mailed link, or by a copied one with a mailed code."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from tenantry.acting.actions import Done, Outcome, Part, action, in_action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import TooFast
from tenantry.core.mail import end_mails, queue_mail
from tenantry.core.tenancy import scope
from tenantry.organizations.selectors import current_organization, is_closed
from tenantry.people.errors import (
    AccountUnproven,
    CodeNeeded,
    CodeWrong,
    LinkRevoked,
    LinkUnknown,
    SignInFirst,
    WrongAccount,
)
from tenantry.people.identity import lock_account
from tenantry.people.locks import lock_members
from tenantry.people.mails import CODE_MAIL
from tenantry.people.models import Invitation, InvitationLink, Membership, User
from tenantry.people.seats import counted_statuses, take_seats
from tenantry.people.selectors import FoundLink, find_link, find_user, refuse_dead_link
from tenantry.people.steps import code_matches, create_user
from tenantry.people.ways import end_ways
from tenantry.security.passwords import Person, hashed, password_rule, refuse_weak
from tenantry.security.steps import open_entry, prove

CODE_LIFE = timedelta(minutes=15)
CODE_AGAIN_AFTER = timedelta(seconds=60)
JOINED_COLUMNS = (
    "user",
    "status",
    "joined_at",
    "invited_until",
    "given_name",
    "family_name",
    "sort_name",
    "search_text",
)


@dataclass(frozen=True, slots=True)
class Accepted:
    """`entry_id`: the session entry that the browser carries from here on."""

    user_id: UUID
    organization_id: UUID
    membership_id: UUID
    entry_id: UUID


@action(open_to="the link is the permission; an existing account must be signed in")
def accept_invitation(
    *,
    actor: Actor,
    now: datetime,
    token: str,
    signed_in_user_id: UUID | None = None,
    given_name: str = "",
    family_name: str = "",
    password: str = "",
    code: str = "",
) -> Outcome[Accepted]:
    """Makes the pending membership active, with the person's account. Runs as crossing `accept_invitation`.

    :raises LinkUnknown, LinkUsed, LinkRevoked, LinkReplaced, LinkExpired: what became of the link.
    :raises SignInFirst, WrongAccount: the address has an account that is not the one signed in.
    :raises AccountUnproven: its account was never proven, and a copied link proves nothing either.
    :raises CodeNeeded, CodeWrong: a copied link proves no address.
    :raises AtSeatLimit, PasswordRefused: see there.
    """
    found = _locked(find_link(token))
    refuse_dead_link(found, now)
    if is_closed(current_organization()):
        raise LinkRevoked
    proven = _proven(found, signed_in_user_id, code, now)
    coming = Coming(found.member, found.invitation, proven, signed_in_user_id, given_name, family_name, password)
    let = let_in(coming, found.link.kind, actor, now)
    end_mails(kind=CODE_MAIL, subject_ids=[found.link.id], now=now)
    InvitationLink.objects.filter(id=found.link.id).update(used_at=now)
    return let.outcome


@dataclass(frozen=True, slots=True)
class Coming:
    """Somebody with a way in that is good. `proven`: it came to their address, or they are signed in there."""

    member: Membership
    invitation: Invitation
    proven: bool
    signed_in_user_id: UUID | None
    given_name: str = ""
    family_name: str = ""
    password: str = ""


def let_in(coming: Coming, way: str, actor: Actor, now: datetime) -> Part[Accepted]:
    """The one way from pending to active, whatever opened the door: account, seat, membership, session. The row of the
    membership is locked, and the account's from here on: a password that somebody else gives it at this moment is
    noticed, or refused.

    :raises SignInFirst, WrongAccount, AccountUnproven, AtSeatLimit, PasswordRefused: see `accept_invitation`.
    """
    in_action()
    member, proven = coming.member, coming.proven
    user = lock_account(member.email)
    if coming.signed_in_user_id is not None and (user is None or user.id != coming.signed_in_user_id):
        raise WrongAccount
    if user is None or (proven and not user.is_own):
        user = _account(user, coming, now)
        member.given_name = coming.given_name or member.given_name
        member.family_name = coming.family_name or member.family_name
    elif not user.is_own:
        raise AccountUnproven
    elif coming.signed_in_user_id is None:
        raise SignInFirst
    counted = counted_statuses()
    if Membership.Status.ACTIVE in counted and Membership.Status.INVITED not in counted:
        take_seats(0 if member.seat_free else 1, now)
    _join(member, coming.invitation, user, now)
    entry = open_entry(member, actor, now)
    return Part(
        Accepted(user.id, member.organization_id, member.id, entry.id),
        Entry("people.joined", "member", member.id, {"link": way, "proven": proven}, {"email": member.email}),
        events=(Event("MemberJoined", {"membership_id": member.id, "invited_by": coming.invitation.invited_by_id}),),
    )


def _locked(found: FoundLink) -> FoundLink:
    """The same link, read again under the membership's lock, which everything that ends a link takes first."""
    member = lock_members([found.member.id]).get(found.member.id)
    invitation = Invitation.objects.filter(id=found.invitation.id).first()
    link = InvitationLink.objects.filter(id=found.link.id).first()
    if member is None or invitation is None or link is None:
        raise LinkUnknown
    return FoundLink(found.organization_id, link, invitation, member)


def _proven(found: FoundLink, signed_in_user_id: UUID | None, code: str, now: datetime) -> bool:
    """A mailed link proves its address, and so does being signed in to its account. A copied one asks for a mailed
    code; where no mail is set up it proves nothing.

    :raises CodeNeeded, CodeWrong: see there. The interface counts wrong codes, outside of this transaction.
    """
    link = found.link
    if link.kind == InvitationLink.Kind.MAILED:
        return True
    user = find_user(found.member.email)
    if user is not None and user.is_own:
        return user.id == signed_in_user_id
    if not settings.SMTP_URL:
        return False
    ask_code(link, code, now)
    return True


def code_is_out(link: InvitationLink, now: datetime) -> bool:
    """Whether a code was mailed that can still be entered."""
    return link.code_sent_at is not None and now - link.code_sent_at <= CODE_LIFE


def ask_code(link: InvitationLink, code: str, now: datetime) -> None:
    """Changes nothing.

    :raises CodeNeeded: none was given, or none is out. :raises CodeWrong: see there.
    """
    if not code or not code_is_out(link, now):
        raise CodeNeeded
    if not code_matches(link, code):
        raise CodeWrong


def _account(unproven: User | None, coming: Coming, now: datetime) -> User:
    email = coming.member.email
    refuse_weak(coming.password, Person(email, f"{coming.given_name} {coming.family_name}"), password_rule())
    if unproven is None:
        return create_user(email=email, password_hash=hashed(coming.password), proven=coming.proven, now=now)
    prove(unproven, hashed(coming.password), now)
    return unproven


def _join(member: Membership, invitation: Invitation, user: User, now: datetime) -> None:
    member.user, member.status, member.joined_at, member.invited_until = user, Membership.Status.ACTIVE, now, None
    member.refresh_search()
    member.save(update_fields=JOINED_COLUMNS)
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    end_ways([invitation.id], now)


@action(open_to="the link is the permission")
def send_invitation_code(*, actor: Actor, now: datetime, token: str) -> Outcome[Done]:
    """Mails a code to the invited address, so that a copied link can be used by its person.

    :raises TooFast: one a minute.
    """
    found = _locked(find_link(token))
    refuse_dead_link(found, now)
    link = found.link
    if link.code_sent_at and now - link.code_sent_at < CODE_AGAIN_AFTER:
        raise TooFast(seconds=int((CODE_AGAIN_AFTER - (now - link.code_sent_at)).total_seconds()) + 1)
    link.code_sent_at = now
    link.code_hash = None
    link.save(update_fields=["code_sent_at", "code_hash"])
    queue_mail(
        kind=CODE_MAIL, to=found.member.email, organization_id=scope.organization_id(), subject_id=link.id, now=now
    )
    return Outcome(Done(link.id), None)

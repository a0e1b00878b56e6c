"""Another address for somebody (policy `people.email_change`): asked for by themselves, or by an administrator whose
organization is their only one; good once its person has opened the mail to it and pressed the button, signed in."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.utils.translation import gettext_lazy as _

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Done, Idempotency, Outcome, action, perform
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.core.ids import NIL
from tenantry.core.jobs import Job, job
from tenantry.core.mail import end_mails, queue_mail
from tenantry.organizations.selectors import current_organization, policy
from tenantry.people.address_changes import (
    CHANGED_MAIL,
    LINK_MAIL,
    POLICY,
    begin_change,
    end_changes,
    excluded_from,
    find_change,
    forbidding,
    hold_everywhere,
    move_address,
    open_change,
    organizations_of,
    waiting_for,
    was_replaced,
)
from tenantry.people.errors import (
    AddressChangeForbidden,
    AddressElsewhere,
    AddressHasAccount,
    AddressNotYours,
    AddressWaiting,
    ChangeCanceled,
    LinkExpired,
    LinkReplaced,
    LinkUnknown,
    LinkUsed,
    NotActive,
    NothingToChange,
    NotInvited,
    NotOnOneself,
    SignInFirst,
    WrongAccount,
)
from tenantry.people.identity import owned_here
from tenantry.people.models import EmailChange, Membership, User
from tenantry.people.permissions import EDIT, INVITE
from tenantry.people.selectors import find_user, get_member, open_invitation
from tenantry.people.steps import refuse_known_address
from tenantry.security.errors import SignInRefused
from tenantry.usecases.joining import renew_invitation
from tenantry.usecases.signing_in import end_resets

Status = Membership.Status
TELL = "usecases.tell_address_change"


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """`until`: when the mailed link expires."""

    id: UUID
    email: str
    until: datetime


def open_own_change(actor: Actor, now: datetime) -> EmailChange | None:
    """One's own that waits for its link."""
    return open_change(actor.user_id, now) if actor.user_id else None


def forbidding_organizations(user_id: UUID) -> list[str]:
    """Names of those of a person's organizations that forbid it, over all of them (crossing `change_address`)."""
    return forbidding(organizations_of(user_id))


def refuse_where_forbidden(user_id: UUID) -> None:
    """Asked over all organizations of a person, in the crossing `change_address`, before the action.

    :raises AddressChangeForbidden: with those of their organizations that forbid it.
    """
    names = forbidding_organizations(user_id)
    if names:
        raise AddressChangeForbidden(organizations=", ".join(names))


# --- By the person ------------------------------------------------------------------------------


@action(open_to="everybody changes their own address, with the password")
def ask_own_address(*, actor: Actor, now: datetime, email: str, password: str) -> Outcome[ChangeAsked]:
    """Mails a link to the new address. Does the same, in the same time, whether it has an account or not.

    :raises SignInRefused: the password is wrong; the caller counts. :raises TooFast: five in an hour.
    :raises AddressChangeForbidden: here; `refuse_where_forbidden` asks everywhere. :raises InvalidInput: no other one.
    """
    user = _own_user(actor)
    if not check_password(password, user.password):
        raise SignInRefused
    _refuse_by_policy()
    return _asked(actor, user, actor.membership_id, email, None, now)


@action(open_to="everybody has the link to their own new address sent again")
def resend_own_address(*, actor: Actor, now: datetime) -> Outcome[ChangeAsked]:
    """A new link, the old one dead.

    :raises NothingToChange: none is open. :raises AddressChangeForbidden, TooFast: see there.
    """
    user = _own_user(actor)
    change = open_change(user.id, now)
    if change is None:
        raise NothingToChange
    _refuse_by_policy()
    return _asked(actor, user, actor.membership_id, change.new_email, change.asked_by_id, now)


@action(open_to="everybody calls off a change of their own address")
def cancel_own_address(*, actor: Actor, now: datetime) -> Outcome[Done]:
    """Of none that is open nothing is written down."""
    user = _own_user(actor)
    if not end_changes(user.id, now):
        return Outcome(Done(user.id), None)
    return Outcome(Done(user.id), Entry("people.address_change_canceled", "member", actor.membership_id))


def _own_user(actor: Actor) -> User:
    user = User.objects.select_for_update(no_key=True).filter(id=actor.user_id or NIL).first()
    if user is None:
        raise NotFound
    return user


def _refuse_by_policy() -> None:
    if policy(POLICY) == "forbidden":
        raise AddressChangeForbidden(organizations=current_organization().name)


def _asked(
    actor: Actor, user: User, member_id: UUID | None, email: str, asked_by_id: UUID | None, now: datetime
) -> Outcome[ChangeAsked]:
    if email == user.email:
        raise InvalidInput({"email": _("This is the present address.")})
    organization_id = actor.organization_id or NIL
    change_id = begin_change(user=user, email=email, organization_id=organization_id, asked_by_id=asked_by_id, now=now)
    entry = Entry("people.address_change_asked", "member", member_id, {}, {"email": email})
    change = EmailChange.objects.get(id=change_id)
    return Outcome(ChangeAsked(change.id, email, change.expires_at), entry)


# --- By an administrator ------------------------------------------------------------------------


@action(EDIT, targets=("membership_id",), answers=AddressElsewhere.code)
def ask_address(*, actor: Actor, now: datetime, membership_id: UUID, email: str) -> Outcome[ChangeAsked]:
    """The same for somebody whose only organization this is; they confirm it themselves, with their own password.

    :raises NotOnOneself, NotActive, MemberOutOfHand: see there. :raises AddressNotYours: they are elsewhere, too.
    :raises AddressChangeForbidden, TooFast, InvalidInput: as for the person.
    :raises AlreadyMember, AlreadyInvited, MemberDeactivated, AddressElsewhere: as in Add user, for whoever may add.
    """
    member = _changeable(actor, membership_id)
    _refuse_by_policy()
    if member.status != Status.ACTIVE or member.user_id is None:
        raise NotActive(name=member.name)
    if not owned_here(member):
        raise AddressNotYours(name=member.name)
    if actor.may(INVITE) and email != member.email:
        refuse_known_address(email, actor)
    user = User.objects.select_for_update(no_key=True).get(id=member.user_id)
    return _asked(actor, user, member.id, email, actor.membership_id, now)


@action(EDIT, targets=("membership_id",))
def cancel_address(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """Of none that is open nothing is written down.

    :raises AddressNotYours: they are elsewhere, too.
    """
    member = _changeable(actor, membership_id)
    if member.user_id is None or not owned_here(member):
        raise AddressNotYours(name=member.name)
    if not end_changes(member.user_id, now):
        return Outcome(Done(member.id), None)
    return Outcome(Done(member.id), Entry("people.address_change_canceled", "member", member.id))


def _changeable(actor: Actor, membership_id: UUID) -> Membership:
    if membership_id == actor.membership_id:
        raise NotOnOneself
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, EDIT)
    if member.status == Status.REMOVED:
        raise NotFound
    return member


@action(INVITE, targets=("membership_id",), answers=AddressElsewhere.code)
def change_invited_address(*, actor: Actor, now: datetime, membership_id: UUID, email: str) -> Outcome[ChangeAsked]:
    """Of somebody who has not accepted: what lets them in goes to the new address, and what was sent is dead.

    :raises NotInvited, MemberOutOfHand, AtSeatLimit: see there. :raises InvalidInput: the present one.
    :raises AlreadyMember, AlreadyInvited, MemberDeactivated, AddressElsewhere: as in Add user.
    """
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, INVITE)
    invitation = open_invitation(membership_id)
    if member.status != Status.INVITED or invitation is None:
        raise NotInvited(name=member.name)
    if email == member.email:
        raise InvalidInput({"email": _("This is the present address.")})
    refuse_known_address(email, actor)
    before, member.email = member.email, email
    member.refresh_search()
    member.save(update_fields=["email", "sort_name", "search_text"])
    renew_invitation(member, invitation, now)
    values, personal = {"expires_at": invitation.expires_at}, {"before": {"email": before}, "after": {"email": email}}
    entry = Entry("people.invited_address_changed", "member", member.id, values, personal)
    return Outcome(ChangeAsked(member.id, email, invitation.expires_at), entry)


# --- Behind the link ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeenChange:
    """`state`: ok, sign_in, wrong_account, used, replaced, canceled, expired, account (the address has one), waiting
    (it is invited to an own organization), elsewhere or forbidden. `organizations`: which, of one's own."""

    state: str
    email: str
    organizations: str = ""


def open_address_link(token: str, *, signed_in_user_id: UUID | None, now: datetime) -> SeenChange:
    """What a press would meet. Changes nothing; reads in the crossing `change_address`.

    :raises LinkUnknown: no such token.
    """
    change = find_change(token)
    try:
        _refuse_dead(change, signed_in_user_id, now)
        _refuse_taken(change, organizations_of(change.user_id))
    except tuple(STATES) as refused:
        return SeenChange(STATES[type(refused)], change.new_email, str(refused.params.get("organizations", "")))
    return SeenChange("ok", change.new_email)


STATES = {
    LinkUsed: "used",
    LinkReplaced: "replaced",
    ChangeCanceled: "canceled",
    LinkExpired: "expired",
    SignInFirst: "sign_in",
    WrongAccount: "wrong_account",
    AddressChangeForbidden: "forbidden",
    AddressHasAccount: "account",
    AddressWaiting: "waiting",
    AddressElsewhere: "elsewhere",
}


def _refuse_dead(change: EmailChange, signed_in_user_id: UUID | None, now: datetime) -> None:
    if change.used_at:
        raise LinkUsed
    if change.ended_at:
        raise LinkReplaced if was_replaced(change) else ChangeCanceled
    if change.expires_at <= now:
        raise LinkExpired
    # The mail proves the new address only: whoever mistyped it must not have given the account away.
    if signed_in_user_id is None:
        raise SignInFirst
    if signed_in_user_id != change.user_id:
        raise WrongAccount


def _refuse_taken(change: EmailChange, organization_ids: list[UUID]) -> None:
    names = forbidding(organization_ids)
    if names:
        raise AddressChangeForbidden(organizations=", ".join(names))
    if find_user(change.new_email) is not None:
        raise AddressHasAccount
    names = waiting_for(change.new_email, organization_ids)
    if names:
        raise AddressWaiting(organizations=", ".join(names))
    if excluded_from(change.new_email, organization_ids):
        raise AddressElsewhere


@dataclass(frozen=True, slots=True)
class AddressChanged:
    user_id: UUID
    email: str


@action(open_to="the mailed link is the permission, and its account must be signed in")
def confirm_address(
    *, actor: Actor, now: datetime, token: str, signed_in_user_id: UUID | None = None
) -> Outcome[AddressChanged]:
    """The person signs in with the new address from here on, and stands under it in all their organizations. Runs in
    the crossing `change_address`; each organization's audit is told by a job of its own.

    :raises LinkUnknown, LinkUsed, LinkReplaced, ChangeCanceled, LinkExpired: what became of the link.
    :raises SignInFirst, WrongAccount: it is not the account that asked.
    :raises AddressChangeForbidden, AddressHasAccount, AddressWaiting, AddressElsewhere: why the address can't be.
    """
    found = find_change(token)
    held = hold_everywhere(found.user_id, found.old_email)
    change = EmailChange.objects.select_for_update(no_key=True).get(id=found.id)
    _refuse_dead(change, signed_in_user_id, now)
    if change.old_email != held.user.email:
        raise LinkReplaced
    _refuse_taken(change, held.organization_ids)
    change.used_at = now
    change.save(update_fields=["used_at"])
    end_resets(change.old_email, now)
    move_address(held, change.new_email, now)
    end_mails(kind=LINK_MAIL, subject_ids=[change.id], now=now)
    queue_mail(kind=CHANGED_MAIL, to=change.old_email, subject_id=change.id, now=now)
    personal = {"before": {"email": change.old_email}, "after": {"email": change.new_email}}
    telling = (
        Job(TELL, {"organization_id": str(member.organization_id), "change_id": str(change.id)})
        for member in held.members
    )
    return Outcome(
        AddressChanged(held.user.id, change.new_email),
        Entry("installation.address_changed", "user", held.user.id, {}, personal),
        jobs=tuple(telling),
    )


@action(open_to="the house itself tells each organization")
def note_address(*, actor: Actor, now: datetime, change_id: UUID) -> Outcome[Done]:
    """The line in one organization's audit.

    :raises LinkUnknown: nobody of here. :raises NotFound: not the house.
    """
    if actor.kind != "system":
        raise NotFound
    change = EmailChange.objects.filter(id=change_id).exclude(used_at=None).first()
    member = (
        Membership.objects.filter(user_id=change.user_id).exclude(status=Status.REMOVED).first() if change else None
    )
    if change is None or member is None:
        raise LinkUnknown
    personal = {"before": {"email": change.old_email}, "after": {"email": change.new_email}}
    values = {"asked_by": str(change.asked_by_id)} if change.asked_by_id else {}
    return Outcome(Done(member.id), Entry("people.address_changed", "member", member.id, values, personal))


@job(TELL)
def tell_address_change(*, organization_id: UUID, change_id: str) -> None:
    """Safe to run again: an entry is written once. Whoever left meanwhile is told of no more."""
    actor = Actor.system("address", organization_id)
    once = Idempotency(TELL, change_id)
    with suppress(Refusal):
        perform(note_address, actor=actor, idempotency=once, change_id=UUID(change_id))

"""Passwords that an administrator chooses for somebody (policy `people.entry_modes`, `administrator_password`)."""

from datetime import datetime
from uuid import UUID

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Done, Outcome, action, in_action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL
from tenantry.core.mail import queue_mail
from tenantry.core.tenancy import scope
from tenantry.people.errors import NotActive, NotOnOneself, WayNotOffered
from tenantry.people.identity import make_account, refuse_foreign_identity
from tenantry.people.mails import PASSWORD_SET_MAIL, WELCOME_MAIL
from tenantry.people.models import Membership, User
from tenantry.people.permissions import RESET_PASSWORD
from tenantry.people.selectors import get_member
from tenantry.people.ways import ADMINISTRATOR, end_passwords, offered_ways
from tenantry.security.passwords import Person, hashed, password_rule, refuse_repeated, refuse_weak
from tenantry.security.steps import end_entries, raise_epoch, set_password


def make_given_account(*, email: str, name: str, password: str, must_change: bool, now: datetime) -> UUID | None:
    """The account of somebody who is added with a password; None where the address has one that is not this
    organization's to make. Hashes in either case.

    :raises PasswordRefused: it does not meet the organization's rule.
    """
    in_action()
    refuse_weak(password, Person(email, name), password_rule())
    return make_account(email=email, password_hash=hashed(password), must_change=must_change, now=now)


def welcome(member: Membership, now: datetime) -> None:
    """The sign-in page by mail; the password is told outside of Tenantry, by whoever knows it."""
    in_action()
    User.objects.filter(id=member.user_id or NIL).update(password_given=True)
    queue_mail(
        kind=WELCOME_MAIL, to=member.email, organization_id=scope.organization_id(), subject_id=member.id, now=now
    )


def why_not_set(actor: Actor, member: Membership) -> Refusal | None:
    """Why this actor may not set this person's password; None where they may."""
    try:
        if member.id == actor.membership_id:
            raise NotOnOneself
        refuse_out_of_hand(actor, member, RESET_PASSWORD)
        if member.status != Membership.Status.ACTIVE:
            raise NotActive(name=member.name)
        if ADMINISTRATOR not in offered_ways():
            raise WayNotOffered
        refuse_foreign_identity(member)
    except Refusal as refusal:
        return refusal
    return None


@action(RESET_PASSWORD, targets=("membership_id",))
def set_member_password(
    *, actor: Actor, now: datetime, membership_id: UUID, password: str, must_change: bool = True
) -> Outcome[Done]:
    """Replaces somebody's password. They are signed out everywhere, and a mail tells them that it happened.

    :raises NotOnOneself, MemberOutOfHand, NotActive, PasswordRefused: see there.
    :raises WayNotOffered: policy `people.entry_modes`.
    :raises IdentityElsewhere: the account is in other organizations, too; only its person changes the password.
    """
    member = get_member(actor, membership_id)
    refusal = why_not_set(actor, member)
    if refusal is not None:
        raise refusal
    user = User.objects.select_for_update(no_key=True).get(id=member.user_id or NIL)
    # Again, under the lock that opening another organization takes as well (`people.identity.lock_account`).
    refuse_foreign_identity(member)
    rule = password_rule()
    refuse_weak(password, Person(user.email, member.name), rule)
    refuse_repeated(password, user, rule)
    set_password(user, password, now)
    User.objects.filter(id=user.id).update(must_change_password=must_change, password_given=True)
    end_passwords([member.id], now)
    raise_epoch([member.id])
    sessions = end_entries([member.id], now)
    queue_mail(
        kind=PASSWORD_SET_MAIL, to=member.email, organization_id=scope.organization_id(), subject_id=member.id, now=now
    )
    values = {"sessions": sessions, "must_change": must_change}
    return Outcome(Done(member.id), Entry("people.password_set", "member", member.id, values))

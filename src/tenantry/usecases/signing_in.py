"""Getting in with a password, choosing an organization, and asking for a new password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, TooFast
from tenantry.core.ids import NIL
from tenantry.core.mail import end_mails, queue_mail
from tenantry.organizations.selectors import current_organization, is_closed, policy
from tenantry.people.errors import LinkExpired, LinkUnknown, LinkUsed, NotActive
from tenantry.people.locks import lock_members
from tenantry.people.mails import RESET_MAIL
from tenantry.people.models import Membership, PasswordReset, TemporaryPassword, User
from tenantry.people.permissions import RESET_PASSWORD
from tenantry.people.selectors import active_memberships_of, find_user, get_member
from tenantry.people.ways import end_passwords
from tenantry.security.errors import SignInAgain, SignInRefused
from tenantry.security.passwords import (
    STANDARD,
    Person,
    Rule,
    password_rule,
    refuse_repeated,
    refuse_weak,
    strictest_rule,
)
from tenantry.security.steps import end_entries, open_entry, set_password

RESET_LIFE = timedelta(hours=1)
RESET_AGAIN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Entered:
    organization_id: UUID
    membership_id: UUID
    entry_id: UUID


@action(open_to="everybody enters organizations they belong to; the caller has proven the user")
def enter_organization(*, actor: Actor, now: datetime, user_id: UUID) -> Outcome[Entered]:
    """Opens a session of this user in the organization of the open scope.

    The membership's row is locked, so that a deactivation at the same moment is either seen here or ends this session.

    :raises NotFound: the user is not an active member, or the organization is closed.
    """
    found = Membership.objects.filter(user_id=user_id, status=Membership.Status.ACTIVE).first()
    member = lock_members([found.id]).get(found.id) if found else None
    if member is None or member.status != Membership.Status.ACTIVE or is_closed(current_organization()):
        raise NotFound
    entry = open_entry(member, actor, now)
    return Outcome(Entered(entry.organization_id, member.id, entry.id), Entry("people.signed_in", "member", member.id))


@action(open_to="everybody enters organizations they belong to; the caller has proven the user")
def switch_organization(
    *, actor: Actor, now: datetime, user_id: UUID, signed_in_at: datetime, epoch: int | None
) -> Outcome[Entered]:
    """Enters another organization without a password, on the strength of this browser's sign-in.

    `epoch`: of the membership, as the browser's session noted it at its sign-in; None when it noted none, or when its
    stay there has ended since.

    :raises NotFound: the user is not an active member.
    :raises SignInAgain: that sign-in is older than a session may be here, or sessions here were ended after it.
    """
    found = Membership.objects.filter(user_id=user_id, status=Membership.Status.ACTIVE).only("session_epoch").first()
    longest = timedelta(days=policy("session.absolute_days"))
    if found is not None and (found.session_epoch != epoch or now - signed_in_at > longest):
        raise SignInAgain
    return enter_organization(actor=actor, now=now, user_id=user_id)


@action(open_to="anybody may ask for a reset of an address")
def request_password_reset(*, actor: Actor, now: datetime, email: str) -> Outcome[Done]:
    """Mails a link, at most once in five minutes. Does the same for unknown addresses, whose mail says so."""
    if PasswordReset.objects.filter(email=email, created_at__gt=now - RESET_AGAIN_AFTER).exists():
        return Outcome(Done(), None)
    return Outcome(Done(_reset(email, now)), Entry("installation.reset_requested", "", None, {}, {"email": email}))


def end_resets(email: str, now: datetime) -> None:
    """Links that are still out open nothing from here on."""
    older = list(PasswordReset.objects.filter(email=email, used_at=None).values_list("id", flat=True))
    # The delivery first, then what it is about: the order of the job that composes it.
    end_mails(kind=RESET_MAIL, subject_ids=older, now=now)
    PasswordReset.objects.filter(id__in=older).update(expires_at=now)


def _reset(email: str, now: datetime, organization_id: UUID | None = None) -> UUID:
    end_resets(email, now)
    reset = PasswordReset(email=email, created_at=now, expires_at=now + RESET_LIFE)
    reset.save(force_insert=True)
    queue_mail(kind=RESET_MAIL, to=email, organization_id=organization_id, subject_id=reset.id, now=now)
    return reset.id


@action(RESET_PASSWORD, targets=("membership_id",))
def send_password_reset(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """Mails somebody a link to choose a new password themselves; nobody else learns or sets it.

    :raises NotActive, MemberOutOfHand: see there. :raises TooFast: one in five minutes, whoever asked for it.
    """
    member = get_member(actor, membership_id)
    if membership_id != actor.membership_id:
        refuse_out_of_hand(actor, member, RESET_PASSWORD)
    if member.status != Membership.Status.ACTIVE:
        raise NotActive(name=member.name)
    refuse_again_soon(member, now)
    _reset(member.email, now, actor.organization_id)
    return Outcome(Done(member.id), Entry("people.password_reset_sent", "member", member.id))


def refuse_again_soon(member: Membership, now: datetime) -> None:
    """:raises TooFast: a link or a temporary password was sent less than five minutes ago."""
    since = now - RESET_AGAIN_AFTER
    links = PasswordReset.objects.filter(email=member.email, created_at__gt=since)
    passwords = TemporaryPassword.objects.filter(membership=member, invitation=None, created_at__gt=since)
    sent = [*links.values_list("created_at", flat=True), *passwords.values_list("created_at", flat=True)]
    if sent:
        raise TooFast(seconds=int((RESET_AGAIN_AFTER - (now - max(sent))).total_seconds()) + 1)


def find_reset(token: str, now: datetime) -> tuple[PasswordReset, User]:
    """The reset behind a mailed link. Changes nothing.

    :raises LinkUnknown, LinkUsed, LinkExpired: what became of it.
    """
    reset = PasswordReset.objects.filter(token_hash=crypto.token_hash(token)).first() if len(token) <= 200 else None
    user = find_user(reset.email) if reset else None
    if reset is None or user is None:
        raise LinkUnknown
    if reset.used_at:
        raise LinkUsed
    if reset.expires_at <= now:
        raise LinkExpired
    return reset, user


def rule_of_user(user_id: UUID) -> Rule:
    """What a new password has to be wherever its person belongs (crossing `sign_in`)."""
    return strictest_rule(entry.organization_id for entry in active_memberships_of(user_id))


@action(open_to="the mailed link is the permission")
def reset_password(*, actor: Actor, now: datetime, token: str, password: str, rule: Rule = STANDARD) -> Outcome[Done]:
    """Sets the new password, proves the address, and ends the user's sessions everywhere. Signs nobody in. `rule`: of
    every organization the person belongs to, which is asked over all of them before (`rule_of_user`).

    :raises LinkUnknown, LinkUsed, LinkExpired, PasswordRefused: see there.
    """
    found, user = find_reset(token, now)
    reset = PasswordReset.objects.select_for_update(no_key=True).get(id=found.id)
    if reset.used_at:
        raise LinkUsed
    if reset.expires_at <= now:
        raise LinkExpired
    refuse_weak(password, Person(user.email), rule)
    refuse_repeated(password, user, rule)
    set_password(user, password, now)
    user.email_proven_at = user.email_proven_at or now
    user.save(update_fields=["email_proven_at"])
    reset.used_at = now
    reset.save(update_fields=["used_at"])
    end_mails(kind=RESET_MAIL, subject_ids=[reset.id], now=now)
    return Outcome(Done(user.id), Entry("installation.password_reset", "user", user.id))


@action(open_to="everybody changes their own password, with the old one")
def change_own_password(
    *, actor: Actor, now: datetime, old: str, new: str, keep_entry_id: UUID | None = None, rule: Rule | None = None
) -> Outcome[Done]:
    """`keep_entry_id`: the session that asks. Django's session hash ends the user's other sessions everywhere. `rule`:
    of every organization the person belongs to, which is asked over all of them before (`rule_of_user`); without it
    this one's.

    :raises SignInRefused: the old password is wrong. :raises PasswordRefused: the new one is too weak.
    """
    user = User.objects.select_for_update(no_key=True).filter(id=actor.user_id or NIL).first()
    if user is None:
        raise NotFound
    if not check_password(old, user.password):
        raise SignInRefused
    rule = rule or password_rule()
    refuse_weak(new, Person(user.email, actor.label), rule)
    refuse_repeated(new, user, rule)
    set_password(user, new, now)
    # Whoever changes it because somebody else reads their mails wants no older link or password to undo it.
    end_resets(user.email, now)
    if actor.membership_id is not None:
        end_passwords([actor.membership_id], now)
        end_entries([actor.membership_id], now, but=keep_entry_id)
    return Outcome(Done(user.id), Entry("people.own_password_changed", "member", actor.membership_id))

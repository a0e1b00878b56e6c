"""What lets an invited person in: a mailed link, or a temporary password. One of each invitation is good at a time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from tenantry.acting.actions import in_action
from tenantry.core import crypto
from tenantry.core.mail import Addressed, end_mails, queue_mail, queue_mails
from tenantry.core.many import insert_many
from tenantry.core.tenancy import scope
from tenantry.organizations.selectors import policy
from tenantry.people.models import Invitation, InvitationLink, Membership, TemporaryPassword
from tenantry.people.selectors import INVITATION_MAIL, TEMPORARY_MAIL

ENTRY_MODES = "people.entry_modes"
LINK, TEMPORARY = Invitation.Way.LINK.value, Invitation.Way.TEMPORARY_PASSWORD.value
ADMINISTRATOR = "administrator_password"
# Of one that an administrator sends to somebody who is in already (blueprints.md, sign-in).
RESET_LIFE = timedelta(hours=1)
# Of a hash: these first characters are a keyed mark of the password, so that one of several is found by one check.
_MARK = 4


def offered_ways() -> list[str]:
    """Policy `people.entry_modes`: the first is the default."""
    return list(policy(ENTRY_MODES))


def way_of_lists() -> str:
    """How people of a list get in: no password is typed for them, so it is the first way that waits for the person; a
    link where the policy names none (docs/decisions/0016-ways-in.md)."""
    return next((way for way in offered_ways() if way != ADMINISTRATOR), LINK)


def mail_ways(invitations: Iterable[Invitation], now: datetime, *, fresh: bool = False) -> None:
    """Mails each what lets its person in; everything that was out for it before is dead. Memberships are loaded.
    `fresh`: they are new, and nothing can be out for them."""
    in_action()
    rows = list(invitations)
    if not fresh:
        end_ways([invitation.id for invitation in rows], now)
    links = [
        InvitationLink(invitation=i, kind=InvitationLink.Kind.MAILED, created_at=now) for i in rows if i.way == LINK
    ]
    passwords = [
        TemporaryPassword(membership=i.membership, invitation=i, created_at=now, expires_at=i.expires_at)
        for i in rows
        if i.way == TEMPORARY
    ]
    insert_many(links)
    insert_many(passwords)
    _mail(INVITATION_MAIL, [Addressed(one.invitation.membership.email, one.id) for one in links], now)
    _mail(TEMPORARY_MAIL, [Addressed(one.membership.email, one.id) for one in passwords], now)


def _mail(kind: str, mails: list[Addressed], now: datetime) -> None:
    organization_id = scope.organization_id()
    if len(mails) == 1:
        queue_mail(kind=kind, to=mails[0].to, organization_id=organization_id, subject_id=mails[0].subject_id, now=now)
    elif mails:
        queue_mails(kind=kind, mails=mails, organization_id=organization_id, now=now)


def mail_new_password(member: Membership, now: datetime) -> TemporaryPassword:
    """A temporary password for somebody who is in: good for an hour, beside their own. An earlier one is dead."""
    end_passwords([member.id], now)
    row = TemporaryPassword(membership=member, created_at=now, expires_at=now + RESET_LIFE)
    TemporaryPassword.objects.bulk_create([row])
    _mail(TEMPORARY_MAIL, [Addressed(member.email, row.id)], now)
    return row


def end_ways(invitation_ids: Iterable[UUID], now: datetime) -> int:
    """Kills open links and temporary passwords, and blanks their mails. Returns how many were open."""
    in_action()
    wanted = list(invitation_ids)
    links = InvitationLink.objects.filter(invitation_id__in=wanted, used_at=None, ended_at=None)
    ids = list(links.order_by("id").values_list("id", flat=True))
    # The delivery first, then what it is about: the order of the job that composes it.
    end_mails(kind=INVITATION_MAIL, subject_ids=ids, now=now)
    InvitationLink.objects.filter(id__in=ids).update(ended_at=now)
    passwords = TemporaryPassword.objects.filter(invitation_id__in=wanted, used_at=None, ended_at=None)
    return len(ids) + _end(list(passwords.order_by("id").values_list("id", flat=True)), now)


def end_passwords(member_ids: Iterable[UUID], now: datetime) -> int:
    """Kills open temporary passwords of these people, and blanks their mails."""
    in_action()
    rows = TemporaryPassword.objects.filter(membership_id__in=list(member_ids), used_at=None, ended_at=None)
    return _end(list(rows.order_by("id").values_list("id", flat=True)), now)


def _end(ids: list[UUID], now: datetime) -> int:
    end_mails(kind=TEMPORARY_MAIL, subject_ids=ids, now=now)
    TemporaryPassword.objects.filter(id__in=ids).update(ended_at=now)
    return len(ids)


def secret_hash(secret: str) -> str:
    """What is stored of a temporary password: Argon2 behind its mark."""
    return _mark(secret) + make_password(secret)


def _mark(secret: str) -> str:
    return crypto.mac("temporary password", secret.encode("utf-8", "replace")).hex()[:_MARK]


def as_minted(typed: str) -> str:
    """What somebody may have meant who typed a temporary password in capitals, or with spaces for hyphens."""
    plain = "".join(part for part in typed.lower().replace("-", " ").split())
    return "-".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def find_password(email: str, typed: str) -> TemporaryPassword | None:
    """Whose secret this is, over all organizations (crossing `sign_in`); it may be used up or ended. Hashes exactly
    once, whether there is one or not."""
    secret = as_minted(typed)
    rows = TemporaryPassword.objects.filter(membership__email=email, secret_hash__startswith=_mark(secret))
    found = list(rows.order_by("-created_at", "-id"))
    if not found:
        make_password(secret)
    return next((row for row in found if check_password(secret, row.secret_hash[_MARK:])), None)

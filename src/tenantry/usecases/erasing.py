"""Erasure of one person (product.md §7): what is personal gives way to a pseudonym that stays the same everywhere, and
is gone from the audit, whose chain still verifies. Only of somebody who was removed; it can't be taken back."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from tenantry.access.hands import refuse_out_of_hand
from tenantry.acting.actions import Outcome, action, in_action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.audit.models import Entry as Row
from tenantry.audit.models import PersonalValue
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.core.jobs import Job
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.crm.models import DealApproval, Note
from tenantry.notifications.models import Notification, Reader
from tenantry.people.models import BatchRow, EmailChange, Membership, PasswordReset, User
from tenantry.people.permissions import REMOVE
from tenantry.people.selectors import get_member
from tenantry.security.models import PastPassword, SessionEntry
from tenantry.usecases.erasing_errors import AlreadyErased, NotRemoved

Status = Membership.Status
# Nobody gets mail there (RFC 2606).
DOMAIN = "erased.invalid"
GIVEN = "Erased"
# Of an entry they are those of whoever acted, not of whom it is about.
OF_THE_ACTOR = ("address", "agent")


@dataclass(frozen=True, slots=True)
class ErasurePlan(Plan):
    """What goes. `audit`: values of the audit; `pseudonym`: what stands in their place."""

    membership_id: UUID
    name: str
    pseudonym: str
    audit: int
    sessions: int
    mails: int
    has_account: bool


def pseudonym_of(membership_id: UUID) -> str:
    """The same for the same person, and nobody without our key finds the person by it."""
    return crypto.mac("erasure", membership_id.bytes).hex()[:10].upper()


def is_erased(member: Membership) -> bool:
    return member.status == Status.REMOVED and member.email.endswith(f"@{DOMAIN}")


def _removed(actor: Actor, membership_id: UUID) -> Membership:
    """:raises NotFound, NotRemoved, AlreadyErased, PermissionMissing: see there."""
    if not actor.may(REMOVE):
        raise PermissionMissing(REMOVE)
    member = get_member(actor, membership_id)
    refuse_out_of_hand(actor, member, REMOVE)
    if member.status != Status.REMOVED:
        raise NotRemoved(name=member.name)
    if is_erased(member):
        raise AlreadyErased
    return member


def _audit_of(membership_id: UUID) -> Any:
    """Personal values of what they did, and of what was done to them."""
    did = Row.objects.filter(actor_id=membership_id).values("number")
    about = Row.objects.filter(target_id=membership_id).values("number")
    own = Q(number__in=did, field__in=OF_THE_ACTOR) | (Q(number__in=about) & ~Q(field__in=OF_THE_ACTOR))
    return PersonalValue.objects.filter(own)


def _mails_of(member: Membership) -> Any:
    return MailDelivery.objects.filter(organization_id=scope.organization_id(), recipient=member.email)


def plan_erase_person(*, actor: Actor, membership_id: UUID) -> ErasurePlan:
    """What erasing would do.

    :raises NotFound, NotRemoved, AlreadyErased, PermissionMissing, MemberOutOfHand: see there.
    """
    member = _removed(actor, membership_id)
    return ErasurePlan(
        member.id,
        member.name,
        f"{GIVEN} {pseudonym_of(member.id)}",
        _audit_of(member.id).count(),
        SessionEntry.objects.filter(membership=member).count(),
        _mails_of(member).count(),
        member.user_id is not None,
    )


@dataclass(frozen=True, slots=True)
class Erased:
    membership_id: UUID
    pseudonym: str


@action(REMOVE, targets=("membership_id",))
def erase_person(*, actor: Actor, now: datetime, membership_id: UUID, digest: str | None = None) -> Outcome[Erased]:
    """Their account goes too, by a job, where no organization has them any more.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, NotRemoved, AlreadyErased, MemberOutOfHand: see there.
    """
    plan = confirm(plan_erase_person(actor=actor, membership_id=membership_id), digest)
    member = Membership.objects.get(id=membership_id)
    user_id = member.user_id
    _forget(member, plan, now)
    entry = Entry("people.erased", "member", membership_id, {"audit": plan.audit, "sessions": plan.sessions})
    jobs = (Job("erasing.account", {"user_id": str(user_id)}),) if user_id else ()
    return Outcome(Erased(membership_id, plan.pseudonym), entry, jobs=jobs)


def _forget(member: Membership, plan: ErasurePlan, now: datetime) -> None:
    in_action()
    code = pseudonym_of(member.id)
    _audit_of(member.id).delete()
    SessionEntry.objects.filter(membership=member).delete()
    Notification.objects.filter(membership=member).delete()
    Reader.objects.filter(membership=member).delete()
    _mails_of(member).update(recipient=f"{code.lower()}@{DOMAIN}", subject="", sealed_body=None)
    BatchRow.objects.filter(Q(membership_id=member.id) | Q(email=member.email)).update(email="", name="")
    if member.user_id:
        EmailChange.objects.filter(user_id=member.user_id).update(
            old_email="", new_email=f"{code.lower()}@{DOMAIN}", ended_at=now
        )
    _forget_in_notes(member, plan.pseudonym)
    PasswordReset.objects.filter(email=member.email).update(email=f"{code.lower()}@{DOMAIN}", expires_at=now)
    member.given_name, member.family_name = GIVEN, code
    member.email, member.phone, member.picture = f"{code.lower()}@{DOMAIN}", "", None
    member.locale = member.time_zone = ""
    member.user_id = None
    member.refresh_search()
    member.save(
        update_fields=[
            "given_name",
            "family_name",
            "email",
            "phone",
            "picture",
            "locale",
            "time_zone",
            "user_id",
            "sort_name",
            "search_text",
        ]
    )


def _forget_in_notes(member: Membership, pseudonym: str) -> None:
    """The house writes on deals who was asked for a word (`crm.approving`). Who has a namesake here is looked for only
    where the question is theirs still."""
    name, asked = member.name, DealApproval.objects.all()
    alike = Membership.objects.filter(given_name=member.given_name, family_name=member.family_name)
    if alike.exclude(id=member.id).exists():
        asked = asked.filter(Q(mentor=member) | Q(asked_by=member))
    whole = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    changed = []
    rows = Note.objects.filter(deal_id__in=asked.values("deal_id"), body__contains=name)
    for note in rows.select_for_update(no_key=True).order_by("id"):
        note.body = whole.sub(pseudonym, note.body)
        note.version += 1
        note.refresh_search()
        changed.append(note)
    Note.objects.bulk_update(changed, ["body", "version", "sort_name", "search_text"])


def forget_account(user_id: UUID) -> bool:
    """Of the house, over all organizations: the account of somebody who is in none any more. False: they are in one."""
    user = User.objects.select_for_update(no_key=True).filter(id=user_id).first()
    if user is None or Membership.objects.filter(user_id=user_id).exclude(status=Status.REMOVED).exists():
        return False
    PastPassword.objects.filter(user_id=user_id).delete()
    EmailChange.objects.filter(user_id=user_id).delete()
    user.email = f"{pseudonym_of(user_id).lower()}@{DOMAIN}"
    user.set_unusable_password()
    user.is_active = False
    user.save(update_fields=["email", "password", "is_active"])
    return True

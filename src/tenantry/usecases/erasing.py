"""Erasure of one person (product.md §7): what is personal gives way to a pseudonym that stays the same everywhere, and
is gone from the audit, whose chain still verifies. Only of somebody who was removed; it can't be taken back."""

from dataclasses import dataclass
from datetime import datetime
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
from tenantry.notifications.models import Notification, Reader
from tenantry.people.models import EmailChange, Membership, PasswordReset, SignUpRequest, User
from tenantry.people.permissions import REMOVE
from tenantry.people.selectors import get_member
from tenantry.security.models import PastPassword, SessionEntry
from tenantry.usecases.erasing_errors import AlreadyErased, NotRemoved
from tenantry.usecases.erasing_traces import (
    audit_of,
    forget_in_answers,
    forget_in_batches,
    forget_in_mails,
    forget_in_notes,
    mails_to,
    traces_of,
    words_of,
)

Status = Membership.Status
# Nobody gets mail there (RFC 2606).
DOMAIN = "erased.invalid"
GIVEN = "Erased"


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


def plan_erase_person(*, actor: Actor, membership_id: UUID) -> ErasurePlan:
    """What erasing would do.

    :raises NotFound, NotRemoved, AlreadyErased, PermissionMissing, MemberOutOfHand: see there.
    """
    member = _removed(actor, membership_id)
    found = traces_of(member)
    return ErasurePlan(
        member.id,
        member.name,
        f"{GIVEN} {pseudonym_of(member.id)}",
        audit_of(found).count(),
        SessionEntry.objects.filter(membership_id__in=found.ids).count(),
        mails_to(found).count(),
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
    email = f"{code.lower()}@{DOMAIN}"
    # Read before any of it goes.
    found = traces_of(member)
    words = words_of(found, plan.pseudonym, email)
    audit_of(found).delete()
    SessionEntry.objects.filter(membership_id__in=found.ids).delete()
    Notification.objects.filter(membership_id__in=found.ids).delete()
    Reader.objects.filter(membership_id__in=found.ids).delete()
    forget_in_mails(found, words, email)
    forget_in_batches(found)
    forget_in_notes(found, words)
    forget_in_answers(found, words)
    if member.user_id:
        # Those of the past go with the account, as its resets of a password do: until then they say which addresses
        # were theirs.
        asked = EmailChange.objects.filter(user_id=member.user_id, organization_id=member.organization_id)
        asked.filter(used_at=None, ended_at=None).update(ended_at=now)
    rows = list(Membership.objects.filter(id__in=found.ids).select_for_update(no_key=True).order_by("id"))
    for row in rows:
        row.given_name, row.family_name, row.email = GIVEN, code, email
        row.phone, row.picture, row.locale, row.time_zone, row.user_id = "", None, "", "", None
        row.refresh_search()
    Membership.objects.bulk_update(
        rows,
        [
            "given_name",
            "family_name",
            "email",
            "phone",
            "picture",
            "locale",
            "time_zone",
            "user",
            "sort_name",
            "search_text",
        ],
    )


def forget_account(user_id: UUID) -> bool:
    """Of the house, over all organizations: the account of somebody who is in none any more. False: they are in one."""
    user = User.objects.select_for_update(no_key=True).filter(id=user_id).first()
    if user is None or Membership.objects.filter(user_id=user_id).exclude(status=Status.REMOVED).exists():
        return False
    changes = EmailChange.objects.filter(user_id=user_id)
    about = list(changes.values_list("id", flat=True))
    proven = changes.exclude(used_at=None).values_list("old_email", "new_email")
    emails = {user.email, *(one for pair in proven for one in pair)}
    # Somebody else has come to one that was theirs once.
    emails -= set(User.objects.filter(email__in=emails).exclude(id=user_id).values_list("email", flat=True))
    PastPassword.objects.filter(user_id=user_id).delete()
    email = f"{pseudonym_of(user_id).lower()}@{DOMAIN}"
    _forget_address(user_id, emails, about, email)
    changes.delete()
    user.email = email
    user.set_unusable_password()
    user.is_active = False
    user.save(update_fields=["email", "password", "is_active"])
    return True


def _forget_address(user_id: UUID, emails: set[str], changes: list[UUID], email: str) -> None:
    """What the house itself keeps of an account that no organization has: mails about its address and password,
    sign-ups, its own audit."""
    emails -= {""}
    own = MailDelivery.objects.filter(organization_id=None)
    own.filter(Q(recipient__in=emails) | Q(subject_id__in=changes)).update(
        recipient=email, subject="", sealed_body=None
    )
    SignUpRequest.objects.filter(email__in=emails).delete()
    PasswordReset.objects.filter(email__in=emails).delete()
    of_the_house = PersonalValue._base_manager.filter(organization_id=scope.INSTALLATION)
    about = Row._base_manager.filter(organization_id=scope.INSTALLATION, target_id=user_id).values("number")
    of_the_house.filter(Q(number__in=about) | Q(field="email", value__in=list(emails))).delete()

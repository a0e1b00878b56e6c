"""A person's change of address: rows of `EmailChange`, and what follows over all their organizations.

What looks over organizations goes past the managers, which know one organization at a time; it runs in the crossing
`change_address`, and under any other role the database's fences answer with nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from tenantry.acting.actions import in_action
from tenantry.core import crypto
from tenantry.core.errors import TooFast
from tenantry.core.mail import end_mails, queue_mail
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import policy_values_of
from tenantry.people.errors import LinkUnknown
from tenantry.people.models import AddressUse, EmailChange, InvitationLink, Membership, TemporaryPassword, User
from tenantry.people.selectors import INVITATION_MAIL, TEMPORARY_MAIL

POLICY = "people.email_change"
LINK_MAIL, ASKED_MAIL, CHANGED_MAIL = "people.address_link", "people.address_asked", "people.address_changed"
LIFE = timedelta(hours=24)
# Each sends a mail to an address of somebody's choice.
MOST_AN_HOUR = 5
Status = Membership.Status


def open_change(user_id: UUID, now: datetime) -> EmailChange | None:
    """The one that waits for its link; none once it is used, ended or expired."""
    rows = EmailChange.objects.filter(user_id=user_id, used_at=None, ended_at=None, expires_at__gt=now)
    return rows.order_by("-created_at", "-id").first()


def find_change(token: str) -> EmailChange:
    """Over all organizations (crossing `change_address`).

    :raises LinkUnknown: no such token.
    """
    rows = EmailChange.objects.select_related("user")
    change = rows.filter(token_hash=crypto.token_hash(token)).first() if len(token) <= 200 else None
    if change is None:
        raise LinkUnknown
    return change


def was_replaced(change: EmailChange) -> bool:
    """Whether one that ended made room for a newer one, and was not called off."""
    return EmailChange.objects.filter(user_id=change.user_id, created_at__gt=change.created_at).exists()


def begin_change(*, user: User, email: str, organization_id: UUID, asked_by_id: UUID | None, now: datetime) -> UUID:
    """Mails a link to the new address and a notice to the present one; an earlier link is dead. Does the same for
    addresses that have an account, whose mail says so. Returns the change's id.

    :raises TooFast: five in an hour.
    """
    in_action()
    recent = EmailChange.objects.filter(user=user, created_at__gt=now - timedelta(hours=1)).order_by("-created_at")
    times = list(recent.values_list("created_at", flat=True)[:MOST_AN_HOUR])
    if len(times) == MOST_AN_HOUR:
        raise TooFast(seconds=int((times[-1] + timedelta(hours=1) - now).total_seconds()) + 1)
    end_changes(user.id, now)
    change = EmailChange(
        user=user,
        old_email=user.email,
        new_email=email,
        organization_id=organization_id,
        asked_by_id=asked_by_id,
        created_at=now,
        expires_at=now + LIFE,
    )
    change.save(force_insert=True)
    queue_mail(kind=LINK_MAIL, to=email, organization_id=organization_id, subject_id=change.id, now=now)
    queue_mail(kind=ASKED_MAIL, to=user.email, organization_id=organization_id, subject_id=change.id, now=now)
    return change.id


def end_changes(user_id: UUID, now: datetime) -> int:
    """Every link that is still out opens nothing from here on. Returns how many there were."""
    in_action()
    rows = EmailChange.objects.filter(user_id=user_id, used_at=None, ended_at=None)
    ids = list(rows.order_by("id").values_list("id", flat=True))
    # The delivery first, then what it is about: the order of the job that composes it.
    end_mails(kind=LINK_MAIL, subject_ids=ids, now=now)
    return EmailChange.objects.filter(id__in=ids).update(ended_at=now)


# --- Over all organizations of a person (crossing `change_address`) -----------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """Rows under their locks. `members`: of this person, in whichever organization, who are not removed. `pending`:
    invited under the old address, wherever."""

    user: User
    members: tuple[Membership, ...]
    pending: tuple[Membership, ...]

    @property
    def organization_ids(self) -> list[UUID]:
        return [member.organization_id for member in self.members]


def hold_everywhere(user_id: UUID, email: str) -> Held:
    """Locks everything that a change of this address touches, in the order of the house: memberships, then the user."""
    in_action()
    rows = Membership._base_manager.select_for_update(no_key=True).exclude(status=Status.REMOVED)
    found = list(rows.filter(Q(user_id=user_id) | Q(email=email)).order_by("id"))
    user = User.objects.select_for_update(no_key=True).get(id=user_id)
    mine = tuple(member for member in found if member.user_id == user_id)
    return Held(user, mine, tuple(member for member in found if member.user_id is None))


def forbidding(organization_ids: Iterable[UUID]) -> list[str]:
    """Names of those of these organizations whose policy forbids it."""
    rules = policy_values_of(organization_ids, POLICY)
    ids = [i for i, values in rules.items() if values[POLICY] == "forbidden"]
    rows = Organization._base_manager.filter(organization_id__in=ids).order_by("name", "id")
    return list(rows.values_list("name", flat=True))


def organizations_of(user_id: UUID) -> list[UUID]:
    """Where this person is, deactivated ones too."""
    rows = Membership._base_manager.filter(user_id=user_id).exclude(status=Status.REMOVED)
    return list(rows.order_by("organization_id").values_list("organization_id", flat=True))


def waiting_for(email: str, organization_ids: Iterable[UUID]) -> list[str]:
    """Names of those of these organizations where somebody else stands under this address."""
    rows = Membership._base_manager.filter(organization_id__in=list(organization_ids), email=email)
    ids = rows.exclude(status=Status.REMOVED).values_list("organization_id", flat=True)
    names = Organization._base_manager.filter(organization_id__in=list(ids)).order_by("name", "id")
    return list(names.values_list("name", flat=True))


def excluded_from(email: str, organization_ids: Iterable[UUID]) -> bool:
    """Whether the address is used in an organization besides these, and that excludes it (people.exclusive_email)."""
    use = AddressUse.objects.filter(email=email).first()
    if use is None:
        return False
    rules = policy_values_of(organization_ids, "people.exclusive_email").values()
    return use.exclusive > 0 or any(values["people.exclusive_email"] for values in rules)


def move_address(held: Held, email: str, now: datetime) -> None:
    """The user and all memberships of theirs are under the new address; what was mailed to the old one opens nothing.
    One statement for all memberships: the database counts addresses in one order."""
    in_action()
    for member in held.members:
        member.email = email
        member.refresh_search()
    Membership._base_manager.bulk_update(held.members, ["email", "sort_name", "search_text"])
    held.user.email, held.user.email_proven_at = email, now
    held.user.save(update_fields=["email", "email_proven_at"])
    _end_ways([member.id for member in (*held.members, *held.pending)], now)


def _end_ways(member_ids: list[UUID], now: datetime) -> None:
    """Links and temporary passwords that were mailed to these memberships, in whichever organization."""
    links = InvitationLink._base_manager.filter(invitation__membership_id__in=member_ids, used_at=None, ended_at=None)
    passwords = TemporaryPassword._base_manager.filter(membership_id__in=member_ids, used_at=None, ended_at=None)
    for kind, rows in ((INVITATION_MAIL, links), (TEMPORARY_MAIL, passwords)):
        ids = list(rows.order_by("id").values_list("id", flat=True))
        end_mails(kind=kind, subject_ids=ids, now=now)
        rows.model._base_manager.filter(id__in=ids).update(ended_at=now)

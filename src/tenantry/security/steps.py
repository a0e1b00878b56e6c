"""What use cases compose around sessions and keys."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db.models import F

from tenantry.acting.actions import in_action
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.people.models import Membership, User
from tenantry.security.models import PastPassword, SessionEntry
from tenantry.security.passwords import KEPT, hashed
from tenantry.security.selectors import password_is_due


def open_entry(member: Membership, actor: Actor, now: datetime) -> SessionEntry:
    """One more session of this member, and their last sign-in."""
    in_action()
    entry = SessionEntry(
        membership=member,
        password_due=password_is_due(member.user_id, now),
        epoch=member.session_epoch,
        entered_at=now,
        seen_at=now,
        address=actor.address,
        agent=actor.agent[:300],
    )
    SessionEntry.objects.bulk_create([entry])
    Membership.objects.filter(id=member.id).update(last_sign_in_at=now)
    return entry


def set_password(user: User, password: str, now: datetime) -> None:
    """Makes it the user's, and keeps the one before among the last."""
    keep_password(user, hashed(password), now)


def keep_password(user: User, password_hash: str, now: datetime) -> None:
    """`set_password` of one that is hashed already. It is an own one: nobody else chose it."""
    in_action()
    PastPassword.objects.bulk_create([PastPassword(user=user, hash=user.password, replaced_at=now)])
    last = PastPassword.objects.filter(user_id=user.id).order_by("-replaced_at", "-id")
    PastPassword.objects.filter(id__in=list(last.values_list("id", flat=True)[KEPT:])).delete()
    user.password, user.must_change_password, user.password_given = password_hash, False, False
    user.save(update_fields=["password", "must_change_password", "password_given"])


def prove(user: User, password_hash: str, now: datetime) -> None:
    """An account whose address nobody had proven is now the one of whoever proved it, with their password; whoever
    knew the one before is out at their next request."""
    in_action()
    keep_password(user, password_hash, now)
    user.email_proven_at = now
    user.save(update_fields=["email_proven_at"])


def end_entries(member_ids: Iterable[UUID], now: datetime, *, but: UUID | None = None) -> int:
    """Marks open sessions ended, except `but`. The epoch, raised with the status, is what refuses them. Returns how
    many."""
    in_action()
    rows = SessionEntry.objects.filter(membership_id__in=list(member_ids), ended_at=None)
    return rows.exclude(id=but or NIL).update(ended_at=now)


def raise_epoch(member_ids: Iterable[UUID]) -> None:
    in_action()
    Membership.objects.filter(id__in=list(member_ids)).update(session_epoch=F("session_epoch") + 1)


def note_seen(entry_id: UUID, now: datetime) -> None:
    """Keeps "last seen" to the minute. Not an action: it says nothing that an administrator did."""
    in_action()
    SessionEntry.objects.filter(id=entry_id).update(seen_at=now)

"""Offers of ownership that somebody made or was made: they end when one of both leaves, for good. What an account
offered that was shut out does not come back with the account."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.access.directory import base_assignment
from tenantry.access.mails import OFFER_MAIL
from tenantry.access.models import OwnershipTransfer
from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.core.mail.queue import end_mails


def open_offers(ids: Collection[UUID], now: datetime) -> QuerySet[OwnershipTransfer]:
    """Those that wait, by these people or to them."""
    waiting = OwnershipTransfer.objects.filter(accepted_at=None, declined_at=None, withdrawn_at=None)
    return waiting.filter(Q(giver_id__in=ids) | Q(recipient_id__in=ids), expires_at__gt=now)


def end_offers(ids: Collection[UUID], now: datetime) -> tuple[int, tuple[Event, ...]]:
    """A step, before the roles of these people end. How many there were, and what tells those who stay and were made
    one."""
    in_action()
    rows = list(open_offers(ids, now).select_for_update(no_key=True, of=("self",)).order_by("id"))
    if not rows:
        return 0, ()
    OwnershipTransfer.objects.filter(id__in=[row.id for row in rows]).update(withdrawn_at=now)
    end_mails(kind=OFFER_MAIL, subject_ids=[row.id for row in rows], now=now)
    events = []
    for row in rows:
        if row.recipient_id not in ids:
            held = base_assignment(row.giver_id)
            told = {"membership_id": row.giver_id, "role": held.role.name if held else "", "tell": [row.recipient_id]}
            events.append(Event("OwnershipWithdrawn", told))
    return len(rows), tuple(events)

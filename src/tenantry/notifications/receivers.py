"""What people and contacts are told about, from the outbox of the packages below."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from tenantry.access.ends import last_day
from tenantry.access.selectors import active_ids, keyholder_ids, members_with
from tenantry.audit.outbox import Delivered, subscribe
from tenantry.billing.models import Invoice
from tenantry.core import clock
from tenantry.core.ids import NIL
from tenantry.notifications.contacts import EVENTS as OF_CONTACTS
from tenantry.notifications.contacts import tell_contacts
from tenantry.notifications.kinds import Kind, kind_of
from tenantry.notifications.letters import tell
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.organizations.selectors import current_organization

# Event -> the kind of notice it becomes. Removed people are told by nobody of ours: they can't sign in to read it.
KINDS = {
    "MemberJoined": "member_joined",
    "RoleChanged": "role_changed",
    "MemberReactivated": "member_reactivated",
    "RoleGiven": "role_given",
    "RoleEnded": "role_ended",
    "ProfileSet": "profile_set",
    "RolesChanged": "role_changed",
    "ProfilesSet": "profile_set",
    "OperationEnded": "operation_ended",
    "AccessEnding": "access_ending",
    "AccessEnded": "access_ended",
    "OwnershipOffered": "ownership_offered",
    "OwnershipTransferred": "ownership_transferred",
    "OwnershipDeclined": "ownership_declined",
    "OwnershipWithdrawn": "ownership_withdrawn",
    "PlannedSoon": "planned_soon",
    "PlannedRefused": "planned_refused",
    "PlannedLeft": "planned_left",
    "MentorSet": "mentor_set",
    "SomebodyLeft": "somebody_left",
    "DealApprovalAsked": "deal_approval_asked",
    "DealApproved": "deal_approved",
    "DealDeclined": "deal_declined",
    "DealQuestionMoved": "deal_question_moved",
    "DealQuestionEnded": "deal_question_ended",
}
# Event of the subscription -> the kind for those who see billing.
MONEY = {
    "SubscriptionChanged": "subscription_managed",
    "InvoiceIssued": "invoice_issued",
    "PaymentFailed": "payment_failed",
    "PaymentReceived": "payment_received",
    "PackBought": "pack_bought",
    "MeterReached": "meter_reached",
}
# And the kind for all the others.
EVERYBODY = {"SubscriptionChanged": "subscription_here"}
WORDS = (
    "role",
    "then",
    "profile",
    "transfer_id",
    "operation_id",
    "operation",
    "state",
    "done",
    "refused",
    "kind",
    "code",
    "deal",
    "deal_id",
    "approval_id",
    "stage",
    "change",
    "plan",
    "before_plan",
    "interval",
    "seats",
    "next_seats",
    "meter",
    "percent",
    "used",
    "limit",
    "amount",
    "kept",
)
# Moments of the money side, told as a day in the organization's calendar.
DAYS = ("at", "again_at", "resets_at")


@subscribe("notifications", *dict.fromkeys((*KINDS, *MONEY, *OF_CONTACTS)))
def notify(batch: list[Delivered]) -> None:
    """Writes a row, and a mail that waits a little, for whoever is concerned, once for each event."""
    for event in batch:
        values = _values(event.payload)
        for kind, whom in _addressed(event):
            tell(kind, whom, values, event.number, clock.now())
        tell_contacts(event, values, _subject(event), clock.now())


def _addressed(event: Delivered) -> Iterable[tuple[Kind, Mapping[UUID, UUID]]]:
    """Kinds with recipient -> what the notice is about."""
    if event.name in MONEY:
        yield from _of_money(event)
    elif event.name in KINDS:
        kind = kind_of(KINDS[event.name])
        if "membership_ids" in event.payload:
            # Everybody whom one act was done to, about themselves.
            yield kind, {one: one for one in map(UUID, event.payload["membership_ids"])}
        else:
            about = UUID(event.payload["membership_id"])
            yield kind, dict.fromkeys(_recipients(event, about), about)


def _recipients(event: Delivered, about: UUID) -> list[UUID]:
    if event.name == "MemberJoined":
        inviter = event.payload.get("invited_by")
        return [UUID(inviter)] if inviter else [i for i in keyholder_ids() if i != about]
    if "tell" in event.payload:
        return [UUID(one) for one in event.payload["tell"]]
    giver = event.payload.get("given_by")
    return list(dict.fromkeys([about, UUID(giver)])) if giver else [about]


def _of_money(event: Delivered) -> Iterable[tuple[Kind, Mapping[UUID, UUID]]]:
    managing = members_with(BILLING_VIEW, clock.now())
    about = _subject(event)
    yield kind_of(MONEY[event.name]), dict.fromkeys(managing, about)
    if event.name in EVERYBODY:
        others = set(active_ids()) - set(managing)
        yield kind_of(EVERYBODY[event.name]), dict.fromkeys(sorted(others), about)


def _subject(event: Delivered) -> UUID:
    """What an event is about; two of one act that differ are two notices."""
    for name in ("invoice_id", "membership_id"):
        if event.payload.get(name):
            return UUID(event.payload[name])
    told = [event.payload.get(name, "") for name in ("change", "meter", "percent", "code")]
    return uuid5(NIL, ":".join(map(str, (event.name, *told))))


def _values(payload: Mapping[str, Any]) -> dict[str, str]:
    """What the sentence needs. An end is kept as the last day in the organization's calendar of this moment."""
    values = {name: str(payload[name]) for name in WORDS if payload.get(name)}
    if payload.get("day"):
        values["until"] = payload["day"]
    if payload.get("ends_at"):
        end = datetime.fromisoformat(payload["ends_at"])
        values["until"] = last_day(end, current_organization().time_zone).isoformat()
    for name in DAYS:
        if payload.get(name):
            zone = ZoneInfo(current_organization().time_zone)
            values["on"] = datetime.fromisoformat(payload[name]).astimezone(zone).date().isoformat()
    if payload.get("invoice_id"):
        values |= _invoice(UUID(payload["invoice_id"]))
    return values


def _invoice(invoice_id: UUID) -> dict[str, str]:
    row = Invoice.objects.filter(id=invoice_id).first()
    return {"number": row.written_number, "due": str(row.due), "currency": row.currency} if row else {}

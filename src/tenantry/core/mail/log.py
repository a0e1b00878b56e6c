"""The delivery log as operators read it (platform scope)."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from tenantry.core import crypto
from tenantry.core.mail.composing import Content
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.models import MailDelivery

STATES: tuple[str, ...] = tuple(MailDelivery.State.values)


def deliveries(*, state: str = "", query: str = "") -> QuerySet[MailDelivery]:
    """Without their bodies; not ordered. `query`: a part of recipient or subject."""
    rows = MailDelivery.objects.defer("sealed_body")
    if state:
        rows = rows.filter(state=state)
    if query:
        rows = rows.filter(Q(recipient__contains=query.lower()) | Q(subject__icontains=query))
    return rows


def count_deliveries() -> dict[str, int]:
    """By state; states without a mail are left out."""
    return dict(MailDelivery.objects.values_list("state").annotate(Count("id")).order_by("state"))


def find_delivery(delivery_id: UUID) -> MailDelivery | None:
    return MailDelivery.objects.filter(id=delivery_id).first()


def body_of(delivery: MailDelivery) -> Content | None:
    """The unsealed mail, or None before it was composed and after it was blanked."""
    if not delivery.sealed_body:
        return None
    return Content.from_bytes(crypto.unseal(bytes(delivery.sealed_body), PURPOSE))

from django.db.models import QuerySet

from tenantry.core.actor import Actor
from tenantry.notifications.models import Notification


def own(actor: Actor) -> QuerySet[Notification]:
    """The actor's own notifications, not ordered."""
    return Notification.objects.filter(membership_id=actor.own_id)


def count_unread(actor: Actor) -> int:
    return own(actor).filter(read_at=None).count()

from datetime import datetime

from django.db.models import Count, QuerySet, Subquery

from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.notifications.models import Notification
from tenantry.organizations.models import Organization
from tenantry.people.seats import Seats, seat_columns, seats_of


def own(actor: Actor) -> QuerySet[Notification]:
    """The actor's own notifications, not ordered."""
    return Notification.objects.filter(membership_id=actor.own_id)


def count_unread(actor: Actor) -> int:
    return own(actor).filter(read_at=None).count()


def seats_and_unread(actor: Actor, now: datetime) -> tuple[Seats, int]:
    """The figures around every page of an administrator; one query."""
    unread = own(actor).filter(read_at=None).order_by().values("organization_id").annotate(n=Count("id")).values("n")
    here = Organization.objects.filter(pk=scope.organization_id())
    *seats, count = here.values_list(*seat_columns(now), Subquery(unread[:1])).get()
    return seats_of((seats[0], seats[1], seats[2])), count or 0

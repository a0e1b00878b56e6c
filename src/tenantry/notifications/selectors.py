from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet, Subquery

from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.prepared import PreparedRow
from tenantry.notifications.kinds import GROUPS, Channels, Kind, channels, kinds
from tenantry.notifications.models import Notification, Reader
from tenantry.notifications.wording import url_of
from tenantry.organizations.models import Organization
from tenantry.people.seats import STAND_IN, STANDS_FOR, Seats, here, moments, seat_columns, seats_of


def own(actor: Actor, *, unread: bool = False) -> QuerySet[Notification]:
    """The actor's own centre, not ordered."""
    return _of(actor.own_id, unread=unread)


def _of(membership_id: UUID, *, unread: bool) -> QuerySet[Notification]:
    rows = Notification.objects.filter(membership_id=membership_id, in_centre=True)
    return rows.filter(read_at=None) if unread else rows


def count_unread(actor: Actor) -> int:
    return own(actor, unread=True).count()


def seats_and_unread(actor: Actor, now: datetime) -> tuple[Seats, int]:
    """The figures around every page of an administrator; one query."""
    found = _SEATS_AND_UNREAD.find(**moments(now), own=actor.own_id)
    if found is None:
        raise Organization.DoesNotExist
    *seats, count = found
    return seats_of(tuple(seats)), count or 0


def _seats_and_unread() -> QuerySet[Any, Any]:
    unread = _of(_SOMEBODY, unread=True).order_by().values("organization_id").annotate(n=Count("id")).values("n")
    return here().values_list(*seat_columns(STAND_IN), Subquery(unread[:1]))


_SOMEBODY = UUID(int=1)
_SEATS_AND_UNREAD = PreparedRow(_seats_and_unread, {**STANDS_FOR, _SOMEBODY: "own"})


def find_own(actor: Actor, notification_id: UUID) -> Notification:
    """:raises NotFound: not one of the actor's."""
    row = own(actor).filter(id=notification_id).first()
    if row is None:
        raise NotFound
    return row


def way_of(actor: Actor, notification_id: UUID) -> str:
    """Where one of the actor's notices leads; empty where it leads nowhere.

    :raises NotFound: not one of theirs.
    """
    return url_of(find_own(actor, notification_id))


@dataclass(frozen=True, slots=True)
class Chosen:
    """One kind with where it goes for somebody; `own` where they chose that themselves."""

    kind: Kind
    channels: Channels
    own: bool

    @property
    def group(self) -> Any:
        return GROUPS[self.kind.group]


def kinds_for(actor: Actor) -> list[Kind]:
    """What the actor can ever be told: some kinds go to those with a permission alone."""
    return [kind for kind in kinds() if not kind.permission or actor.may(kind.permission)]


def choices_of(actor: Actor) -> list[Chosen]:
    """In the order of the groups; one query."""
    stored: Mapping[str, Any] = (
        Reader.objects.filter(membership_id=actor.own_id).values_list("choices", flat=True).first() or {}
    )
    return [Chosen(kind, channels(kind, stored), kind.code in stored) for kind in kinds_for(actor)]

"""What happens to people by itself on a day: what is planned, what is due, what is told before, what settles it.

The day is kept, in the organization's calendar: `due_at` is reckoned anew when the organization's time zone changes.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import in_action
from tenantry.organizations.models import Organization
from tenantry.people.models import PlannedChange

Kind = PlannedChange.Kind
# How long before it is told; the same as of roles with an end (`access.ends`).
NOTICES = (timedelta(days=7), timedelta(days=1))
# What was refused when it was due is tried again after this long.
RETRY_AFTER = timedelta(minutes=10)


def open_changes(member_ids: Iterable[UUID]) -> QuerySet[PlannedChange]:
    """Neither done nor called off, in the order in which they come."""
    rows = PlannedChange.objects.filter(membership_id__in=list(member_ids), done_at=None, canceled_at=None)
    return rows.order_by("due_at", "id")


def planned_of(membership_id: UUID) -> list[PlannedChange]:
    """What is planned for one person, with who planned it; one query."""
    return list(
        open_changes([membership_id])
        .select_related("planned_by", "successor")
        .defer("planned_by__picture", "successor__picture")
    )


def leaving_day() -> Subquery:
    """The planned last day of the outer membership, for lists."""
    rows = PlannedChange.objects.filter(membership_id=OuterRef("id"), done_at=None, canceled_at=None)
    return Subquery(rows.filter(kind__in=[Kind.DEACTIVATION, Kind.REMOVAL]).order_by("day").values("day")[:1])


def planned_count() -> Subquery:
    """How much is planned for the outer membership."""
    rows = PlannedChange.objects.filter(membership_id=OuterRef("id"), done_at=None, canceled_at=None)
    return Subquery(rows.order_by().values("membership_id").annotate(n=Count("id")).values("n")[:1])


def due(now: datetime) -> QuerySet[PlannedChange]:
    """What is to happen now, the earliest first; what was refused rests a while before it is tried again."""
    rows = PlannedChange.objects.filter(done_at=None, canceled_at=None, due_at__lte=now)
    return rows.filter(Q(refused="") | Q(noticed_at__lte=now - RETRY_AFTER)).order_by("due_at", "id")


def to_announce(now: datetime) -> QuerySet[PlannedChange]:
    """Coming soon, and nobody was told since it came this close."""
    rows = PlannedChange.objects.filter(done_at=None, canceled_at=None, due_at__gt=now)
    rows = rows.annotate(told_at=Coalesce("noticed_at", "planned_at"))
    near = Q()
    for before in NOTICES:
        near |= Q(due_at__lte=now + before, told_at__lt=F("due_at") - before)
    return rows.filter(near).order_by("due_at", "id")


def of_another_zone() -> QuerySet[PlannedChange]:
    """Reckoned in a time zone that is not the organization's any more."""
    here = Organization.objects.filter(pk=OuterRef("organization_id")).values("time_zone")
    rows = PlannedChange.objects.filter(done_at=None, canceled_at=None)
    return rows.annotate(present=Subquery(here[:1])).exclude(zone=F("present")).order_by("due_at", "id")


def settle(member_ids: Iterable[UUID], now: datetime, kinds: Iterable[str] = Kind.values) -> list[PlannedChange]:
    """Calls off what is planned for these people, because what it waits for has happened by hand or will not."""
    in_action()
    rows = list(open_changes(member_ids).filter(kind__in=list(kinds)).select_for_update(no_key=True))
    PlannedChange.objects.filter(id__in=[row.id for row in rows]).update(canceled_at=now)
    return rows


# Why something could not happen on its day: a refusal's code -> what to do about it.
REASONS = {
    "last_keyholder": _("Nobody else has all permissions. Give them to somebody else first."),
    "at_seat_limit": _("No seat is free. Free one, or buy more."),
    "not_offered_here": _("This organization’s policies don’t allow it any more."),
    "planner_may_not": _("Whoever planned it may not do it any more. Plan it anew, or call it off."),
    "roles_changed_since": _("Whoever planned it has left, and the roles changed since. Plan it anew, or call it off."),
}
REASONS |= {
    "settle_first": _("Something is to be settled before. Settle it, or call it off."),
    "successor_required": _("They own records, and nobody is named who goes on with them. Plan it anew with somebody."),
    "successor_not_offered": _("The policy on records of removed people changed. Plan it anew, or call it off."),
    "successor_cannot_open": _(
        "Whoever was to go on with the records could not open all of them. Give access, or plan it anew."
    ),
    "receiver_not_active": _("Whoever was to go on with the records is not active any more. Plan it anew."),
    "permission_missing": _("Whoever planned it would receive what they may not see. Plan it anew, or call it off."),
}
OTHER_REASON = _("It was refused. Plan it anew, or call it off.")


def reason_in_words(code: str) -> str:
    return str(REASONS.get(code, OTHER_REASON)) if code else ""

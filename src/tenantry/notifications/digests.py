"""One mail a day, at eight in the reader's own time zone, about what is unread and was in no mail yet."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db.models import Min, QuerySet

from tenantry.core.ids import new_id
from tenantry.core.mail import Addressed, queue_mails
from tenantry.core.tenancy import scope
from tenantry.notifications.models import DIGEST, Notification, Reader
from tenantry.organizations.selectors import current_organization
from tenantry.people.models import Membership

HOUR = time(8)
# People whose digests are made in one transaction.
BATCH = 100


def last_hour(now: datetime, zone: str) -> tuple[date, datetime]:
    """The last eight o'clock of this zone that has come: its day there, and its moment in UTC."""
    try:
        here = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        here = ZoneInfo("UTC")
    local = now.astimezone(here)
    day = local.date() if local.time() >= HOUR else local.date() - timedelta(days=1)
    # By the clock on the wall of that day: over a change of summer time the two eights are 23 or 25 hours apart.
    return day, datetime.combine(day, HOUR, tzinfo=here).astimezone(UTC)


def waiting() -> QuerySet[Notification]:
    """What the next digests tell."""
    return Notification.objects.filter(
        mail=Notification.Mail.DIGEST, read_at=None, mailed_at=None, letter_id=None
    ).order_by()


def due_members(now: datetime) -> list[tuple[UUID, date, datetime]]:
    """Active members for whom a digest is due, with its day and moment."""
    oldest = dict(waiting().values_list("membership_id").annotate(first=Min("created_at")))
    here = current_organization().time_zone
    members = Membership.objects.filter(id__in=list(oldest), status=Membership.Status.ACTIVE)
    made = dict(Reader.objects.filter(membership_id__in=list(oldest)).values_list("membership_id", "digest_day"))
    due = []
    for member_id, zone in members.order_by("id").values_list("id", "time_zone"):
        day, moment = last_hour(now, zone or here)
        before = made.get(member_id)
        if oldest[member_id] < moment and (before is None or before < day):
            due.append((member_id, day, moment))
    return due


def make_digests(due: Iterable[tuple[UUID, date, datetime]], now: datetime) -> int:
    """The digests of some members, in one transaction: rows, deliveries and their job commit together or not at all,
    so that whoever is killed in the middle neither loses nor repeats one. Returns how many."""
    wanted = {member_id: (day, moment) for member_id, day, moment in due}
    Reader.objects.bulk_create([Reader(membership_id=one) for one in sorted(wanted)], ignore_conflicts=True)
    readers = Reader.objects.filter(membership_id__in=list(wanted)).select_for_update(of=("self",), no_key=True)
    mails: list[Addressed] = []
    for reader in readers.select_related("membership").defer("membership__picture").order_by("membership_id"):
        day, moment = wanted[reader.membership_id]
        # Another worker may have been here between the look and the lock.
        if reader.digest_day is not None and reader.digest_day >= day:
            continue
        letter = new_id()
        rows = waiting().filter(membership_id=reader.membership_id, created_at__lt=moment)
        if not rows.update(letter_id=letter):
            continue
        Reader.objects.filter(pk=reader.pk).update(digest_day=day)
        mails.append(Addressed(reader.membership.email, letter))
    return queue_mails(kind=DIGEST, mails=mails, organization_id=scope.organization_id(), now=now)

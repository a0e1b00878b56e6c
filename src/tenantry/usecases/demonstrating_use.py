"""What a demonstration organization has used: files in Drives, meters by day, and what its administrators were told."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from uuid import UUID

from tenantry.access.selectors import members_with
from tenantry.acting.actions import Outcome, action
from tenantry.billing.models import Invoice
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.records import record_types
from tenantry.crm.models import Deal, File, Folder
from tenantry.crm.uploading import Stored
from tenantry.metering.meters import AUTOMATIONS, CALLS, DRIVE, METERS, RECORDS, SEATS, TOKENS
from tenantry.metering.models import Quota, UsageDay
from tenantry.notifications.models import Notification
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.organizations.selectors import entitlements
from tenantry.people.models import SeatLine
from tenantry.security.errors import SignInRefused

DAYS = 240
COUNTED = ("lead", "contact", "company", "deal")
# Of what reports its use: how much on a working day where nothing limits it, how large a part of the month's allowance,
# and how much comes on a day of the weekend.
REPORTED = {
    TOKENS: (90_000, 0.62, 0.08),
    AUTOMATIONS: (120, 0.41, 0.02),
    CALLS: (5_200, 0.5, 0.7),
    "connect_messages": (640, 0.5, 0.2),
    "meeting_minutes": (380, 0.45, 0.0),
}
WORKING_DAYS = 21
# Notices are kept so long.
TOLD = timedelta(days=80)


@dataclass(frozen=True, slots=True)
class DemoFile:
    """Bytes that are in the store, in a folder of its owner; `on_deal`: it hangs on one of the owner's deals."""

    stored: Stored
    name: str
    owner: UUID
    created_at: datetime
    folder: str = ""
    on_deal: bool = False


@action(open_to="only somebody with the machine's command line reaches it")
def load_demonstration_use(
    *, actor: Actor, now: datetime, files: Sequence[DemoFile], reports: Sequence[str], seed: str
) -> Outcome[int]:
    """`reports`: meters that somebody reports to, beside those of the product itself. The records are there already."""
    if actor.kind != "system":
        raise SignInRefused
    _file(files)
    days = [now.astimezone(UTC).date() - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    levels = {SEATS: _seats(days, now), RECORDS: _records(days), DRIVE: _bytes(days)}
    used = _used(days, [TOKENS, AUTOMATIONS, CALLS, *reports], random.Random(seed))  # noqa: S311 the same everywhere
    UsageDay.objects.bulk_create(
        UsageDay(meter=key, day=day, amount=amount)
        for key, amounts in (levels | used).items()
        for day, amount in zip(days, amounts, strict=True)
        if amount
    )
    windows: Counter[tuple[str, date]] = Counter()
    for key, amounts in used.items():
        for day, amount in zip(days, amounts, strict=True):
            windows[key, METERS[key].starts_on(day)] += amount
    Quota.objects.bulk_create(Quota(meter=key, starts_on=first, used=total) for (key, first), total in windows.items())
    _tell(now)
    return Outcome(len(files), None)


def _file(files: Iterable[DemoFile]) -> None:
    folders: dict[tuple[UUID, str], Folder] = {}
    for one in files:
        if one.folder and (one.owner, one.folder) not in folders:
            folder = Folder(id=new_id(), name=one.folder, **_columns(one))
            folder.refresh_search()
            folders[one.owner, one.folder] = folder
    Folder.objects.bulk_create(folders.values())
    rows = []
    for one in files:
        deal = Deal.objects.filter(owner_id=one.owner).order_by("-changed_at").first() if one.on_deal else None
        row = File(
            id=new_id(),
            name=one.name,
            folder=folders.get((one.owner, one.folder)),
            deal=deal,
            **one.stored.columns,
            **_columns(one),
        )
        row.workspace_id = deal.workspace_id if deal else None
        row.refresh_search()
        rows.append(row)
    File.objects.bulk_create(rows)


def _columns(one: DemoFile) -> dict[str, object]:
    return {
        "owner_id": one.owner,
        "created_by_id": one.owner,
        "created_at": one.created_at,
        "changed_at": one.created_at,
    }


# --- By day ---------------------------------------------------------------------------------


def _standing(days: Sequence[date], changes: Mapping[date, int]) -> list[int]:
    """How far something stood at the end of each day; what was before the first counts."""
    before = sum(change for day, change in changes.items() if day < days[0])
    return [max(0, one) for one in accumulate((changes.get(day, 0) for day in days), initial=before)][1:]


def _seats(days: Sequence[date], now: datetime) -> list[int]:
    changes: Counter[date] = Counter()
    for at, change in SeatLine.objects.filter(at__lte=now).values_list("at", "change"):
        changes[at.astimezone(UTC).date()] += change
    return _standing(days, changes)


def _records(days: Sequence[date]) -> list[int]:
    changes: Counter[date] = Counter()
    for key in COUNTED:
        rows = record_types()[key].model._default_manager.filter(archived_at=None)
        changes.update(at.astimezone(UTC).date() for at in rows.values_list("created_at", flat=True))
    return _standing(days, changes)


def _bytes(days: Sequence[date]) -> list[int]:
    changes: Counter[date] = Counter()
    for at, size in File.objects.values_list("created_at", "size"):
        changes[at.astimezone(UTC).date()] += size
    return _standing(days, changes)


def _used(days: Sequence[date], keys: Iterable[str], dice: random.Random) -> dict[str, list[int]]:
    """More and more over the months, less at the weekend, and today is not over."""
    limits, found = entitlements(), {}
    for key in keys:
        usual, part, weekend = REPORTED[key]
        limit = limits.get(METERS[key].entitlement)
        share = WORKING_DAYS if METERS[key].window == "month" else 1
        base = usual if limit is None else limit * part / share
        amounts = []
        for place, day in enumerate(days):
            rest = weekend if day.weekday() >= 5 else 1.0
            amounts.append(int(base * rest * (0.45 + 0.55 * place / len(days)) * dice.uniform(0.7, 1.15)))
        amounts[-1] = amounts[-1] // 2
        found[key] = amounts
    return found


# --- Notices --------------------------------------------------------------------------------


def _tell(now: datetime) -> None:
    """Those who look after the money heard of each invoice; the last one they have not read yet."""
    issued = list(Invoice.objects.filter(issued_at__gt=now - TOLD).order_by("issued_at"))
    managing = members_with(BILLING_VIEW, now)
    Notification.objects.bulk_create(
        Notification(
            membership_id=member,
            kind=kind,
            about_id=one.id,
            values={"number": one.written_number, "due": str(one.due), "currency": one.currency},
            number=0,
            created_at=one.issued_at + timedelta(minutes=minutes),
            read_at=None if one is issued[-1] else one.issued_at + timedelta(hours=5),
        )
        for one in issued
        for kind, minutes in (("invoice_issued", 1), ("payment_received", 2))
        for member in managing
    )

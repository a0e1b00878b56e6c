"""Why as many seats are in use as there are: the ledger, read (product.md §5, decision 0034)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum, Window

from tenantry.acting.actions import in_action
from tenantry.core import acts
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.many import update_many
from tenantry.core.paging import Page, keyset_page
from tenantry.organizations.permissions import BILLING_VIEW, SEATS_VIEW
from tenantry.organizations.selectors import policy_values
from tenantry.people.models import SeatLine
from tenantry.people.seats import COUNTED, GROWTH

Kind = SeatLine.Kind
Effect = SeatLine.Effect
KINDS: tuple[str, ...] = tuple(Kind.values)


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """`person_ids`: None is everybody. `until` is excluded."""

    kinds: tuple[str, ...] = ()
    person_ids: tuple[UUID, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, line: SeatLine) -> bool:
        """What the query asks, of one line."""
        return (
            (not self.kinds or line.kind in self.kinds)
            and (self.person_ids is None or line.membership_id in self.person_ids)
            and (self.since is None or line.at >= self.since)
            and (self.until is None or line.at < self.until)
        )


def in_effect(now: datetime) -> QuerySet[SeatLine]:
    """All lines but the ends of invitations that are still to come. Their sum is the number of seats in use."""
    return SeatLine.objects.exclude(kind=Kind.LAPSED, at__gt=now)


def ledger_page(
    actor: Actor, wanted: LedgerFilter, now: datetime, *, cursor: str | None = None, size: int = 50
) -> Page[SeatLine]:
    """Lines, the latest first.

    :raises PermissionMissing: neither `seats.view` nor `billing.view`. :raises InvalidInput: a cursor of elsewhere.
    """
    require_any(actor, SEATS_VIEW, BILLING_VIEW)
    rows = in_effect(now)
    if wanted.kinds:
        rows = rows.filter(kind__in=wanted.kinds)
    if wanted.person_ids is not None:
        rows = rows.filter(membership_id__in=wanted.person_ids)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    return keyset_page(rows, order="at", descending=True, cursor=cursor, size=size)


def numbers_after(lines: Sequence[SeatLine], in_use: int, now: datetime) -> dict[UUID, int]:
    """How many seats were in use after each of these lines, the latest first. `in_use`: at this moment. One query,
    over the lines since the last of them."""
    if not lines:
        return {}
    last, ids = lines[-1], [line.id for line in lines]
    since = in_effect(now).filter(at__gte=last.at).filter(Q(at__gt=last.at) | Q(id__gte=last.id))
    summed = since.annotate(upto=Window(Sum("change"), order_by=(F("at").desc(), F("id").desc())))
    # The second condition never holds: it keeps the first one outside of the sum.
    found = summed.filter(Q(id__in=ids) | Q(upto=None)).values_list("id", "change", "upto")
    return {line_id: in_use - int(upto) + change for line_id, change, upto in found}


def sum_of_lines(now: datetime) -> int:
    """What the meter has to say (`people.seats.seats`); reads every line."""
    return int(in_effect(now).aggregate(total=Sum("change"))["total"] or 0)


# --- What it costs ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Price:
    """What is decided of a line: see `SeatLine`. `amount` in minor units; None: nothing."""

    effect: str
    amount: int | None = None
    invoice_id: UUID | None = None


def unpriced_people(now: datetime) -> list[SeatLine]:
    """Changes of people each of whom is charged (growth by person) of which nothing is decided yet, the earliest first;
    for billing."""
    rows = in_effect(now).filter(growth="per_person", effect="", licensed=0).exclude(kind=Kind.OPENING)
    return list(rows.order_by("at", "id"))


def unpriced_licences(*, planned: bool = False) -> list[SeatLine]:
    """Seats bought and given back of which nothing is decided yet, or, `planned`, those that are given back at renewal;
    the earliest first, for billing."""
    rows = SeatLine.objects.exclude(licensed=0)
    waiting = rows.filter(effect=SeatLine.Effect.RENEWAL, invoice_id=None) if planned else rows.filter(effect="")
    return list(waiting.order_by("at", "id"))


def price_lines(prices: Mapping[UUID, Price], currency: str) -> None:
    """Writes what is decided of lines; for billing."""
    in_action()
    lines = list(SeatLine.objects.filter(id__in=prices))
    for line in lines:
        price = prices[line.id]
        line.effect, line.amount, line.invoice_id = price.effect, price.amount, price.invoice_id
        line.currency = "" if price.amount is None else currency
    update_many(lines, ["effect", "amount", "currency", "invoice_id"])


def note_licence(kind: Kind, change: int, now: datetime, *, effect: str = "", invoice_id: UUID | None = None) -> None:
    """A line for seats that are bought or given back, by whoever acts now; for billing."""
    in_action()
    if not change:
        return
    act, rules = acts.current(), policy_values(COUNTED, GROWTH)
    line = SeatLine(
        at=now,
        kind=kind,
        change=0,
        licensed=change,
        actor_kind=act.kind if act else "",
        actor_id=act.id if act else None,
        action=act.action if act else "",
        counted=",".join(sorted(rules[COUNTED])),
        growth=rules[GROWTH],
        effect=effect,
        invoice_id=invoice_id,
    )
    SeatLine.objects.bulk_create([line])

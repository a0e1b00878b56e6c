"""What billing's actions compose: a subscription's states, its seats, and what follows for the organization."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenantry.acting.actions import in_action
from tenantry.audit.chain import Event
from tenantry.billing.invoicing import Issued, Line, add_credit, issue
from tenantry.billing.models import EntitlementOverride, Interval, Invoice, Order, Subscription
from tenantry.billing.offers import catalogue_for
from tenantry.billing.proration import months_after, months_between
from tenantry.billing.selectors import PER_PERSON, WINDOW, moment_of, terms_of, unlimited_terms
from tenantry.billing.states import GRACE, RUNNING, Happening, State, after, organization_state
from tenantry.billing.terms import UNLIMITED, Terms, terms_in
from tenantry.core.ids import new_id
from tenantry.organizations.entitlements import CATALOGUE, SEATS
from tenantry.organizations.locks import lock
from tenantry.organizations.models import Entitlement, LockRow, Organization, current_organization
from tenantry.organizations.selectors import policy

# How long exports of an ended subscription go on.
EXPORTS = timedelta(days=30)
TELL_BEFORE = timedelta(days=3)
# A contract takes longer to renew than a trial to decide about.
TELL_AGREED_BEFORE = timedelta(days=30)


def lock_subscription() -> Subscription | None:
    """Seats first: a licence changes under the lock under which seats are taken."""
    in_action()
    lock(LockRow.Name.SEATS)
    return Subscription.objects.select_for_update(no_key=True).first()


def begun(now: datetime) -> Subscription:
    """The locked row, made now for whoever has held everything so far because nothing was sold."""
    in_action()
    row = lock_subscription()
    if row is None:
        terms = unlimited_terms()
        row = Subscription(id=new_id(), state=State.ACTIVE, state_since=now, terms=terms.plain())
        Subscription.objects.bulk_create([row])
    return row


def changed(
    subscription: Subscription,
    change: str,
    at: datetime,
    before: str | None = None,
    plan: str | None = None,
    then: int | None = None,
) -> Event:
    """For those who tell people what it means for them. `plan`: the title of what comes, where it is not there yet;
    `then`: seats of it that were chosen now."""
    held, planned = subscription.terms["title"], subscription.planned
    payload = {
        "change": change,
        "plan": plan or held,
        "before_plan": before or held,
        "at": at.isoformat(),
        "interval": subscription.interval,
        "seats": subscription.seats,
        "next_seats": then or (None if "terms" in planned else planned.get("seats")),
    }
    return Event("SubscriptionChanged", payload)


# --- Beginning ------------------------------------------------------------------------------


def start_subscription(blueprint: str, now: datetime) -> tuple[Event, ...]:
    """Of a new organization: the trial of what is sold to it, else its smallest plan, if that costs nothing. Where
    nothing is sold there is no row, and nothing is limited."""
    in_action()
    catalogue = catalogue_for(blueprint)
    if catalogue.key == UNLIMITED:
        return ()
    row = Subscription(id=new_id(), state_since=now)
    trial = catalogue.trial
    if trial is not None:
        plan = catalogue.plan(trial.plan)
        assert plan is not None
        terms = terms_in(catalogue, plan).plain()
        terms["entitlements"] = {**terms["entitlements"], **trial.entitlements}
        row.state, row.terms, row.seats = State.TRIAL, terms, trial.seats
        row.trial_ends_at = now + timedelta(days=trial.days)
    else:
        first = terms_in(catalogue, catalogue.plans[0])
        row.state = State.ACTIVE if first.is_free else State.TRIAL_ENDED
        row.terms, row.seats = first.plain(), first.included
    row.due_at = due_of(row)
    Subscription.objects.bulk_create([row])
    _follow(row, now)
    resolve_entitlements(now)
    if row.trial_ends_at is not None:
        return (changed(row, "trial_started", row.trial_ends_at),)
    return (changed(row, "started", now),)


# --- Keeping --------------------------------------------------------------------------------


def move(subscription: Subscription, happening: Happening, at: datetime) -> None:
    """To the state after it; what is planned or canceled shows again once nothing else stands in front of it."""
    state = after(subscription.state, happening)
    if state == State.ACTIVE and subscription.cancels:
        state = after(state, Happening.CANCEL_PLANNED)
    elif state == State.ACTIVE and subscription.planned:
        state = after(state, Happening.DOWNGRADE_PLANNED)
    if state != subscription.state:
        subscription.state, subscription.state_since = state, at


def keep(subscription: Subscription, now: datetime) -> None:
    """Writes the row, when something happens to it next, and what the organization is meanwhile. `now`: the
    installation's."""
    in_action()
    subscription.version += 1
    _follow(subscription, now)
    subscription.due_at = due_of(subscription)
    subscription.save()


def _follow(subscription: Subscription, now: datetime) -> None:
    state = organization_state(subscription.state)
    if state == Organization.State.CANCELED and closes_at(subscription) <= moment_of(subscription, now):
        state = Organization.State.CLOSED
    if current_organization().state not in (state, Organization.State.CLOSED):
        Organization.objects.update(state=state)


def closes_at(subscription: Subscription) -> datetime:
    """The end of the exports of an ended subscription."""
    return subscription.state_since + EXPORTS


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """`order`: of what is due at one moment."""

    at: datetime
    order: int
    what: str


def dues(subscription: Subscription) -> list[Due]:
    """What will happen to it by itself, by its own clock, the next first."""
    row, found = subscription, []
    if row.state == State.TRIAL and row.trial_ends_at:
        found.append(Due(row.trial_ends_at, 1, "trial_over"))
        if row.trial_told_at is None:
            found.append(Due(row.trial_ends_at - TELL_BEFORE, 0, "trial_told"))
    if row.state in RUNNING and row.period_end:
        found.append(Due(row.period_end, 3, "period_over"))
        if row.increased_at:
            found.append(Due(min(row.increased_at + WINDOW, row.period_end), 2, "seats_charged"))
        counted = counted_next(row)
        if counted is not None:
            found.append(Due(counted, 2, "people_counted"))
    if row.state == State.FROZEN and row.cancels and row.period_end:
        # Nobody has to pay for it to end.
        found.append(Due(row.period_end, 3, "period_over"))
    if row.state in RUNNING and row.agreed_until and row.agreed_told_at is None and not row.cancels:
        found.append(Due(row.agreed_until - TELL_AGREED_BEFORE, 0, "agreement_told"))
    if row.state == State.PENDING_PAYMENT and row.unpaid_since:
        found.append(Due(row.unpaid_since + GRACE, 4, "grace_over"))
    if row.state == State.CANCELED and current_organization().state != Organization.State.CLOSED:
        found.append(Due(closes_at(row), 5, "closed"))
    return sorted(found)


def counted_next(row: Subscription, since: datetime | None = None) -> datetime | None:
    """When people are counted next who are charged each, for themselves or for an add-on; None: not before the
    period's end. `since`: the moment that counts as the last time. `increased_at` is of licences."""
    last = row.counted_at or since
    if row.interval == Interval.MONTH or row.anchor_at is None or row.period_end is None or last is None:
        return None
    found = months_after(row.anchor_at, months_between(row.anchor_at, last) + 1)
    return found if found < row.period_end else None


def due_of(subscription: Subscription) -> datetime | None:
    """The next of it by the installation's clock."""
    found = dues(subscription)
    return found[0].at - timedelta(seconds=subscription.ahead_seconds) if found else None


# --- What follows for the organization ------------------------------------------------------


def resolve_entitlements(now: datetime) -> tuple[str, ...]:
    """Plan and operators' words, as rows that everybody reads; one writing of those that changed, whose keys it
    returns. Packs stand behind an allowance, they are no part of it: meters count them."""
    in_action()
    row = Subscription.objects.first()
    terms = terms_of(row)
    wanted: dict[str, tuple[int | None, str]] = {key: (terms.entitlements.get(key), "plan") for key in CATALOGUE}
    wanted[SEATS] = (_licence(row, terms), "plan")
    ends = EntitlementOverride.objects.filter(ends_at__isnull=False, ends_at__lte=now)
    for override in EntitlementOverride.objects.exclude(id__in=ends.values("id")):
        wanted[override.key] = (override.limit, "operator")
    present = {one.key: one for one in Entitlement.objects.all()}
    rows = []
    for key, (limit, source) in wanted.items():
        held = present.get(key)
        if row is None and held is None and limit is None and key != SEATS:
            continue
        if held is None or (held.limit, held.source) != (limit, source):
            rows.append(Entitlement(id=held.id if held else new_id(), key=key, limit=limit, source=source))
    fields = ["limit", "source"]
    one_key = ["organization_id", "key"]
    Entitlement.objects.bulk_create(rows, update_conflicts=True, unique_fields=one_key, update_fields=fields)
    return tuple(one.key for one in rows)


def _licence(row: Subscription | None, terms: Terms) -> int | None:
    """Seats that may be taken. None: they are not counted, or each person is charged."""
    if row is None or row.seats is None or terms.included is None:
        return None
    return None if policy(PER_PERSON) == "per_person" else row.seats


# --- Invoices -------------------------------------------------------------------------------


def paid(invoice: Invoice, at: datetime, ref: str = "") -> None:
    in_action()
    invoice.state, invoice.paid_at, invoice.next_attempt_at = Invoice.State.PAID, at, None
    invoice.ref = ref or invoice.ref
    invoice.save(update_fields=["state", "paid_at", "next_attempt_at", "ref"])


def invoice_all(
    subscription: Subscription, sheets: list[list[Line]], at: datetime, *, prepaid: bool = False, ref: str = ""
) -> list[Issued]:
    """One invoice for each. `prepaid`: the money is there already; else a job collects what is due."""
    period = None
    if subscription.period_start is not None and subscription.period_end is not None:
        period = (subscription.period_start, subscription.period_end)
    found = []
    for lines in sheets:
        if not lines:
            continue
        one = issue(subscription, lines, at, currency=subscription.terms["currency"], period=period)
        if prepaid and one.invoice.state == Invoice.State.OPEN:
            paid(one.invoice, at, ref)
            one = Issued(one.invoice, one.values, one.events, ())
        found.append(one)
    return found


def write_off(subscription: Subscription, at: datetime) -> None:
    """What is open when a subscription ends is not asked for any more, and the credit that was used for it is there
    again."""
    in_action()
    for one in Invoice.objects.filter(state=Invoice.State.OPEN).order_by("number"):
        one.state, one.next_attempt_at = Invoice.State.VOID, None
        one.save(update_fields=["state", "next_attempt_at"])
        if one.credit_used:
            add_credit(subscription, one.credit_used, "written_off", at, currency=one.currency, invoice=one)


def expire_orders(kind: str, at: datetime) -> None:
    """A new quote takes the place of those that nobody paid."""
    in_action()
    Order.objects.filter(kind=kind, state=Order.State.OPEN).update(state=Order.State.EXPIRED, settled_at=at)


def order_in(values: Mapping[str, Any]) -> list[list[Line]]:
    """The lines that an order promised, invoice by invoice."""
    return [[Line.of(one) for one in sheet["lines"]] for sheet in values["sheets"]]

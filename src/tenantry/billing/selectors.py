"""Reads of what an organization has bought. Moments of a subscription are by its own clock: the installation's, and for
demonstrations ahead of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, Func, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tenantry.billing.invoicing import credit_balance
from tenantry.billing.models import (
    AddonSwitch,
    CreditEntry,
    EntitlementOverride,
    GatewayTrouble,
    Invoice,
    Order,
    PaymentMethod,
    Subscription,
    invoice_number,
)
from tenantry.billing.offers import load
from tenantry.billing.proration import Basis, line, next_end, unused
from tenantry.billing.quoting import Holding
from tenantry.billing.states import GRACE
from tenantry.billing.terms import UNLIMITED, Terms, terms_in
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.together import Wanted, read_together, wanted
from tenantry.organizations.models import Entitlement, PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import policy_values
from tenantry.people.models import Membership
from tenantry.people.seats import COUNTED
from tenantry.people.selectors import visible_members

__all__ = ["credit_balance"]
SANDBOX, STRIPE = "sandbox", "stripe"
PER_PERSON, BASIS = "seats.growth", "proration.basis"
# Increases of seats within this time of the first are one charge (lessons.md).
WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rules:
    """The policies that money follows. `at_once`: every change is, and unused time becomes credit."""

    per_person: bool
    basis: Basis

    @property
    def at_once(self) -> bool:
        return self.basis == "month"


def rules() -> Rules:
    values = policy_values(PER_PERSON, BASIS)
    return Rules(values[PER_PERSON] == "per_person", values[BASIS])


def subscription() -> Subscription | None:
    """None: nothing was ever sold to this organization; it holds `unlimited_terms()`."""
    return Subscription.objects.first()


def gateway_for(subscription: Subscription | None) -> str:
    """Who takes what is paid next: whoever took what runs, else the one that is set up."""
    if subscription is not None and (subscription.gateway != SANDBOX or subscription.period_end is not None):
        return subscription.gateway
    return STRIPE if settings.STRIPE_SECRET_KEY else SANDBOX


def unlimited_terms() -> Terms:
    """Of whoever has bought nothing, because nothing was sold."""
    catalogue = load(UNLIMITED)
    return terms_in(catalogue, catalogue.plans[0])


def terms_of(subscription: Subscription | None) -> Terms:
    return unlimited_terms() if subscription is None or not subscription.terms else Terms.of(subscription.terms)


def planned_terms(subscription: Subscription) -> Terms | None:
    """What comes at the end of the period, where another plan does."""
    terms = subscription.planned.get("terms")
    return Terms.of(terms) if terms else None


def moment_of(subscription: Subscription | None, now: datetime) -> datetime:
    """`now` by the subscription's clock."""
    return now + timedelta(seconds=subscription.ahead_seconds) if subscription else now


def switched() -> dict[str, int]:
    """How many people have each add-on switched on, of those who are counted: who holds no seat is charged nothing."""
    return switched_in(read_together({SWITCHED: switched_part()}))


SWITCHED = "switched"


def switched_part() -> Wanted:
    """What `switched_in` reads under `SWITCHED`, for a query that asks for more besides."""
    counted = AddonSwitch.objects.filter(_counts()).order_by().values("key").annotate(n=Count("id"))
    return wanted(counted, "key", "n")


def switched_in(found: Mapping[str, list[dict[str, Any]]]) -> dict[str, int]:
    return {row["key"]: row["n"] for row in found[SWITCHED]}


def _counts() -> Q:
    """That the status of a switch's person is among those that the policy counts; asked within the same query."""
    said = PolicyValue.objects.filter(code=COUNTED)
    status = Func(OuterRef("membership__status"), function="to_jsonb", output_field=JSONField())
    return Q(Exists(said.filter(value__contains=status))) | (
        ~Q(Exists(said)) & Q(membership__status__in=CATALOGUE[COUNTED].default)
    )


def people_with_addon(actor: Actor, key: str) -> QuerySet[Membership]:
    """Those whom the actor may see, with `since`.

    :raises PermissionMissing: `people.view`.
    """
    rows = AddonSwitch.objects.filter(membership_id=OuterRef("id"), key=key)
    people = visible_members(actor).filter(Exists(rows)).annotate(since=Subquery(rows.values("since")[:1]))
    return people.defer("picture", "search_text")


@dataclass(frozen=True, slots=True)
class AddonOfPerson:
    """An add-on of the plan, and since when one person has it; None: they do not. `price` of a period, minor units."""

    key: str
    title: str
    price: int
    currency: str
    interval: str
    since: datetime | None


def addons_of_person(membership_id: UUID) -> list[AddonOfPerson]:
    """Every add-on of the plan; one query."""
    parts = {
        "subscription": wanted(Subscription.objects.all(), "terms", "interval"),
        "switches": wanted(AddonSwitch.objects.filter(membership_id=membership_id), "key", "since"),
    }
    found = read_together(parts)
    since = {row["key"]: row["since"] for row in found["switches"]}
    return [
        AddonOfPerson(
            addon["key"],
            addon["title"],
            addon["prices"][row["interval"]],
            row["terms"]["currency"],
            row["interval"],
            since.get(addon["key"]),
        )
        for row in found["subscription"]
        for addon in row["terms"].get("addons", ())
    ]


def holding_of(subscription: Subscription, people: Mapping[str, int] | None = None) -> Holding:
    """As prices read it; one query where the plan has add-ons and nobody says how many `people` have which."""
    terms, seats = terms_of(subscription), subscription.seats or 0
    if people is None:
        people = switched() if terms.addons else {}
    charged = subscription.charged_addons
    runs = subscription.period_start is not None and subscription.period_end is not None
    return Holding(
        terms,
        subscription.interval,
        seats,
        seats if subscription.charged_seats is None else subscription.charged_seats,
        people,
        (subscription.period_start, subscription.period_end) if runs else None,  # type: ignore[arg-type]
        subscription.anchor_at,
        people if charged is None else charged,
    )


@dataclass(frozen=True, slots=True)
class SeatPrice:
    """Of the next seat, before tax: `now` for the rest of the period, `at_renewal` for each one after."""

    now: int
    at_renewal: int
    currency: str
    interval: str
    renews_at: datetime


def seat_price(now: datetime) -> SeatPrice | None:
    """None where nothing is charged for one more: no plan, a trial, one of the seats that are paid already, or one that
    can't be had. Whether a licensed seat is free the caller knows."""
    return seat_price_of(subscription(), now)


def seat_price_of(row: Subscription | None, now: datetime) -> SeatPrice | None:
    """For whoever has read the subscription already."""
    if row is None or row.period_start is None or row.period_end is None:
        return None
    terms, seats, ruled = terms_of(row), row.seats or 0, rules()
    price = terms.price(row.interval)
    if not price.seat or terms.beyond(seats + 1) == terms.beyond(seats):
        return None
    # People are counted for whole months (`billing.renewing`); licences of one hour are reckoned from the first.
    basis: Basis = "month" if ruled.per_person else ruled.basis
    at = moment_of(row, now) if ruled.per_person or not row.increased_at else row.increased_at
    part = unused(at, row.period_start, row.period_end, basis, row.anchor_at)
    then, interval = planned_terms(row) or terms, row.planned.get("interval") or row.interval
    later = (then.price(interval).seat or 0) if renews(row) else 0
    return SeatPrice(line(price.seat, 1, part), later, terms.currency, interval, row.period_end)


def renews(subscription: Subscription) -> bool:
    """Whether another period follows the running one."""
    end, until = subscription.period_end, subscription.agreed_until
    if end is None or subscription.cancels:
        return False
    return until is None or end < until or "terms" in subscription.planned


def grace_ends(subscription: Subscription) -> datetime | None:
    """When it is frozen unless it is paid before."""
    return None if subscription.unpaid_since is None else subscription.unpaid_since + GRACE


def next_period_end(subscription: Subscription) -> datetime | None:
    if subscription.period_end is None:
        return None
    anchor = subscription.anchor_at or subscription.period_end
    return next_end(anchor, subscription.period_end, subscription.interval)


def invoices() -> QuerySet[Invoice]:
    """The newest first."""
    return Invoice.objects.order_by("-number")


def find_invoice(invoice_id: UUID) -> Invoice:
    """:raises NotFound: there is none."""
    row = Invoice.objects.filter(id=invoice_id).first()
    if row is None:
        raise NotFound
    return row


def numbers_of(invoice_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """As they are written; no query for none."""
    ids = {one for one in invoice_ids if one}
    if not ids:
        return {}
    rows = Invoice.objects.filter(id__in=ids).values_list("id", "year", "number")
    return {key: invoice_number(year, number) for key, year, number in rows}


def open_invoices() -> QuerySet[Invoice]:
    return Invoice.objects.filter(state=Invoice.State.OPEN).order_by("number")


def find_order(order_id: UUID) -> Order:
    """:raises NotFound: there is none."""
    row = Order.objects.filter(id=order_id).first()
    if row is None:
        raise NotFound
    return row


def payment_method() -> PaymentMethod | None:
    return PaymentMethod.objects.first()


@dataclass(frozen=True, slots=True)
class Account:
    """What stands around a subscription. `limits` and `sources` of entitlements by key; `invoices` the newest first;
    `card` and each invoice by their columns; `more`: what else was asked for."""

    limits: Mapping[str, int | None]
    sources: Mapping[str, str]
    card: Mapping[str, Any] | None
    credit: int
    invoices: list[dict[str, Any]]
    more: Mapping[str, list[dict[str, Any]]]


NEWEST = 5
_CARD = ("brand", "last4", "expires_month", "expires_year", "declined_at", "ref")
_INVOICE = ("id", "number", "year", "state", "currency", "total", "due", "issued_at", "next_attempt_at")


def account(currency: str, more: Mapping[str, Wanted] = MappingProxyType({})) -> Account:
    """One query, with `more` of the asker's; the credit of this currency."""
    last = Subquery(CreditEntry.objects.filter(currency=currency).order_by("-number").values("number")[:1])
    newest = Subquery(Invoice.objects.order_by("-number").values("number")[NEWEST : NEWEST + 1])
    parts = {
        "entitlements": wanted(Entitlement.objects.all(), "key", "limit", "source"),
        "card": wanted(PaymentMethod.objects.all(), *_CARD),
        "credit": wanted(CreditEntry.objects.filter(number=last), "balance"),
        "invoices": wanted(Invoice.objects.filter(number__gt=Coalesce(newest, 0)), *_INVOICE),
    }
    found = read_together({**parts, **more})
    rows = sorted(found["invoices"], key=lambda row: row["number"], reverse=True)
    for row in rows:
        row["written_number"] = invoice_number(row["year"], row["number"])
    return Account(
        {row["key"]: row["limit"] for row in found["entitlements"]},
        {row["key"]: row["source"] for row in found["entitlements"]},
        next(iter(found["card"]), None),
        next((row["balance"] for row in found["credit"]), 0),
        rows,
        {key: found[key] for key in more},
    )


def overrides() -> list[EntitlementOverride]:
    """Those that operators made and that did not end, by key."""
    return list(EntitlementOverride.objects.order_by("key"))


def subscriptions_due(now: datetime) -> QuerySet[Any]:
    """Organizations to which something happens by itself now (platform scope)."""
    return Subscription.objects.filter(due_at__lte=now).order_by().values_list("organization_id")


def overrides_due(now: datetime) -> QuerySet[Any]:
    """Organizations of which an operator's word ends now (platform scope)."""
    return EntitlementOverride.objects.filter(ends_at__lte=now).order_by().values_list("organization_id")


def customers_at(gateway: str) -> QuerySet[Any]:
    """Organizations that a gateway knows (platform scope)."""
    rows = Subscription.objects.filter(gateway=gateway).exclude(customer_ref="")
    return rows.order_by().values_list("organization_id")


def whose(customer: str) -> UUID | None:
    """The organization that a gateway calls so (platform scope)."""
    rows = Subscription.objects.filter(customer_ref=customer).exclude(customer_ref="")
    return rows.values_list("organization_id", flat=True).first()


def troubles() -> QuerySet[GatewayTrouble]:
    """What the gateway says otherwise; over all organizations in platform scope."""
    return GatewayTrouble.objects.order_by("found_at", "code", "ref")

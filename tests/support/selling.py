"""An organization to which something is sold, with a clock that can be moved and a gateway that says what it is to."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.test import override_settings

from factories.organizations import Organization, make_organization
from tenantry.acting.actions import perform
from tenantry.billing.actions.orders import Settled, settle_order
from tenantry.billing.actions.payments import fail_payment, receive_payment
from tenantry.billing.actions.plans import change_plan, plan_change_plan
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.invoicing import Line, issue
from tenantry.billing.models import Invoice, Order, PaymentMethod, Subscription
from tenantry.billing.offers import offered
from tenantry.billing.selectors import credit_balance, moment_of, open_invoices
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.selectors import current_organization, entitlements


@contextmanager
def selling(catalogue: str = "blueprint") -> Iterator[None]:
    with override_settings(PLAN_CATALOGUE=catalogue):
        yield


class Customer:
    """`system`: what the gateway and the clock do."""

    def __init__(self, blueprint: str = "standard", catalogue: str = "blueprint") -> None:
        self.catalogue = catalogue
        with selling(catalogue):
            self.org: Organization = make_organization(blueprint=blueprint)

    def system(self, action: Any, /, **params: Any) -> Any:
        with selling(self.catalogue), scope.tenant(self.org.id):
            return perform(action, actor=Actor.system("billing", self.org.id), **params)

    def act(self, action: Any, /, **params: Any) -> Any:
        with selling(self.catalogue):
            return self.org.perform(action, **params)

    def ask(self, planned: Any, /, **params: Any) -> Any:
        """A plan: what an action would do."""
        with selling(self.catalogue), scope.tenant(self.org.id), reading():
            return planned(actor=self.org.owner.actor, now=params.pop("now", None) or clock.now(), **params)

    @property
    def row(self) -> Subscription:
        with scope.tenant(self.org.id), reading():
            return Subscription.objects.get()

    @property
    def now(self) -> datetime:
        return moment_of(self.row, clock.now())

    @property
    def state(self) -> tuple[str, str]:
        """Of subscription and organization."""
        with scope.tenant(self.org.id), reading():
            return self.row.state, current_organization().state

    @property
    def entitlements(self) -> dict[str, int | None]:
        with scope.tenant(self.org.id), reading():
            return entitlements()

    @property
    def credit(self) -> int:
        with scope.tenant(self.org.id), reading():
            return credit_balance(self.row.terms["currency"])

    @property
    def invoices(self) -> list[Invoice]:
        with scope.tenant(self.org.id), reading():
            return list(Invoice.objects.order_by("number").prefetch_related("lines"))

    @property
    def open(self) -> list[Invoice]:
        with scope.tenant(self.org.id), reading():
            return list(open_invoices())

    def order(self) -> Order | None:
        with scope.tenant(self.org.id), reading():
            return Order.objects.order_by("-made_at", "-id").first()

    def write(self, **columns: Any) -> None:
        with scope.platform("demo", self.org.id), writing():
            Subscription.objects.update(**columns)

    def card(self, *, declined: bool = False) -> None:
        with scope.tenant(self.org.id), writing():
            PaymentMethod.objects.all().delete()
            at = clock.now() if declined else None
            PaymentMethod.objects.create(brand="Visa", last4="4242", added_at=clock.now(), declined_at=at)

    # --- Time and money ---------------------------------------------------------------------

    def go_to(self, moment: datetime) -> None:
        """The subscription's clock stands at least at `moment`, and what is due has happened."""
        ahead = int((moment - clock.now()) / timedelta(seconds=1)) + 1
        self.write(ahead_seconds=max(ahead, self.row.ahead_seconds))
        self.system(tend_subscription)

    def settle(self, outcome: str = "paid", order: Order | None = None) -> Settled:
        found = order or self.order()
        assert found is not None
        settled: Settled = self.system(settle_order, order_id=found.id, outcome=outcome)
        return settled

    def subscribe(self, plan: str, **more: Any) -> None:
        """The plan, quoted, confirmed and paid."""
        quoted = self.ask(plan_change_plan, plan=plan, **more)
        made = self.act(change_plan, plan=plan, at=quoted.at, digest=quoted.digest, **more)
        if made.order_id:
            assert self.settle().how == "carried_out"

    def pay(self, invoice: Invoice | None = None) -> None:
        for one in [invoice] if invoice else self.open:
            self.system(receive_payment, invoice_id=one.id)

    def decline(self, invoice: Invoice | None = None) -> None:
        for one in [invoice] if invoice else self.open:
            self.system(fail_payment, invoice_id=one.id)


def billing_samples(org: Organization) -> dict[str, str]:
    """The organization has bought a plan in the middle of its month: a card, an invoice, an order that waits."""
    now = clock.now()
    with selling("standard"), scope.tenant(org.id), writing():
        terms = next(one for one in offered() if one.plan == "team").plain()
        terms["addons"] = [
            {"key": "mortgage_broker", "title": "Mortgage Broker", "prices": {"month": 500, "year": 5000}}
        ]
        start, end = now - timedelta(days=10), now + timedelta(days=20)
        if not Subscription.objects.exists():
            Subscription.objects.create(
                state="active",
                state_since=start,
                terms=terms,
                seats=50,
                charged_seats=50,
                period_start=start,
                period_end=end,
                anchor_at=start,
            )
            PaymentMethod.objects.create(
                brand="Visa", last4="4242", expires_month=12, expires_year=2034, ref="sandbox:good", added_at=start
            )
        line = Line("pack", 1000, 1, {"title": "500,000 AI tokens", "currency": "USD"})
        sheets = [{"key": "pack", "lines": [line.plain()]}]
        pack = {"key": "tokens", "title": "500,000 AI tokens", "meter": "ai_tokens", "amount": 500_000}
        order = Order.objects.create(
            kind=Order.Kind.PACK,
            quote={"pack": pack, "sheets": sheets, "due": 1000, "balance": 0, "currency": "USD"},
            made_at=now,
            expires_at=now + timedelta(days=1),
        )
        invoice = issue(Subscription.objects.select_for_update().get(), [line], now, currency="USD").invoice
    return {"order_id": str(order.id), "invoice_id": str(invoice.id), "pack": "tokens", "addon": "mortgage_broker"}

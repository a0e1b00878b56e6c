"""Whatever people, clock and gateway do, in any order, dropped or twice: the subscription says what its own facts say,
money is neither lost nor taken twice, and what is granted is what is held."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from support.selling import Customer
from tenantry.billing.actions.plans import (
    cancel_subscription,
    change_plan,
    plan_change_plan,
    resume_subscription,
    withdraw_downgrade,
)
from tenantry.billing.actions.seats import buy_seats, plan_buy_seats, reduce_seats
from tenantry.billing.models import CreditEntry, Invoice, Order
from tenantry.billing.selectors import moment_of, subscription
from tenantry.billing.terms import Terms
from tenantry.core import clock
from tenantry.core.errors import Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import current_organization
from tenantry.organizations.selectors import entitlements

GRACE = timedelta(days=14)
ORGANIZATIONS = {"trial_ended": "trial_ended", "frozen": "frozen", "canceled": "canceled"}
PLANS = st.sampled_from(["free", "team", "business", "enterprise"])


class History(RuleBasedStateMachine):
    """`said`: what the gateway has to tell, (what, id, outcome). `received`: money that it took, by what for."""

    def __init__(self) -> None:
        super().__init__()
        self.customer = Customer("standard")
        self.customer.card()
        self.received: dict[Any, int] = {}
        self.over = False

    def does(self, action: Any, /, **params: Any) -> Any:
        """What is refused by name changes nothing."""
        before = self.customer.row
        try:
            return self.customer.act(action, **params)
        except Refusal:
            assert self.customer.row.version == before.version
            return None

    # --- People -----------------------------------------------------------------------------

    @rule(plan=PLANS, interval=st.sampled_from(["month", "year"]), seats=st.sampled_from([None, 1, 2, 5]))
    def choose(self, plan: str, interval: str, seats: int | None) -> None:
        try:
            quoted = self.customer.ask(plan_change_plan, plan=plan, interval=interval, seats=seats)
        except Refusal:
            return
        wanted = {"plan": plan, "interval": interval, "seats": seats, "at": quoted.at, "digest": quoted.digest}
        made = self.does(change_plan, **wanted)
        if made is not None and quoted.when == "now":
            assert made.due == quoted.quote.due

    @rule(count=st.integers(0, 3))
    def buy(self, count: int) -> None:
        try:
            found = self.customer.ask(plan_buy_seats, count=count)
        except Refusal:
            return
        self.does(buy_seats, count=count, at=found.at, digest=found.digest)

    @rule(seats=st.integers(0, 4))
    def give_back(self, seats: int) -> None:
        self.does(reduce_seats, seats=seats)

    @rule()
    def withdraw(self) -> None:
        self.does(withdraw_downgrade)

    @rule()
    def cancel(self) -> None:
        self.does(cancel_subscription)

    @rule()
    def resume(self) -> None:
        self.does(resume_subscription)

    # --- Clock ------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([0, 1, 30, 24 * 13, 24 * 20, 24 * 40]))
    def wait(self, hours: int) -> None:
        self.customer.go_to(self.customer.now + timedelta(hours=hours))

    # --- Gateway ----------------------------------------------------------------------------

    @rule(outcome=st.sampled_from(["paid", "paid", "failed"]), back=st.integers(0, 3), times=st.integers(1, 2))
    def tell_of_an_order(self, outcome: str, back: int, times: int) -> None:
        """Also of one that was told of before, or that another one took the place of."""
        with scope.tenant(self.customer.org.id), reading():
            orders = list(Order.objects.order_by("-made_at", "-id"))
        if len(orders) > back:
            for _time in range(times):
                self.customer.settle(outcome, orders[back])
            if outcome == "paid":
                self.received[orders[back].id] = orders[back].quote["due"]

    @rule(paid=st.booleans(), back=st.integers(0, 2), times=st.integers(1, 2))
    def tell_of_an_invoice(self, paid: bool, back: int, times: int) -> None:
        invoices = [one for one in self.customer.invoices[::-1] if one.due and not self._prepaid(one)]
        if len(invoices) > back:
            one = invoices[back]
            for _time in range(times):
                (self.customer.pay if paid else self.customer.decline)(one)
            if paid:
                self.received[one.id] = one.due

    def _prepaid(self, invoice: Invoice) -> bool:
        """With its order; the gateway knows of no other payment."""
        return invoice.state == "paid" and invoice.id not in self.received

    # --- What always holds --------------------------------------------------------------------

    @invariant()
    def everything_agrees(self) -> None:
        with scope.tenant(self.customer.org.id), reading():
            row = subscription()
            assert row is not None
            moment = moment_of(row, clock.now())
            state = self._state(row, moment)
            assert row.state == state
            assert current_organization().state in (ORGANIZATIONS.get(state, "active"), "closed")
            self._money()
            terms, granted = Terms.of(row.terms), entitlements()
            assert granted == {**terms.entitlements, "seats": row.seats}
            assert row.planned == {} or state in ("downgrading", "pending_payment", "frozen")
            assert not Invoice.objects.filter(state="open").exists() or state not in ("canceled", "trial")

    @staticmethod
    def _state(row: Any, moment: Any) -> str:
        """By the plainest rules, from facts alone."""
        if row.trial_ends_at is not None:
            return "trial" if moment < row.trial_ends_at else "trial_ended"
        if row.period_end is None and not Terms.of(row.terms).is_free:
            return "canceled"
        if row.unpaid_since is not None:
            return "pending_payment" if moment < row.unpaid_since + GRACE else "frozen"
        if row.cancels:
            return "canceling"
        return "downgrading" if row.planned else "active"

    def _money(self) -> None:
        invoices = list(Invoice.objects.order_by("number").prefetch_related("lines"))
        entries = list(CreditEntry.objects.order_by("number"))
        assert [one.number for one in invoices] == list(range(1, len(invoices) + 1))
        for one in invoices:
            assert sum(line.amount for line in one.lines.all()) == one.subtotal
        balance = 0
        for entry in entries:
            balance += entry.amount
            assert entry.balance == balance >= 0
        settled = sum(one.due for one in invoices if one.state == "paid")
        kept = sum(one.amount for one in entries if one.code == "order_overtaken")
        assert sum(self.received.values()) == settled + kept


@pytest.mark.parametrize("examples", [pytest.param(6), pytest.param(60, marks=pytest.mark.soak)])
def test_any_history(examples):
    checks = settings(
        max_examples=examples, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(History, settings=checks)

"""Whatever is lost between us and Stripe, doubled, late or in another order, while a customer buys, adds, reduces,
cancels and comes back: after the day's look both say the same, and not a cent was taken twice or for nothing."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from support.stripe_double import StripeDouble
from support.stripe_worlds import Payer, key_in, taking
from tenantry.billing.actions.plans import (
    cancel_subscription,
    change_plan,
    plan_change_plan,
    resume_subscription,
    withdraw_downgrade,
)
from tenantry.billing.actions.seats import buy_seats, plan_buy_seats, reduce_seats
from tenantry.billing.errors import GatewayAway
from tenantry.billing.models import CreditEntry, Order
from tenantry.billing.quoting import whole
from tenantry.billing.selectors import holding_of
from tenantry.billing.terms import Terms
from tenantry.core.errors import Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

HOME = "/admin/billing"
BUTTONS = st.sampled_from(["pay", "pay", "decline", "authenticate", "leave"])
NEAR = 2 * 3600
DAY = 24


class Weather(RuleBasedStateMachine):
    """Jobs that a gateway's silence ends are lost: nobody tries again before the day's look. `pages`: those of Stripe's
    that were left open. `broke`: Stripe may answer with a fault that it keeps for a day."""

    double: StripeDouble

    def __init__(self) -> None:
        super().__init__()
        self.double.reset()
        self.payer = Payer(self.double)
        self.pages: list[str] = []
        self.broke = False

    @initialize(card=st.sampled_from(["good", "good", "tires"]), heard=st.booleans())
    def begin(self, card: str, heard: bool) -> None:
        """A plan is bought on Stripe's page; the word of it may be lost."""
        away = self.payer.off(self.payer.choose("team", seats="4"))
        self.double.checkout(key_in(away), "pay", card=card)
        if heard:
            self.payer.hear()
        else:
            self.lose_the_words()

    # --- People -----------------------------------------------------------------------------

    def does(self, action: Any, /, **params: Any) -> Any:
        try:
            return self.payer.act(action, **params)
        except Refusal as refused:
            note(f"refused: {refused.code}")
        finally:
            self.work()
        return None

    @rule(
        plan=st.sampled_from(["free", "team", "business"]),
        interval=st.sampled_from(["month", "month", "year"]),
        seats=st.sampled_from([None, 2, 5]),
        button=BUTTONS,
    )
    def choose(self, plan: str, interval: str, seats: int | None, button: str) -> None:
        wanted = {"plan": plan, "interval": interval, "seats": seats}
        try:
            quoted = self.payer.ask(plan_change_plan, **wanted)
        except Refusal:
            return
        made = self.does(change_plan, **wanted, at=quoted.at, digest=quoted.digest)
        if made is not None and made.order_id:
            self.go_and(f"/billing/checkout/{made.order_id}", button)

    @rule(count=st.integers(1, 3), button=BUTTONS)
    def add_seats(self, count: int, button: str) -> None:
        try:
            found = self.payer.ask(plan_buy_seats, count=count)
        except Refusal:
            return
        made = self.does(buy_seats, count=count, at=found.at, digest=found.digest)
        if getattr(made, "order_id", None):
            self.go_and(f"/billing/checkout/{made.order_id}", button)

    @rule(seats=st.integers(1, 4))
    def give_back(self, seats: int) -> None:
        self.does(reduce_seats, seats=seats)

    @rule(action=st.sampled_from([cancel_subscription, resume_subscription, withdraw_downgrade]))
    def say(self, action: Any) -> None:
        self.does(action)

    @rule(button=BUTTONS)
    def pay_what_is_open(self, button: str) -> None:
        if self.payer.open:
            self.go_and(f"{HOME}/invoices/{self.payer.open[0].id}/payment", button)

    @rule(button=BUTTONS)
    def come_back_to_a_page(self, button: str) -> None:
        if self.pages:
            self.press(self.pages.pop(0), button)

    @rule(word=st.sampled_from(["cancel", "keep", "card"]))
    def press_in_the_portal(self, word: str) -> None:
        answer = self.payer.post(f"{HOME}/portal")
        if answer.status_code == 303 and answer["Location"].startswith(self.double.url):
            try:
                self.double.portal(key_in(answer["Location"]), word)
            except AssertionError as error:
                note(f"no such button: {error}")

    def go_and(self, path: str, button: str) -> None:
        """The click that leads away, and a button there."""
        answer = self.payer.post(path)
        assert answer.status_code in (303, 409, 422, 503), (path, answer.status_code)
        if answer.status_code == 303 and answer["Location"].startswith(self.double.url):
            self.press(answer["Location"], button)
        self.work()

    def press(self, page: str, button: str) -> None:
        act = self.double.checkout if "/checkout/" in page else self.double.invoice_page
        if button == "leave":
            self.pages.append(page)
            return
        try:
            act(key_in(page), button)
        except AssertionError as error:
            note(f"over: {error}")

    # --- Time and weather -------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 3, 30, 24 * 12, 24 * 31]))
    def wait(self, hours: int) -> None:
        """No weather lasts for more than a day, nor is there none on which we look."""
        if hours > DAY:
            self.go(DAY)
            self.double.calm()
            self.broke = False
            self.payer.compare()
            hours -= DAY
        self.go(hours)

    def go(self, hours: int) -> None:
        try:
            self.payer.go_to(self.payer.now + timedelta(hours=hours))
        except GatewayAway:
            note("away")

    @rule(times=st.integers(1, 2), newest_first=st.booleans(), only=st.sampled_from([(), ("invoice.paid",)]))
    def hear(self, times: int, newest_first: bool, only: tuple[str, ...]) -> None:
        try:
            self.payer.hear(times=times, newest_first=newest_first, only=only)
        except GatewayAway:
            note("away")

    @rule(amount=st.sampled_from([40, 1234, 9000]))
    def give_credit(self, amount: int) -> None:
        self.payer.give_credit(amount)

    @rule()
    def lose_the_words(self) -> None:
        self.double.deliver(to=lambda *_word: None)

    @rule(what=st.sampled_from(["fail", "break", "lose", "decline", "ask"]), times=st.integers(1, 4))
    def trouble(self, what: str, times: int) -> None:
        if what == "fail":
            self.double.fail_next(500, times=times)
        elif what == "break":
            # Kept under its key for a day: who asks again is answered the same.
            self.double.break_next(times=times)
            self.broke = True
        elif what == "lose":
            self.double.lose_next(times=times)
        elif what == "decline":
            self.double.decline_next(times=1)
        else:
            self.double.ask_next(times=1)

    def work(self) -> None:
        try:
            self.payer.work()
        except GatewayAway:
            note("away: the rest of the jobs is lost")

    # --- What holds after the day's look ------------------------------------------------------

    @rule()
    def a_day_passes(self) -> None:
        self.double.calm()
        if self.broke:
            self.broke = False
            self.go(DAY + 1)
        self.work()
        self.payer.compare()
        self.agree()

    def teardown(self) -> None:
        self.a_day_passes()
        before = self.double.objects("payment_intent")
        self.payer.compare()
        self.agree()
        assert self.double.objects("payment_intent") == before, "a second look takes nothing"

    def agree(self) -> None:
        assert [(one["method"], one["path"], one["fault"]) for one in self.double.faults()] == []
        assert self.payer.troubles == []
        self._money()
        self._papers()
        self._subscription()

    def _money(self) -> None:
        """What Stripe took, or keeps as a debt too small to charge, is what we say was paid, or became credit."""
        with scope.tenant(self.payer.org.id), reading():
            overtaken = sum(one.amount for one in CreditEntry.objects.filter(code="order_overtaken"))
        owed = sum(one["balance"] for one in self.double.objects("customer"))
        assert self.payer.taken + owed == self.payer.charged + overtaken

    def _papers(self) -> None:
        """An open invoice there asks for something that is open here, and for just as much."""
        with scope.tenant(self.payer.org.id), reading():
            orders = {str(one.id): one.quote["due"] for one in Order.objects.filter(state="open")}
        invoices = {str(one.id): one.due for one in self.payer.open}
        for paper in self.double.objects("invoice"):
            told = paper["metadata"]
            if paper["status"] == "open":
                found = orders.get(told.get("order", "")) or invoices.get(told.get("invoice", ""))
                assert found == paper["total"], (paper, orders, invoices)

    def _subscription(self) -> None:
        """What runs there for the next period costs what ours does, and ends when ours does."""
        row = self.payer.row
        there = [one for one in self.double.objects("subscription") if one["status"] != "canceled"]
        with scope.tenant(self.payer.org.id), reading():
            held = holding_of(row) if row.period_end else None
            lines = (
                [line for _key, part in whole(held, (row.period_start, row.period_end)) for line in part]
                if held
                else []
            )
        due = sum(line.amount for line in lines)
        if not due or row.state in ("frozen", "canceled"):
            assert there == []
            return
        assert len(there) <= 1
        # What costs nothing is nothing there.
        ends = row.cancels or ("terms" in row.planned and Terms.of(row.planned["terms"]).is_free)
        for one in there:
            items = one["items"]["data"]
            assert sum(item["price"]["unit_amount"] * item["quantity"] for item in items) == due
            assert one["pause_collection"] == {"behavior": "keep_as_draft", "resumes_at": None}
            assert one["cancel_at_period_end"] == ends
            assert abs(items[0]["current_period_end"] - row.period_end.timestamp()) < NEAR
            assert bool(one["schedule"]) == bool(row.planned and not ends)
        assert there or ends


@pytest.mark.parametrize("examples", [pytest.param(3), pytest.param(20, marks=pytest.mark.soak)])
def test_in_any_weather(examples: int, tmp_path) -> None:
    checks = settings(
        max_examples=examples,
        stateful_step_count=10,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with StripeDouble(tmp_path) as double, taking(double), override_settings(TAX_MILLIONTHS=190_000):
        run_state_machine_as_test(type("Machine", (Weather,), {"double": double}), settings=checks)


def test_weeks_after_a_page_was_left_another_plan_is_bought(tmp_path) -> None:
    with StripeDouble(tmp_path) as double, taking(double):
        payer = Payer(double)
        payer.off(payer.choose("team", seats="4"))
        payer.go_to(payer.now + timedelta(days=12))
        double.checkout(key_in(payer.off(payer.choose("business", seats="4"))), "pay")
        payer.hear()
        payer.compare()
        assert (payer.state[0], payer.row.terms["plan"]) == ("active", "business")
        assert payer.charged == payer.taken
        assert double.faults() == []


def test_what_is_said_again_is_done_again(tmp_path) -> None:
    """The same change of the same thing is another request, and not the answer that was given to the first."""
    with StripeDouble(tmp_path) as double, taking(double):
        payer = Payer(double)
        payer.buy("team", seats="4")
        for _time in range(2):
            payer.act(cancel_subscription)
            payer.work()
            assert payer.running["cancel_at_period_end"]
            payer.act(resume_subscription)
            payer.work()
            assert not payer.running["cancel_at_period_end"]
        assert double.faults() == []

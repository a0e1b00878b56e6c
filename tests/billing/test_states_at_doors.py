"""Every state of a subscription and every way from one to another, through the doors that people use: pages, the
interface for programs, and the console's clock, with a few organizations that live through all of it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from factories.operators import make_operator
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.billing import steps
from tenantry.billing.states import ALLOWED, TRANSITIONS, Act, State

HOME, PLANS, SEATS = "/admin/billing", "/admin/billing/plans", "/admin/billing/seats/change"
CARDS, END, KEEP, RESUME = (
    "/admin/billing/payment-methods",
    "/admin/billing/cancellation",
    "/admin/billing/plans/planned",
    "/admin/billing/resumption",
)
DAY = timedelta(days=1)
A = Act
TRIAL, OVER, DUE = "in_trial", "trial_over", "payment_pending"
FROZEN, ENDING, ENDED = "subscription_frozen", "already_canceling", "subscription_over"
NONE_PLANNED, GOES_ON, NOTHING = "nothing_planned", "not_canceling", "nothing_to_cancel"
# What each state answers to each act, by code; "": it can be done. An organization on a plan with licensed seats.
ANSWERS: dict[State, dict[Act, str]] = {
    State.TRIAL: {
        A.CHANGE_NOW: "",
        A.CHANGE_LATER: TRIAL,
        A.WITHDRAW: NONE_PLANNED,
        A.CANCEL: NOTHING,
        A.RESUME: GOES_ON,
        A.BUY_SEATS: TRIAL,
        A.REDUCE_SEATS: TRIAL,
        A.BUY_PACK: TRIAL,
    },
    State.TRIAL_ENDED: {
        A.CHANGE_NOW: "",
        A.CHANGE_LATER: OVER,
        A.WITHDRAW: NONE_PLANNED,
        A.CANCEL: NOTHING,
        A.RESUME: GOES_ON,
        A.BUY_SEATS: OVER,
        A.REDUCE_SEATS: OVER,
        A.BUY_PACK: OVER,
    },
    State.ACTIVE: {**dict.fromkeys(Act, ""), A.WITHDRAW: NONE_PLANNED, A.RESUME: GOES_ON},
    State.DOWNGRADING: {**dict.fromkeys(Act, ""), A.RESUME: GOES_ON},
    State.CANCELING: {
        **dict.fromkeys(Act, ""),
        A.CHANGE_LATER: ENDING,
        A.WITHDRAW: NONE_PLANNED,
        A.CANCEL: ENDING,
        A.REDUCE_SEATS: ENDING,
    },
    State.PENDING_PAYMENT: {
        **dict.fromkeys(Act, ""),
        A.CHANGE_NOW: DUE,
        A.WITHDRAW: NONE_PLANNED,
        A.RESUME: GOES_ON,
        A.BUY_SEATS: DUE,
        A.BUY_PACK: DUE,
    },
    State.FROZEN: {
        **dict.fromkeys(Act, FROZEN),
        A.WITHDRAW: NONE_PLANNED,
        A.CANCEL: "",
        A.RESUME: GOES_ON,
    },
    State.CANCELED: {
        A.CHANGE_NOW: "",
        A.CHANGE_LATER: ENDED,
        A.WITHDRAW: NONE_PLANNED,
        A.CANCEL: NOTHING,
        A.RESUME: GOES_ON,
        A.BUY_SEATS: ENDED,
        A.REDUCE_SEATS: ENDED,
        A.BUY_PACK: ENDED,
    },
}
# What a refusal says at the page, by its code: what is wrong and what to do.
SAID = {
    TRIAL: ("Choose a plan first.", PLANS),
    OVER: ("Choose a plan first.", PLANS),
    DUE: ("A payment is due.", CARDS),
    FROZEN: ("frozen until what is due is paid", CARDS),
    ENDING: ("Resume it first.", HOME),
    ENDED: ("Choose a plan to come back.", PLANS),
    NONE_PLANNED: ("No change is planned.", ""),
    GOES_ON: ("The subscription is not canceled.", ""),
    NOTHING: ("there is nothing to cancel", ""),
}
# Without a period every change is at once: no page asks for a later one.
NEVER_LATER = (State.TRIAL, State.TRIAL_ENDED, State.CANCELED)
# State -> what everybody reads, adds and takes out: answers of a list, a new team and the audit's file.
WORKS = {
    State.TRIAL_ENDED: (200, 403),
    State.FROZEN: (403, 403),
    State.CANCELED: (403, 403),
}
BANNERS = {
    State.TRIAL: "The trial ends on",
    State.TRIAL_ENDED: "The trial is over.",
    State.DOWNGRADING: "Until then nothing changes.",
    State.CANCELING: "Canceled. Everything works until",
    State.PENDING_PAYMENT: "Payment pending.",
    State.FROZEN: "Frozen until it is paid.",
    State.CANCELED: "The subscription has ended.",
}


class House(Customer):
    """`seen`: the transitions that happened to any of them."""

    def __init__(self, blueprint: str = "standard") -> None:
        super().__init__(blueprint)
        self.write(demonstrates=True)
        self.owner = signed_in(self.org.owner)
        self.console = make_operator().client()

    # --- Doors ------------------------------------------------------------------------------

    def post(self, path: str, data: dict[str, Any] | None = None) -> Any:
        return post(self.owner, self.org.owner, path, data)

    def confirm(self, path: str, page: Any) -> Any:
        """The form of a page whose figures were read."""
        html = body(page)
        assert 'name="digest"' in html, f"{path} asks for no word: {html[-3000:]}"
        return self.post(path, dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html)))

    def choose(self, plan: str, card: str = "good", **more: str) -> None:
        answer = self.confirm(PLANS, self.owner.get(PLANS, {"plan": plan, **more}))
        assert answer.status_code == 303, body(answer)
        if "/checkout/" in answer["Location"]:
            assert self.post(answer["Location"], {"card": card}).status_code == 303

    def buy_seat(self) -> None:
        seats = str(self.row.seats + 1)
        assert self.confirm(SEATS, self.post(SEATS, {"seats": seats})).status_code == 303

    def cancel(self) -> None:
        assert self.confirm(END, self.owner.get(END)).status_code == 303

    def card(self, card: str = "good", **_more: Any) -> None:
        assert self.post(CARDS, {"card": card}).status_code == 303

    def clock(self, to: datetime | None = None) -> None:
        """As the console moves it; without `to` to what comes next."""
        path = f"/console/organizations/{self.org.id}/clock"
        said = to.isoformat() if to else re.findall(r'name="to" value="([^"]+)"', body(self.console.get(path)))[0]
        answer = self.console.post(path, {"to": said})
        assert answer.status_code == 303, body(answer)

    def later(self, **more: float) -> None:
        self.clock(self.now + timedelta(**more))

    def is_(self, state: State) -> None:
        assert self.row.state == state

    # --- What a state says --------------------------------------------------------------------

    def acts(self) -> Iterator[tuple[Act, Any]]:
        """Each act at its page: a question where that is enough to learn whether it can be done."""
        row = self.row
        seats = row.seats or 0
        yield A.CHANGE_NOW, self.owner.get(PLANS, {"plan": "enterprise", "seats": "9"})
        if row.state not in NEVER_LATER:
            yield A.CHANGE_LATER, self.owner.get(PLANS, {"plan": "free"})
        yield A.CANCEL, self.owner.get(END)
        yield A.BUY_SEATS, self.post(SEATS, {"seats": str(seats + 1)})
        yield A.REDUCE_SEATS, self.post(SEATS, {"seats": str(seats - 1)})
        yield A.BUY_PACK, self.owner.get("/admin/billing/packs/tokens")
        for act, path in ((A.WITHDRAW, KEEP), (A.RESUME, RESUME)):
            if ANSWERS[State(row.state)][act]:
                assert self.post(path).status_code == 303
                yield act, self.owner.get(HOME)

    def as_it_says(self, state: State) -> None:
        """Pages and interface answer what the table says of this state, and nothing of it changes anything."""
        self.is_(state)
        before, wanted = self.row.version, ANSWERS[state]
        home = self.owner.get(HOME)
        assert home.status_code == 200
        assert BANNERS.get(state, "Billing") in body(home)
        for act, answer in self.acts():
            page, code = body(answer), wanted[act]
            if not code:
                assert answer.status_code == 200, (state, act, page[-3000:])
                assert 'name="digest"' in page, (state, act)
                continue
            sentence, way = SAID[code]
            assert sentence in page, (state, act, page[-3000:])
            assert f'href="{way}"' in page or not way, (state, act, page[-3000:])
            assert 'name="digest"' not in page, (state, act)
        reads, adds = WORKS.get(state, (200, 303))
        assert self.owner.get("/admin/users/u").status_code == reads
        assert self.post("/admin/users/g/new", {"name": f"Made while {state}"}).status_code == adds
        assert (self.row.version, self.row.state) == (before, state)


@pytest.fixture(scope="module")
def happened() -> Iterator[set[Any]]:
    """Every step that any of them took."""
    found: set[Any] = set()
    real = steps.after

    def noted(state: str, happening: Any) -> Any:
        found.add((State(state), happening))
        return real(state, happening)

    with pytest.MonkeyPatch.context() as patched, selling():
        patched.setattr(steps, "after", noted)
        yield found


def test_the_table_says_of_every_act_what_the_engine_says():
    for state, answers in ANSWERS.items():
        assert set(answers) == set(Act)
        moot = {NONE_PLANNED, GOES_ON, NOTHING}
        done = {act for act, code in answers.items() if not code}
        assert done <= ALLOWED[state]
        kept_back = {act for act, code in answers.items() if code and code not in moot}
        if state != State.CANCELING:
            assert not kept_back & ALLOWED[state]


def test_from_a_trial_through_plans_and_payments(happened):
    house = House()
    house.as_it_says(State.TRIAL)
    house.choose("team", seats="3")
    house.choose("business", seats="3")
    house.as_it_says(State.ACTIVE)
    house.choose("team", seats="3")
    house.as_it_says(State.DOWNGRADING)
    house.choose("free")
    house.post(KEEP)
    house.is_(State.ACTIVE)
    house.choose("team", seats="3")
    house.choose("enterprise", seats="3")
    house.is_(State.ACTIVE)
    house.choose("business", seats="3")
    house.cancel()
    house.as_it_says(State.CANCELING)
    house.post(RESUME)
    house.is_(State.ACTIVE)
    house.cancel()
    house.choose("enterprise", seats="5")
    house.is_(State.ACTIVE)
    house.choose("business", seats="5")
    house.clock()
    assert (house.row.terms["plan"], house.row.state) == ("business", "active")
    house.clock()
    house.is_(State.ACTIVE)
    assert [one.state for one in house.invoices].count("paid") == len(house.invoices)


def fails(house: House) -> None:
    """A charge of seats that the card does not pay."""
    house.card("tires")
    house.buy_seat()
    house.clock(house.now + timedelta(hours=2))
    house.is_(State.PENDING_PAYMENT)


def test_what_is_not_paid(happened):
    house = House()
    house.choose("business", seats="3")
    fails(house)
    house.as_it_says(State.PENDING_PAYMENT)
    house.choose("team", seats="4")
    house.is_(State.PENDING_PAYMENT)
    house.post(KEEP)
    house.cancel()
    house.is_(State.PENDING_PAYMENT)
    house.post(RESUME)
    house.later(days=1)
    assert house.open[0].attempts == 2
    house.card("good")
    house.later(hours=1)
    house.is_(State.ACTIVE)
    # Late in a period, so that it ends before the grace does.
    house.clock(house.row.period_end - 5 * DAY)
    house.card("tires")
    house.buy_seat()
    house.choose("team", seats="5")
    house.is_(State.DOWNGRADING)
    house.later(hours=2)
    house.is_(State.PENDING_PAYMENT)
    house.clock(house.row.period_end)
    assert (house.row.terms["plan"], house.row.state) == ("team", "pending_payment")
    house.card("good")
    house.later(hours=1)
    house.is_(State.ACTIVE)
    house.clock(house.row.period_end - 5 * DAY)
    house.card("tires")
    house.buy_seat()
    house.cancel()
    house.later(hours=2)
    house.is_(State.PENDING_PAYMENT)
    house.clock(house.row.period_end)
    house.as_it_says(State.CANCELED)
    house.choose("team", seats="3")
    house.is_(State.ACTIVE)
    house.cancel()
    house.clock(house.row.period_end)
    house.is_(State.CANCELED)


def test_what_is_frozen(happened):
    house = House()
    house.choose("team", card="tires", seats="3")
    house.clock(house.row.period_end + 15 * DAY)
    house.as_it_says(State.FROZEN)
    house.card("tires")
    house.later(hours=1)
    house.is_(State.FROZEN)
    house.card("good")
    house.later(hours=1)
    house.is_(State.ACTIVE)
    house.card("tires")
    house.clock(house.row.period_end + 15 * DAY)
    house.is_(State.FROZEN)
    house.cancel()
    house.is_(State.CANCELED)
    assert house.open == []


def test_trials_and_agreements_that_end(happened):
    house = House()
    house.clock(house.row.trial_ends_at)
    house.as_it_says(State.TRIAL_ENDED)
    house.choose("team", seats="3")
    house.is_(State.ACTIVE)
    agreed = House("crm-suite")
    path = f"/console/organizations/{agreed.org.id}/agreement"
    said = {"plan": "enterprise", "interval": "month", "base": "90", "seats": "3", "seat": "10", "periods": "1"}
    for downgrades in (False, True):
        agreed.card("good")
        sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', body(agreed.console.post(path, said))))
        assert agreed.console.post(path, {**sent, "reason": "Contract 17"}).status_code == 303
        agreed.later(hours=1)
        agreed.is_(State.ACTIVE)
        if downgrades:
            agreed.buy_seat()
            agreed.later(hours=2)
            assert agreed.confirm(SEATS, agreed.post(SEATS, {"seats": "3"})).status_code == 303
            agreed.is_(State.DOWNGRADING)
        agreed.clock(agreed.row.agreed_until)
        agreed.is_(State.CANCELED)
    assert happened == set(TRANSITIONS), set(TRANSITIONS) ^ happened

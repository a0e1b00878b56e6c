"""Billing for programs: everything that its pages do, with the same figures, and the same refusals."""

import io
from datetime import timedelta

import pypdfium2
import pytest

from api.callers import Caller, by_key
from api.test_seats import by_role
from support.holding import make_role
from support.selling import Customer, selling
from tenantry.billing.actions.tending import tend_subscription
from tenantry.billing.allowed import acts_now
from tenantry.billing.states import ALLOWED, Act, State
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading


@pytest.fixture
def sold():
    with selling():
        yield


@pytest.fixture
def customer(sold) -> Customer:
    return Customer("standard")


@pytest.fixture
def key(customer) -> Caller:
    return by_key(customer.org)


def acts(key: Caller) -> dict[str, str]:
    """Act -> code of what keeps it back; "" where it is possible."""
    return {one["act"]: one["code"] for one in key.get("/billing/subscription").body["acts"]}


def test_from_the_trial_to_a_paid_plan_seats_a_pack_and_down_again(customer, key):
    trial = key.get("/billing/subscription").body
    assert (trial["state"], trial["sells"], trial["next_invoice"], trial["gateway"]) == ("trial", True, None, "sandbox")
    assert acts(key)["buy_pack"] == "in_trial"
    team = next(one for one in key.get("/billing/plans").body["items"] if one["key"] == "team")
    assert team["prices"] == [
        {"interval": "month", "base": 0, "seat": 1500},
        {"interval": "year", "base": 0, "seat": 15000},
    ]
    assert {"key": "records", "title": "CRM records", "limit": 10_000, "feature": False} in team["grants"]

    # A plan that is to be paid: the quote, the order, the invoice say the same.
    asked = {"plan": "team", "seats": 4}
    quoted = key.post("/billing/change/plan", asked).body
    assert (quoted["when"], quoted["quote"]["due"], quoted["next_amount"]) == ("now", 6000, 6000)
    [line] = quoted["quote"]["invoices"][0]["lines"]
    assert (line["text"], line["amount"], line["quantity"]) == ("Team, 4 seats", 6000, 4)
    confirmed = {**asked, "at": quoted["at"], "digest": quoted["digest"]}
    stale = key.post("/billing/change", {**confirmed, "seats": 5})
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert stale.body["plan"]["quote"]["due"] == 7500
    chosen = key.post("/billing/change", confirmed, Idempotency_Key="one")
    assert (chosen.status, chosen.body["how"]) == (200, "to_pay")
    order = chosen.body["order"]
    assert order["checkout_url"].endswith(f"/billing/checkout/{order['id']}")
    assert key.post("/billing/change", confirmed, Idempotency_Key="one").body["order"] == order
    assert (customer.settle().how, key.get(f"/billing/orders/{order['id']}").body["state"]) == ("carried_out", "paid")
    assert key.get(f"/billing/orders/{order['id']}").body["checkout_url"] is None

    # Seats.
    assert acts(key)["buy_seats"] == "no_payment_method"
    customer.card()
    assert acts(key)["buy_seats"] == ""
    more = key.post("/billing/seats/change/plan", {"seats": 6}).body
    assert (more["before"], more["after"], more["renewal_amount"]) == (4, 6, 9000)
    bought = key.post("/billing/seats/change", {"seats": 6, "at": more["at"], "digest": more["digest"]})
    assert bought.body == {"seats": 6, "planned_seats": None}
    assert key.post("/billing/seats/change", {"seats": 5}).body["seats"] == 5, "within the hour, nothing was charged"

    # A pack.
    [pack] = key.get("/billing/packs").body["items"]
    plan = key.get(f"/billing/packs/{pack['key']}/plan").body
    assert (plan["quote"]["due"], plan["pack"]["amount"]) == (1000, 500_000)
    ordered = key.post(f"/billing/packs/{pack['key']}", {"digest": plan["digest"]}).body["order"]
    assert (ordered["title"], ordered["due"], ordered["state"]) == (plan["pack"]["title"], 1000, "open")
    assert key.post("/billing/packs/gold").code == "no_packs"

    # Down with the period, and back.
    lower = key.post("/billing/change", {"plan": "team", "seats": 5, "interval": "year"})
    assert lower.body["how"] == "to_pay", "a year is more"
    assert key.delete("/billing/change").code == "nothing_planned"
    seats = key.post("/billing/seats/change", {"seats": 3})
    assert seats.body == {"seats": 5, "planned_seats": 3}
    planned = key.get("/billing/subscription").body
    assert (planned["state"], planned["planned"]["seats"]) == ("downgrading", 3)
    assert planned["next_invoice"]["amount"] == 4500
    assert key.delete("/billing/change").body["planned"] is None

    # The end, and no end.
    ending = key.get("/billing/cancellation/plan").body
    assert key.post("/billing/cancellation", {"digest": "0" * 32}).code == "plan_changed"
    ended = key.post("/billing/cancellation", {"digest": ending["digest"]}).body
    assert (ended["state"], ended["cancels"], ended["next_invoice"]) == ("canceling", True, None)
    assert key.delete("/billing/cancellation").body["state"] == "active"
    assert key.delete("/billing/cancellation").code == "not_canceling"


def test_invoices_come_in_pages_with_lines_and_paper(customer, key):
    customer.card()
    customer.subscribe("team", seats=2)
    for _month in range(2):
        customer.go_to(customer.row.period_end)
        customer.pay()
    page = key.get("/billing/invoices?limit=2").body
    assert [one["number"][-4:] for one in page["items"]] == ["0003", "0002"]
    rest = key.get(f"/billing/invoices?limit=2&cursor={page['next']}").body
    assert (len(rest["items"]), rest["next"]) == (1, None)
    first = rest["items"][0]
    detail = key.get(f"/billing/invoices/{first['id']}").body
    assert (detail["total"], detail["state"], detail["buyer"]["name"]) == (3000, "paid", "Halden Supply")
    assert sum(line["amount"] for line in detail["lines"]) == detail["subtotal"]
    paper = key.get(f"/billing/invoices/{first['id']}/pdf")
    assert paper.headers["Content-Type"] == "application/pdf"
    said = pypdfium2.PdfDocument(io.BytesIO(paper.raw))[0].get_textpage().get_text_bounded()
    assert f"Invoice {first['number']}" in said
    assert key.get("/billing/payment-method").body["card"]["last4"] == "4242"
    assert key.get("/billing/credit").body == {"balance": 0, "currency": "USD"}


def test_what_is_possible_is_what_the_states_say_and_the_operations_do(customer, key):
    """Acts of every state against the table; operations refuse by the code that was announced."""
    calls = {
        "withdraw": lambda: key.delete("/billing/change"),
        "cancel": lambda: key.get("/billing/cancellation/plan"),
        "resume": lambda: key.delete("/billing/cancellation"),
        "buy_seats": lambda: key.post("/billing/seats/change/plan", {"seats": 9}),
        "buy_pack": lambda: key.get("/billing/packs/tokens/plan"),
        "change_now": lambda: key.post("/billing/change/plan", {"plan": "business", "seats": 4}),
    }
    seen = {}

    def compare() -> None:
        announced = acts(key)
        seen[customer.state[0]] = announced
        for act, code in announced.items():
            if code and act in calls:
                assert calls[act]().code == code, (customer.state, act)
            if not code:
                assert Act(act) in ALLOWED[State(customer.state[0])], act

    compare()
    customer.card()
    customer.subscribe("team", seats=4)
    compare()
    customer.go_to(customer.row.period_end)
    customer.decline()
    compare()
    assert seen["pending_payment"]["buy_seats"] == "payment_pending"
    customer.go_to(customer.now + timedelta(days=15))
    customer.system(tend_subscription)
    compare()
    assert set(seen) == {"trial", "active", "pending_payment", "frozen"}
    assert {act for act, code in seen["active"].items() if not code} == {
        "change_now", "change_later", "cancel", "buy_seats", "reduce_seats", "buy_pack",
    }  # fmt: skip


def test_where_nothing_is_sold_it_says_so():
    with selling("unlimited"):
        free = Customer(catalogue="unlimited")
        key = by_key(free.org)
        found = key.get("/billing/subscription").body
        assert (found["sells"], found["state"], found["plan"]["key"]) == (False, None, "unlimited")
        assert {one["code"] for one in found["acts"]} == {"nothing_sold"}
        assert key.get("/billing/plans").body == {"items": []}
        assert key.post("/billing/change/plan", {"plan": "team"}).code == "nothing_sold"
        assert key.get("/billing/payment-method").body == {"card": None}
        with scope.tenant(free.org.id), reading():
            assert {refused.code for _act, refused in acts_now(None) if refused} == {"nothing_sold"}


def test_who_sees_billing_changes_nothing(customer):
    org = customer.org
    reader = by_role(org, make_role(org, "base", permissions={"billing.view": "yes"}))
    found = reader.get("/billing/subscription").body
    assert not any(one["permitted"] for one in found["acts"])
    for refused in (
        reader.post("/billing/change/plan", {"plan": "team"}),
        reader.post("/billing/change", {"plan": "team"}),
        reader.post("/billing/seats/change", {"seats": 4}),
        reader.post("/billing/packs/tokens"),
        reader.get("/billing/cancellation/plan"),
        reader.delete("/billing/cancellation"),
    ):
        assert refused.status == 403
    # Who may change the plan, but not end it, can't end it by a plan that costs nothing.
    customer.card()
    customer.subscribe("business", seats=2)
    changer = by_role(org, make_role(org, "base", permissions={"billing.view": "yes", "billing.change_plan": "yes"}))
    assert changer.post("/billing/change/plan", {"plan": "free"}).status == 403
    assert changer.post("/billing/cancellation").status == 403
    assert by_key(org, "member").get("/billing/subscription").status == 403
    assert clock.now() < customer.row.period_end

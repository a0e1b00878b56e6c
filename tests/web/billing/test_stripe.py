"""Whole stories of an organization that pays by Stripe: through our pages, Stripe's pages and Stripe's words, each of
which may be lost, late, doubled or out of order. Stripe is the double, which refuses what Stripe would refuse."""

from datetime import timedelta

import pytest
import stripe as stripe_sdk
from django.test import override_settings

from support.selling import Customer
from support.stripe_double import StripeDouble
from support.stripe_worlds import HOOK, Payer, key_in, taking, tell, waiting_for
from support.visitors import body, browser
from tenantry.billing.selectors import WINDOW, troubles
from tenantry.billing.states import GRACE
from tenantry.billing.troubles import trouble_said
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

HOME = "/admin/billing"


@pytest.fixture(scope="module")
def stripe(tmp_path_factory):
    with StripeDouble(tmp_path_factory.mktemp("stripe")) as double:
        yield double


@pytest.fixture
def payer(stripe):
    stripe.reset()
    with taking(stripe):
        made = Payer(stripe)
        yield made
        assert [(one["method"], one["path"], one["fault"]) for one in stripe.faults()] == []


def test_a_plan_is_bought_on_stripes_page_and_runs_when_stripe_has_told(payer):
    assert "takes no money" not in body(payer.owner.get(HOME))
    here = payer.choose("team", seats="4")
    page = payer.owner.get(here)
    assert "Pay $60.00" in body(page)
    assert f"form-action 'self' {payer.double.url}" in page["Content-Security-Policy"]
    away = payer.off(here)
    assert away == payer.off(here), "one page of Stripe's for one order"
    back = payer.double.checkout(key_in(away), "pay", card="good")
    assert payer.state[0] == "trial", "nothing is given before Stripe has said that it is paid"
    assert back.endswith(f"{here}?paid=1")
    assert payer.hear()
    assert payer.state == ("active", "active")
    assert "It is paid" in body(payer.owner.get(here))
    home = body(payer.owner.get(HOME))
    assert "Visa 4242" in home
    assert "Cards and receipts at Stripe" in home
    [invoice] = payer.invoices
    assert (invoice.due, payer.taken) == (6000, 6000)
    assert payer.held == {"seat-month-1500-usd": 4}
    assert payer.running["pause_collection"]["behavior"] == "keep_as_draft"


def test_whoever_is_back_before_the_word_sees_it_wait_and_then_paid(payer):
    here = payer.choose("team", seats="4")
    away = key_in(payer.off(here))
    waiting = payer.owner.get(f"{here}?paid=1")
    assert "We wait for the word" in body(waiting)
    assert waiting["Refresh"] == f"2; url={here}?paid=2"
    assert "Refresh" not in payer.owner.get(f"{here}?paid=9"), "no page asks for ever"
    payer.double.checkout(away, "pay", card="good")
    payer.double.fail_next(500, times=3)
    assert "We wait for the word" in body(payer.owner.get(f"{here}?paid=2"))
    assert "It is paid" in body(payer.owner.get(f"{here}?paid=3"))
    for mode in ({"times": 2}, {"newest_first": True}):
        payer.hear(**mode)
    assert (len(payer.invoices), payer.taken, payer.credit) == (1, 6000, 0)


def test_words_that_prove_nothing_are_kept_nowhere(payer):
    here = payer.choose("team", seats="4")
    payer.double.checkout(key_in(payer.off(here)), "pay", card="good")
    event = payer.double.pending()[-1]["id"]
    content, signature = payer.double.signed(event)
    wrong = {
        "another body": (content.replace(b"{", b"{ ", 1), signature),
        "another signature": (content, signature[:-4] + "beef"),
        "none": (content, ""),
        "too old": payer.double.signed(event, at=1_700_000_000),
        "no event": (b"[]", signature),
    }
    for name, (body_, header) in wrong.items():
        assert tell(payer.stripe, body_, header).status_code == 400, name
    assert tell(payer.stripe, b"x" * 300_000, signature).status_code == 413
    assert payer.stripe.get(HOOK).status_code == 405
    assert waiting_for(payer.org.id) == []
    assert tell(payer.stripe, content, signature).status_code == 200
    assert tell(payer.stripe, content, signature).status_code == 200
    assert waiting_for(payer.org.id) == ["billing.follow"]


def test_where_no_key_is_set_nobody_listens():
    assert browser().post(HOOK, b"{}", content_type="application/json").status_code == 404


def test_up_is_charged_as_quoted_and_the_items_follow(payer):
    payer.buy("team", seats="4")
    before = payer.taken
    here = payer.choose("business", seats="6")
    order = payer.order()
    assert "Visa 4242 is charged" in body(payer.owner.get(here))
    assert payer.off(here) == here, "the card that is there pays at once"
    assert "It is paid" in body(payer.owner.get(here))
    payer.work()
    assert payer.taken - before == order.quote["due"]
    assert payer.charged == payer.taken
    [item] = payer.held.values()
    assert (payer.row.terms["plan"], item) == ("business", 6)
    payer.hear(times=2)
    assert payer.charged == payer.taken
    payer.compare()
    assert payer.charged == payer.taken


def test_a_declined_change_leads_to_stripes_page_where_another_card_pays(payer):
    payer.buy("team", seats="4")
    here = payer.choose("business", seats="4")
    payer.double.decline_next("insufficient_funds")
    away = payer.off(here)
    assert away.startswith(payer.double.url)
    assert payer.row.terms["plan"] == "team"
    payer.double.invoice_page(key_in(away), "pay", card="good")
    payer.hear()
    assert payer.row.terms["plan"] == "business"
    assert payer.charged == payer.taken


def test_a_renewal_is_stripes_own_bill_to_our_cent(payer):
    payer.buy("team", seats="4")
    payer.give_credit(1234)
    with override_settings(TAX_MILLIONTHS=190_000):
        payer.go_to(payer.row.period_end)
        payer.hear()
    first, second = payer.invoices
    assert second.due == 7140 - 1234
    assert payer.charged == payer.taken == first.due + second.due
    [paper] = [one for one in payer.double.objects("invoice") if one["billing_reason"] == "subscription_cycle"]
    assert (paper["status"], paper["total"], paper["metadata"]["invoice"]) == ("paid", second.due, str(second.id))
    assert second.ref == paper["id"]
    for _n in range(2):
        payer.hear(times=2)
        payer.compare()
    assert payer.charged == payer.taken
    assert payer.troubles == []


def test_a_renewal_waits_for_stripe_to_begin_the_period_and_not_for_ever(payer):
    payer.buy("team", seats="4")
    ends = payer.row.period_end
    Customer.go_to(payer, ends)
    payer.work()
    assert (payer.state[0], [one.state for one in payer.invoices]) == ("active", ["paid", "open"])
    payer.write(ahead_seconds=payer.row.ahead_seconds + 3 * 3600)
    payer.collect()
    assert [one.state for one in payer.invoices] == ["paid", "paid"]
    payer.double.advance(to=payer.now)
    payer.hear()
    payer.write(ahead_seconds=payer.row.ahead_seconds + 2 * 86_400)
    payer.double.advance(to=payer.now)
    payer.compare()
    assert payer.charged == payer.taken, "Stripe's own bill of the same period is closed"
    assert [one["status"] for one in payer.double.objects("invoice")].count("draft") == 0


def test_a_declined_renewal_warns_and_stripes_page_heals_it(payer):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    assert payer.state == ("pending_payment", "active")
    home = body(payer.owner.get(HOME))
    assert "Pay $60.00 now" in home
    [unpaid] = payer.open
    away = payer.off(f"/admin/billing/invoices/{unpaid.id}/payment")
    payer.double.invoice_page(key_in(away), "pay", card="good")
    payer.hear()
    assert payer.state[0] == "active"
    assert payer.charged == payer.taken


def test_what_is_frozen_runs_nowhere_and_a_payment_begins_a_new_period_in_both(payer):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    payer.go_to(payer.now + GRACE)
    assert payer.state == ("frozen", "frozen")
    assert payer.running_there == []
    away = payer.off(f"/admin/billing/invoices/{payer.open[0].id}/payment")
    payer.go_to(payer.now + timedelta(days=40))
    payer.double.invoice_page(key_in(away), "pay", card="good")
    payer.double.portal(key_in(payer.off("/admin/billing/portal")), "card", card="good")
    payer.hear(newest_first=True)
    payer.collect()
    assert payer.state == ("active", "active")
    assert payer.turns_with_ours
    assert payer.charged == payer.taken
    assert payer.troubles == []


def test_another_interval_begins_another_period_in_both(payer):
    payer.buy("team", seats="4")
    first = payer.running["id"]
    here = payer.choose("team", seats="4", interval="year")
    assert payer.off(here) == here
    payer.work()
    assert (payer.row.interval, payer.charged) == ("year", payer.taken)
    assert payer.running["id"] != first
    assert payer.turns_with_ours
    payer.hear(times=2)
    payer.compare()
    assert payer.charged == payer.taken
    assert payer.troubles == []


def test_a_customer_that_somebody_deleted_is_told_and_introduced_anew(payer):
    payer.buy("team", seats="4")
    client = stripe_sdk.StripeClient(payer.double.api_key, base_addresses={"api": payer.double.url})
    client.v1.subscriptions.cancel(payer.running["id"], {}, {"idempotency_key": "ended"})
    client.v1.customers.delete(payer.row.customer_ref, {}, {"idempotency_key": "gone"})
    payer.compare()
    assert payer.troubles == ["customer_missing"]
    with scope.platform("console"), reading():
        assert any("any more" in trouble_said(one) for one in troubles())
    payer.double.checkout(key_in(payer.off("/admin/billing/payment-methods")), "pay", card="good")
    payer.hear()
    payer.compare()
    assert payer.troubles == []
    assert payer.turns_with_ours


def test_another_card_is_given_at_stripe_and_tried_at_once(payer):
    payer.buy("team", card="tires", seats="4")
    payer.go_to(payer.row.period_end)
    assert payer.state[0] == "pending_payment"
    away = payer.off("/admin/billing/payment-methods")
    back = payer.double.checkout(key_in(away), "pay", card="good")
    answer = payer.owner.get(back.partition("testserver")[2] or back[back.index("/admin") :])
    assert answer.status_code == 303
    payer.work()
    assert payer.state[0] == "active"
    assert "Visa 4242" in body(payer.owner.get(HOME))
    assert payer.charged == payer.taken
    assert payer.owner.get("/admin/billing/payment-methods", {"taken": "cs_test_nobody"}).status_code == 303


def test_seats_are_charged_together_and_fewer_come_with_the_period(payer):
    payer.buy("team", seats="4")
    payer.seats(7)
    assert list(payer.held.values()) == [7]
    payer.go_to(payer.now + WINDOW)
    payer.work()
    assert payer.charged == payer.taken
    payer.seats(5)
    phases = payer.schedule["phases"]
    assert [item["quantity"] for item in phases[-1]["items"]] == [5]
    payer.go_to(payer.row.period_end)
    payer.hear()
    assert list(payer.held.values()) == [5]
    assert payer.charged == payer.taken
    assert payer.troubles == []


def test_down_is_planned_at_stripe_and_taken_back_there_too(payer):
    payer.buy("business", seats="4")
    payer.choose("team", seats="4")
    assert payer.schedule is not None
    assert payer.post("/admin/billing/plans/planned").status_code == 303
    payer.work()
    assert payer.schedule is None
    payer.choose("team", seats="4")
    payer.go_to(payer.row.period_end)
    payer.hear()
    assert payer.row.terms["plan"] == "team"
    assert list(payer.held) == ["seat-month-1500-usd"]
    assert payer.charged == payer.taken


def test_the_end_is_said_here_or_in_the_portal_and_taken_back_in_either(payer):
    payer.buy("team", seats="4")
    payer.cancel()
    assert payer.running["cancel_at_period_end"]
    assert payer.post("/admin/billing/resumption").status_code == 303
    payer.work()
    assert not payer.running["cancel_at_period_end"]
    session = key_in(payer.off("/admin/billing/portal"))
    payer.double.portal(session, "cancel")
    back = payer.double.objects("billing_portal.session")[-1]["return_url"]
    answer = payer.owner.get(back[back.index("/admin") :])
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    assert payer.state[0] == "canceling", "whoever comes back need not wait for Stripe's word"
    assert payer.hear(newest_first=True)
    assert payer.state[0] == "canceling"
    payer.double.portal(session, "keep")
    payer.compare()
    assert payer.state[0] == "active", "the word was lost; the day's look finds it"
    payer.hear(times=2)
    assert payer.state[0] == "active"
    payer.double.portal(session, "cancel")
    payer.hear()
    payer.go_to(payer.row.period_end)
    payer.hear()
    assert payer.state == ("canceled", "canceled")
    assert payer.charged == payer.taken
    assert {one["status"] for one in payer.double.objects("subscription")} == {"canceled"}


def test_who_may_not_cancel_gets_a_portal_without_it(payer):
    payer.buy("team", seats="4")
    changes = {"billing.view": "yes", "billing.change_plan": "yes"}
    for may in (False, True, False):
        features = payer.portal_features(changes | ({"billing.cancel": "yes"} if may else {}))
        assert features["subscription_cancel"]["enabled"] is may
        assert features["payment_method_update"]["enabled"]
        assert not features["subscription_update"]["enabled"], "plans change with us alone"
    assert len(payer.double.objects("billing_portal.configuration")) == 2


def test_every_word_lost_and_one_look_a_day_finds_it_all(payer):
    payer.double.webhooks("dropped")
    try:
        here = payer.choose("team", seats="4")
        payer.double.checkout(key_in(payer.off(here)), "pay", card="good")
        payer.compare()
        assert payer.state[0] == "active"
        here = payer.choose("business", seats="4")
        payer.double.decline_next()
        away = payer.off(here)
        payer.double.invoice_page(key_in(away), "pay", card="good")
        payer.compare()
        assert payer.row.terms["plan"] == "business"
        assert payer.charged == payer.taken
        assert payer.troubles == []
    finally:
        payer.double.webhooks("held")


def test_what_stripe_says_otherwise_and_nobody_can_settle_is_told_to_the_operator(payer):
    payer.buy("team", seats="4")
    client = stripe_sdk.StripeClient(payer.double.api_key, base_addresses={"api": payer.double.url})
    customer = payer.row.customer_ref
    key = {"idempotency_key": "by-hand"}
    paper = client.v1.invoices.create({"customer": customer, "auto_advance": False}, key)
    item = {"customer": customer, "invoice": paper.id, "amount": 4_200, "currency": "usd"}
    client.v1.invoice_items.create(item, {"idempotency_key": "by-hand-item"})
    client.v1.invoices.finalize_invoice(paper.id, {"auto_advance": False}, {"idempotency_key": "by-hand-final"})
    client.v1.invoices.pay(paper.id, {}, {"idempotency_key": "by-hand-pay"})
    for _n in range(2):
        payer.compare()
        assert payer.troubles == ["not_known_here"]


def test_a_pack_is_paid_on_stripes_page(payer):
    payer.buy("team", seats="4")
    here = payer.pack("tokens")
    payer.double.checkout(key_in(payer.off(here)), "pay", card="good")
    payer.hear(times=2)
    assert "500,000 left in packs" in body(payer.owner.get(HOME))
    assert payer.charged == payer.taken

"""Plans by agreement: an operator writes down what was agreed on, and everything else goes its usual way."""

import re
from datetime import timedelta

import pytest

from factories.operators import make_operator
from support.selling import Customer, selling
from support.visitors import body, signed_in
from tenantry.audit.models import Entry
from tenantry.billing.actions.agreeing import Agreement, agree_plan
from tenantry.billing.actions.methods import set_payment_method
from tenantry.billing.actions.plans import change_plan, plan_change_plan
from tenantry.billing.actions.seats import buy_seats
from tenantry.billing.errors import ByAgreement
from tenantry.billing.proration import months_after
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
AGREED = {"plan": "enterprise", "interval": "year", "base": "12,000", "seats": "40", "seat": "250.50", "periods": "2"}


@pytest.fixture(scope="module")
def client():
    return make_operator("Opal Rater").client()


def path(customer):
    return f"/console/organizations/{customer.org.id}/agreement"


def confirmed(client, customer, said, reason="Contract <17>", **more):
    """The effect's page, and the answer to its confirmation."""
    with selling():
        effect = client.post(path(customer), said)
        assert effect.status_code == 200, body(effect)
        sent = dict(HIDDEN.findall(body(effect)))
        return body(effect), client.post(path(customer), {**sent, "reason": reason, **more})


def agreed(client, customer, **more):
    page, answer = confirmed(client, customer, {**AGREED, **more})
    assert answer.status_code == 303, body(answer)
    return page


def test_an_operator_puts_an_organization_on_what_was_agreed(client):
    customer = Customer("crm-suite")
    customer.act(set_payment_method, card="good")
    customer.subscribe("launch")
    with pytest.raises(ByAgreement):
        customer.act(change_plan, plan="enterprise")
    with selling():
        assert path(customer) in body(client.get(f"/console/organizations/{customer.org.id}"))
        assert "Enterprise" in body(client.get(path(customer)))
    page = agreed(client, customer)
    row = customer.row
    until = months_after(row.anchor_at, 24)
    assert (row.state, row.interval, row.seats, row.agreed_until) == ("active", "year", 40, until)
    assert row.period_end == months_after(row.anchor_at, 12)
    issued = customer.invoices[-1]
    lines = list(issued.lines.all())
    assert [one.amount for one in lines if one.amount > 0] == [1_200_000]
    assert any(one.amount < 0 for one in lines), "what is unused of the plan before is given back"
    assert f"${issued.due / 100:,.2f}" in page
    assert customer.entitlements["seats"] == 40
    with scope.tenant(customer.org.id), reading():
        entry = Entry.objects.get(action="billing.plan_agreed")
    assert (entry.actor_kind, entry.values["reason"]) == ("operator", "Contract <17>")
    owner = signed_in(customer.org.owner)
    with selling():
        home = body(owner.get("/admin/billing"))
        assert "by agreement until" in home
        plans = body(owner.get("/admin/billing/plans"))
        assert "By agreement:" in plans
        assert "$12,000 a year" in plans
        assert "Contract &lt;17&gt;" in body(owner.get("/admin/audit"))
        console = body(client.get(f"/console/organizations/{customer.org.id}?agreed=1"))
        assert "by agreement" in console
        assert "12000.00" in body(client.get(path(customer))), "what holds is there to be changed"


def test_it_is_collected_renewed_told_and_ended_like_everything(client):
    customer = Customer("crm-suite")
    customer.act(set_payment_method, card="good")
    agreed(client, customer, interval="month", base="900", periods="3")
    assert [one.state for one in customer.invoices] == ["open"], "a job collects it"
    customer.pay()
    customer.act(buy_seats, count=2)
    start, until = customer.row.anchor_at, customer.row.agreed_until
    customer.go_to(start + timedelta(hours=2))
    assert customer.invoices[-1].lines.all()[0].code == "seats_added"
    customer.pay()
    customer.go_to(until - timedelta(days=29))
    assert customer.row.agreed_told_at == until - timedelta(days=30)
    customer.pay()
    assert customer.invoices[-1].subtotal == 90_000 + 2 * 25_050
    customer.go_to(until - timedelta(days=1))
    customer.pay()
    with selling():
        home = body(signed_in(customer.org.owner).get("/admin/billing"))
        assert "What was agreed on for Enterprise ends on" in home
        assert "none is planned" in home
    count = len(customer.invoices)
    customer.go_to(until)
    assert customer.state == ("canceled", "canceled")
    assert len(customer.invoices) == count
    assert customer.row.agreed_until is None


def test_another_plan_may_follow_it(client):
    customer = Customer("crm-suite")
    customer.act(set_payment_method, card="good")
    agreed(client, customer, interval="month", base="900", seats="", seat="", periods="1")
    assert customer.entitlements["seats"] is None
    customer.pay()
    quoted = customer.ask(plan_change_plan, plan="scale")
    assert quoted.when == "period_end"
    customer.act(change_plan, plan="scale", at=quoted.at, digest=quoted.digest)
    customer.go_to(customer.row.agreed_until)
    assert (customer.row.terms["plan"], customer.row.agreed_until, customer.state[0]) == ("scale", None, "active")
    assert customer.entitlements["seats"] == 25


def test_impossible_figures_and_old_ones_are_refused(client):
    customer = Customer("crm-suite")
    for wrong in (
        {"base": ""},
        {"base": "-1"},
        {"base": "1.005"},
        {"seats": "0"},
        {"seats": "many"},
        {"seats": "", "seat": "5"},
        {"seat": "x"},
        {"periods": "0"},
        {"periods": "121"},
        {"interval": "week"},
    ):
        with selling():
            answer = client.post(path(customer), {**AGREED, **wrong})
        assert answer.status_code == 422, wrong
        assert "is-invalid" in body(answer) or "invalid-feedback" in body(answer), wrong
    page, answer = confirmed(client, customer, AGREED, reason=" ")
    assert answer.status_code == 422
    assert "Say why" in body(answer)
    assert "$12,000.00" in page
    _page, answer = confirmed(client, customer, AGREED, base="13,000")
    assert answer.status_code == 409, "these are not the figures that were read"
    assert "$13,000.00" in body(answer)
    _page, answer = confirmed(client, customer, {**AGREED, "seats": "1", "plan": "elsewhere"})
    assert answer.status_code == 303, "the only plan by agreement is meant"


def test_fewer_seats_than_people_block_it_with_a_sentence(client):
    customer = Customer("crm-suite")
    customer.org.person("standard_user")
    with selling():
        page = body(client.post(path(customer), {**AGREED, "seats": "1"}))
        assert "Before this change, reduce first: Seats (2 &gt; 1)." in page
        assert 'name="digest"' not in page
    customer.subscribe("launch")
    customer.go_to(customer.row.period_end)
    customer.decline()
    with selling():
        refused = client.post(path(customer), AGREED)
        assert refused.status_code == 409
        assert "payment" in body(refused) or "being paid" in body(refused)


def test_where_nothing_is_by_agreement_there_is_no_such_page(client):
    customer = Customer("standard")
    with selling():
        assert client.get(path(customer)).status_code == 404
        assert path(customer) not in body(client.get(f"/console/organizations/{customer.org.id}"))
    with pytest.raises(NotFound):
        customer.act(agree_plan, agreement=Agreement("enterprise", "month", 0), reason="Mine")

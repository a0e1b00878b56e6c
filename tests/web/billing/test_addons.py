"""Add-ons for single people: the price before, on and off by the page, the person and the interface, charged once."""

import re

import pytest

from api.callers import by_key
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.billing.actions.plans import change_plan, plan_change_plan
from tenantry.usecases.offboarding import deactivate_members

HOME, ADDON = "/admin/billing", "/admin/billing/addons/mortgage_broker"


@pytest.fixture
def customer():
    with selling():
        made = Customer("brokerage")
        made.card()
        yield made


def hidden(page: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'type="hidden" name="(ids|on|back|digest)" value="([^"]*)"', page):
        found.setdefault(name, []).append(value)
    return found


def test_on_for_two_by_the_page_and_off_by_the_persons(customer):
    org = customer.org
    customer.subscribe("brokerage")
    ana, ben = org.person("broker"), org.person("broker")
    owner = signed_in(org.owner)
    assert f'href="{ADDON}"' in body(owner.get(HOME))
    assert "Nobody has it yet" in body(owner.get(ADDON))
    ids = [str(ana.membership_id), str(ben.membership_id)]
    assert all(one in body(owner.get(f"{ADDON}/people")) for one in ids)
    asked = body(post(owner, org.owner, f"{ADDON}/switch", {"ids": ids, "on": "1"}))
    # What the renewal will say: everybody who is here then, and two add-ons more.
    assert "Due now" in asked
    assert "$319.97" in asked, "three times 59.99 and two times 70"
    assert "instead of $179.97" in asked
    assert post(owner, org.owner, f"{ADDON}/switch", hidden(asked)).status_code == 303
    assert post(owner, org.owner, f"{ADDON}/switch", hidden(asked)).status_code == 409, "it is so already"
    having = body(owner.get(ADDON))
    assert all(one in having for one in ids)
    assert not any(one in body(owner.get(f"{ADDON}/people")) for one in ids)
    customer.go_to(customer.row.period_end)
    assert [one.total for one in customer.open] == [3 * 5999, 14000]
    customer.pay()

    # From the person's page, and back to it.
    person = f"/admin/users/u/{ben.membership_id}"
    assert "Mortgage Broker" in body(owner.get(person))
    asked = body(post(owner, org.owner, f"{ADDON}/switch", {"ids": ids[1:], "on": "0", "back": "person"}))
    assert "What is paid stays until the period ends." in asked
    assert post(owner, org.owner, f"{ADDON}/switch", hidden(asked))["Location"] == person
    # Nobody holds it who is gone; who is not active can't get it.
    org.perform(deactivate_members, membership_ids=(ben.membership_id,), organization_name="Halden Supply")
    key = by_key(org)
    refused = key.post("/billing/addons/mortgage_broker/plan", {"person_ids": ids[1:], "on": True}).body
    assert (refused["people"], refused["refused"][0]["code"]) == ([], "not_active")
    assert [one["id"] for one in key.get("/billing/addons/mortgage_broker/people").body["items"]] == ids[:1]
    assert "switched Mortgage Broker on for Pat Example" in body(owner.get("/admin/audit?area=billing"))
    assert signed_in(org.person("broker")).get(ADDON).status_code == 403
    assert owner.get("/admin/billing/addons/gold").status_code == 404
    assert key.post("/billing/addons/gold", {"person_ids": ids, "on": True}).code == "addon_unknown"


def test_a_year_charges_them_with_the_next_count_once_and_gives_back_only_what_was_paid(customer):
    """Whoever is switched on in a year's third month pays for the nine that are left; what was never charged is no
    credit when the plan changes."""
    org = customer.org
    customer.subscribe("brokerage", interval="year")
    ana = org.person("broker")
    key = by_key(org)
    asked = {"person_ids": [str(ana.membership_id), str(org.owner.membership_id)], "on": True}
    plan = key.post("/billing/addons/mortgage_broker/plan", asked).body
    assert (plan["people_after"], plan["charged"], plan["price"]) == (2, 2 * 7000 * 11, 84_000)
    done = key.post("/billing/addons/mortgage_broker", {**asked, "digest": plan["digest"]})
    assert done.status == 200
    [listed] = key.get("/billing/addons").body["items"]
    assert (listed["people"], listed["charged_people"]) == (2, 0)
    # Before the count nothing was charged for it, and nothing of it is given back.
    quoted = customer.ask(plan_change_plan, plan="brokerage", interval="month")
    assert not [one for one in quoted.quote.lines if one.code == "addon_unused"]
    customer.go_to(customer.row.counted_at.replace(year=customer.row.counted_at.year + 1, month=1, day=2))
    counted = [one.total for one in customer.open]
    assert counted[-1] == plan["charged"]
    assert key.get("/billing/addons").body["items"][0]["charged_people"] == 2
    customer.pay()
    # Off and on again within what is paid costs nothing more; afterwards what is left of it is given back.
    off = {**asked, "on": False}
    assert key.post("/billing/addons/mortgage_broker", off).body["charged"] == 0
    assert key.post("/billing/addons/mortgage_broker", asked).body["charged"] == 0
    assert key.post("/billing/addons/mortgage_broker", off).status == 200
    quoted = customer.ask(plan_change_plan, plan="brokerage", interval="month")
    [back] = [one for one in quoted.quote.lines if one.code == "addon_unused"]
    assert (back.quantity, back.amount) == (2, -2 * 7000 * 10)
    customer.act(change_plan, plan="brokerage", interval="month", at=quoted.at, digest=quoted.digest)
    assert customer.row.charged_addons == {}

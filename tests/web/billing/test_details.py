"""Whom invoices name: said once for invoices, and where nothing is said, what the organization says of itself."""

import re
from io import BytesIO

import pypdfium2
import pytest

from api.callers import by_key, by_session
from api.test_seats import by_role
from factories.organizations import make_organization
from support.holding import make_role
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.organizations.actions.profile import change_contact

DETAILS = "/admin/billing/details"


@pytest.fixture
def customer():
    with selling():
        made = Customer("standard")
        made.card()
        yield made


def fields(page: str) -> dict[str, str]:
    found = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    return {name: found.get(name, "") for name in ("version",)}


def paper(owner, invoice) -> str:
    content = owner.get(f"/admin/billing/invoices/{invoice.id}.pdf").content
    return str(pypdfium2.PdfDocument(BytesIO(content))[0].get_textpage().get_text_bounded())


def test_what_is_said_for_invoices_stands_on_the_next_one_and_not_on_those_before(customer):
    org = customer.org
    owner, key = signed_in(org.owner), by_key(org)
    org.perform(change_contact, kind="billing", name="Ida Berg", email="ida@halden.example", phone="")
    customer.subscribe("team", seats=2)
    shown = body(owner.get(DETAILS))
    assert "Name, of the company profile" in shown
    assert 'placeholder="ida@halden.example"' in shown
    said = {
        "name": "Halden Holding Ltd",
        "address": "1 Quay Street\nBergen",
        "country": "Norway",
        "tax_id": "NO 999",
        "purchase_order": "PO-4711 <b>",
        "email": "invoices@halden.example",
    }
    wrong = post(owner, org.owner, DETAILS, {**said, **fields(shown), "email": "nobody"})
    assert wrong.status_code == 422
    assert "Halden Holding Ltd" in body(wrong), "what was typed stays"
    assert post(owner, org.owner, DETAILS, {**said, **fields(shown)}).status_code == 303
    # Somebody else's page is older: it is told, and saving again is meant.
    older = post(owner, org.owner, DETAILS, {**said, **fields(shown), "country": "Sweden"})
    assert older.status_code == 409
    home = body(owner.get("/admin/billing"))
    assert "Halden Holding Ltd" in home
    assert "PO-4711 &lt;b&gt;" in home

    customer.go_to(customer.row.period_end)
    first, second = customer.invoices
    assert (first.buyer["name"], first.buyer["email"]) == ("Halden Supply", "ida@halden.example")
    assert {name: second.buyer[name] for name in said} == said
    told = paper(owner, second)
    for part in ("Halden Holding Ltd", "1 Quay Street", "Norway", "NO 999", "PO-4711 <b>", "Ida Berg"):
        assert part in told
    assert "Norway" not in paper(owner, first)

    # The interface says the same, and empties what is left out.
    assert key.get("/billing/details").body["own"] == said
    emptied = key.put("/billing/details", {"purchase_order": "PO-4712"}).body
    assert (emptied["own"]["name"], emptied["buyer"]["name"]) == ("", "Halden Supply")
    assert emptied["buyer"]["purchase_order"] == "PO-4712"
    assert key.put("/billing/details", {"email": "nobody"}).status == 422
    audit = body(owner.get("/admin/audit?area=billing"))
    assert "changed what invoices say of the organization" in audit


def test_messaging_has_them_managed_by_billing_and_seen_by_user_admins():
    """blueprints.md: manage, manage, view on /admin/org, nothing."""
    org = make_organization(blueprint="messaging")
    billing, users, member = (org.person(role) for role in ("billing_admin", "user_admin", "member"))
    said = {"name": "Halden Holding Ltd", "country": "Norway", "version": "1"}
    assert post(signed_in(billing), billing, DETAILS, said).status_code == 303
    overview = body(signed_in(users).get("/admin/org"))
    assert "Halden Holding Ltd" in overview
    assert "Norway" in overview
    assert signed_in(users).get(DETAILS).status_code == 403
    assert signed_in(users).get("/admin/billing").status_code == 403
    assert signed_in(member).get("/admin/org").status_code == 403
    assert by_session(member).get("/billing/details").status == 403
    sees = by_role(org, make_role(org, "base", permissions={"billing.view": "yes"}))
    assert sees.get("/billing/details").status == 200
    assert sees.put("/billing/details", {"name": "Intruder"}).status == 403

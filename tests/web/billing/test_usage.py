"""The page of meters."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.callers import by_key
from api.test_usage import report, used
from factories.organizations import make_organization
from support.meters import allow, buy_pack
from support.visitors import body, signed_in


@pytest.fixture(scope="module")
def org(database):
    org = make_organization()
    allow(org, ai_tokens=1_000, records=500, connect_messages=0, seats=10)
    buy_pack(org, 2_500)
    report(by_key(org), used(900))
    return org


def test_every_meter_says_how_it_stands_where_it_comes_from_and_when_it_starts_again(org):
    page = body(signed_in(org.owner).get("/admin/billing/usage"))
    for said in (
        "900 of 1,000",
        "2,500 left in packs",
        "Starts again on",
        "Not in your plan",
        "0 of 500",
        "Archived ones do not count",
        "1 of 10",
        "The assistant on records, and what your programs report.",
        "90 % are used",
    ):
        assert said in page, said
    assert 'aria-label="AI tokens: 900 of 1,000"' in page


def test_the_days_of_a_meter_are_a_picture_and_a_table(org):
    client = signed_in(org.owner)
    page = body(client.get("/admin/billing/usage?meter=ai_tokens&days=90"))
    assert "AI tokens by day" in page
    assert page.count('<th scope="row" class="fw-normal">') == 90
    assert 'aria-label="AI tokens by day: Up to 900 a day. The figures follow as a table."' in page
    assert "Leads, contacts, companies and deals." in body(client.get("/admin/billing/usage?meter=records&days=x"))


def test_only_those_who_see_billing_open_it(org):
    assert signed_in(org.person("member")).get("/admin/billing/usage").status_code == 403


def test_the_page_asks_little(org):
    client = signed_in(org.owner)
    client.get("/admin/billing/usage")
    with CaptureQueriesContext(connection) as asked:
        assert client.get("/admin/billing/usage").status_code == 200
    questions = [one["sql"] for one in asked.captured_queries if one["sql"].lstrip().startswith("SELECT")]
    assert len([sql for sql in questions if "set_config" not in sql]) <= 10

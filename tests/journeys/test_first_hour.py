"""The first hour with Momentum: a deal on the board a minute after founding, and names of every length and script."""

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, make_organization
from factories.records import make_record, without_workflows
from support.steps import open_dialog, sign_in, told

HOME = "/apps/momentum"
WORD = "Bundesvermögensverwaltungsgesellschaftsangelegenheitenausschuss"
NAMES = (f"{WORD} {WORD}", "شركة الشحن البحري الدولية المحدودة", "👩🏽‍🚀🚢 Ÿvönne Þórðardóttir", "x" * 120)


def entered(page: Page, email: str, path: str) -> Page:
    sign_in(page, email, PASSWORD)
    page.wait_for_url("**/")
    page.goto(path)
    return page


@pytest.mark.parametrize("founded", ["now", "before there was a first workflow"])
def test_a_founder_puts_a_deal_on_the_board(new_context, founded):
    org = make_organization()
    if founded != "now":
        without_workflows(org)
    page = entered(new_context(viewport={"width": 390, "height": 844}).new_page(), org.owner.email, f"{HOME}/board")
    if founded != "now":
        page.get_by_role("button", name="Begin with “Sales”").click()
        told(page, "The workflow Sales is there.")
    expect(page.get_by_role("heading", level=1, name="Sales")).to_be_visible()
    dialog = open_dialog(page, page.get_by_role("link", name="Add a deal"))
    dialog.get_by_label("Name", exact=True).fill("Wharf extension")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Wharf extension")).to_be_visible()
    page.goto(f"{HOME}/board")
    first = page.locator(".t-lane", has=page.get_by_role("heading", name="New", exact=True))
    expect(first.get_by_role("link", name="Wharf extension")).to_be_visible()


def test_long_and_foreign_names_stay_within_a_phone(new_context):
    org = make_organization()
    paths = [HOME, f"{HOME}/board", *(f"{HOME}/{kind}" for kind in ("leads", "deals", "contacts", "companies"))]
    paths += ["/apps/workspace", "/apps/workspace/drive", "/apps/workspace/drive/all", "/reports"]
    for name in NAMES:
        lead = make_record(org, "lead", org.owner, given_name=name, family_name="", company_name=name)
        company = make_record(org, "company", org.owner, name=name)
        contact = make_record(org, "contact", org.owner, given_name=name, family_name="", company_id=company)
        deal = make_record(org, "deal", org.owner, name=name, company_id=company, value=12_345_678_901_250)
        make_record(org, "task", org.owner, title=name, deal_id=deal)
        make_record(org, "file", org.owner, name=f"{name}.txt", deal_id=deal)
        records = {"leads": lead, "companies": company, "contacts": contact, "deals": deal}
        paths += [f"{HOME}/{kind}/{pk}" for kind, pk in records.items()]
    page = entered(new_context(viewport={"width": 390, "height": 844}).new_page(), org.owner.email, "/")
    wide = {}
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond > 0:
            wide[path] = beyond
    assert wide == {}

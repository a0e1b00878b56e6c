"""Each blueprint in a real browser: chosen at sign-up, its words on the pages, and what the weakest role is refused."""

import pytest
from playwright.sync_api import expect

from blueprints.tables import BLUEPRINTS, LABELS, ROLES
from blueprints.walked import walks
from factories.organizations import PASSWORD, make_organization
from support.steps import sign_in
from tenantry.blueprints.schema import load

TITLES = [load(key).title for key in BLUEPRINTS]


@walks("Policies", "label teams", "label add_user")
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_one_walk(blueprint, new_context):
    place, table = BLUEPRINTS.index(blueprint), ROLES[blueprint]
    org = make_organization(blueprint=blueprint)
    weakest = org.person(table.roles[-1])
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto("/admin/users/u")
    expect(page.get_by_role("link", name=LABELS["add_user"][place], exact=True)).to_be_visible()
    page.get_by_role("link", name="Pat Example").click()
    page.get_by_role("button", name="More", exact=True).click()
    ending = page.get_by_role("link", name=LABELS["deactivate"][place])
    expect(ending).to_have_count(0 if blueprint == "messaging" else 1)
    page.goto("/admin/users/g")
    expect(page.get_by_role("heading", level=1, name=LABELS["teams"][place])).to_be_visible()
    page.goto("/admin/users/roles")
    for role in load(blueprint).roles:
        expect(page.get_by_role("link", name=role.name, exact=True).first).to_be_visible()
    other = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(other, weakest.email, PASSWORD)
    other.wait_for_url("**/")
    refused = other.goto("/admin/users/u")
    assert refused is not None
    assert refused.status == 403


def test_the_choice_at_sign_up_says_what_differs_and_keeps_what_was_typed(new_context):
    page = new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False).new_page()
    page.goto("/signup")
    page.get_by_text("Works differently here?").click()
    expect(page.get_by_role("radio", name="Standard")).to_be_checked()
    for key in BLUEPRINTS:
        expect(page.get_by_text(load(key).sentence)).to_be_visible()
    page.get_by_text("Compare them").click()
    table = page.get_by_role("table", name="The most telling differences")
    expect(table.get_by_role("columnheader")).to_have_text(TITLES)
    page.get_by_label("Brokerage").check()
    page.get_by_label("Organization", exact=True).fill("Halden Homes")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("radio", name="Brokerage")).to_be_checked()
    expect(page.get_by_role("radio", name="Brokerage")).to_be_visible()
    expect(page.get_by_label("Organization", exact=True)).to_have_value("Halden Homes")

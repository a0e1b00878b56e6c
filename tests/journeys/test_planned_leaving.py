"""Ten people leave on Friday, in a browser: what keeps three of them is settled in the dialog, the rest stays as it was
chosen; what comes up later is settled on the page of whoever leaves."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from factories.organizations import PASSWORD, Organization, Person, make_organization
from factories.records import make_record, make_workflow
from support.accessibility import faults
from support.steps import sign_in, tab_to, told
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.person import edit_person
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}}
WAYS = [
    pytest.param(DESKTOP, id="desktop"),
    pytest.param({**PHONE, "color_scheme": "dark"}, id="phone-dark"),
]
NAMES = ("Loki", "Alma", "Bram", "Cleo", "Dora", "Emil", "Fritz", "Greta", "Hugo", "Ida")
LIST = "/admin/users/u?q=leaver"


def enter(new_context: Any, way: dict[str, Any], person: Person) -> Page:
    page: Page = new_context(**way).new_page()
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def called(org: Organization, given_name: str, family_name: str) -> Person:
    person = org.person("manager")
    org.perform(edit_person, membership_id=person.membership_id, given_name=given_name, family_name=family_name)
    return person


def ground() -> tuple[Organization, list[Person]]:
    """The first two look after workflows, the third a workspace; the fourth leads a team."""
    org = make_organization(seats=40)
    called(org, "Petra", "Lindqvist")
    people = [called(org, name, "Leaver") for name in NAMES]
    for name, one in (("Hamburg service contracts", people[0]), ("Leases", people[1])):
        flow = make_workflow(org, name)
        org.perform(add_to_workflow, workflow_id=flow, membership_ids=(one.membership_id,))
    level = {"workspace_id": org.perform(create_workspace, name="Nordics").id, "role_id": org.role("workspace_manager")}
    org.perform(add_to_workspace, membership_ids=(people[2].membership_id,), **level)
    team = org.perform(create_team, name="Key accounts").id
    org.perform(add_to_team, team_id=team, membership_ids=(people[3].membership_id,), is_lead=True)
    for one in people[:5]:
        make_record(org, "contact", one)
    return org, people


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px beyond the width"
    dialog = page.locator("dialog[open]")
    if dialog.count():
        assert dialog.evaluate("element => element.scrollWidth - element.clientWidth") <= 0


def form_of(page: Page) -> Locator:
    return page.locator("dialog[open], .t-dlg-page")


def friday() -> str:
    return (datetime.now(UTC).date() + timedelta(days=4)).isoformat()


@pytest.mark.parametrize("way", WAYS)
def test_ten_leave_on_a_day_and_what_keeps_three_is_settled_there(new_context, way):
    org, _people = ground()
    page = enter(new_context, way, org.owner)
    page.goto(LIST)
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox", name="Leaver").all():
        box.check()
    page.get_by_role("button", name="On a day").click()
    form = form_of(page)
    form.get_by_label("Removed for good").check()
    form.get_by_label("Last day").fill(friday())
    form.get_by_role("radio", name="Petra Lindqvist").check()
    fits(page)
    form.get_by_role("button", name="See what happens").click()
    expect(form.get_by_text("3 things to settle by then")).to_be_visible()
    expect(form.get_by_text("people leave for good")).to_be_visible()
    fits(page)
    for place, fix, deed, left in (
        ("Hamburg service contracts", "Somebody who takes part", "Add to the workflow", "2 things to settle"),
        ("Leases", "Somebody who takes part", "Add to the workflow", "One thing to settle"),
        ("Nordics", "The next Owner", "Make Owner", ""),
    ):
        line = form.locator(".t-matters > li", has_text=place)
        line.get_by_text(fix).first.click()
        line.get_by_role("radio", name="Petra Lindqvist").check()
        fits(page)
        line.get_by_role("button", name=deed).click()
        expect(form.locator(".t-matters > li", has_text=place)).to_have_count(0)
        if left:
            expect(form.get_by_text(left)).to_be_visible()
    expect(form.get_by_text("to settle by then")).to_have_count(0)
    expect(form.get_by_text("would be left without a lead")).to_be_visible()
    heirs = form.get_by_role("group", name="Records go to")
    expect(heirs.get_by_role("radio", name="Petra Lindqvist")).to_be_checked()
    expect(form.get_by_text("records go to Petra Lindqvist")).to_be_visible()
    # Another day, and nothing else to be said again.
    form.get_by_role("button", name="Other days").click()
    expect(form.get_by_label("Removed for good")).to_be_checked()
    expect(form.get_by_label("Last day")).to_have_value(friday())
    expect(form.get_by_role("radio", name="Petra Lindqvist")).to_be_checked()
    form.get_by_role("button", name="See what happens").click()
    fits(page)
    form.get_by_role("button", name="Plan it (10)").click()
    told(page, "10 people are removed after")
    expect(page.get_by_text("leaves").first).to_be_visible()
    fits(page)


def test_by_the_keyboard_alone(new_context):
    org, _people = ground()
    page = enter(new_context, DESKTOP, org.owner)
    page.goto("/admin/users/u?q=alma")
    tab_to(page, page.get_by_role("checkbox", name="Alma Leaver"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="On a day"))
    page.keyboard.press("Enter")
    form = form_of(page)
    expect(form.get_by_label("Last day")).to_be_visible()
    form.get_by_label("Last day").fill(friday())
    tab_to(page, form.get_by_role("radio", name="Access ends"))
    page.keyboard.press("ArrowDown")
    tab_to(page, form.get_by_role("button", name="See what happens"))
    page.keyboard.press("Enter")
    expect(form.get_by_text("One thing to settle by then")).to_be_visible()
    assert not (found := faults(page)), found
    line = form.locator(".t-matters > li", has_text="Leases")
    tab_to(page, line.locator("summary"))
    page.keyboard.press("Enter")
    tab_to(page, line.get_by_role("radio").first)
    page.keyboard.press("Space")
    tab_to(page, line.get_by_role("button", name="Add to the workflow"))
    page.keyboard.press("Enter")
    expect(form.locator(".t-matters > li", has_text="Leases")).to_have_count(0)
    tab_to(page, form.get_by_role("button", name="Plan it (1)"))
    page.keyboard.press("Enter")
    told(page, "1 person is removed after")


def test_what_comes_up_later_is_settled_on_the_page(new_context):
    org, people = ground()
    page = enter(new_context, DESKTOP, org.owner)
    here = f"/admin/users/u/{people[4].membership_id}"
    page.goto(f"{here}/planned")
    page.get_by_label("Removed for good").check()
    page.get_by_label("Last day").fill(friday())
    page.get_by_role("button", name="See what happens").click()
    expect(page.get_by_text("person leaves for good")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Plan it").click()
    told(page, "Dora Leaver is removed after")
    flow = make_workflow(org, "Came up later")
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(people[4].membership_id,))
    page.goto("/admin")
    page.get_by_role("listitem").filter(has_text="Dora Leaver leaves after").get_by_role("link").click()
    page.wait_for_url(f"**{here}")
    expect(page.get_by_text("One thing to settle by then")).to_be_visible()
    fits(page)
    line = page.locator(".t-matters > li", has_text="Came up later")
    line.get_by_text("Somebody who takes part").first.click()
    # There are more than are shown: one is named.
    line.get_by_role("searchbox").fill("Petra Lindqvist")
    line.get_by_role("radio", name="Petra Lindqvist").check()
    fits(page)
    line.get_by_role("button", name="Add to the workflow").click()
    expect(page.get_by_text("One thing to settle by then")).to_have_count(0)
    fits(page)
    assert not (found := faults(page)), found

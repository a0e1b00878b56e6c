"""Somebody leaves, in a browser: what is to be settled is settled in the dialog, a successor takes the records."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, Person, make_organization
from factories.records import make_each, make_record, make_workflow
from support.steps import sign_in, told
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.person import edit_person
from tenantry.usecases.workflows import add_to_workflow

WAYS = [
    pytest.param({"viewport": {"width": 1440, "height": 900}}, id="desktop"),
    pytest.param({"viewport": {"width": 390, "height": 844}}, id="phone"),
    pytest.param({"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}, id="without-script"),
]


def enter(new_context: Any, way: dict[str, Any], person: Person) -> Page:
    page: Page = new_context(**way).new_page()
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def called(org: Organization, given_name: str, family_name: str, **more: Any) -> Person:
    person = org.person("manager")
    org.perform(edit_person, membership_id=person.membership_id, given_name=given_name, family_name=family_name, **more)
    return person


def ground() -> tuple[Organization, Person, Person]:
    org = make_organization(seats=20)
    heir = called(org, "Petra", "Lindqvist")
    leaver = called(org, "Jonas", "Weber", manager_id=heir.membership_id)
    flow = make_workflow(org, "Hamburg service contracts")
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(leaver.membership_id,))
    team = org.perform(create_team, name="Key accounts").id
    org.perform(add_to_team, team_id=team, membership_ids=(leaver.membership_id,), is_lead=True)
    make_each(org, leaver)
    for _ in range(3):
        make_record(org, "deal", leaver, value=2_160_000)
        make_record(org, "contact", leaver)
    return org, leaver, heir


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px beyond the width"


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_in_the_way_is_settled_and_the_records_go_on(new_context, way):
    org, leaver, _heir = ground()
    page = enter(new_context, way, org.owner)
    page.goto(f"/admin/users/u/{leaver.membership_id}/removal")
    page.wait_for_load_state()
    fits(page)
    expect(page.get_by_text("One thing to settle first")).to_be_visible()
    expect(page.get_by_role("button", name="Remove", exact=True)).to_have_attribute("aria-disabled", "true")
    page.get_by_text("Somebody who takes part").first.click()
    page.locator(".t-matters").get_by_role("radio", name="Petra Lindqvist").check()
    page.get_by_role("button", name="Add to the workflow").click()
    expect(page.get_by_text("One thing to settle first")).to_have_count(0)
    page.get_by_role("group", name="Records go to").get_by_role("radio", name="Petra Lindqvist (the manager)").check()
    page.get_by_role("button", name="Show what happens").click()
    expect(page.get_by_text("records go to Petra Lindqvist")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Remove", exact=True).click()
    told(page, "Jonas Weber was removed.")
    page.goto(f"/admin/users/u/{leaver.membership_id}/receipt")
    expect(page.get_by_role("heading", level=1, name="Jonas Weber was removed")).to_be_visible()
    fits(page)


def test_the_dialog_of_the_directory_recounts_as_one_chooses(new_context):
    org, leaver, _heir = ground()
    page = enter(new_context, {"viewport": {"width": 1440, "height": 900}}, org.owner)
    page.goto(f"/admin/users/u/{leaver.membership_id}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Deactivate or remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("One thing to settle first")).to_be_visible()
    dialog.get_by_text("Somebody who takes part").first.click()
    dialog.locator(".t-matters").get_by_role("radio", name="Petra Lindqvist").check()
    dialog.get_by_role("button", name="Add to the workflow").click()
    expect(dialog.get_by_text("One thing to settle first")).to_have_count(0)
    dialog.get_by_role("link", name="Remove Leaves for good").click()
    expect(dialog.get_by_text("records become unassigned")).to_be_visible()
    heirs = dialog.get_by_role("group", name="Records go to")
    heirs.get_by_role("radio", name="Petra Lindqvist (the manager)").check()
    expect(dialog.get_by_text("records go to Petra Lindqvist")).to_be_visible()

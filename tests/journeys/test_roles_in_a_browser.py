"""The editor of roles in a browser: with and without a script, by keyboard, on a phone; quiet and accessible.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from pathlib import Path
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support.accessibility import faults
from support.steps import open_dialog, sign_in, tab_to, told
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.usecases.person import change_own_profile

STANDS = {"deals.view": "unit", "deals.edit": "unit", "deals.delete": "unit", "people.view": "unit",
          "people.invite": "yes", "reports.view": "team"}  # fmt: skip
PEOPLE = (("Lucie", "Fabre"), ("Anders", "Moe"), ("Ines", "Prado"))


def furnished() -> tuple[Organization, UUID]:
    """A role that three people hold."""
    org = make_organization("Halden Supply")
    content = RoleContent("Regional lead", "Runs one region: its deals, its people, its reports", STANDS)
    role_id = org.perform(create_role, kind="base", content=content).id
    for given_name, family_name in PEOPLE:
        person = org.person()
        org.perform(change_own_profile, by=person, given_name=given_name, family_name=family_name)
        org.perform(change_role, membership_id=person.membership_id, role_id=role_id)
    return org, role_id


def enter(page: Page, org: Organization, path: str) -> None:
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(path)
    page.wait_for_load_state()


def reach(page: Page, permission: str, value: str) -> Locator:
    return page.get_by_role("group", name=permission, exact=True).get_by_role("radio", name=value, exact=True)


def look(page: Page, name: str) -> None:
    """No fault of accessibility, nothing beyond the width."""
    assert not (found := faults(page)), found
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px beyond the width"
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_a_role_is_edited(new_context, javascript):
    org, role_id = furnished()
    page = new_context(java_script_enabled=javascript).new_page()
    enter(page, org, f"/admin/users/roles/{role_id}")
    if not reach(page, "See deals", "All").is_visible():
        page.locator("summary", has_text="Deals").click()
    reach(page, "See deals", "All").check(force=True)
    reach(page, "Delete deals", "Team").check(force=True)
    panel = page.locator("#saving")
    if not javascript:
        panel.get_by_role("button", name="Preview").click()
    expect(panel.get_by_text("people gain: see deals – All, was Unit")).to_be_visible()
    expect(panel.get_by_text("people reach others: delete deals – Team, was Unit")).to_be_visible()
    expect(panel.get_by_text("Anders Moe, Ines Prado, Lucie Fabre")).to_have_count(2)
    expect(page.locator("#figures-deals")).to_contain_text("2 changed")
    panel.get_by_role("button", name="Save 2 changes").click()
    expect(page.locator("[data-toast]", has_text="Regional lead is saved.")).to_be_visible()
    expect(reach(page, "See deals", "All")).to_be_checked()
    expect(page.locator("#figures-deals")).not_to_contain_text("changed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_the_editor_is_quiet_and_accessible(new_context, scheme, width):
    org, role_id = furnished()
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    enter(page, org, f"/admin/users/roles/{role_id}")
    page.locator("details", has=page.get_by_text("deals.view")).evaluate("details => { details.open = true }")
    reach(page, "See deals", "All").check(force=True)
    reach(page, "Delete deals", "Team").check(force=True)
    expect(page.locator("#saving").get_by_text("people gain")).to_be_visible()
    was = page.get_by_text("was Unit", exact=True)
    expect(was.nth(0)).to_be_visible()
    page.locator("summary", has_text="May give these roles").click()
    look(page, f"role-{width}-{scheme}")
    page.goto(f"/admin/users/roles/compare?a={role_id}&b={org.role('manager')}")
    look(page, f"role-compare-{width}-{scheme}")
    page.goto("/admin/users/roles")
    look(page, f"role-list-{width}-{scheme}")
    page.goto(f"/admin/users/roles/{role_id}/deletion")
    look(page, f"role-deletion-{width}-{scheme}")
    page.goto(f"/admin/users/roles/{org.role('administrator')}")
    look(page, f"role-read-{width}-{scheme}")


def test_permissions_are_found_while_typing(new_context):
    org, role_id = furnished()
    page = new_context().new_page()
    enter(page, org, f"/admin/users/roles/{role_id}")
    page.keyboard.press("/")
    page.keyboard.type("invite")
    expect(page.get_by_role("switch", name="Add people")).to_be_visible()
    expect(page.get_by_text("deals.view")).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_role("searchbox").fill("")
    expect(page.locator("summary", has_text="Reports")).to_be_visible()
    expect(page.get_by_role("switch", name="Add people")).to_be_hidden()


def test_a_role_is_made_and_written_by_keyboard_alone(new_context):
    org = make_organization()
    page = new_context().new_page()
    enter(page, org, "/admin/users/roles")
    keys, name = page.keyboard, unique("Night watch")
    tab_to(page, page.get_by_role("link", name="Create a role"))
    keys.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    tab_to(page, dialog.get_by_label("Name"))
    keys.type(name)
    keys.press("Enter")
    page.wait_for_url("**/admin/users/roles/*-*")
    # The first area is open; its first permission takes the arrow keys.
    first = page.locator(".t-fold[open] .t-reach").first
    tab_to(page, first.get_by_role("radio", name="None"))
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    expect(first.get_by_role("radio", name="Team")).to_be_checked()
    save = page.get_by_role("button", name="Save 1 change")
    expect(save).to_be_visible()
    for _step in range(400):
        if save.evaluate("element => element === document.activeElement"):
            break
        keys.press("Tab")
    keys.press("Enter")
    told(page, f"{name} is saved.")


def test_a_role_is_deleted_with_where_its_people_go(new_context):
    org, role_id = furnished()
    page = new_context().new_page()
    enter(page, org, f"/admin/users/roles/{role_id}")
    page.get_by_role("button", name="More").click()
    dialog = open_dialog(page, page.get_by_role("link", name="Delete"))
    expect(dialog.get_by_text("Anders Moe, Ines Prado, Lucie Fabre")).to_be_visible()
    dialog.get_by_label("What takes its place").select_option("Member")
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("Member takes its place.")).to_be_visible()
    dialog.get_by_role("button", name="Delete").click()
    told(page, "The role Regional lead was deleted.")

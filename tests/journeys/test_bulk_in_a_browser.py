"""Many people at once in a browser, with the real worker: the keyboard alone, a phone, all who match."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from support.accessibility import faults
from support.many import crowd
from support.steps import sign_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.people.models import Membership, TeamMember

LIST = "/admin/users/u"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}}


def enter(new_context: Any, way: dict[str, Any], org: Organization) -> Page:
    page: Page = new_context(**way).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px beyond the width"


def accessible(page: Page) -> None:
    assert not (found := faults(page)), found


def tab_to(page: Page, locator: Any, most: int = 120) -> None:
    """By the Tab key alone."""
    for _ in range(most):
        if locator.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {locator}")


@pytest.mark.parametrize("way", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_twelve_hundred_who_match_come_into_a_team(new_context, way):
    org = make_organization()
    crowd(org, 1200)
    team = org.perform(create_team, name="Field sales").id
    page = enter(new_context, way, org)
    page.goto(f"{LIST}?q=crowd")
    page.get_by_label("Select everybody on this page").check()
    expect(page.get_by_text("50 selected")).to_be_visible()
    page.get_by_label("All that match: 1,200 people").check()
    fits(page)
    page.locator("button[name=do][value=team]").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_text("For everybody who matches the filter")).to_be_visible()
    dialog.get_by_label("Field sales").check()
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("people come into Field sales")).to_be_visible()
    expect(dialog.get_by_text("in the background")).to_be_visible()
    accessible(page)
    dialog.get_by_role("button", name="(1,200)").click()
    page.wait_for_url("**/admin/operations/*")
    fits(page)
    # The page itself says when it is done.
    expect(page.locator("#progress").get_by_text("Finished")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1,200 of 1,200")).to_be_visible()
    fits(page)
    accessible(page)
    with scope.tenant(org.id), reading():
        assert TeamMember.objects.filter(team_id=team).count() == 1200


def test_by_the_keyboard_alone(new_context):
    org = make_organization()
    org.person()
    page = enter(new_context, DESKTOP, org)
    page.goto(f"{LIST}?q=pat")
    box = page.get_by_label("Select Pat Example")
    tab_to(page, box)
    page.keyboard.press("Space")
    deed = page.locator("button[name=do][value=deactivation]")
    tab_to(page, deed)
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_text("What happens")).to_be_visible()
    confirm = dialog.get_by_role("button", name="(1)")
    tab_to(page, confirm)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts").get_by_text("1 person was deactivated.")).to_be_visible()


def test_many_are_planned_then_confirmed_and_canceled_without_script(new_context):
    """The page refreshes itself; confirming and canceling are forms."""
    org = make_organization()
    crowd(org, 6000)
    scripted = enter(new_context, DESKTOP, org)
    scripted.goto(f"{LIST}?q=crowd")
    scripted.get_by_label("Select everybody on this page").check()
    scripted.get_by_label("All that match").check()
    scripted.locator("button[name=do][value=removal]").click()
    dialog = scripted.locator("dialog[open]")
    expect(dialog.get_by_label("Records go to")).to_be_visible()
    accessible(scripted)
    dialog.get_by_role("button", name="Next").click()
    scripted.wait_for_url("**/admin/operations/*")
    # The page itself says when the plan is there.
    expect(scripted.get_by_role("button", name="Remove (6,000)")).to_be_visible(timeout=60_000)
    accessible(scripted)
    page = enter(new_context, {**PHONE, "java_script_enabled": False}, org)
    page.goto(scripted.url)
    fits(page)
    page.get_by_role("button", name="Remove (6,000)").click()
    scripted.reload()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#progress").get_by_text("Canceled")).to_be_visible()
    expect(page.get_by_text("What was done stays done.").first).to_be_visible()
    with scope.tenant(org.id), reading():
        removed = Membership.objects.filter(status="removed").count()
    assert removed < 6000
    # The other page notices by itself.
    expect(scripted.locator("#progress").get_by_text("Canceled")).to_be_visible(timeout=30_000)


def test_a_view_with_its_columns_is_saved_and_a_selection_taken_out(new_context, tmp_path):
    org = make_organization()
    org.person()
    page = enter(new_context, DESKTOP, org)
    page.goto(f"{LIST}?q=pat")
    page.get_by_role("button", name="Columns").click()
    columns = page.locator("#columns")
    columns.get_by_label("Phone").check()
    columns.get_by_label("Role").uncheck()
    columns.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Role")).to_have_count(0)
    page.get_by_role("link", name="Save view").click()
    page.locator("dialog[open]").get_by_label("Name").fill("Pats with phones")
    page.locator("dialog[open]").get_by_role("button", name="Save").click()
    chip = page.get_by_role("navigation", name="Saved views").get_by_role("link", name="Pats with phones")
    expect(chip).to_have_attribute("aria-current", "page")
    accessible(page)
    page.get_by_label("Select Pat Example").check()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Export").click()
    text = taken.value.path().read_text("utf-8-sig")
    assert text.splitlines()[0].startswith("given_name,family_name,email,")
    assert "phone" in text.splitlines()[0]
    assert len(text.strip().splitlines()) == 2


def test_on_a_phone_every_act_is_in_sight(new_context):
    org = make_organization()
    org.person()
    page = enter(new_context, PHONE, org)
    page.goto(LIST)
    page.get_by_label("Select everybody on this page").check()
    acts = page.locator(".t-bulk button")
    assert acts.count() > 5
    for act in acts.all():
        expect(act).to_be_in_viewport(ratio=1)
    fits(page)

"""My tasks and the composer in a browser: with and without a script, by keyboard, on a phone; quiet and accessible.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from factories.records import make_record
from support.accessibility import faults
from support.steps import open_dialog, sign_in
from tenantry.core import clock

HOME = "/apps/workspace"


def furnished() -> Organization:
    """One task of every part, about a deal, and a deal on which everything hangs."""
    org, today = make_organization("Halden Supply"), clock.now().date()
    deal = make_record(org, "deal", org.owner, name="Depot in Bergen")
    for title, days in (("Call Nora", -2), ("Send the offer", 0), ("Visit the site", 8)):
        make_record(org, "task", org.owner, title=title, due_on=today + timedelta(days=days), deal_id=deal)
    make_record(org, "note", org.owner, body="They pay late.", deal_id=deal)
    make_record(org, "activity", org.owner, title="First call", minutes=12, deal_id=deal)
    return org


def enter(page: Page, org: Organization, path: str) -> None:
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(path)
    page.wait_for_load_state()


def look(page: Page, name: str) -> None:
    """No fault of accessibility, nothing beyond the width."""
    assert not (found := faults(page)), found
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px beyond the width"
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_a_task_is_added_in_a_line_ticked_and_taken_back(new_context, javascript):
    page = new_context(java_script_enabled=javascript).new_page()
    enter(page, furnished(), HOME)
    page.get_by_label("What is to be done").fill("Order stamps")
    page.get_by_role("button", name="Add", exact=True).click()
    today = page.get_by_role("region", name="Today")
    expect(today.get_by_role("link", name="Order stamps", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done: Order stamps", exact=True).click()
    expect(page.get_by_role("region", name="Done").get_by_role("link", name="Order stamps", exact=True)).to_be_visible()
    expect(today.get_by_role("link", name="Order stamps", exact=True)).to_have_count(0)
    page.locator("[data-toast]", has_text="Done: “Order stamps”.").get_by_role("button", name="Undo").click()
    expect(today.get_by_role("link", name="Order stamps", exact=True)).to_be_visible()


def test_a_day_is_worked_through_by_keyboard(new_context):
    page = new_context().new_page()
    enter(page, furnished(), HOME)
    page.locator("#main").focus()
    page.keyboard.press("n")
    page.keyboard.type("Buy paper")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Buy paper", exact=True)).to_be_visible()
    expect(page.get_by_label("What is to be done")).to_be_focused()
    page.keyboard.type("Buy ink")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Buy ink", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done: Call Nora", exact=True).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Done: Send the offer", exact=True)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="Done").get_by_role("link", name="Call Nora", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Overdue")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_notes_tasks_and_activities_are_added_on_the_page_of_a_deal(new_context, javascript):
    page = new_context(java_script_enabled=javascript).new_page()
    enter(page, furnished(), HOME)
    page.get_by_role("link", name="Depot in Bergen").first.click()
    timeline = page.get_by_role("region", name="Timeline")
    page.get_by_label("Note", exact=True).fill("Prefers mornings.")
    page.get_by_role("button", name="Add note").click()
    expect(timeline.get_by_text("Prefers mornings.")).to_be_visible()
    page.get_by_role("link", name="Add a task").click()
    form = page.get_by_role("dialog") if javascript else page.get_by_role("main")
    form.get_by_label("What is to be done").fill("Bring samples")
    form.get_by_role("button", name="Save").click()
    expect(timeline.get_by_role("link", name="Bring samples", exact=True)).to_be_visible()
    page.get_by_role("link", name="Log an activity").click()
    form.get_by_label("What it was about").fill("Second call")
    form.get_by_role("button", name="Save").click()
    expect(timeline.get_by_role("link", name="Second call", exact=True)).to_be_visible()
    page.get_by_role("button", name="Done: Bring samples", exact=True).click()
    expect(timeline.get_by_role("button", name="Not done: Bring samples")).to_be_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_work_are_quiet_and_accessible(new_context, width, scheme):
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    enter(page, furnished(), HOME)
    look(page, f"my-tasks-{width}-{scheme}")
    for name, path in (
        ("tasks", f"{HOME}/tasks"),
        ("notes", "/apps/momentum/notes"),
        ("activities", "/apps/momentum/activities"),
    ):
        page.goto(path)
        look(page, f"{name}-{width}-{scheme}")
    page.get_by_role("link", name="First call", exact=True).click()
    look(page, f"activity-{width}-{scheme}")
    page.get_by_role("link", name="Depot in Bergen").click()
    look(page, f"deal-{width}-{scheme}")
    open_dialog(page, page.get_by_role("link", name="Add a task"))
    look(page, f"new-task-{width}-{scheme}")


@pytest.mark.parametrize("path", ["/apps/momentum/leads", "/apps/momentum/leads/new"], ids=["dialog", "page"])
def test_a_double_press_sends_a_form_once(new_context, path):
    """htmx sends the form of the dialog, the browser itself the form of the page."""
    page, org = new_context().new_page(), furnished()
    enter(page, org, path)
    if path.endswith("/leads"):
        open_dialog(page, page.locator("#add"))
    page.get_by_label("Given name").fill("Nora")
    page.get_by_role("button", name="Add", exact=True).dblclick()
    expect(page.get_by_role("heading", name="Nora")).to_be_visible()
    page.goto("/apps/momentum/leads")
    expect(page.get_by_role("link", name="Nora")).to_have_count(1)

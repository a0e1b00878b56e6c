"""Policies in a browser: changed in a dialog with the effect first, taken back from the toast and from the audit."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from support.accessibility import faults
from support.policies import value_of
from tenantry.organizations.policies import POLICIES

VIEWS = {
    "1440-light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "390-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}
LIST = "/admin/org/policies"


def signed_in(page: Page, org: Organization) -> None:
    page.goto("/accounts/login")
    page.get_by_label("E-mail").fill(org.owner.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def looked_at(page: Page, name: str) -> list[str]:
    """Faults of what is on the screen; kept as a picture where TENANTRY_TEST_SCREENSHOTS says."""
    found = [f"{name}: {fault}" for fault in faults(page)]
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append(f"{name}: is too wide")
    folder = os.environ.get("TENANTRY_TEST_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png")
    return found


def test_a_policy_is_changed_and_taken_back_in_dialogs(page: Page):
    org = make_organization()
    org.invite()
    signed_in(page, org)
    page.goto(LIST)
    page.get_by_role("link", name="Change Life of an invitation").click()
    dialog = page.get_by_role("dialog")
    days = dialog.get_by_label("Life of an invitation")
    expect(days).to_be_focused()
    days.fill("91")
    dialog.get_by_role("button", name="See what happens").click()
    expect(dialog.get_by_text("A whole number from 1 to 90.")).to_be_visible()
    days = dialog.get_by_label("Life of an invitation")
    days.fill("3")
    # By the keyboard, too.
    days.press("Enter")
    expect(dialog.get_by_text("open invitation keeps its end")).to_be_visible()
    expect(dialog.get_by_text("An invitation sent from now on lives 3 days.")).to_be_visible()
    assert value_of(org, "people.invitation_days") == 7
    dialog.get_by_role("button", name="Change it").click()
    expect(page.locator("#toasts").get_by_text("Life of an invitation: now “3 days”.")).to_be_visible()
    assert value_of(org, "people.invitation_days") == 3
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts").get_by_text("Life of an invitation: taken back.")).to_be_visible()
    expect(page).to_have_url(re.compile(LIST))
    assert value_of(org, "people.invitation_days") == 7
    page.goto("/admin/audit")
    page.get_by_role("link", name="Undo Maren Holt took entry").click()
    expect(page.get_by_role("dialog").get_by_text("What happens")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Take it back").click()
    expect(page.locator("#toasts").get_by_text("Life of an invitation: taken back.")).to_be_visible()
    assert value_of(org, "people.invitation_days") == 3


def test_an_order_is_chosen_and_a_choice_is_made_without_a_script(new_context: Any):
    org = make_organization()
    page = new_context(java_script_enabled=False).new_page()
    signed_in(page, org)
    page.goto(LIST)
    page.get_by_role("link", name="Change Ways in").click()
    page.get_by_label("A temporary password by mail").select_option("1")
    page.get_by_label("An invitation link by mail").select_option("2")
    page.get_by_role("button", name="See what happens").click()
    expect(page.get_by_text("Offered first from now on: a temporary password by mail.")).to_be_visible()
    page.get_by_role("button", name="Change it").click()
    expect(
        page.locator("#toasts").get_by_text("Ways in: now “A temporary password by mail, an invitation link by mail”.")
    ).to_be_visible()
    assert value_of(org, "people.entry_modes") == ["temporary_password", "invitation_link"]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts").get_by_text("Ways in: taken back.")).to_be_visible()


@pytest.mark.parametrize("view", VIEWS)
def test_lists_dialogs_and_effects_are_accessible_and_fit(view: str, new_context: Any):
    org = make_organization()
    page = new_context(**VIEWS[view]).new_page()
    signed_in(page, org)
    page.goto(LIST)
    found = looked_at(page, f"list-{view}")
    page.goto("/admin/org/security")
    found += looked_at(page, f"security-{view}")
    for policy in (one for one in POLICIES if not one.operator_only):
        page.goto(f"{LIST}/{policy.code}")
        found += looked_at(page, f"{policy.code}-{view}")
    page.goto(LIST)
    page.get_by_role("link", name="Change Who deactivates").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Nobody").check()
    found += looked_at(page, f"dialog-{view}")
    dialog.get_by_role("button", name="See what happens").click()
    expect(dialog.get_by_text("What happens")).to_be_visible()
    found += looked_at(page, f"effects-{view}")
    dialog.get_by_role("button", name="Change it").click()
    expect(page.locator("#toasts").get_by_text("Who deactivates: now “Nobody”.")).to_be_visible()
    page.goto("/admin/audit")
    found += looked_at(page, f"audit-{view}")
    page.get_by_role("link", name=re.compile("^Undo")).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found += looked_at(page, f"undo-{view}")
    assert not found, "\n".join(found)

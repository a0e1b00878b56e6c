"""The reference page in a browser: under our content policy, accessible, and useful without a network."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from support.accessibility import faults


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_reference_page(new_context, width, scheme):
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.goto("/api/docs")
    page.locator("#person_create > summary").click()
    expect(page.locator("#person_create")).to_contain_text("Idempotency-Key")
    page.locator("#person_create a", has_text="InvitePerson").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert not (found := faults(page)), found
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(folder) / f"api_docs-{width}-{scheme}.png")

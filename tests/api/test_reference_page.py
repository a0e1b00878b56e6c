"""The reference page in a browser: under our content policy, accessible, and useful without a network."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_the_reference_page(new_context, width, scheme):
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    page.goto("/api/docs")
    page.locator("#person_create > summary").click()
    expect(page.locator("#person_create")).to_contain_text("Idempotency-Key")
    page.locator("#person_create a", has_text="InvitePerson").click()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    found = Axe().run(page, options=AXE)
    assert not found.response["violations"], found.generate_report()
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=Path(folder) / f"api_docs-{width}-{scheme}.png")

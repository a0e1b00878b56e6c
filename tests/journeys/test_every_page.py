"""Every page that a browser can open: accessible, quiet, inside its width; in light and dark, wide and narrow.

Routes are read from the resolver, so a new page is looked at without being named here; a new kind of parameter has to
be given a sample, or the test says so. Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from factories.organizations import PASSWORD
from support.accessibility import faults, on_every_page
from support.pages import Scene, address, make_scene, page_routes

# Contrast depends on the scheme, room on the width: two of the four say all.
VIEWS = [
    ("1440-light", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}),
    ("390-dark", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
]


@pytest.fixture(scope="module")
def scene(database: None) -> Scene:
    return make_scene()


def test_there_are_pages_to_look_at(scene):
    assert len({address(route, scene) for route in page_routes()}) > 25


@pytest.mark.parametrize(("name", "options"), VIEWS, ids=[name for name, _options in VIEWS])
def test_every_page_is_accessible_quiet_and_inside_its_width(name, options, new_context, scene):
    context = new_context(**options)
    on_every_page(context)
    page = context.new_page()
    page.goto("/accounts/login")
    page.get_by_label("E-mail", exact=False).first.fill(scene.organization.owner.email)
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.locator("main button[type=submit], main button:not([type])").first.click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    found = []
    for route in page_routes():
        if route == "accounts/logout":
            continue
        found += [f"{route}: {fault}" for fault in look(page, address(route, scene), name)]
    assert not found, "\n".join(found)


def look(page: Page, path: str, name: str) -> list[str]:
    response = page.goto(path)
    assert response is not None
    found = []
    if response.status >= 400 and not path.startswith("/accounts/"):
        found.append(f"answers {response.status}")
    if path.startswith("/admin") and page.locator("#nav a.t-nav").count() < 5:
        found.append("has lost its navigation")
    found += faults(page)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"is {wide} pixels too wide")
    folder = os.environ.get("TENANTRY_TEST_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        stem = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[0-9a-f-]{36}|[A-Za-z0-9_-]{43}", "x", path)).strip("-") or "start"
        page.screenshot(path=f"{folder}/{stem}-{name}.png")
    return found

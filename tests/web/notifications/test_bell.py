"""The figure at the bell in Chromium: one request for all tabs of a browser, once in a minute, none while hidden."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, make_organization
from support.steps import sign_in
from support.told import publish

ASKED = "/notifications/unread.json"


def test_two_tabs_make_one_request_and_both_ring(context):
    org = make_organization()
    person = org.person()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url) if ASKED in request.url else None)
    first, second = context.new_page(), context.new_page()
    sign_in(first, person.email, PASSWORD)
    expect(first.locator("#bell")).to_be_visible()
    for tab in (first, second):
        tab.clock.install()
        tab.goto("/me")
        expect(tab.get_by_role("link", name="Notifications", exact=True).first).to_be_visible()
        _paused(tab)
    assert asked == [], "a page brings its figure"
    publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": "Auditor"}))
    _pass(first, second, until=lambda: asked)
    # The other one has heard the answer, and waits for its own minute from there.
    _pass(first, second, seconds=20)
    for tab in (first, second):
        expect(tab.locator("#bell")).to_have_accessible_name("Notifications, 1 unread")
    assert len(asked) == 1
    # Whoever reads in one tab sees it in the other without another request.
    first.goto("/notifications")
    first.get_by_role("button", name="Mark all as read").click()
    expect(second.locator("#bell")).to_have_accessible_name("Notifications")
    assert len(asked) == 1
    # Nobody looks: nobody asks.
    for tab in (first, second):
        tab.evaluate("Object.defineProperty(document, 'hidden', { get: () => true, configurable: true })")
    _pass(first, second, seconds=90)
    assert len(asked) == 1


def _paused(tab: Page) -> None:
    """From here on only the test lets its time go by."""
    now = tab.evaluate("Date.now()")
    tab.clock.pause_at(datetime.fromtimestamp(now / 1000, UTC) + timedelta(seconds=5))


def _pass(*tabs: Page, seconds: int = 120, until: Callable[[], object] = lambda: False) -> None:
    """Time goes by in all of them, in small steps, as it does for tabs of one browser."""
    for _step in range(seconds // 5):
        for tab in tabs:
            tab.clock.run_for(5_000)
            # What one says reaches the others.
            for one in tabs:
                one.evaluate("fetch('/healthz').then(() => new Promise(done => navigator.locks.request('x', done)))")
        if until():
            return


def test_the_centre_on_a_small_screen_by_keyboard_alone(new_context):
    org = make_organization()
    person = org.person()
    publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": "Auditor"}))
    page = new_context(viewport={"width": 390, "height": 800}).new_page()
    sign_in(page, person.email, PASSWORD)
    page.goto("/notifications")
    for path in ("/notifications", "/me/notifications"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto("/notifications")
    page.get_by_role("button", name="Mark as read").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Mark as unread")).to_be_visible()
    expect(page.locator("#bell")).to_have_accessible_name(re.compile("^Notifications$"))
    page.get_by_role("button", name="Look at it").click()
    expect(page).to_have_url(re.compile(r"/me$"))

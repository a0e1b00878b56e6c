"""To Stripe's page and back in Chromium: another origin, which our content security policy lets forms lead to and
nothing else. Web server, worker and Stripe's double are processes; words are sent, signed, over HTTP.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from factories.organizations import PASSWORD
from support import browsers
from support.accessibility import faults
from support.selling import Customer
from support.servers import LiveServer, start_live_server
from support.steps import sign_in
from support.stripe_double import StripeDouble
from support.stripe_worlds import HOOK


@pytest.fixture
def stripe(tmp_path: Path) -> Iterator[StripeDouble]:
    with StripeDouble(tmp_path) as double:
        yield double


@pytest.fixture
def installation(database: None, stripe: StripeDouble, tmp_path: Path) -> Iterator[LiveServer]:
    server = start_live_server(
        tmp_path,
        PLAN_CATALOGUE="blueprint",
        STRIPE_SECRET_KEY=stripe.api_key,
        STRIPE_WEBHOOK_SECRET=stripe.webhook_secret,
        STRIPE_API_BASE=stripe.url,
        STRIPE_PAGES=stripe.url,
    )
    stripe.webhooks("at_once", to=f"{server.url}{HOOK}")
    try:
        yield server
    finally:
        server.stop()


def look(page: Page, stem: str) -> None:
    """Accessible and inside its width, at a desk and on a phone, light and dark."""
    found = []
    for width, scheme in [(1440, "light"), (390, "dark")]:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.wait_for_timeout(400)
        found += [f"{stem} {width}: {fault}" for fault in faults(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{stem} {width}: {wide} pixels too wide"] if wide > 0 else []
        if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{stem}-{width}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert found == []


def test_a_plan_is_bought_at_stripe_and_looked_after_there(
    browser: Browser, installation: LiveServer, stripe: StripeDouble
) -> None:
    customer = Customer()
    with browsers.clean_context(browser, installation.url, viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        sign_in(page, customer.org.owner.email, PASSWORD)
        page.goto("/admin/billing/plans?plan=team&seats=4")
        page.get_by_role("button", name="Change to Team and pay $60.00").click()
        expect(page.get_by_role("heading", name="Checkout")).to_be_visible()
        look(page, "checkout")
        page.get_by_role("button", name="Pay $60.00").click()
        page.wait_for_url(f"{stripe.url}/**")
        page.get_by_role("button", name="Back", exact=True).click()
        page.get_by_role("button", name="Pay $60.00").click()
        page.wait_for_url(f"{stripe.url}/**")
        page.get_by_role("button", name="Pay", exact=True).click()
        page.wait_for_url(f"{installation.url}/**")
        expect(page.get_by_text("It is paid. Thank you.")).to_be_visible(timeout=20_000)
        page.get_by_role("link", name="Go to billing").click()
        expect(page.get_by_text("Visa 4242")).to_be_visible()
        look(page, "billing")
        _in_the_portal(page, stripe)
        _by_another_card(page, stripe)
    assert stripe.faults() == []


def _in_the_portal(page: Page, stripe: StripeDouble) -> None:
    page.get_by_role("button", name="Cards and receipts at Stripe").click()
    page.wait_for_url(f"{stripe.url}/**")
    page.get_by_role("button", name="Cancel plan").click()
    page.get_by_role("button", name="Back", exact=True).click()
    page.wait_for_url("**/admin/billing")
    expect(page.get_by_text("Canceling")).to_be_visible()


def _by_another_card(page: Page, stripe: StripeDouble) -> None:
    page.goto("/admin/billing/payment-methods")
    look(page, "card")
    page.get_by_role("button", name="Use another card").click()
    page.wait_for_url(f"{stripe.url}/**")
    page.get_by_role("button", name="Pay", exact=True).click()
    page.wait_for_url("**/admin/billing")
    expect(page.get_by_text("This card is charged from now on.").last).to_be_visible()

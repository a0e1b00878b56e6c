"""Every page of the console in a browser: accessible, quiet, inside its width, light and dark, wide and narrow."""

import re

import pytest
from playwright.sync_api import Page

from factories.operators import PASSWORD, make_operator
from factories.organizations import make_organization
from support.accessibility import faults, on_every_page
from support.selling import Customer, billing_samples, selling
from tenantry.console.urls import urlpatterns
from tenantry.core.mail.sending import send
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

VIEWS = {
    "1440-light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "390-dark": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


CODES = ("people.entry_modes", "people.deactivation_by", "seats.counted_statuses", "session.sso_hours")


@pytest.fixture(scope="module")
def delivery_id(database):
    org = make_organization()
    org.invite()
    with scope.platform("mail"), reading():
        delivery = MailDelivery.objects.filter(organization_id=org.id).latest("created_at")
    send(delivery.id)
    return delivery.id


def look(page: Page, path: str) -> list[str]:
    response = page.goto(path)
    found = [] if response is not None and response.ok else [f"answers {response and response.status}"]
    found += faults(page)
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        found.append("is too wide")
    return [f"{path}: {fault}" for fault in found]


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_of_the_console(view, new_context, delivery_id):
    operator = make_operator()
    context = new_context(**VIEWS[view])
    on_every_page(context)
    page = context.new_page()
    found = look(page, "/console/login")
    page.get_by_label("E-mail").fill(operator.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("One-time code").fill(operator.code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/console")
    shown = Customer("crm-suite", "crm-suite")
    shown.write(demonstrates=True)
    samples = {
        "<uuid:delivery_id>": str(delivery_id),
        "<uuid:organization_id>": str(shown.org.id),
        "<uuid:invoice_id>": billing_samples(shown.org)["invoice_id"],
    }
    paths = [
        "/"
        + re.sub(r"<uuid:\w+>", lambda found: samples[found.group()], str(one.pattern))
        .replace("<str:code>", code)
        .replace("<str:key>", "seats")
        for one in urlpatterns
        for code in (CODES if "<str:code>" in str(one.pattern) else CODES[:1])
        if "GET" in one.callback.operator_screen.methods and one.name != "console_login"
    ]
    assert len(paths) > 5
    with selling("crm-suite"):
        for path in paths:
            found += look(page, path)
    assert not found, "\n".join(found)


def test_an_operator_reads_an_invitation_and_follows_its_link(page, delivery_id):
    operator = make_operator()
    page.goto(f"/console/outbox/{delivery_id}")
    page.get_by_label("E-mail").fill(operator.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("One-time code").fill(operator.code())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/console/outbox/{delivery_id}")
    link = page.locator("main a[href*='/accounts/invitation/']")
    assert link.count() == 1
    assert page.context.cookies()[0]["name"]
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/console/login")
    page.goto("/console")
    assert page.url.endswith("/console/login")

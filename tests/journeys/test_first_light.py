"""An organization signs up, brings somebody in, and both come and go; every mail read from the sealed outbox."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import unique
from support.visitors import link_in, mail_to
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Organization

PASSWORD = "a quiet harbour at 5"
CHANGED = "a louder harbour at 6"


@dataclass
class Founded:
    name: str
    email: str
    page: Page


def sign_up(page: Page) -> Founded:
    """From the empty installation to the wizard's first step."""
    name, email = unique("Halden"), f"{unique('maren')}@example.test"
    page.goto("/")
    page.get_by_role("link", name="Set up an organization").click()
    page.get_by_label("Organization", exact=True).fill(name)
    page.get_by_label("Given name").fill("Maren")
    page.get_by_label("Family name").fill("Holt")
    page.get_by_label("Your e-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(link_in(mail_to(email, "people.sign_up")))
    assert count_named(name) == 0, "opening the link created something"
    page.get_by_role("button", name="Create and begin").click()
    page.wait_for_url("**/setup/company")
    assert count_named(name) == 1
    return Founded(name, email, page)


def count_named(name: str) -> int:
    with scope.platform("console"), reading():
        return Organization.objects.filter(name=name).count()


def set_up(page: Page, *emails: str) -> None:
    """The wizard, with these people invited as members."""
    page.get_by_label("Legal name").fill("Halden Supply AS")
    page.get_by_label("Time zone").select_option("Europe/Oslo")
    page.get_by_role("button", name="Save and continue").click()
    page.wait_for_url("**/setup/people")
    for number, email in enumerate(emails, 1):
        page.get_by_label(f"E-mail {number}").fill(email)
    page.get_by_role("button", name="Send invitations").click()
    page.wait_for_url("**/setup/plan")
    expect(page.get_by_text("Unlimited")).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url(lambda url: "/setup" not in url)


def accept(page: Page, email: str) -> None:
    page.goto(link_in(mail_to(email, "people.invitation")))
    page.get_by_label("Given name").fill("Petra")
    page.get_by_label("Family name").fill("Lindqvist")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Accept and join").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Petra")


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login")


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def choose_new_password(page: Page, email: str) -> None:
    page.goto("/accounts/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    page.goto(link_in(mail_to(email, "people.password_reset")))
    page.get_by_label("New password", exact=True).fill(CHANGED)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_an_organization_signs_up_and_somebody_joins(new_context, javascript):
    owner = new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=javascript).new_page()
    founded = sign_up(owner)
    petra = f"{unique('petra')}@example.test"
    set_up(owner, petra)

    colleague = new_context(viewport={"width": 390, "height": 844}, java_script_enabled=javascript).new_page()
    accept(colleague, petra)
    sign_out(colleague)
    sign_in(colleague, petra, PASSWORD)
    expect(colleague.get_by_role("heading", level=1)).to_contain_text("Petra")
    sign_out(colleague)
    choose_new_password(colleague, petra)
    sign_in(colleague, petra, PASSWORD)
    expect(colleague.get_by_text("Address and password don't match.")).to_be_visible()
    sign_in(colleague, petra, CHANGED)
    expect(colleague.get_by_role("heading", level=1)).to_contain_text("Petra")
    # A member has no way into the administration, and is told why.
    answer = colleague.goto("/setup")
    assert answer is not None
    assert answer.status == 403

    owner.goto("/")
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Maren")
    sign_out(owner)
    sign_in(owner, founded.email, PASSWORD)
    owner.wait_for_url("**/")
    expect(owner.get_by_role("link", name="Admin").first).to_be_visible()

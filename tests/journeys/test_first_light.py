"""An organization signs up, brings somebody in, and both come and go; every mail read from the sealed outbox."""

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import unique
from support.steps import PASSWORD, Founded, accept, ask_to_sign_up, prove_address, set_up, sign_in, sign_out
from support.visitors import link_in, mail_to
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Organization

CHANGED = "a louder harbour at 6"


def found(page: Page) -> Founded:
    """From the empty installation to the wizard's first step."""
    founded = ask_to_sign_up(page)
    page.goto(link_in(mail_to(founded.email, "people.sign_up")))
    assert count_named(founded.name) == 0, "opening the link created something"
    prove_address(page)
    assert count_named(founded.name) == 1
    return founded


def count_named(name: str) -> int:
    with scope.platform("console"), reading():
        return Organization.objects.filter(name=name).count()


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
    founded = found(owner)
    petra = f"{unique('petra')}@example.test"
    set_up(owner, petra)

    colleague = new_context(viewport={"width": 390, "height": 844}, java_script_enabled=javascript).new_page()
    accept(colleague, link_in(mail_to(petra, "people.invitation")), "Petra", "Lindqvist")
    sign_out(colleague)
    sign_in(colleague, petra)
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
    sign_in(owner, founded.email)
    owner.wait_for_url("**/")
    expect(owner.get_by_role("link", name="Admin").first).to_be_visible()

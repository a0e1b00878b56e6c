"""A person in two organizations, in a browser: turning to the other one from the header, by keyboard and on a phone."""

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, make_organization

WIDTHS = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture
def two():
    """Owner of one, administrator of the other."""
    first, second = make_organization("Halden Supply"), make_organization("Halden Rental")
    invited = second.invite("administrator", email=first.owner.email)
    second.accept(second.token_for(invited.membership_id), signed_in_user_id=first.owner.user_id)
    return first, second


def sign_in(page: Page, email: str) -> None:
    page.goto("/accounts/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def fits(page: Page) -> bool:
    return not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def switch_by_keyboard(page: Page, name: str) -> None:
    """The button in the header, its list, the other organization: without a mouse."""
    button = page.get_by_role("button", name="Switch organization")
    button.focus()
    page.keyboard.press("Enter")
    choices = page.get_by_role("group", name="Your organizations")
    expect(choices).to_be_visible()
    assert fits(page)
    choices.get_by_role("button", name=name).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Switch organization")).to_contain_text(name)


@pytest.mark.parametrize("width", WIDTHS)
def test_there_and_back_by_the_keyboard(page: Page, two, width):
    page.set_viewport_size(WIDTHS[width])
    sign_in(page, two[0].owner.email)
    page.goto("/")
    present = page.get_by_role("button", name="Switch organization").inner_text()
    there, back = ("Halden Rental", "Halden Supply") if "Supply" in present else ("Halden Supply", "Halden Rental")
    switch_by_keyboard(page, there)
    assert fits(page)
    switch_by_keyboard(page, back)


def test_from_any_page_through_the_account_menu(page: Page, two):
    sign_in(page, two[0].owner.email)
    page.goto("/admin/users/u")
    page.get_by_role("button", name="Your account").click()
    page.get_by_role("link", name="Switch organization").click()
    expect(page.get_by_role("heading", name="Your organizations")).to_be_visible()


def test_a_form_that_was_open_in_another_tab_is_refused(page: Page, two):
    sign_in(page, two[0].owner.email)
    page.goto("/admin/users/g/new")
    page.get_by_label("Name", exact=True).fill("Field sales")
    other = page.context.new_page()
    other.goto("/")
    present = other.get_by_role("button", name="Switch organization").inner_text()
    there = "Halden Rental" if "Supply" in present else "Halden Supply"
    switch_by_keyboard(other, there)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_text(f"You have switched to {there}")).to_be_visible()

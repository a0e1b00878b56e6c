"""What people do at the doors in a browser: sign up, set up, accept, sign in and out; and how dialogs open."""

from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from factories.organizations import unique

PASSWORD = "a quiet harbour at 5"


@dataclass(frozen=True)
class Founded:
    name: str
    email: str
    page: Page


def ask_to_sign_up(page: Page) -> Founded:
    """From the start page to the promise of a mail."""
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
    return Founded(name, email, page)


def prove_address(page: Page) -> None:
    """On the page behind the mailed link, to the wizard's first step."""
    page.get_by_role("button", name="Create and begin").click()
    page.wait_for_url("**/setup/company")


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
    expect(page.get_by_text("Unlimited", exact=True)).to_be_visible()
    page.get_by_role("button", name="Finish").click()
    page.wait_for_url("**/admin")


def accept(page: Page, link: str, given_name: str, family_name: str) -> None:
    """A new person behind an invitation link, to the start page."""
    page.goto(link)
    page.get_by_label("Given name").fill(given_name)
    page.get_by_label("Family name").fill(family_name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Accept and join").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(given_name)


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/accounts/login")


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/accounts/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def open_dialog(page: Page, link: Locator) -> Locator:
    """The dialog that this link or button opens."""
    # Before the script is there the link leads to the same form as a page.
    page.wait_for_load_state()
    link.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def told(page: Page, text: str) -> Locator:
    """The toast that says this, once it is there."""
    toast = page.locator("[data-toast]", has_text=text)
    expect(toast).to_be_visible()
    return toast


def choose(page: Page, menu: Locator, item: str) -> Locator:
    """An entry of a menu that this button opens; not pressed yet."""
    page.wait_for_load_state()
    menu.click()
    group = page.locator(f"[id='{menu.get_attribute('popovertarget')}']")
    expect(group).to_be_visible()
    return group.get_by_text(item, exact=True)


def tab_to(page: Page, wanted: Locator) -> None:
    """Walks there by the Tab key."""
    expect(wanted).to_be_visible()
    for _step in range(60):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {wanted}")

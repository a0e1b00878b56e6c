"""Every way in, in browsers and with a real SMTP server: from *Add user* to the start page, and a password given later.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support import browsers
from support.accessibility import faults
from support.mailservers import MailServer
from support.servers import start_live_server
from support.steps import choose, open_dialog, sign_in, sign_out, told
from support.structure import set_policy

WAYS = ["invitation_link", "temporary_password", "administrator_password"]
LOOKS = [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
SECRET = re.compile(r"\b[a-z2-9]{4}(?:-[a-z2-9]{4}){3}\b")
OWN = "my own harbour 27"


@pytest.fixture
def new_person(browser: Browser, smtp_server: MailServer, tmp_path: Path) -> Iterator[Callable[[], BrowserContext]]:
    """Browser profiles before an installation whose mails go out."""
    server = start_live_server(tmp_path, SMTP_URL=smtp_server.url)
    with ExitStack() as stack:
        stack.callback(server.stop)
        yield lambda: stack.enter_context(
            browsers.clean_context(browser, server.url, viewport={"width": 1440, "height": 900})
        )


def look(page: Page, stem: str) -> None:
    """Accessible and inside its width, large and small, light and dark."""
    found = []
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        # Colours pass over into each other.
        page.wait_for_timeout(500)
        found += [f"{stem} {width} {scheme}: {fault}" for fault in faults(page)]
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{stem} {width}: {wide} pixels too wide"] if wide > 0 else []
        if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{stem}-{width}-{scheme}.png")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")
    assert found == []


def begin(page: Page, given: str, email: str, way: str) -> Locator:
    """The dialog, filled in up to the way."""
    page.goto("/admin/users/u")
    dialog = open_dialog(page, page.get_by_role("link", name="Add user").first)
    dialog.get_by_label("Given name").fill(given)
    dialog.get_by_label("Family name").fill("Example")
    dialog.get_by_label("E-mail").fill(email)
    dialog.get_by_role("radio", name=re.compile(way)).check()
    return dialog


def more(page: Page, item: str) -> Locator:
    """An entry of the menu of the person whose page is open."""
    return choose(page, page.get_by_role("button", name="More", exact=True), item)


def enter(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def text_of(smtp: MailServer, email: str) -> str:
    part = smtp.wait_for_message(email).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def by_temporary_password(owner: Page, person: Page, smtp: MailServer) -> None:
    email = f"{unique('petra')}@example.test"
    dialog = begin(owner, "Petra", email, "temporary password")
    expect(dialog.get_by_label("Password", exact=True)).to_be_hidden()
    dialog.get_by_role("button", name="Add").click()
    told(owner, "Petra Example is invited.")
    expect(owner.get_by_text("Never signed in")).to_be_visible()
    secret = SECRET.search(text_of(smtp, email))
    assert secret
    owner.reload()
    expect(owner.get_by_text("Mail handed over to the receiver")).to_be_visible()
    enter(person, email, secret[0])
    expect(person.get_by_role("heading", name="Choose your own password")).to_be_visible()
    look(person, "first-password")
    person.get_by_label("New password", exact=True).fill("short")
    person.get_by_role("button", name="Save and join").click()
    expect(person.get_by_text("At least 12 characters.").first).to_be_visible()
    person.get_by_label("New password", exact=True).fill(OWN)
    person.keyboard.press("Enter")
    expect(person.get_by_role("heading", level=1)).to_contain_text("Petra")
    later(owner, person, smtp, email)


def later(owner: Page, person: Page, smtp: MailServer, email: str) -> None:
    """A temporary password for somebody who is in; the own one works until it was used."""
    owner.reload()
    more(owner, "Send temporary password").click()
    told(owner, "A temporary password is on its way to them.")
    secret = ""
    for _ in range(100):
        found = SECRET.search(text_of(smtp, email))
        secret = found[0] if found else ""
        if "your own keeps working" in text_of(smtp, email).lower():
            break
        owner.wait_for_timeout(100)
    person.reload()
    expect(person.get_by_role("heading", level=1)).to_contain_text("Petra")
    sign_out(person)
    enter(person, email, secret)
    expect(person.get_by_text("It takes the place of your old one")).to_be_visible()
    person.get_by_label("New password", exact=True).fill("another harbour 31")
    person.get_by_role("button", name="Save password").click()
    told(person, "Your new password holds.")


def by_given_password(owner: Page, person: Page, smtp: MailServer) -> None:
    email = f"{unique('idris')}@example.test"
    dialog = begin(owner, "Idris", email, "administrator sets")
    dialog.get_by_role("button", name="Make one").click()
    given = dialog.get_by_label("Password", exact=True).input_value()
    assert re.fullmatch(r"[A-Za-z2-9]{4}(-[A-Za-z2-9]{4}){3}", given)
    look(owner, "add-user")
    dialog.get_by_role("button", name="Add").click()
    told(owner, "Idris Example is added.")
    expect(owner.get_by_text("Address not proven")).to_be_visible()
    assert given not in text_of(smtp, email)
    enter(person, email, given)
    person.wait_for_url("**/me/password")
    expect(person.get_by_text("Somebody else chose your password.")).to_be_visible()
    person.get_by_label("Present password", exact=True).fill(given)
    person.get_by_label("New password", exact=True).fill(OWN)
    person.get_by_role("button", name="Change password").click()
    told(person, "Your password is changed.")
    dialog = open_dialog(owner, more(owner, "Set password"))
    dialog.get_by_role("button", name="Make one").click()
    look(owner, "set-password")
    dialog.get_by_role("button", name="Set password").click()
    told(owner, "Idris Example has the new password.")
    person.goto("/me")
    person.wait_for_url("**/accounts/login**")


def by_link(owner: Page, person: Page, smtp: MailServer) -> None:
    email = f"{unique('hanna')}@example.test"
    begin(owner, "Hanna", email, "invitation link").get_by_role("button", name="Add").click()
    told(owner, "Hanna Example is invited.")
    link = re.search(r"https?://\S+(/accounts/invitation/\S+)", text_of(smtp, email))
    assert link
    person.goto(link[1])
    person.get_by_label("Password", exact=True).fill(OWN)
    person.get_by_role("button", name="Accept and join").click()
    expect(person.get_by_role("heading", level=1)).to_contain_text("Hanna")


def test_all_three_ways_end_to_end(new_person, smtp_server):
    org: Organization = make_organization("Halden Supply")
    set_policy(org, "people.entry_modes", WAYS)
    owner = new_person().new_page()
    sign_in(owner, org.owner.email, PASSWORD)
    expect(owner.get_by_role("heading", level=1)).to_contain_text("Maren")
    for way in (by_temporary_password, by_given_password, by_link):
        way(owner, new_person().new_page(), smtp_server)


def test_without_script(browser, smtp_server, tmp_path):
    """The whole of the longest way with plain forms."""
    org = make_organization("Halden Supply")
    set_policy(org, "people.entry_modes", WAYS)
    server = start_live_server(tmp_path, SMTP_URL=smtp_server.url)
    try:
        with browsers.clean_context(browser, server.url, java_script_enabled=False) as context:
            page = context.new_page()
            sign_in(page, org.owner.email, PASSWORD)
            expect(page.get_by_role("heading", level=1)).to_contain_text("Maren")
            page.goto("/admin/users/u/new")
            email = f"{unique('ane')}@example.test"
            page.get_by_label("Given name").fill("Ane")
            page.get_by_label("E-mail").fill(email)
            page.get_by_role("radio", name=re.compile("temporary password")).check()
            expect(page.get_by_label("Password", exact=True)).to_be_hidden()
            page.get_by_role("radio", name=re.compile("administrator sets")).check()
            expect(page.get_by_label("Password", exact=True)).to_be_visible()
            page.get_by_role("radio", name=re.compile("temporary password")).check()
            page.get_by_role("button", name="Add").click()
            expect(page.get_by_text("Ane is invited.")).to_be_visible()
            secret = SECRET.search(text_of(smtp_server, email))
            assert secret
            # Another browser: the person's own.
            context.clear_cookies()
            enter(page, email, secret[0])
            page.get_by_label("New password", exact=True).fill(OWN)
            page.get_by_role("button", name="Save and join").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text("Ane")
    finally:
        server.stop()

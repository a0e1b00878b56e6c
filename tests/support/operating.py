"""The one who runs the installation: commands in processes of their own, mails read at the console."""

import re
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from urllib.parse import quote

from playwright.sync_api import Locator, Page, expect

from factories.organizations import unique
from support.processes import run, wait_for
from support.servers import live_environment


def command(*arguments: str) -> CompletedProcess[str]:
    """A ``tenantry`` command beside the live server, to its end."""
    return run(*arguments, env=live_environment())


def answered(*arguments: str) -> str:
    """What a command that has to succeed printed."""
    done = command(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True)
class Mailbox:
    """The outbox in the browser of an operator who is signed in."""

    page: Page

    def link(self, email: str, kind: str, *, count: int = 1) -> str:
        """The path of the one-time link in the newest of `count` mails of that kind."""
        self._open(email, kind, count)
        address = self.page.get_by_role("link", name="/accounts/")
        found = address.get_attribute("href") or ""
        return found[found.index("/accounts/") :]

    def wait_for_subject(self, email: str, kind: str, words: str) -> None:
        """Until one mail of that kind has these words in its subject."""
        row = self.page.get_by_role("row").filter(has_text=kind).filter(has_text=words)

        def there() -> bool:
            self.page.goto(f"/console/outbox?q={quote(email)}")
            return row.count() == 1

        wait_for(there, seconds=60, what=f"{words!r} by mail to {email}")

    def _open(self, email: str, kind: str, count: int) -> None:
        rows = self.page.get_by_role("row").filter(has_text=email).filter(has_text=kind)

        def composed() -> bool:
            self.page.goto(f"/console/outbox?q={quote(email)}")
            return rows.count() == count and "In the outbox" in rows.first.inner_text()

        wait_for(composed, seconds=60, what=f"{count} {kind} to {email} in the outbox")
        rows.first.get_by_role("link", name=email).click()
        expect(self.page.get_by_role("region", name="Text")).to_be_visible()

    def slug_of(self, organization: str) -> str:
        """The address of an organization, as the console lists it."""
        self.page.goto("/console/organizations")
        self.page.get_by_role("searchbox").fill(organization)
        row = self.page.get_by_role("row").filter(has=self.page.get_by_role("rowheader", name=organization))
        expect(self.page).to_have_url(re.compile(r"\?q="))
        return row.get_by_role("cell").first.inner_text()


def operators_mailbox(page: Page) -> Mailbox:
    """An operator made on the command line signs in with password and one-time code."""
    email = f"{unique('operator')}@example.test"
    made = answered("operator", "create", "--email", email, "--name", "Opal Rater")
    password = re.search(r"^Password: (.+)$", made, re.MULTILINE)
    assert password, made
    page.goto("/console/outbox")
    expect(page.get_by_role("heading", name="Sign in to the console")).to_be_visible()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password.group(1))
    page.get_by_label("One-time code").fill(answered("operator", "code", email).strip())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Outbox")).to_be_visible()
    return Mailbox(page)


def downloaded(page: Page, button: Locator) -> str:
    """The text of the file that this link or button gives."""
    with page.expect_download() as waiting:
        button.click()
    return Path(waiting.value.path()).read_text(encoding="utf-8-sig")

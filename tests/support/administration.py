"""What an administrator does in a browser: people, invitations, roles, teams; every step ends at what the page says."""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from support.steps import choose, open_dialog, tab_to, told


@dataclass(frozen=True)
class Admin:
    """Somebody signed in who may do everything, in the browser that does it."""

    page: Page

    def heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1, name=text)).to_be_visible()

    def directory(self, query: str = "") -> Locator:
        """The table of people."""
        self.page.goto(f"/admin/users/u{query}")
        return self.page.get_by_role("table", name="People")

    def row(self, name: str) -> Locator:
        """Somebody's row in the table that is open."""
        return self.page.get_by_role("row").filter(has=self.page.get_by_role("link", name=name, exact=True))

    def open_person(self, name: str) -> str:
        """Somebody's page by a click in the directory; its address."""
        self.directory()
        self.row(name).get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_url(re.compile(r"/admin/users/u/[0-9a-f-]{36}$"))
        self.heading(name)
        return self.page.url

    def more(self, item: str) -> Locator:
        """An entry of the menu of the person whose page is open."""
        return choose(self.page, self.page.get_by_role("button", name="More", exact=True), item)

    def add_by_keyboard(self, given: str, family: str, email: str, role: str, team: str) -> None:
        """Add user without a mouse, from the directory to the new person's page."""
        page, keys = self.page, self.page.keyboard
        self.directory()
        tab_to(page, page.get_by_role("link", name="Add user"))
        keys.press("Enter")
        dialog = page.get_by_role("dialog")
        for label, text in (("Given name", given), ("Family name", family), ("E-mail", email)):
            tab_to(page, dialog.get_by_label(label))
            keys.type(text)
        chosen = dialog.get_by_label("Role", exact=True)
        tab_to(page, chosen)
        keys.type(role)
        expect(chosen.get_by_role("option", name=role, exact=True)).to_have_js_property("selected", True)
        tab_to(page, dialog.locator("summary"))
        keys.press("Enter")
        tab_to(page, dialog.get_by_label(team))
        keys.press("Space")
        tab_to(page, dialog.get_by_role("button", name="Send invitation"))
        keys.press("Enter")
        self.heading(f"{given} {family}")

    def add(self, given: str, family: str, email: str) -> str:
        """Add user as a member; the address of the new person's page."""
        page = self.page
        self.directory()
        dialog = open_dialog(page, page.get_by_role("link", name="Add user"))
        dialog.get_by_label("Given name").fill(given)
        dialog.get_by_label("Family name").fill(family)
        dialog.get_by_label("E-mail").fill(email)
        dialog.get_by_role("button", name="Send invitation").click()
        self.heading(f"{given} {family}")
        told(page, f"{given} {family} is invited.")
        return page.url

    def create_team(self, name: str) -> None:
        page = self.page
        page.goto("/admin/users/g")
        dialog = open_dialog(page, page.get_by_role("link", name="Create a team"))
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_role("button", name="Create").click()
        self.heading(name)
        told(page, f"The team {name} is there.")

    def add_to_team(self, *names: str) -> None:
        """People into the team whose page is open, each found by their name."""
        page = self.page
        dialog = open_dialog(page, page.get_by_role("link", name="Add people"))
        everybody = dialog.get_by_role("checkbox")
        expect(everybody.nth(len(names))).to_be_visible()
        for name in names:
            dialog.get_by_role("checkbox", name=name).check()
        dialog.get_by_role("button", name="Add", exact=True).click()
        told(page, f"{len(names)} people were added.")

    def in_team(self, name: str, item: str) -> None:
        """An entry of the menu of somebody in the team whose page is open."""
        choose(self.page, self.row(name).get_by_role("button", name=f"Actions for {name}"), item).click()

    def change_role(self, name: str, role: str) -> Locator:
        """On somebody's page: choose, read what changes, confirm. The toast with its way back."""
        page = self.page
        dialog = open_dialog(page, self.more("Change role"))
        dialog.get_by_label("New role").select_option(role)
        dialog.get_by_role("button", name="Next").click()
        expect(dialog.get_by_role("heading", name="What changes")).to_be_visible()
        expect(dialog.get_by_text(re.compile(r"permissions? (more|less)"))).to_be_visible()
        dialog.get_by_role("button", name="Change role").click()
        return told(page, f"{name} is now {role}.")

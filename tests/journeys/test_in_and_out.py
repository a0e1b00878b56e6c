"""The whole of "First light" in browsers: people come in, work in teams, and go; every step written down.

Mails are read where operators read them, at the console; commands run as processes of their own.
"""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from factories.organizations import unique
from support.administration import Admin
from support.operating import Mailbox, answered, command, downloaded, operators_mailbox
from support.steps import (
    accept,
    ask_to_sign_up,
    choose,
    open_dialog,
    prove_address,
    set_up,
    sign_in,
    sign_out,
    told,
)

WIDE = {"width": 1440, "height": 900}
INVITATION = "people.invitation"
PETRA, HANNA, IDRIS, ANA, KOFI = "Petra Lindqvist", "Hanna Virtanen", "Idris Bell", "Ana Lopes", "Kofi Ito"


def mail_address(name: str) -> str:
    return f"{unique(name.split(maxsplit=1)[0].lower())}@example.test"


@dataclass
class House:
    """The organization of this journey. `page`: the founder's browser; `petra`: her browser, and the others' once."""

    admin: Admin
    mails: Mailbox
    petra: Page
    stranger: BrowserContext
    name: str
    founder: str
    slug: str
    emails: dict[str, str] = field(default_factory=lambda: {n: mail_address(n) for n in (PETRA, HANNA, IDRIS)})

    @property
    def page(self) -> Page:
        return self.admin.page


def found(page: Page, mails: Mailbox, ana: str, kofi: str) -> tuple[str, str]:
    """Sign-up, the mail from the console, the wizard; the organization's name and the founder's address."""
    founded = ask_to_sign_up(page)
    page.goto(mails.link(founded.email, "people.sign_up"))
    prove_address(page)
    set_up(page, ana, kofi)
    expect(page.get_by_role("heading", level=1, name=founded.name)).to_be_visible()
    expect(page.get_by_text("1 person at work · 2 invited")).to_be_visible()
    return founded.name, founded.email


def invite_and_change(house: House) -> None:
    """A pending invitation: sent again, edited, its link copied; Petra joins by the newest mail."""
    admin, page, email = house.admin, house.page, house.emails[PETRA]
    admin.add_by_keyboard("Petra", "Lindkvist", email, "Manager", "Field sales")
    told(page, "Petra Lindkvist is invited.")
    expect(page.get_by_text("Never signed in")).to_be_visible()
    expect(page.get_by_role("region", name="Teams")).to_contain_text("Field sales")
    first = house.mails.link(email, INVITATION)
    page.get_by_role("button", name="Resend").click()
    told(page, "Petra Lindkvist gets a new link; the old one is dead.")
    dialog = open_dialog(page, admin.more("Edit invitation"))
    dialog.get_by_label("Family name").fill("Lindqvist")
    dialog.get_by_label("Role", exact=True).select_option("Member")
    dialog.get_by_role("button", name="Save").click()
    told(page, "The invitation was changed.")
    admin.heading(PETRA)
    dialog = open_dialog(page, page.get_by_role("region", name="Invitation").get_by_role("button", name="Copy link"))
    copied = dialog.get_by_label("Give it to nobody else").input_value()
    dialog.get_by_role("link", name="Done").click()
    expect(dialog).to_be_hidden()

    house.petra.goto(first)
    expect(house.petra.get_by_role("heading", name="There is a newer link")).to_be_visible()
    accept(house.petra, house.mails.link(email, INVITATION, count=2), "Petra", "Lindqvist")
    other = house.stranger.new_page()
    other.goto(copied)
    expect(other.get_by_role("heading", name="This invitation was accepted already")).to_be_visible()
    other.close()


def revoke(house: House) -> None:
    """Hanna's invitation is taken back, and her link says so."""
    admin, page = house.admin, house.page
    admin.add("Hanna", "Virtanen", house.emails[HANNA])
    link = house.mails.link(house.emails[HANNA], INVITATION)
    dialog = open_dialog(page, page.get_by_role("link", name="Revoke"))
    dialog.get_by_role("button", name="Revoke").click()
    told(page, f"The invitation of {HANNA} was revoked.")
    other = house.stranger.new_page()
    other.goto(link)
    expect(other.get_by_role("heading", name="This invitation was taken back")).to_be_visible()
    other.close()
    page.goto("/admin/users/invitations?state=revoked")
    expect(admin.row(HANNA)).to_contain_text("Revoked")


def join_by_copied_link(house: House) -> None:
    """Idris opens his link where Petra is signed in; then joins by it in the same browser."""
    admin, page, browser = house.admin, house.page, house.petra
    admin.add("Idris", "Bell", house.emails[IDRIS])
    dialog = open_dialog(page, page.get_by_role("region", name="Invitation").get_by_role("button", name="Copy link"))
    link = dialog.get_by_label("Give it to nobody else").input_value()
    browser.goto(link)
    expect(browser.get_by_role("heading", name="This invitation is for somebody else")).to_be_visible()
    expect(browser.get_by_text(house.emails[PETRA])).to_be_visible()
    browser.get_by_role("button", name="Sign out and continue").click()
    expect(browser.get_by_role("heading", name=f"Join {house.name}")).to_be_visible()
    accept(browser, link, "Idris", "Bell")
    sign_out(browser)
    sign_in(browser, house.emails[PETRA])
    expect(browser.get_by_role("heading", level=1)).to_contain_text("Petra")
    admin.open_person(PETRA)
    expect(page.get_by_text("Never signed in")).to_have_count(0)
    dates = page.get_by_role("region", name="Dates")
    expect(dates.get_by_role("definition").last.get_by_role("time")).to_be_visible()


def read_notices(house: House) -> None:
    """Whoever invited hears of it at the bell; by mail it would come once a day."""
    page, text = house.page, f"{PETRA} accepted the invitation and is in."
    page.goto("/admin")
    page.get_by_role("link", name=re.compile(r"Notifications, \d+ unread")).click()
    expect(page.get_by_role("listitem").filter(has_text=text)).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notifications", exact=True).first).to_be_visible()


def give_roles(house: House) -> None:
    """A role given by mistake is taken back from the toast; then given on purpose."""
    admin, page = house.admin, house.page
    admin.open_person(PETRA)
    toast = admin.change_role(PETRA, "Administrator")
    toast.get_by_role("button", name="Undo").click()
    told(page, f"{PETRA} is Member again.")
    admin.change_role(PETRA, "Manager")
    expect(page.get_by_role("region", name="Role", exact=True)).to_contain_text("Manager")


def work_in_teams(house: House) -> None:
    """A team is made, filled, led, left and deleted."""
    admin, page = house.admin, house.page
    admin.create_team("Back office")
    admin.add_to_team(ANA, KOFI)
    admin.in_team(ANA, "Make lead")
    told(page, "Leads the team now.")
    expect(admin.row(ANA)).to_contain_text("Lead")
    admin.in_team(KOFI, "Take out of the team")
    told(page, "Taken out of the team.")
    expect(admin.row(KOFI)).to_have_count(0)
    deletion = choose(page, page.get_by_role("button", name="More", exact=True), "Delete")
    dialog = open_dialog(page, deletion)
    expect(dialog).to_contain_text("person loses this team and keeps everything else")
    dialog.get_by_role("button", name="Delete").click()
    told(page, "The team Back office was deleted.")
    expect(page.get_by_role("link", name="Field sales")).to_be_visible()
    expect(page.get_by_role("link", name="Back office")).to_have_count(0)


def let_go_and_take_back(house: House) -> None:
    """Petra's open page is worth nothing after the deed; Undo lets her sign in again as before."""
    admin, page, browser = house.admin, house.page, house.petra
    browser.goto("/admin/users/u")
    hers = browser.get_by_role("link", name=PETRA, exact=True)
    expect(hers).to_be_visible()
    admin.directory()
    leaving = choose(page, admin.row(PETRA).get_by_role("button", name=f"Actions for {PETRA}"), "Deactivate or remove")
    dialog = open_dialog(page, leaving)
    expect(dialog.get_by_role("heading", name="What happens")).to_be_visible()
    expect(dialog).to_contain_text(re.compile(r"sessions? ends? at once"))
    dialog.get_by_role("button", name="Deactivate").click()
    toast = told(page, f"{PETRA} is deactivated")
    expect(admin.row(PETRA)).to_contain_text("Deactivated")
    hers.click()
    expect_refused(browser)
    toast.get_by_role("button", name="Undo").click()
    told(page, f"{PETRA} is back, with the same role and teams.")
    expect(admin.row(PETRA)).to_contain_text("Active")
    expect(admin.row(PETRA)).to_contain_text("Manager")
    expect(admin.row(PETRA)).to_contain_text("Field sales")
    browser.get_by_role("button", name="Sign out").click()
    sign_in(browser, house.emails[PETRA])
    expect(browser.get_by_role("heading", level=1)).to_contain_text("Petra")


def expect_refused(browser: Page) -> None:
    """Whatever somebody did whose access has ended, the answer says so."""
    expect(browser.get_by_role("heading", name="Your access there has ended")).to_be_visible()
    expect(browser.get_by_text("no organization has an active place for you")).to_be_visible()


def remove_and_invite_again(house: House) -> None:
    """The same address comes back as a new membership, without role and team of the old one."""
    admin, page, browser, email = house.admin, house.page, house.petra, house.emails[PETRA]
    browser.goto("/admin/users/u")
    before = admin.open_person(PETRA)
    dialog = open_dialog(page, admin.more("Deactivate or remove"))
    dialog.get_by_role("link", name="Remove").click()
    expect(dialog).to_contain_text("role is taken away")
    expect(dialog).to_contain_text("team place is given up")
    dialog.get_by_role("button", name="Remove").click()
    told(page, f"{PETRA} was removed.")
    expect(page.get_by_text(re.compile(f"{PETRA} has left"))).to_be_visible()
    # Not a click this time: the search asks by itself.
    browser.get_by_role("searchbox").press_sequentially("pet")
    expect_refused(browser)
    after = admin.add("Petra", "Lindqvist", email)
    assert after != before, "the old membership came back"
    browser.goto(house.mails.link(email, INVITATION, count=3))
    browser.get_by_role("button", name="Accept and join").click()
    expect(browser.get_by_role("heading", level=1)).to_contain_text("Petra")
    page.goto(after)
    expect(page.get_by_role("region", name="Role", exact=True)).to_contain_text("Member")
    expect(page.get_by_role("region", name="Teams")).to_have_count(0)
    page.goto(before)
    expect(page.get_by_text("Removed on")).to_be_visible()


def deactivate_two(house: House, ana: Page) -> None:
    """A selection of the directory, with what it does."""
    admin, page = house.admin, house.page
    ana.goto("/notifications")
    admin.directory()
    for name in (ANA, KOFI):
        page.get_by_role("checkbox", name=f"Select {name}").check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    dialog = open_dialog(page, page.get_by_role("button", name="Deactivate", exact=True))
    expect(dialog).to_contain_text("everything stays under their names")
    expect(dialog).to_contain_text(re.compile(r"2\s*can't sign in any more"))
    expect(dialog).to_contain_text(re.compile(r"2\s*sessions end at once"))
    expect(dialog).to_contain_text(re.compile(r"2\s*seats become free"))
    dialog.get_by_role("button", name="Deactivate (2)").click()
    told(page, "2 people were deactivated.")
    for name in (ANA, KOFI):
        expect(admin.row(name)).to_contain_text("Deactivated")
    ana.get_by_role("link", name="Profile").click()
    expect_refused(ana)


def search_the_directory(house: House) -> None:
    """As one types, by filter and order, each in the address; and as a file."""
    admin, page = house.admin, house.page
    admin.directory()
    page.get_by_role("searchbox").press_sequentially("lopes")
    expect(page).to_have_url(re.compile(r"[?&]q=lopes"))
    expect(admin.row(ANA)).to_be_visible()
    expect(admin.row(KOFI)).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    expect(admin.row(KOFI)).to_be_visible()
    choose(page, page.get_by_role("button", name=re.compile("^Status")), "Deactivated").click()
    expect(page).to_have_url(re.compile(r"status=deactivated"))
    expect(admin.row(IDRIS)).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"status=deactivated.*sort=-name|sort=-name.*status=deactivated"))
    names = page.get_by_role("table", name="People").locator("tbody").get_by_role("link", name=re.compile("Ana|Kofi"))
    expect(names).to_have_text([KOFI, ANA])
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    lines = downloaded(page, page.get_by_role("link", name="CSV")).splitlines()
    assert lines[0].startswith("given_name,family_name,email,role")
    assert [line.split(",")[0] for line in lines[1:]] == ["Kofi", "Ana"]


def written_down(house: House) -> list[str]:
    return [
        f"Maren Holt founded {house.name}.",
        "Maren Holt finished the step “plan” of the setup.",
        "Maren Holt created the team “Field sales”.",
        f"Maren Holt invited {PETRA} as Manager into Field sales.",
        f"Maren Holt sent the invitation of {PETRA} again.",
        f"Maren Holt edited the invitation of {PETRA}, now Member.",
        f"Maren Holt copied an invitation link for {PETRA}.",
        f"{PETRA} accepted the invitation.",
        f"Maren Holt revoked the invitation of {HANNA}.",
        f"{IDRIS} joined by a copied link.",
        f"{PETRA} signed in.",
        f"Maren Holt changed the role of {PETRA} from Member to Administrator.",
        f"Maren Holt changed the role of {PETRA} from Administrator to Member.",
        f"Maren Holt changed the role of {PETRA} from Member to Manager.",
        f"Maren Holt added {ANA} and {KOFI} to the team “Back office”.",
        f"Maren Holt made {ANA} lead of the team “Back office”.",
        f"Maren Holt took {KOFI} out of the team “Back office”.",
        "Maren Holt deleted the team “Back office”.",
        f"Maren Holt deactivated {PETRA}.",
        f"Maren Holt reactivated {PETRA}.",
        f"Maren Holt removed {PETRA}.",
        f"Maren Holt invited {PETRA} as Member.",
        f"Maren Holt deactivated {ANA} and {KOFI}.",
    ]


def read_the_audit(house: House) -> None:
    """Everything above in words; filtered, as a file, and whole."""
    page = house.page
    page.goto("/admin/audit")
    shown = page.get_by_role("table").inner_text()
    onward = page.get_by_role("link", name="Next")
    while onward.count() and onward.get_attribute("href"):
        following = str(onward.get_attribute("href"))
        onward.click()
        page.wait_for_url(lambda url, end=following: url.endswith(end))
        shown += page.get_by_role("table").inner_text()
    missing = [sentence for sentence in written_down(house) if sentence not in shown]
    assert not missing, missing

    page.goto("/admin/audit")
    choose(page, page.get_by_role("button", name="Act", exact=True), "Role changed").click()
    expect(page).to_have_url(re.compile(r"action=people\.role_changed"))
    expect(page.get_by_role("table").locator("tbody").get_by_role("row")).to_have_count(3)
    page.keyboard.press("Escape")
    lines = downloaded(page, choose(page, page.get_by_role("button", name="Export"), "CSV")).splitlines()
    assert len(lines) == 4, lines
    assert "from Member to Manager" in lines[1]
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("The audit is whole.")).to_be_visible()


def ask_from_outside(house: House) -> None:
    """The chain from the command line; people through the interface, with a key made there."""
    verified = command("audit", "verify", "--all")
    # Other tests of this database tamper with chains of their own on purpose.
    assert f"\n{house.slug}: " not in f"\n{verified.stderr}"
    assert re.search(rf"^{house.slug}: \d+ entries are whole", verified.stdout, re.MULTILINE), verified
    assert verified.returncode == (1 if verified.stderr else 0)
    key = answered(
        "apikey", "create", "--organization", house.slug, "--name", "Payroll", "--role", "people_administrator"
    )
    answer = house.stranger.request.get("/api/v1/people", headers={"Authorization": f"Bearer {key.strip()}"})
    assert answer.status == 200, answer.text()
    people = {(one["name"], one["status"]) for one in answer.json()["items"]}
    assert {(PETRA, "active"), (IDRIS, "active"), (ANA, "deactivated"), ("Maren Holt", "active")} <= people
    assert house.stranger.request.get("/api/v1/people").status == 401


@pytest.fixture
def house(new_context) -> House:
    """The founder inside the admin, an operator at the console, everybody else outside still."""
    mails = operators_mailbox(new_context(viewport=WIDE).new_page())
    page = new_context(viewport=WIDE).new_page()
    emails = {name: mail_address(name) for name in (ANA, KOFI)}
    name, founder = found(page, mails, *emails.values())
    house = House(
        Admin(page),
        mails,
        petra=new_context(viewport=WIDE).new_page(),
        stranger=new_context(viewport=WIDE),
        name=name,
        founder=founder,
        slug=mails.slug_of(name),
    )
    house.emails |= emails
    return house


def test_people_come_in_work_and_go(house, new_context):
    house.admin.create_team("Field sales")
    invite_and_change(house)
    revoke(house)
    join_by_copied_link(house)
    read_notices(house)
    give_roles(house)
    ana, kofi = (new_context(viewport=WIDE).new_page() for _person in range(2))
    accept(ana, house.mails.link(house.emails[ANA], INVITATION), *ANA.split())
    accept(kofi, house.mails.link(house.emails[KOFI], INVITATION), *KOFI.split())
    work_in_teams(house)
    let_go_and_take_back(house)
    remove_and_invite_again(house)
    deactivate_two(house, ana)
    search_the_directory(house)
    read_the_audit(house)
    ask_from_outside(house)

"""Around people: seats that run out, pictures, the organization's tabs, a forgotten password, the guide."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support.administration import Admin
from support.operating import operators_mailbox
from support.steps import choose, open_dialog, sign_in, told

WIDE = {"width": 1440, "height": 900}
CHANGED = "a louder harbour at 6"


@pytest.fixture
def place(new_context) -> tuple[Organization, Admin]:
    """Three seats, one of them the Owner's, who is signed in."""
    org = make_organization("Halden Supply", seats=3)
    page = new_context(viewport=WIDE).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.get_by_role("link", name="Admin").first.click()
    page.wait_for_url("**/admin")
    return org, Admin(page)


def test_seats_run_out_and_nobody_comes_back_without_one(place):
    org, admin = place
    page = admin.page
    org.person("member")
    admin.directory()
    expect(page.get_by_role("link", name=re.compile(r"^Seats 2 of 3"))).to_be_visible()
    leaving = choose(page, admin.row("Pat Example").get_by_role("button", name="Actions for"), "Deactivate or remove")
    open_dialog(page, leaving).get_by_role("button", name="Deactivate").click()
    undo = told(page, "Pat Example is deactivated").get_by_role("button", name="Undo")
    expect(page.get_by_role("link", name=re.compile(r"^Seats 1 of 3"))).to_be_visible()
    org.invite("member", given_name="Hanna", family_name="Virtanen")
    org.invite("member", given_name="Idris", family_name="Bell")
    undo.click()
    expect(page.get_by_role("alert")).to_contain_text("seat")
    dialog_page = page.get_by_role("heading", name="Reactivate Pat Example")
    expect(dialog_page).to_be_visible()
    expect(admin.directory().get_by_role("row").filter(has_text="Pat Example")).to_contain_text("Deactivated")
    dialog = open_dialog(page, page.get_by_role("link", name="Add user"))
    dialog.get_by_label("Given name").fill("Grete")
    dialog.get_by_label("E-mail").fill(f"{unique('grete')}@example.test")
    dialog.get_by_role("button", name="Send invitation").click()
    expect(dialog.get_by_role("alert")).to_contain_text("seat")
    expect(dialog.get_by_label("Given name")).to_have_value("Grete")


def test_a_picture_is_seen_where_its_person_is(place, tmp_path: Path):
    _org, admin = place
    page = admin.page
    Image.new("RGB", (240, 240), "#2f6f4f").save(tmp_path / "me.png")
    page.goto("/me")
    page.get_by_label("Picture", exact=False).first.set_input_files(tmp_path / "me.png")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main").locator("img[src*='/me/picture']")).to_be_visible()
    admin.directory()
    picture = admin.row("Maren Holt").locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_the_organization_is_looked_through_and_changed(place):
    org, admin = place
    page = admin.page
    page.goto("/admin/org")
    expect(page.get_by_text(org.slug)).to_be_visible()
    tabs = page.get_by_role("navigation", name="Parts of the organization")
    for name in ("Contacts", "Plan & usage", "Security", "Policies", "Company profile"):
        tabs.get_by_role("link", name=name).click()
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    page.get_by_label("Legal name").fill("Halden Supply AS")
    page.get_by_role("button", name="Save").click()
    told(page, "The company profile is saved.")
    expect(page.get_by_label("Legal name")).to_have_value("Halden Supply AS")
    page.goto("/admin")
    expect(page.get_by_role("region", name="Recent changes")).to_contain_text("Maren Holt changed the company profile.")
    page.goto("/help")
    page.get_by_role("searchbox").fill("deactivate")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text=re.compile(r"\d+ results?"))).to_be_visible()


def test_a_forgotten_password_is_chosen_anew_on_a_telephone(place, new_context):
    org, _admin = place
    mails = operators_mailbox(new_context(viewport=WIDE).new_page())
    page: Page = new_context(viewport={"width": 390, "height": 844}, has_touch=True).new_page()
    page.goto("/accounts/login")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill(org.owner.email)
    page.get_by_role("button", name="Send the link").click()
    page.goto(mails.link(org.owner.email, "people.password_reset"))
    page.get_by_label("New password", exact=True).fill(CHANGED)
    page.get_by_role("button", name="Save password").click()
    expect(page.get_by_role("heading", name="Your password is changed")).to_be_visible()
    sign_in(page, org.owner.email, CHANGED)
    page.wait_for_url("**/")
    page.goto("/admin")
    page.wait_for_load_state()
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("navigation", name="Admin").get_by_role("link", name="Audit").tap()
    page.wait_for_url("**/admin/audit")
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    console = mails.page
    console.goto("/console/jobs")
    expect(console.get_by_role("row").filter(has_text="send_mail").first).to_be_visible()

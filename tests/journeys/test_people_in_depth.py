"""An administrator at nine in the morning: somebody comes, somebody leaves, and the directory is brought in order."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization, unique
from support.accessibility import faults
from support.administration import Admin
from support.operating import operators_mailbox
from support.steps import accept, choose, open_dialog, sign_in, told
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Department, Membership, PlannedChange
from tenantry.usecases.person import edit_person

WIDE = {"width": 1440, "height": 900}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def org() -> Organization:
    made = make_organization("Halden Supply", seats=20)
    for given, family in (("Ada", "Stone"), ("Ben", "Ode"), ("Idris", "Bell")):
        person = made.person("member")
        made.perform(edit_person, membership_id=person.membership_id, given_name=given, family_name=family)
    return made


@pytest.fixture
def admin(new_context, org) -> Admin:
    page: Page = new_context(viewport=WIDE).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.wait_for_url("**/")
    return Admin(page)


def calm(page: Page) -> None:
    """Nothing for axe, nothing beside the window."""
    assert not (found := faults(page)), found
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def add_department(admin: Admin, name: str) -> None:
    page = admin.page
    page.goto("/admin/users/departments")
    dialog = open_dialog(page, page.get_by_role("link", name="Add a department").first)
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Add").click()
    expect(page.get_by_role("table", name="Departments by name")).to_contain_text(name)


def into_department(admin: Admin, department: str, *names: str) -> None:
    """By ticking them in the directory."""
    page = admin.page
    admin.directory()
    for name in names:
        page.get_by_label(f"Select {name}").check()
    expect(page.get_by_text(f"{len(names)} selected")).to_be_visible()
    page.locator("button[name=do][value=department]").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("group", name="Department").get_by_role("radio", name=department).check()
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_role("heading", name="What happens")).to_be_visible()
    dialog.get_by_role("button", name=f"({len(names)})").click()
    told(page, f"{len(names)} people were moved.")


def save_view(page: Page, name: str) -> None:
    dialog = open_dialog(page, page.get_by_role("link", name="Save view"))
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("navigation", name="Saved views").get_by_role("link", name=name)).to_be_visible()


def test_a_morning_with_somebody_new_and_somebody_who_leaves(admin, org, new_context):
    page = admin.page
    add_department(admin, "Field sales")
    add_department(admin, "Support")
    into_department(admin, "Field sales", "Ada Stone", "Ben Ode")

    # The view of the morning: Field sales, with what matters about them.
    page.goto("/admin/users/departments")
    page.get_by_role("row").filter(has_text="Field sales").get_by_role("link", name="2").click()
    expect(admin.row("Ada Stone")).to_be_visible()
    expect(admin.row("Idris Bell")).to_have_count(0)
    choose(page, page.get_by_role("button", name="Columns"), "Phone").click()
    page.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("columnheader", name="Phone")).to_be_visible()
    save_view(page, "My sales people")
    calm(page)

    # Somebody new, straight into the department.
    address = f"{unique('grete')}@example.test"
    admin.directory()
    dialog = open_dialog(page, page.get_by_role("link", name="Add user"))
    dialog.get_by_label("Given name").fill("Grete")
    dialog.get_by_label("Family name").fill("Lund")
    dialog.get_by_label("E-mail").fill(address)
    dialog.locator("summary").click()
    dialog.get_by_role("group", name="Department").get_by_role("radio", name="Field sales").check()
    dialog.get_by_role("button", name="Send invitation").click()
    told(page, "Grete Lund is invited.")

    # Who leaves, on a day.
    admin.directory()
    leaving = choose(page, admin.row("Ben Ode").get_by_role("button", name="Actions for"), "Deactivate or remove")
    dialog = open_dialog(page, leaving)
    dialog.get_by_role("link", name="On a day").click()
    last = (clock.now() + timedelta(days=14)).date()
    dialog.get_by_label("Last day").fill(last.isoformat())
    dialog.get_by_role("button", name="See what happens").click()
    expect(dialog.get_by_role("heading", name=re.compile("is over, this happens"))).to_be_visible()
    dialog.get_by_role("button", name="Plan it").click()
    told(page, "Ben Ode leaves after")

    # The new person comes in, on a telephone, and puts their own things in order.
    mails = operators_mailbox(new_context(viewport=WIDE).new_page())
    own: Page = new_context(**PHONE).new_page()
    accept(own, mails.link(address, "people.invitation"), "Grete", "Lund")
    own.goto("/me")
    expect(own.get_by_text("Field sales")).to_be_visible()
    own.get_by_label("Phone").fill("+47 22 33 44 55")
    own.get_by_role("button", name="Save").click()
    expect(own.get_by_label("Phone")).to_have_value("+47 22 33 44 55")
    calm(own)

    # The view says all of it: who is new, with the telephone, and who is about to leave.
    page.goto("/admin/users/u")
    page.get_by_role("navigation", name="Saved views").get_by_role("link", name="My sales people").click()
    expect(admin.row("Grete Lund")).to_contain_text("+47 22 33 44 55")
    expect(admin.row("Ben Ode")).to_be_visible()
    expect(page.get_by_role("table", name="People").locator("tbody tr")).to_have_count(3)
    with scope.tenant(org.id), reading():
        ben = Membership.objects.get(given_name="Ben")
        assert PlannedChange.objects.get(membership_id=ben.id).day == last
        sales = Department.objects.get(name="Field sales")
        assert Membership.objects.filter(department=sales).count() == 3


def test_a_slip_of_the_hand_is_taken_back_from_the_audit(admin, org):
    page = admin.page
    admin.open_person("Ada Stone")
    dialog = open_dialog(page, page.get_by_role("link", name="Edit", exact=True).first)
    dialog.get_by_label("Family name").fill("Stoen")
    dialog.get_by_label("Phone").fill("+47 1")
    dialog.get_by_role("button", name="Save").click()
    admin.heading("Ada Stoen")
    page.goto("/admin/audit")
    undo = page.get_by_role("link", name="Undo").first
    dialog = open_dialog(page, undo)
    expect(dialog.get_by_role("heading", name="Take back: What is known of Ada Stoen")).to_be_visible()
    expect(dialog.locator("del")).to_have_text("Stoen, +47 1")
    expect(dialog.locator("ins")).to_have_text("Stone, none")
    calm(page)
    dialog.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.wait_for_load_state()
    admin.open_person("Ada Stone")
    with scope.tenant(org.id), reading():
        ada = Membership.objects.get(given_name="Ada")
        assert (ada.family_name, ada.phone) == ("Stone", "")

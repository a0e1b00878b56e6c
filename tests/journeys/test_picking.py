"""A company is found while one types, chosen with the keyboard, and is the deal's."""

import re

from playwright.sync_api import expect

from factories.organizations import PASSWORD, make_organization
from factories.records import make_record, make_workflow
from support.accessibility import faults
from support.steps import sign_in, told
from support.structure import make_role
from tenantry.people.actions import create_team
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.units import create_unit
from tenantry.usecases.workspaces import create_workspace


def test_a_company_is_found_while_one_types(new_context):
    org = make_organization("Halden Supply")
    flow = make_workflow(org)
    make_record(org, "company", org.owner, name="Nordhavn Marine")
    for number in range(9):
        make_record(org, "company", org.owner, name=f"Other {number}")
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(f"/apps/momentum/board/{flow}")
    page.get_by_role("link", name="Add a deal").click()
    dialog = page.get_by_role("dialog")
    company = dialog.get_by_role("group", name="Company")
    expect(company.get_by_role("radio")).to_have_count(9)
    expect(company.get_by_role("button")).to_have_count(0)
    dialog.get_by_label("Name", exact=True).fill("Wharf")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/choices" in request.url else None)
    company.get_by_role("searchbox").press_sequentially("nord", delay=20)
    expect(company.get_by_role("radio")).to_have_count(2)
    # Nothing but the link is told to what is asked while one types.
    assert all("csrf" not in url and "Wharf" not in url for url in asked), asked
    assert not faults(page)
    company.get_by_role("radio", name="None").focus()
    page.keyboard.press("ArrowDown")
    expect(company.get_by_role("radio", name="Nordhavn Marine")).to_be_checked()
    # The return key saves, it does not search.
    dialog.get_by_label("Name", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Wharf")).to_be_visible()
    expect(page.get_by_role("link", name="Nordhavn Marine")).to_be_visible()


def test_an_owner_among_many_is_found_in_a_filter_and_given_to(new_context):
    org = make_organization("Halden Supply", seats=60)
    for _n in range(22):
        org.person("member")
    last = org.person("member")
    org.perform(change_own_profile, by=last, given_name="Zoë", family_name="Lind")
    make_record(org, "lead", last, given_name="Ingrid", family_name="Moe")
    make_record(org, "lead", org.owner, given_name="Nora", family_name="Vik")
    page = new_context(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto("/apps/momentum/leads")
    page.get_by_role("button", name="Owner").first.click()
    owners = page.locator("#filter-owner")
    owners.get_by_role("searchbox").press_sequentially("zoe", delay=20)
    expect(owners.get_by_role("checkbox")).to_have_count(3)
    owners.get_by_label("Zoë Lind").check()
    expect(page.get_by_role("link", name="Nora Vik")).to_have_count(0)
    expect(page.get_by_role("link", name="Ingrid Moe")).to_be_visible()
    # The address says what the list is asked, not what was typed to find the choice.
    expect(page).to_have_url(re.compile(rf"/apps/momentum/leads\?owner={last.membership_id}$"))
    assert not faults(page)
    page.goto("/apps/momentum/leads")
    page.get_by_role("row", name="Nora Vik").get_by_role("checkbox").check()
    page.get_by_role("button", name="Change owner").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").press_sequentially("lin", delay=20)
    dialog.get_by_role("radio", name="Zoë Lind").check()
    expect(dialog.get_by_text("lead goes to Zoë Lind")).to_be_visible()
    expect(dialog.get_by_role("radio", name="Zoë Lind")).to_be_checked()
    dialog.get_by_role("button", name="Change owner (1)").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("region", name="Messages").get_by_text("taken back")).to_be_visible()


def test_a_workspace_among_many_is_found_on_a_phone_by_the_keyboard(new_context):
    org = make_organization("Halden Supply")
    for number in range(22):
        org.perform(create_workspace, name=f"Site {number:02}")
    yard = org.perform(create_workspace, name="Zebra Yard").id
    make_record(org, "lead", org.owner, given_name="Ingrid", family_name="Moe", workspace_id=yard)
    make_record(org, "lead", org.owner, given_name="Nora", family_name="Vik")
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    for path in ("/apps/momentum/leads", "/admin/users/u"):
        page.goto(path)
        chip = page.get_by_role("button", name=re.compile("^Workspaces?"))
        chip.focus()
        page.keyboard.press("Enter")
        menu = page.locator("#filter-workspace")
        expect(menu.get_by_role("checkbox")).to_have_count(20)
        menu.get_by_role("searchbox").press_sequentially("zeb", delay=20)
        expect(menu.get_by_role("checkbox")).to_have_count(1)
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        expect(chip).to_contain_text("Zebra Yard")
        expect(page).to_have_url(re.compile(rf"{path}\?workspace={yard}$"))
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert not faults(page)
        if path.endswith("leads"):
            expect(page.get_by_role("link", name="Nora Vik")).to_have_count(0)
            expect(page.get_by_role("link", name="Ingrid Moe")).to_be_visible()
    page.goto("/apps/momentum/leads")
    page.get_by_role("link", name="Add lead").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Given name").fill("Ida")
    place = dialog.get_by_role("group", name="Workspace")
    place.get_by_role("searchbox").press_sequentially("yard", delay=20)
    expect(place.get_by_role("radio")).to_have_count(2)
    place.get_by_role("radio", name="In none").focus()
    page.keyboard.press("ArrowDown")
    expect(place.get_by_role("radio", name="Zebra Yard")).to_be_checked()
    assert not faults(page)
    # The return key saves, it does not search.
    dialog.get_by_label("Given name").press("Enter")
    expect(page.get_by_role("heading", name="Ida")).to_be_visible()


def test_an_agent_among_many_is_found_on_a_phone(new_context):
    org = make_organization("Halden Supply", seats=60)
    for _n in range(10):
        org.person("member")
    last = org.person("member")
    org.perform(change_own_profile, by=last, given_name="Zoë", family_name="Lind")
    make_role(org, "unit", {"people.view": "all", "units.view": "yes"})
    north = org.perform(create_unit, name="North").id
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(f"/admin/units/{north}")
    page.get_by_role("link", name="Add a managing agent").click()
    people = page.get_by_role("dialog").get_by_role("group", name="Person")
    expect(people.get_by_role("radio")).to_have_count(8)
    people.get_by_role("searchbox").press_sequentially("zoe", delay=20)
    expect(people.get_by_role("radio")).to_have_count(1)
    assert not faults(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(people.get_by_role("radio", name="Zoë Lind")).to_be_checked()
    page.get_by_role("dialog").get_by_role("button", name="Add", exact=True).click()
    told(page, "Zoë Lind is")


def test_a_successor_among_many_is_found_by_the_keyboard(new_context):
    org = make_organization("Halden Supply", seats=60)
    for _n in range(10):
        org.person("member")
    last, leaver = org.person("member"), org.person("member")
    org.perform(change_own_profile, by=last, given_name="André", family_name="Zimmer")
    make_record(org, "lead", leaver, given_name="Ingrid", family_name="Moe")
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(f"/admin/users/u/{leaver.membership_id}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Deactivate or remove").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("link", name="Remove Leaves for good").click()
    people = dialog.get_by_role("group", name="Records go to")
    expect(people.get_by_role("radio")).to_have_count(9)
    people.get_by_role("searchbox").press_sequentially("andre", delay=20)
    expect(people.get_by_role("radio")).to_have_count(2)
    people.get_by_role("radio", name="Nobody").focus()
    page.keyboard.press("ArrowDown")
    # What it does is said at once, and the keyboard stays where it was.
    expect(dialog.get_by_text("record goes to André Zimmer")).to_be_visible()
    expect(people.get_by_role("radio", name="André Zimmer")).to_be_checked()
    expect(people.get_by_role("radio", name="André Zimmer")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not faults(page)
    dialog.get_by_role("button", name="Remove", exact=True).click()
    told(page, "was removed")


def test_somebody_is_added_to_a_team_and_a_unit_among_many_by_the_keyboard(new_context):
    org = make_organization("Halden Supply", seats=60)
    for number in range(10):
        org.perform(create_team, name=f"Crew {number}")
        org.perform(create_unit, name=f"Branch {number}")
    org.perform(create_team, name="Zulu")
    org.perform(create_unit, name="Zürich")
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto("/admin/users/u/new")
    page.get_by_label("Given name").fill("Ida")
    page.get_by_label("E-mail").fill("ida@example.test")
    page.get_by_text("More", exact=True).click()
    for group, typed, role, name in (("Teams", "zul", "checkbox", "Zulu"), ("Branch", "zur", "radio", "Zürich")):
        choices = page.get_by_role("group", name=group).first
        choices.get_by_role("searchbox").press_sequentially(typed, delay=20)
        wanted = choices.get_by_role(role, name=name)
        expect(wanted).to_be_visible()
        wanted.focus()
        page.keyboard.press("Space")
        expect(wanted).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert not faults(page)
    # The return key sends the invitation, it does not search.
    page.get_by_label("Given name").press("Enter")
    told(page, "is invited")
    page.get_by_role("link", name="Teams").last.click()
    expect(page.get_by_role("link", name="Zulu")).to_be_visible()


def test_without_a_script_a_choice_among_many_is_searched_and_the_address_stays_clean(new_context):
    org = make_organization("Halden Supply", seats=60)
    for number in range(22):
        org.perform(create_workspace, name=f"Site {number:02}")
    yard = org.perform(create_workspace, name="Ångström Yard").id
    make_record(org, "lead", org.owner, given_name="Ingrid", family_name="Moe", workspace_id=yard)
    make_record(org, "lead", org.owner, given_name="Nora", family_name="Vik")
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto("/apps/momentum/leads")
    menu = page.locator("#filter-workspace")
    chip = page.get_by_role("button", name=re.compile("^Workspace"))
    chip.click()
    menu.get_by_role("searchbox").fill("angstrom")
    menu.get_by_role("button", name="Apply").click()
    chip.click()
    expect(menu.get_by_role("checkbox")).to_have_count(1)
    menu.get_by_label("Ångström Yard").check()
    menu.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(rf"/apps/momentum/leads\?workspace={yard}$"))
    expect(page.get_by_role("link", name="Ingrid Moe")).to_be_visible()
    expect(page.get_by_role("link", name="Nora Vik")).to_have_count(0)


def test_a_stage_and_a_folder_among_many_are_found_on_a_phone_by_the_keyboard(new_context):
    org = make_organization("Halden Supply")
    for number in range(12):
        flow = make_workflow(org, f"Flow {number:02}")
        make_record(org, "folder", org.owner, name=f"Case {number:02}")
    make_workflow(org, "Zürich")
    make_record(org, "folder", org.owner, name="Ångström")
    deal = make_record(org, "deal", org.owner, workflow_id=flow, name="Wharf")
    file = make_record(org, "file", org.owner, name="Plan.pdf")
    page = new_context(viewport={"width": 390, "height": 844}).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    places = (
        (
            f"/apps/momentum/deals/{deal}/move",
            "Stage",
            "zurich qual",
            "Zürich: Qualified",
            "Move",
            "in “Qualified” now",
        ),
        (f"/apps/workspace/drive/files/{file}/edit", "Lies in", "angs", "Ångström", "Save", "The file was changed."),
    )
    for path, group, typed, name, button, said in places:
        page.goto(path)
        choices = page.get_by_role("group", name=group, exact=True)
        search = choices.get_by_role("searchbox")
        search.focus()
        search.press_sequentially(typed, delay=20)
        wanted = choices.get_by_role("radio", name=name, exact=True)
        expect(wanted).to_be_visible()
        wanted.focus()
        page.keyboard.press("Space")
        expect(wanted).to_be_checked()
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        assert not faults(page)
        page.get_by_role("button", name=button, exact=True).last.click()
        told(page, said)
    page.goto(f"/apps/momentum/deals/{deal}")
    expect(page.get_by_text("Zürich").first).to_be_visible()


def test_without_a_script_a_workflow_for_a_lead_is_searched(new_context):
    org = make_organization("Halden Supply")
    for number in range(12):
        make_workflow(org, f"Flow {number:02}")
    make_workflow(org, "Zürich")
    lead = make_record(org, "lead", org.owner, given_name="Nora", family_name="Vik")
    page = new_context(java_script_enabled=False).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.goto(f"/apps/momentum/leads/{lead}/conversion")
    flows = page.get_by_role("group", name="Workflow", exact=True)
    flows.get_by_role("searchbox").fill("zurich")
    page.get_by_label("Name of the deal").fill("Boats")
    flows.get_by_role("button", name="Search").click()
    # The one that was chosen before stays among them.
    expect(flows.get_by_role("radio")).to_have_count(2)
    flows.get_by_role("radio", name="Zürich").check()
    page.get_by_label("Name of the deal").press("Enter")
    expect(page.get_by_role("heading", name="Boats")).to_be_visible()
    expect(page.get_by_text("Zürich").first).to_be_visible()

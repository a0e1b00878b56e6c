"""A company is found while one types, chosen with the keyboard, and is the deal's."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from factories.organizations import PASSWORD, make_organization
from factories.records import make_record, make_workflow
from support.steps import sign_in
from tenantry.usecases.person import change_own_profile

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


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
    assert not Axe().run(page, options=AXE).response["violations"]
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
    assert not Axe().run(page, options=AXE).response["violations"]
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

"""The structure in a browser: branches with a managing agent, and workspaces that look after themselves."""

from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, Person, make_organization, unique
from support.steps import sign_in, told
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

WAYS = [
    pytest.param({"viewport": {"width": 1440, "height": 900}}, id="desktop"),
    pytest.param({"viewport": {"width": 390, "height": 844}}, id="phone"),
    pytest.param({"viewport": {"width": 390, "height": 844}, "java_script_enabled": False}, id="without-script"),
]


def enter(new_context: Any, way: dict[str, Any], person: Person) -> Page:
    page: Page = new_context(**way).new_page()
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def open_at(page: Page, path: str) -> None:
    page.goto(path)
    # Before the script is there a link leads to the same form as a page.
    page.wait_for_load_state()
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{path}: {wide} px beyond the width"


def make_branch(page: Page, name: str, below: UUID | None = None) -> UUID:
    open_at(page, f"/admin/units/{below}" if below else "/admin/units")
    page.get_by_role("link", name="Create a branch below" if below else "Create a branch", exact=True).first.click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create", exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
    return UUID(page.url.rpartition("/")[2])


def move_branch(page: Page, unit_id: UUID, to_id: UUID) -> None:
    open_at(page, f"/admin/units/{unit_id}")
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("link", name="Move", exact=True).click()
    page.get_by_role("group", name="New place").locator(f"input[value='{to_id}']").check()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("branch comes below North")).to_be_visible()
    page.get_by_role("button", name="Move", exact=True).click()
    told(page, "stands below North now.")


@pytest.mark.parametrize("way", WAYS)
def test_a_managing_agent_looks_after_a_branch_and_nothing_else(new_context, way):
    org = make_organization(blueprint="brokerage")
    agent, stranger = org.person("system_administrator"), org.person("broker")
    page = enter(new_context, way, org.owner)
    north, south = make_branch(page, "North"), make_branch(page, "South")
    oslo = make_branch(page, "Oslo", south)
    move_branch(page, oslo, north)
    org.perform(move_to_unit, membership_ids=(stranger.membership_id,), unit_id=south)
    open_at(page, f"/admin/units/{north}")
    page.get_by_role("link", name="Add a managing agent").click()
    page.get_by_role("group", name="Person").locator(f"input[value='{agent.membership_id}']").check()
    page.get_by_label("Role", exact=True).select_option("Managing Agent")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("region", name="Managed by")).to_contain_text("Managing Agent")
    page = enter(new_context, way, agent)
    add_in_the_branch(page, oslo, south)
    acts_nowhere_else(page, stranger, south)


def add_in_the_branch(page: Page, oslo: UUID, south: UUID) -> None:
    open_at(page, "/admin/users/u")
    page.get_by_role("link", name="Add New", exact=True).first.click()
    page.get_by_label("Given name").fill("Ines")
    page.get_by_label("Family name").fill("Prado")
    page.locator("input[name=email]").fill(f"{unique('ines')}@example.test")
    branch = page.locator("#pick-unit")
    assert branch.locator(f"input[value='{south}']").count() == 0
    branch.locator(f"input[value='{oslo}']").check()
    page.get_by_role("button", name="Send invitation").click()
    told(page, "Ines Prado")
    open_at(page, f"/admin/users/u?unit={oslo}")
    page.get_by_role("link", name="Ines Prado").click()
    expect(page.get_by_role("link", name="Oslo", exact=True)).to_be_visible()
    expect(page.locator("#change-unit")).to_be_visible()


def acts_nowhere_else(page: Page, stranger: Person, south: UUID) -> None:
    open_at(page, f"/admin/users/u/{stranger.membership_id}")
    expect(page.locator("#change-unit")).to_have_count(0)
    expect(page.get_by_role("link", name="Disable")).to_have_count(0)
    page.goto(f"/admin/users/u/{stranger.membership_id}/unit")
    expect(page.locator(f"[value='{south}']")).to_have_count(0)
    for path in (f"/admin/units/{south}/people", f"/admin/units/new?unit={south}", f"/admin/units/{south}/move"):
        refused = page.goto(path)
        assert refused is not None
        assert refused.status in (403, 404), path


@pytest.mark.parametrize("way", WAYS)
def test_workspaces_are_assigned_and_look_after_themselves(new_context, way):
    org = make_organization(blueprint="messaging")
    fairs = org.perform(create_workspace, name="Fairs").id
    user_admin, manager, colleague = org.person("user_admin"), org.person("member"), org.person("member")
    put = {"workspace_id": fairs, "role_id": org.role("workspace_manager")}
    org.perform(add_to_workspace, membership_ids=(manager.membership_id,), **put)
    page = enter(new_context, way, user_admin)
    first = add_somebody(page)
    page.get_by_label("Fairs").check()
    page.get_by_label("Access level").select_option(str(org.role("workspace_agent")))
    page.get_by_role("button", name="Assign workspace").click()
    open_at(page, f"/admin/workspaces/{fairs}")
    expect(page.get_by_role("row", name=first)).to_contain_text("Agent")
    second = add_somebody(page)
    page.get_by_role("link", name="Skip", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(second)
    manage_it(enter(new_context, way, manager), org, fairs, colleague)


def add_somebody(page: Page) -> str:
    """To the step that asks for workspaces; the address."""
    email = f"{unique('pat')}@example.test"
    open_at(page, "/admin/users/u")
    page.get_by_role("link", name="ADD USER", exact=True).first.click()
    page.locator("input[name=email]").fill(email)
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("heading", name="Assign workspaces")).to_be_visible()
    return email


def manage_it(page: Page, org: Organization, fairs: UUID, colleague: Person) -> None:
    """A Manager adds an Agent, and no Owner, whatever the form says."""
    settings = f"/workspaces/{fairs}/settings"
    for role, refused in (("workspace_owner", True), ("workspace_agent", False)):
        open_at(page, settings)
        page.get_by_role("link", name="Add people").click()
        page.locator("input[name=email]").fill(colleague.email)
        level = page.locator("select[name=role]")
        assert level.locator("option", has_text="Owner").count() == 0
        level.locator("option", has_text="Agent").evaluate("(one, id) => { one.value = id }", str(org.role(role)))
        level.select_option(str(org.role(role)))
        page.get_by_role("button", name="Add", exact=True).click()
        if refused:
            expect(page.get_by_text("Select a valid choice")).to_be_visible()
    expect(page.get_by_role("row", name="Pat Example").filter(has_text="Agent")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Owner")).to_have_count(0)

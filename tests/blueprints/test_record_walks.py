"""Each blueprint's own rules on records in a browser: whose one finds, opens and changes, and who is asked first."""

from playwright.sync_api import Page, expect

from blueprints.walked import walks
from factories.organizations import PASSWORD, Organization, Person, make_organization
from factories.records import make_record, stages_of
from support.steps import open_dialog, sign_in, told
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.models import Profile
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.mentors import set_mentor
from tenantry.organizations.models import Workflow
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

HOME = "/apps/momentum"
WORDS = "Roles, in words"


def enter(new_context, person: Person, *, narrow: bool = False) -> Page:
    size = {"width": 390, "height": 844} if narrow else {"width": 1440, "height": 900}
    page: Page = new_context(viewport=size).new_page()
    sign_in(page, person.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def refused(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def found(page: Page, path: str, names: list[str]) -> set[str]:
    """Which of these records this list or board shows."""
    page.goto(path)
    return {name for name in names if page.get_by_role("link", name=name, exact=True).count()}


def first_workflow(org: Organization) -> Workflow:
    with scope.tenant(org.id), reading():
        return Workflow.objects.get()


def team_of(org: Organization, *people: Person) -> None:
    team = org.perform(create_team, name="North")
    org.perform(add_to_team, team_id=team.id, membership_ids=tuple(one.membership_id for one in people))


@walks("Roles", "records")
def test_standard_by_team_and_own_and_a_reader_who_changes_nothing(new_context):
    org = make_organization(blueprint="standard")
    manager, member, reader = org.person("manager"), org.person("member"), org.person("read_only")
    team_of(org, manager, member)
    deals = {
        name: make_record(org, "deal", owner, name=name)
        for name, owner in (("Of the manager", manager), ("Of the member", member), ("Of the owner", org.owner))
    }
    names = list(deals)
    led = enter(new_context, manager)
    assert found(led, f"{HOME}/deals", names) == {"Of the manager", "Of the member"}
    assert refused(led, f"{HOME}/deals/{deals['Of the owner']}") == 404
    own = enter(new_context, member, narrow=True)
    assert found(own, f"{HOME}/board", names) == {"Of the member"}
    own.get_by_role("link", name="Of the member", exact=True).click()
    expect(own.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    read = enter(new_context, reader)
    assert found(read, f"{HOME}/deals", names) == set(names)
    read.get_by_role("link", name="Of the owner", exact=True).click()
    expect(read.get_by_role("heading", level=1, name="Of the owner")).to_be_visible()
    expect(read.get_by_role("link", name="Edit", exact=True)).to_have_count(0)
    expect(read.get_by_role("button", name="Won", exact=True)).to_have_count(0)
    assert refused(read, f"{HOME}/deals/{deals['Of the owner']}/edit") == 403


@walks(WORDS, "Standard user with the Read-only profile views and edits nothing", "profile Read-only: view only")
def test_crm_suite_a_profile_takes_away_whatever_the_role_gives(new_context):
    org = make_organization(blueprint="crm-suite")
    user = org.person("standard_user")
    contact = make_record(org, "contact", user, given_name="Nora", family_name="Vik")
    page = enter(new_context, user)
    page.goto(f"{HOME}/contacts")
    expect(page.get_by_role("link", name="Add contact")).to_be_visible()
    with scope.tenant(org.id), reading():
        profile = Profile.objects.get(key="read_only").id
    org.perform(set_profile, membership_id=user.membership_id, profile_id=profile)
    page.goto(f"{HOME}/contacts")
    expect(page.get_by_role("link", name="Add contact")).to_have_count(0)
    page.get_by_role("link", name="Nora Vik", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Nora Vik")).to_be_visible()
    for name in ("Edit", "More", "Add note"):
        expect(page.get_by_role("main").get_by_text(name, exact=True)).to_have_count(0)
    for path in (f"{HOME}/contacts/new", f"{HOME}/contacts/{contact}/edit", f"{HOME}/contacts.csv"):
        assert refused(page, path) == 403, path


@walks("Roles", "deals.view / deals.edit", "deals.delete")
def test_sales_floor_a_manager_works_with_the_teams_deals(new_context):
    org = make_organization(blueprint="sales-floor")
    manager, rep, other = org.person("manager"), org.person("sales_rep"), org.person("sales_rep")
    team_of(org, manager, rep)
    deals = {
        name: make_record(org, "deal", owner, name=name)
        for name, owner in (("Of the rep", rep), ("Of another team", other))
    }
    page = enter(new_context, manager)
    assert found(page, f"{HOME}/board", list(deals)) == {"Of the rep"}
    page.get_by_role("link", name="Of the rep", exact=True).click()
    page.get_by_role("button", name="Demo booked").click()
    told(page, "“Of the rep” is in “Demo booked” now.")
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("link", name="Change owner")).to_be_visible()
    expect(page.get_by_role("link", name="Delete", exact=True)).to_have_count(0)
    assert refused(page, f"{HOME}/deals/{deals['Of another team']}") == 404
    mine = enter(new_context, other, narrow=True)
    assert found(mine, f"{HOME}/deals", list(deals)) == {"Of another team"}


@walks(
    WORDS,
    "visibility: owners, workflow, everything",
    "a person sees a workflow's deals only once added to it",
    "a mentee's deal needs the mentor's approval before lodgement",
)
def test_brokerage_owner_deals_and_the_mentors_word(new_context):
    org = make_organization(blueprint="brokerage")
    broker, mentor = org.person("broker"), org.person("broker")
    flow = first_workflow(org).id
    org.perform(give_role, membership_id=mentor.membership_id, role_id=org.role("mentor"))
    org.perform(set_mentor, membership_id=broker.membership_id, mentor_id=mentor.membership_id)
    stage = stages_of(org, flow)[2]
    deals = {
        name: make_record(org, "deal", owner, name=name, workflow_id=flow, stage_id=stage)
        for name, owner in (("Home of the Okafors", broker), ("Villa of others", org.owner))
    }
    page = enter(new_context, broker)
    assert found(page, f"{HOME}/deals", list(deals)) == {"Home of the Okafors"}
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(broker.membership_id,))
    assert found(page, f"{HOME}/deals", list(deals)) == set(deals)
    org.perform(set_restrictions, membership_id=broker.membership_id, values={"deals.seen": "own"})
    assert found(page, f"{HOME}/board", list(deals)) == {"Home of the Okafors"}
    assert refused(page, f"{HOME}/deals/{deals['Villa of others']}") == 404
    page.goto(f"{HOME}/deals/{deals['Home of the Okafors']}")
    page.get_by_role("button", name="Lodged").click()
    expect(page.get_by_role("main")).to_contain_text("was asked to approve this deal for “Lodged”")
    asked = enter(new_context, mentor, narrow=True)
    asked.goto(f"{HOME}/approvals")
    dialog = open_dialog(asked, asked.get_by_role("link", name="Home of the Okafors"))
    dialog.get_by_role("button", name="Approve").click()
    told(asked, "is approved and goes on")
    page.reload()
    expect(page.locator(".t-stages [aria-current]")).to_have_text("Lodged")


@walks(
    WORDS,
    "workspace level Agent: works on contacts",
    "contacts seen: all / team's / only mine",
    "restrictions: no data export, no contact deletion, no workspace settings, no integrations",
)
def test_messaging_an_agent_works_on_contacts(new_context):
    org = make_organization(blueprint="messaging")
    agent, mate = org.person("member"), org.person("member")
    place = org.perform(create_workspace, name="Nordics").id
    for one in (agent, mate):
        ids, level = (one.membership_id,), org.role("workspace_agent")
        org.perform(add_to_workspace, workspace_id=place, membership_ids=ids, role_id=level)
    for owner, name in ((agent, "Nora"), (mate, "Tarek")):
        make_record(org, "contact", owner, given_name=name, family_name="Vik", workspace_id=place)
    names = ["Nora Vik", "Tarek Vik"]
    page = enter(new_context, agent)
    assert found(page, f"{HOME}/contacts", names) == set(names)
    expect(page.get_by_role("link", name="Deals", exact=True)).to_have_count(0)
    assert refused(page, f"{HOME}/board") == 403
    held = {"contacts.seen": "own", "contacts.no_delete": "yes", "data.no_export": "yes"}
    org.perform(set_restrictions, membership_id=agent.membership_id, values=held)
    assert found(page, f"{HOME}/contacts", names) == {"Nora Vik"}
    expect(page.get_by_role("link", name="CSV")).to_have_count(0)
    page.get_by_role("link", name="Nora Vik", exact=True).click()
    dialog = open_dialog(page, page.get_by_role("link", name="Edit", exact=True))
    dialog.get_by_label("Position").fill("Harbour master")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Harbour master").first).to_be_visible()
    page.get_by_role("button", name="More", exact=True).click()
    expect(page.get_by_role("link", name="Delete", exact=True)).to_have_count(0)

"""What the text around the tables of roles says, sentence by sentence."""

import pytest

from blueprints.walked import walks
from factories.organizations import make_organization
from support.visitors import body, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.errors import MemberOutOfHand, NotBeside, RoleNotAssignable
from tenantry.access.models import Profile, Role
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.core.permissions import Reach
from tenantry.core.records import Target
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.units import place_of
from tenantry.people.models import Membership
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow, create_workflow, delete_workflow, plan_delete_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

WORDS = "Roles, in words"
DEAL = "deal"


def profile(org, key):
    with scope.tenant(org.id), reading():
        return Profile.objects.get(key=key).id


def bounded(org, role, key):
    person = org.person(role)
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile(org, key))
    return person.actor


# --- crm-suite -----------------------------------------------------------------------------


@walks(WORDS, "Role and profile are chosen when a user is added")
def test_a_profile_is_chosen_with_the_role():
    org = make_organization(blueprint="crm-suite")
    given = {"way": "administrator_password", "password": "Harbour-lamp 52"}
    person = org.invite("standard_user", profile_id=profile(org, "standard"), **given)
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(id=person.membership_id).exists()
        held = Profile.objects.get(assignments__membership_id=person.membership_id)
    assert held.key == "standard"
    page = body(signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}"))
    assert "Standard user" in page


@walks(WORDS, "profile Administrator: everything")
def test_the_profile_of_everything_bounds_nothing():
    org = make_organization(blueprint="crm-suite")
    plain = org.person("manager").actor
    actor = bounded(org, "manager", "administrator")
    assert all(actor.reach(code) == plain.reach(code) for code in ("deals.edit", "deals.view", "records.export"))
    assert bounded(org, "admin", "administrator").may("deals.delete")


@walks(WORDS, "profile Standard: all modules, no delete, no export all")
def test_the_standard_profile_deletes_nothing_and_exports_not_everything():
    actor = bounded(make_organization(blueprint="crm-suite"), "admin", "standard")
    for kind in ("leads", "contacts", "companies", "deals", "tasks", "notes", "activities", "files"):
        assert [actor.may(f"{kind}.{verb}") for verb in ("view", "create", "edit", "delete")] == [True] * 3 + [False]
    assert actor.may("records.export")
    assert not actor.may("data.export_all")
    assert actor.may("people.invite"), "profiles bound the applications only"


@walks(WORDS, "profile Read-only: view only")
def test_the_read_only_profile_views_only():
    actor = bounded(make_organization(blueprint="crm-suite"), "admin", "read_only")
    assert actor.reach("deals.view") == Reach.ALL
    for code in ("deals.create", "deals.edit", "deals.delete", "deals.move", "records.export", "reports.export"):
        assert not actor.may(code), code


@walks(WORDS, "Standard user with the Read-only profile views and edits nothing")
def test_a_standard_user_with_the_read_only_profile():
    actor = bounded(make_organization(blueprint="crm-suite"), "standard_user", "read_only")
    assert actor.reach("deals.view") == Reach.OWN
    assert not any(actor.may(f"deals.{verb}") for verb in ("create", "edit", "delete", "move"))


# --- sales-floor ---------------------------------------------------------------------------


@walks(WORDS, "A role change acts at once")
def test_a_role_change_acts_at_the_next_request():
    org = make_organization(blueprint="sales-floor")
    person = org.person("sales_rep")
    client = signed_in(person)
    assert client.get("/admin/users/g").status_code == 403
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"))
    assert client.get("/admin/users/g").status_code == 200
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("sales_rep"))
    assert client.get("/admin/users/g").status_code == 403


@walks(
    WORDS,
    "recipe Senior Sales Rep: rep + team's deals and reports",
    "recipe Read-only Viewer: dashboards and reports",
    "recipe Team Lead: manager of one team",
)
def test_recipes_are_the_organizations_own():
    org = make_organization(blueprint="sales-floor")
    senior, viewer, lead, rep = (
        org.person(key).actor for key in ("senior_sales_rep", "read_only_viewer", "team_lead", "sales_rep")
    )
    assert (senior.reach("deals.view"), senior.reach("reports.view")) == (Reach.TEAM, Reach.TEAM)
    assert senior.reach("deals.edit") == rep.reach("deals.edit") == Reach.OWN
    assert viewer.reach("reports.view") == Reach.ALL
    assert not viewer.may_any("deals.edit", "deals.create", "people.view", "teams.manage")
    assert (lead.reach("teams.manage"), lead.reach("deals.edit")) == (Reach.TEAM, Reach.TEAM)
    with scope.tenant(org.id), reading():
        own = set(Role.objects.filter(is_system=False).values_list("key", flat=True))
    assert own == {"senior_sales_rep", "read_only_viewer", "team_lead"}


# --- brokerage -----------------------------------------------------------------------------


@pytest.fixture
def brokerage(database):
    return make_organization(blueprint="brokerage")


def given(org, person, key, *, by=None, **more):
    return org.perform(give_role, by=by, membership_id=person.membership_id, role_id=org.role(key), **more)


@walks(WORDS, "addition System administrator on a Broker", "addition Mentor on a Broker")
def test_additions_are_held_beside_a_broker_only(brokerage):
    broker, processor = brokerage.person("broker"), brokerage.person("processor")
    for key in ("system_administrator_addition", "mentor"):
        with pytest.raises(NotBeside):
            given(brokerage, processor, key)
    assert not broker.actor.may("people.assign_roles")
    given(brokerage, broker, "system_administrator_addition")
    assert broker.actor.may("people.assign_roles")
    assert broker.actor.reach("deals.view") == Reach.ALL
    assert not broker.actor.may("deals.approve")
    given(brokerage, broker, "mentor")
    assert broker.actor.may("deals.approve")


@walks(WORDS, "Managing Agent of a unit: accounts of that subtree, and none elsewhere")
def test_a_managing_agent_acts_in_the_subtree_and_nowhere_else(brokerage):
    org = brokerage
    group = org.perform(create_unit, name="Nordics").id
    branch = org.perform(create_unit, name="Oslo", parent_id=group).id
    other = org.perform(create_unit, name="Iberia").id
    agent, broker = org.person("system_administrator"), org.person("broker")
    with pytest.raises(NotBeside):
        given(org, broker, "managing_agent", unit_id=group)
    for unit_id in (None, group, other):
        with pytest.raises(PermissionMissing):
            org.invite("broker", by=agent, unit_id=unit_id)
    given(org, agent, "managing_agent", unit_id=group)
    near = org.invite("broker", by=agent, unit_id=branch)
    for unit_id in (None, other):
        with pytest.raises(Refusal):
            org.invite("broker", by=agent, unit_id=unit_id)
    far = org.invite("broker", unit_id=other)
    org.perform(remove_members, by=agent, membership_ids=(near.membership_id,))
    for ids in ((far.membership_id,), (org.owner.membership_id,)):
        answer = None
        try:
            answer = org.perform(remove_members, by=agent, membership_ids=ids)
        except (NotFound, PermissionMissing, MemberOutOfHand) as refusal:
            answer = refusal
        assert isinstance(answer, Refusal), answer
    assert org.status(far.membership_id) == "invited"


@walks(WORDS, "the Owner is managing agent of the root")
def test_the_owner_acts_everywhere(brokerage):
    unit = brokerage.perform(create_unit, name="Oslo").id
    person = brokerage.invite("broker", unit_id=unit)
    with scope.tenant(brokerage.id), reading():
        place = place_of(unit)
    for code in ("people.invite", "people.edit", "people.remove"):
        assert decide(brokerage.owner.actor, code, place)
    brokerage.perform(remove_members, membership_ids=(person.membership_id,))


@walks(
    WORDS,
    "visibility: owners, workflow, everything",
    "a person sees a workflow's deals only once added to it",
)
def test_what_a_broker_sees(brokerage):
    org, broker = brokerage, brokerage.person("broker")
    flow = org.perform(create_workflow, name="Homes").id
    inside, outside = Target(DEAL, workflow=flow), Target(DEAL)
    own = Target(DEAL, owner=broker.membership_id)
    shared = Target(DEAL, collaborators=frozenset({broker.membership_id}))

    def seen():
        return [bool(decide(broker.actor, "deals.view", one)) for one in (own, shared, inside, outside)]

    assert seen() == [True, True, False, False]
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(broker.membership_id,))
    assert seen() == [True, True, True, False]
    org.perform(set_restrictions, membership_id=broker.membership_id, values={"deals.seen": "own"})
    assert seen() == [True, True, False, False]
    org.perform(set_restrictions, membership_id=broker.membership_id, values={})
    given(org, broker, "sees_all_deals")
    assert seen() == [True, True, True, True]
    for code in ("deals.no_edit", "deals.no_move", "reports.no_export", "commission.hidden"):
        org.perform(set_restrictions, membership_id=broker.membership_id, values={code: "yes"})
        taken = [
            c for c in ("deals.edit", "deals.move", "reports.export", "commission.view") if not broker.actor.may(c)
        ]
        assert len(taken) == 1, code


@walks(WORDS, "deleting a workflow asks for the organization's name")
def test_a_workflow_is_deleted_by_typing_the_name(brokerage):
    flow = brokerage.perform(create_workflow, name="Homes").id
    with scope.tenant(brokerage.id), reading():
        assert plan_delete_workflow(actor=brokerage.owner.actor, workflow_id=flow).asks_name
    for name in ("", "Another"):
        with pytest.raises(Refusal):
            brokerage.perform(delete_workflow, workflow_id=flow, organization_name=name)
    brokerage.perform(delete_workflow, workflow_id=flow, organization_name="Halden Supply")


# --- messaging -----------------------------------------------------------------------------


@pytest.fixture
def messaging(database):
    return make_organization(blueprint="messaging")


def placed(org, key, workspace_id):
    person = org.person("member")
    org.perform(
        add_to_workspace,
        workspace_id=workspace_id,
        membership_ids=(person.membership_id,),
        role_id=org.role(f"workspace_{key}"),
    )
    return person


@walks(
    WORDS,
    "workspace level Owner: everything in the workspace but billing; invites all levels",
    "workspace level Manager: everything with limited settings; invites Agents only",
    "workspace level Agent: works on contacts",
)
@pytest.mark.parametrize(
    ("level", "gives", "settings", "deals"),
    [
        ("owner", {"owner", "manager", "agent"}, True, True),
        ("manager", {"agent"}, False, True),
        ("agent", set(), False, False),
    ],
)
def test_what_a_level_opens(messaging, level, gives, settings, deals):
    org = messaging
    here, elsewhere = (org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
    person = placed(org, level, here)
    actor = person.actor
    inside, outside = Target("contact", workspace=here), Target("contact", workspace=elsewhere)
    for code in ("contacts.view", "contacts.edit", "contacts.delete"):
        assert decide(actor, code, inside), code
        assert not decide(actor, code, outside), code
    assert bool(decide(actor, "deals.edit", inside)) is deals
    assert bool(decide(actor, "workspaces.edit", inside)) is settings
    assert not actor.may_any("billing.view", "billing.change_plan", "billing.edit_details", "seats.view")
    for given_level in ("owner", "manager", "agent"):
        other = org.person("member")
        values = {"workspace_id": here, "membership_ids": (other.membership_id,)}
        values["role_id"] = org.role(f"workspace_{given_level}")
        if given_level in gives:
            org.perform(add_to_workspace, by=person, **values)
        else:
            with pytest.raises((PermissionMissing, RoleNotAssignable, NotFound)):
                org.perform(add_to_workspace, by=person, **values)
        with pytest.raises((PermissionMissing, RoleNotAssignable, NotFound)):
            org.perform(add_to_workspace, by=person, **{**values, "workspace_id": elsewhere})


@walks(
    WORDS,
    "restrictions: no data export, no contact deletion, no workspace settings, no integrations",
    "contacts seen: all / team's / only mine",
)
def test_what_restrictions_take(messaging):
    org = messaging
    here = org.perform(create_workspace, name="Nordics").id
    person = placed(org, "owner", here)
    inside = Target("contact", workspace=here)
    mine = Target("contact", workspace=here, collaborators=frozenset({person.membership_id}))
    for restriction, code in (
        ("data.no_export", "records.export"),
        ("contacts.no_delete", "contacts.delete"),
        ("workspaces.no_settings", "workspaces.edit"),
    ):
        assert decide(person.actor, code, inside)
        org.perform(set_restrictions, membership_id=person.membership_id, values={restriction: "yes"})
        assert not decide(person.actor, code, inside)
        org.perform(set_restrictions, membership_id=person.membership_id, values={})
    admin = org.person("admin")
    org.perform(set_restrictions, membership_id=admin.membership_id, values={"integrations.none": "yes"})
    assert not admin.actor.may_any("integrations.manage", "api_keys.manage", "webhooks.manage")
    for value in ("team", "own"):
        org.perform(set_restrictions, membership_id=person.membership_id, values={"contacts.seen": value})
        assert not decide(person.actor, "contacts.view", inside)
        assert decide(person.actor, "contacts.view", mine), "a collaborator always sees it"


@walks(WORDS, "removing a person ends all workspaces")
def test_a_removed_person_is_in_no_workspace(messaging):
    here = messaging.perform(create_workspace, name="Nordics").id
    person = placed(messaging, "agent", here)
    messaging.perform(remove_members, membership_ids=(person.membership_id,))
    page = body(signed_in(messaging.owner).get(f"/admin/workspaces/{here}"))
    assert str(person.membership_id) not in page


@walks(WORDS, "Pending stands in place of the last sign-in")
def test_pending_instead_of_a_sign_in(messaging):
    messaging.invite("member", given_name="Hanna", family_name="Virtanen")
    page = body(signed_in(messaging.owner).get("/admin/users/u?q=Hanna"))
    assert "Pending" in page[page.index("Virtanen") :].partition("</tr>")[0]


@walks(WORDS, "Nobody removes themselves")
def test_nobody_removes_themselves(messaging):
    for person in (messaging.owner, messaging.person("admin")):
        with pytest.raises(Refusal):
            messaging.perform(remove_members, by=person, membership_ids=(person.membership_id,))
        assert messaging.status(person.membership_id) == "active"

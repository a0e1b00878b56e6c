"""An organization that uses everything at once: units with people, workspaces with members and restrictions, workflows,
additions, profiles, an assignment with an end, roles and profiles of its own, and an audit of every kind of change."""

from datetime import timedelta
from uuid import UUID

from factories.organizations import PASSWORD, Organization, Person, make_organization
from factories.records import stages_of
from support.batches import batch_samples
from support.crm import record_samples
from support.many import bulk_samples
from support.pages import Scene
from support.selling import billing_samples
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import end_role, give_role
from tenantry.access.actions.profiles import create_profile, edit_profile
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.actions.roles import create_role, edit_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.departments import create_department
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow, create_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

PARTS = ("units", "workspaces", "workflows", "profiles", "additions", "restrictions")
# The last entry of each is what the dialog of an undo is opened for.
UNDOABLE = (
    "organization.policy_changed",
    "access.role_edited",
    "access.profile_edited",
    "people.role_changed",
    "people.role_given",
    "people.role_ended",
    "people.profile_set",
    "people.restricted",
)


def make_everything(many: int) -> Scene:
    """`many` of each. Addresses get the samples of `support.pages`, and `undo:CODE` for the entries in `UNDOABLE`."""
    org = make_organization(seats=100)
    org.perform(change_policy, code="organization.structure", value=list(PARTS))
    people = [org.person("manager", given_name=f"Rep {n}") for n in range(many)]
    invited = [org.invite("member") for _ in range(many)]
    gone = [org.person("member") for _ in range(many)]
    org.perform(deactivate_members, membership_ids=tuple(one.membership_id for one in gone))
    removed = [org.person("member") for _ in range(many)]
    org.perform(remove_members, membership_ids=tuple(one.membership_id for one in removed))
    # Looks after what would be left alone when one of the people leaves.
    spare = org.person("manager")
    everybody = tuple(one.membership_id for one in [*people, *invited])
    samples = {
        **_places(org, everybody, tuple(one.membership_id for one in (*people, spare)), many),
        **_written(org, people, many, spare),
        "membership_id": str(people[0].membership_id),
        "pending": str(invited[0].membership_id),
        "deactivated": str(gone[0].membership_id),
        "removed": str(removed[0].membership_id),
        "receipt_number": _receipt_of(org),
        "token": org.token_for(invited[0].membership_id),
        "slug": "sign-up",
        "code": "people.deactivation_by",
        "department_id": str([org.perform(create_department, name=f"Department {n}").id for n in range(many)].pop()),
        **batch_samples(org, many),
        **record_samples(org, many),
        **bulk_samples(org, many),
        **billing_samples(org),
    }
    for days in range(6, 6 + many):
        org.perform(change_policy, code="people.invitation_days", value=days)
    offer = org.perform(
        transfer_ownership,
        recipient_id=people[0].membership_id,
        then_role_id=org.role("administrator"),
        password=PASSWORD,
    )
    samples["stage_id"] = str(stages_of(org, UUID(samples["workflow_id"]))[0])
    return Scene(org, {**samples, "transfer_id": str(offer.transfer_id), **_undone(org)})


def _places(org: Organization, everybody: tuple[UUID, ...], people: tuple[UUID, ...], many: int) -> dict[str, str]:
    """Everybody in the deepest unit; the people in every team, workspace and workflow."""
    units = [org.perform(create_unit, name="North").id]
    for n in range(many):
        units.append(org.perform(create_unit, name=f"Unit {n}", parent_id=units[0]).id)
    org.perform(move_to_unit, membership_ids=everybody, unit_id=units[-1])
    teams = [org.perform(create_team, name=f"Team {n}").id for n in range(many)]
    spaces = [org.perform(create_workspace, name=f"Space {n}").id for n in range(many)]
    flows = [org.perform(create_workflow, name=f"Flow {n}").id for n in range(many)]
    level = org.role("workspace_member")
    for team, space, flow in zip(teams, spaces, flows, strict=True):
        org.perform(add_to_team, team_id=team, membership_ids=people)
        org.perform(add_to_workspace, workspace_id=space, membership_ids=people, role_id=level)
        org.perform(add_to_workflow, workflow_id=flow, membership_ids=people)
        for person in people:
            values = {"workspaces.no_settings": "yes"}
            org.perform(set_restrictions, membership_id=person, values=values, workspace_id=space)
    return {
        "unit_id": str(units[-1]),
        "team_id": str(teams[0]),
        "workspace_id": str(spaces[0]),
        "workflow_id": str(flows[0]),
    }


def _written(org: Organization, people: list[Person], many: int, spare: Person) -> dict[str, str]:
    """Roles and profiles of its own, written twice; people hold each kind, the base role with an end."""
    made: dict[str, list[UUID]] = {"base": [], "addition": [], "unit": [], "workspace": []}
    for kind, ids in made.items():
        for n in range(many):
            content = RoleContent(f"{kind} {n}", permissions={"people.view": "all"} if kind != "workspace" else {})
            ids.append(org.perform(create_role, kind=kind, content=content).id)
    profiles = [
        org.perform(create_profile, content=ProfileContent(f"Profile {n}", permissions={"deals.view": "all"})).id
        for n in range(many)
    ]
    unit = org.perform(create_unit, name="Field").id
    soon = clock.now() + timedelta(days=9)
    _given_and_ended(org, people)
    given = []
    for person in people:
        who = {"membership_id": person.membership_id}
        org.perform(change_role, **who, role_id=made["base"][0], ends_at=soon, then_role_id=org.role("member"))
        given += [
            org.perform(give_role, **who, role_id=role_id, ends_at=soon).assignment_id for role_id in made["addition"]
        ]
        for role_id in made["unit"]:
            org.perform(give_role, **who, role_id=role_id, unit_id=unit)
        org.perform(set_profile, **who, profile_id=profiles[0])
        org.perform(set_restrictions, **who, values={"data.no_export": "yes"})
    for role_id in made["unit"]:
        org.perform(give_role, membership_id=spare.membership_id, role_id=role_id, unit_id=unit)
    # The last one that is edited is the one that people hold.
    for n in reversed(range(many)):
        edited = RoleContent(f"base {n}", permissions={"people.view": "all", "teams.view": "all"})
        org.perform(edit_role, role_id=made["base"][n], content=edited)
        bounded = ProfileContent(f"Profile {n}", permissions={"deals.view": "own"})
        org.perform(edit_profile, profile_id=profiles[n], content=bounded)
    return {
        "role_id": str(made["base"][0]),
        "role_addition": str(made["addition"][0]),
        "role_unit": str(made["unit"][0]),
        "role_workspace": str(made["workspace"][0]),
        "role_other": str(org.role("member")),
        "profile_id": str(profiles[0]),
        "profile_other": str(org.perform(create_profile, content=ProfileContent("Wide")).id),
        "assignment_id": str(given[0]),
    }


def _given_and_ended(org: Organization, people: list[Person]) -> None:
    """An addition that everybody had once."""
    content = RoleContent("Auditing", permissions={"teams.view": "all"})
    role_id = org.perform(create_role, kind="addition", content=content).id
    for person in people:
        given = org.perform(give_role, membership_id=person.membership_id, role_id=role_id)
        org.perform(end_role, membership_id=person.membership_id, assignment_id=given.assignment_id)


def _receipt_of(org: Organization) -> str:
    """Of those who were deactivated together."""
    with scope.tenant(org.id), reading():
        return str(Entry.objects.filter(action="people.deactivated").values_list("number", flat=True)[0])


def _undone(org: Organization) -> dict[str, str]:
    found = {}
    with scope.tenant(org.id), reading():
        for code in UNDOABLE:
            found[code] = Entry.objects.filter(action=code).order_by("-number").values_list("number", flat=True)[0]
    return {f"undo:{code}": str(number) for code, number in found.items()} | {"number": str(found[UNDOABLE[0]])}

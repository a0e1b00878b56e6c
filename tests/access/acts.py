"""A stage with one of everything, and for every action that matters to access parameters with which a keyholder's
call succeeds. What attacks change is one id of them, or who acts.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from access.ground import hold, seat, structure
from factories.organizations import PASSWORD, Organization, Person, make_organization, unique
from factories.records import make_record
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.profiles import create_profile
from tenantry.access.actions.restricting import set_profile
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.actions import add_to_team
from tenantry.people.models import Department, Membership, Team
from tenantry.security.actions import create_key
from tenantry.usecases.handing_over import Spread
from tenantry.usecases.inviting_many import InviteRow
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.planning import schedule_leaving
from tenantry.usecases.planning_removals import schedule_removals
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace

Params = dict[str, Any]
EVERY_WAY = ["invitation_link", "temporary_password", "administrator_password"]


@dataclass
class Stage:
    """`target`: an active member in the unit `far north`; `pending` and `gone` stand there, too. `other` is a second
    active member there."""

    org: Organization
    target: Person
    other: Person
    gone: Person
    pending: UUID
    assignment: UUID
    roles: dict[str, UUID]
    profiles: list[UUID]
    units: dict[str, UUID]
    spaces: list[UUID]
    flows: list[UUID]
    teams: list[UUID]
    key: UUID
    transfer: UUID
    entry: int
    departments: list[UUID]
    mentor: Person


def stage(unit: str = "far north", *, everything: bool = True) -> Stage:
    """`unit`: where the people stand."""
    org = make_organization()
    structure(org)
    org.perform(change_policy, code="people.entry_modes", value=EVERY_WAY)
    with scope.tenant(org.id), reading():
        units = dict(Unit.objects.values_list("name", "id"))
        spaces, flows, teams, departments = (
            list(model.objects.order_by("name").values_list("id", flat=True))
            for model in (Workspace, Workflow, Team, Department)
        )
    roles = {key: org.role(key) for key in ("member", "manager", "read_only", "workspace_member", "workspace_viewer")}
    for kind in ("base", "addition", "unit", "workspace"):
        roles[f"own {kind}"] = org.perform(create_role, kind=kind, content=RoleContent(unique("role"))).id
    profiles = [org.perform(create_profile, content=ProfileContent(unique("profile"))).id for _ in range(2)]
    target, other, gone, mentor = (seat(org, unit_id=units[unit]) for _ in range(4))
    for person in (target, other, gone, mentor):
        hold(person, roles["member"], base=True)
    approving = RoleContent(unique("mentor"), "", {"deals.approve": "yes"})
    hold(mentor, org.perform(create_role, kind="addition", content=approving).id)
    pending = org.perform(
        invite_member, email=f"{unique('p')}@example.test", role_id=roles["member"], unit_id=units[unit]
    ).membership_id
    found = Stage(
        org, target, other, gone, pending, target.membership_id, roles, profiles, units, spaces, flows, teams,
        target.membership_id, target.membership_id, 1, departments, mentor,
    )  # fmt: skip
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    org.perform(schedule_leaving, membership_id=other.membership_id, last_day=later().date())
    org.perform(schedule_removals, membership_ids=(gone.membership_id,), last_day=later().date())
    if everything:
        _furnish(found)
    return found


def nowhere() -> Stage:
    """A stage of ids that nobody has, to see where ids stand."""
    nobody = Person(new_id(), new_id(), new_id(), "")
    anything: Any = defaultdict(new_id)
    ids = [new_id(), new_id()]
    return Stage(
        Organization(new_id(), "", nobody), nobody, nobody, nobody, *(new_id(), new_id()), anything, ids, anything,
        ids, ids, ids, new_id(), new_id(), 1, ids, nobody,
    )  # fmt: skip


def _furnish(s: Stage) -> None:
    one = (s.target.membership_id,)
    s.assignment = give(s, s.target)
    s.org.perform(add_to_team, team_id=s.teams[0], membership_ids=one)
    # Somebody stays in it when the target leaves.
    s.org.perform(add_to_workflow, workflow_id=s.flows[0], membership_ids=(*one, s.mentor.membership_id))
    s.org.perform(add_to_workspace, workspace_id=s.spaces[0], membership_ids=one, role_id=s.roles["workspace_member"])
    s.org.perform(set_profile, membership_id=s.target.membership_id, profile_id=s.profiles[0])
    s.key = s.org.perform(create_key, name="key", role_id=s.roles["read_only"]).id
    s.org.perform(change_policy, code="people.invitation_days", value=9)
    make_record(s.org, "lead", s.target)
    s.entry = _last_entry(s)
    made = s.org.perform(
        transfer_ownership,
        recipient_id=s.target.membership_id,
        then_role_id=s.roles["member"],
        password=PASSWORD,
    )
    s.transfer = made.transfer_id


def give(s: Stage, person: Person) -> UUID:
    """An addition, as an assignment id."""
    return s.org.perform(give_role, membership_id=person.membership_id, role_id=s.roles["own addition"]).assignment_id


def _last_entry(s: Stage) -> int:
    with scope.tenant(s.org.id), reading():
        return Entry.objects.order_by("-number").values_list("number", flat=True)[0]


def later() -> Any:
    return clock.now() + timedelta(days=2)


def on(s: Stage) -> Params:
    return {"membership_id": s.target.membership_id}


def many(s: Stage) -> Params:
    return {"membership_ids": (s.target.membership_id,)}


def others(s: Stage) -> Params:
    return {"membership_ids": (s.other.membership_id,)}


VALID: dict[str, Callable[[Stage], Params]] = {
    "change_role": lambda s: {**on(s), "role_id": s.roles["manager"], "ends_at": later(),
                              "then_role_id": s.roles["read_only"]},
    "give_role": lambda s: {**on(s), "role_id": s.roles["own unit"], "unit_id": s.units["far north"]},
    "end_role": lambda s: {**on(s), "assignment_id": s.assignment},
    "change_end": lambda s: {**on(s), "assignment_id": s.assignment, "ends_at": later()},
    "create_role": lambda s: {"kind": "addition", "content": RoleContent(
        unique("role"), "", {"deals.view": "own"}, (s.roles["member"],), (s.roles["manager"],))},
    "copy_role": lambda s: {"role_id": s.roles["manager"], "name": unique("copy")},
    "edit_role": lambda s: {"role_id": s.roles["own base"], "content": RoleContent(
        unique("role"), "", {"deals.view": "own"}, (s.roles["member"],))},
    "delete_role": lambda s: {"role_id": s.roles["own base"], "successor_id": s.roles["member"]},
    "create_profile": lambda _s: {"content": ProfileContent(unique("profile"))},
    "copy_profile": lambda s: {"profile_id": s.profiles[0], "name": unique("copy")},
    "edit_profile": lambda s: {"profile_id": s.profiles[0], "content": ProfileContent(unique("profile"))},
    "delete_profile": lambda s: {"profile_id": s.profiles[0], "successor_id": s.profiles[1]},
    "set_profile": lambda s: {**on(s), "profile_id": s.profiles[1]},
    "set_restrictions": lambda s: {**on(s), "values": {"deals.no_edit": "yes"}, "workspace_id": s.spaces[0]},
    "transfer_ownership": lambda s: {"recipient_id": s.other.membership_id, "then_role_id": s.roles["member"],
                                     "password": PASSWORD},
    "accept_ownership": lambda s: {"transfer_id": s.transfer, "giver_id": s.org.owner.membership_id,
                                   "password": PASSWORD},
    "decline_ownership": lambda s: {"transfer_id": s.transfer},
    "withdraw_ownership": lambda s: {"transfer_id": s.transfer},
    "invite_member": lambda s: {"email": f"{unique('i')}@example.test", "role_id": s.roles["member"],
                                "team_ids": (s.teams[0],), "unit_id": s.units["far north"]},
    "invite_members": lambda s: {"rows": (InviteRow(f"{unique('i')}@example.test", s.roles["member"]),)},
    "edit_invited": lambda s: {"membership_id": s.pending, "given_name": "A", "family_name": "B",
                               "role_id": s.roles["member"], "team_ids": (s.teams[0],)},
    "edit_person": lambda s: {**on(s), "given_name": "A", "department_id": s.departments[0],
                              "manager_id": s.other.membership_id},
    "copy_invitation_link": lambda s: {"membership_id": s.pending},
    "resend_invitation": lambda s: {"membership_id": s.pending},
    "resend_invitations": lambda s: {"membership_ids": (s.pending,)},
    "revoke_invitation": lambda s: {"membership_id": s.pending},
    "deactivate_members": many,
    "let_go": lambda s: {**many(s), "number": 1},
    "reactivate_member": lambda s: {"membership_id": s.gone.membership_id},
    "remove_members": many,
    "send_password_reset": on,
    "send_temporary_password": on,
    "set_member_password": lambda s: {**on(s), "password": "Harbour-lamp 52"},
    "ask_address": lambda s: {**on(s), "email": f"{unique('a')}@example.test"},
    "cancel_address": on,
    "change_invited_address": lambda s: {"membership_id": s.pending, "email": f"{unique('a')}@example.test"},
    "end_sessions": on,
    "move_to_unit": lambda s: {**many(s), "unit_id": s.units["north"]},
    "set_department": lambda s: {**many(s), "department_id": s.departments[0]},
    "create_department": lambda _s: {"name": unique("department")},
    "rename_department": lambda s: {"department_id": s.departments[0], "name": unique("department")},
    "dissolve_department": lambda s: {"department_id": s.departments[0], "to_id": s.departments[1]},
    "schedule_leaving": lambda s: {**on(s), "last_day": later().date()},
    "schedule_leavings": lambda s: {**many(s), "last_day": later().date()},
    "schedule_return": lambda s: {"membership_id": s.gone.membership_id, "back_on": later().date()},
    "call_off": lambda s: {"membership_id": s.other.membership_id},
    "schedule_removals": lambda s: {**many(s), "last_day": later().date()},
    "call_off_removal": lambda s: {"membership_id": s.gone.membership_id},
    "create_team": lambda _s: {"name": unique("team")},
    "edit_team": lambda s: {"team_id": s.teams[0], "name": unique("team")},
    "delete_team": lambda s: {"team_id": s.teams[0]},
    "add_to_team": lambda s: {"team_id": s.teams[0], **others(s)},
    "join_team": lambda s: {"team_id": s.teams[0], **others(s)},
    "change_people": lambda s: {"do": "role", "value_id": s.roles["read_only"], **many(s)},
    "remove_from_team": lambda s: {"team_id": s.teams[0], **on(s)},
    "create_unit": lambda s: {"name": unique("unit"), "parent_id": s.units["north"]},
    "rename_unit": lambda s: {"unit_id": s.units["far north"], "name": unique("unit")},
    "move_unit": lambda s: {"unit_id": s.units["far north"], "parent_id": s.units["south"]},
    "delete_unit": lambda s: {"unit_id": s.units["far north"], "to_id": s.units["south"]},
    "create_workspace": lambda _s: {"name": unique("space")},
    "edit_workspace": lambda s: {"workspace_id": s.spaces[0], "name": unique("space")},
    "delete_workspace": lambda s: {"workspace_id": s.spaces[0], "to_id": s.spaces[1]},
    "add_to_workspace": lambda s: {"workspace_id": s.spaces[0], **others(s), "role_id": s.roles["workspace_member"]},
    "change_level": lambda s: {"workspace_id": s.spaces[0], **on(s), "role_id": s.roles["workspace_viewer"]},
    "remove_from_workspace": lambda s: {"workspace_id": s.spaces[0], **on(s)},
    "assign_workspaces": lambda s: {**on(s), "levels": ((s.spaces[1], s.roles["workspace_member"]),)},
    "create_workflow": lambda _s: {"name": unique("flow")},
    "edit_workflow": lambda s: {"workflow_id": s.flows[0], "name": unique("flow")},
    "delete_workflow": lambda s: {
        "workflow_id": s.flows[0],
        "to_id": s.flows[1],
        "organization_name": "Halden Supply",
    },
    "duplicate_workflow": lambda s: {"workflow_id": s.flows[0], "name": unique("flow"), "with_members": True},
    "add_to_workflow": lambda s: {"workflow_id": s.flows[0], **others(s)},
    "remove_from_workflow": lambda s: {"workflow_id": s.flows[0], **on(s)},
    "change_policy": lambda _s: {"code": "people.invitation_days", "value": 5},
    "create_key": lambda s: {"name": "another", "role_id": s.roles["read_only"]},
    "revoke_key": lambda s: {"key_id": s.key},
    "set_mentor": lambda s: {**on(s), "mentor_id": s.mentor.membership_id},
    "settle_matter": lambda s: {**on(s), "kind": "workflow", "person_id": s.other.membership_id,
                                "place_id": s.flows[0]},
    "reassign_records": lambda s: {"from_ids": (s.target.membership_id,),
                                   "spread": Spread("one", (s.other.membership_id,))},
    "undo_entry": lambda s: {"number": s.entry, "membership_ids": ()},
}  # fmt: skip


# --- Every id in parameters, wherever it stands --------------------------------------------------------


def ids_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where ids stand: names of parameters and fields, and positions."""
    if isinstance(value, UUID):
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from ids_in(inner, (*path, name))
    elif isinstance(value, tuple):
        for position, inner in enumerate(value):
            yield from ids_in(inner, (*path, position))
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from ids_in(getattr(value, name), (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = getattr(value, step) if hasattr(value, "__dataclass_fields__") else value[step]
    return value


def with_id(value: Any, path: tuple[Any, ...], new: UUID) -> Any:
    """The same, with another id there."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {**value, step: with_id(value[step], rest, new)}
    if isinstance(value, tuple):
        return (*value[:step], with_id(value[step], rest, new), *value[step + 1 :])
    parts = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return type(value)(**{**parts, step: with_id(parts[step], rest, new)})


def alone(org: Organization, member_id: UUID) -> None:
    """Puts somebody into no unit, past the actions."""
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=member_id).update(unit_id=None)

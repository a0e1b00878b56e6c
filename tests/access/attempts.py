"""For every action that could change what somebody may do: parameters that Hypothesis draws.

An action that is in neither list fails a test: whoever adds one says how it is tried, or why it can't matter.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from access.ground import Ground
from factories.organizations import unique
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.core import clock
from tenantry.core.permissions import REACH_CODES, catalogue, record_fields, restrictions
from tenantry.organizations.policies import POLICIES
from tenantry.usecases.bulk_changing.kinds import KINDS
from tenantry.usecases.handing_over import Spread
from tenantry.usecases.inviting_many import InviteRow

Draw = Callable[..., Any]
Params = dict[str, Any]


def one(draw: Draw, things: list[Any]) -> Any:
    return draw(st.sampled_from(things)) if things else None


def some(draw: Draw, things: list[Any], most: int = 3) -> tuple[Any, ...]:
    return tuple(draw(st.lists(st.sampled_from(things), unique=True, min_size=1, max_size=most))) if things else ()


def maybe(draw: Draw, things: list[Any]) -> Any:
    return one(draw, [None, *things])


def who(draw: Draw, g: Ground) -> UUID:
    return one(draw, [*g.in_hand * 4, *g.members, g.me, g.me])


def several(draw: Draw, g: Ground) -> tuple[UUID, ...]:
    return some(draw, g.in_hand if g.in_hand and draw(st.integers(0, 3)) else g.members)


def name(_draw: Draw) -> str:
    return unique("thing")


def role(draw: Draw, g: Ground, *kinds: str) -> UUID:
    """Mostly of a fitting kind, and one's own to give."""
    fitting = [i for i in g.roles if not kinds or g.kinds[i] in kinds]
    given = [i for i in fitting if i in g.gives]
    return one(draw, [*given * 4, *fitting * 2, *g.roles])


def end(draw: Draw) -> Any:
    days = one(draw, [None, None, -1, 3, 30])
    return None if days is None else clock.now() + timedelta(days=days)


def permissions(draw: Draw, g: Ground) -> dict[str, str]:
    """What one holds oneself, or another role does, and some more or less."""
    start = draw(st.integers(0, 3))
    found = {} if not start else dict(g.mine if start > 1 else g.written[one(draw, g.roles)])
    for code in draw(st.lists(st.sampled_from(list(g.mine) or list(catalogue())), max_size=3)):
        found.pop(code, None)
    if not draw(st.booleans()):
        return found
    for code in draw(st.lists(st.sampled_from(list(catalogue())), max_size=2)):
        declared = catalogue()[code]
        found[code] = one(draw, [*REACH_CODES]) if declared.has_reach else "yes"
    return found


def role_content(draw: Draw, g: Ground) -> RoleContent:
    return RoleContent(
        unique("role"),
        "",
        permissions(draw, g),
        one(draw, [None, (), some(draw, g.gives), some(draw, g.gives), some(draw, g.roles)]),
        one(draw, [None, None, None, some(draw, g.roles)]),
    )


def profile_content(draw: Draw, g: Ground) -> ProfileContent:
    bounds = {c: v for c, v in permissions(draw, g).items() if catalogue()[c].in_applications}
    fields = {code: one(draw, ["hidden", "view"]) for code in list(record_fields())[: draw(st.integers(0, 2))]}
    return ProfileContent(unique("profile"), "", bounds, fields)


def restricted(draw: Draw) -> dict[str, str]:
    found = {}
    for code in draw(st.lists(st.sampled_from(list(restrictions())), unique=True, max_size=2)):
        declared = restrictions()[code]
        found[code] = one(draw, list(declared.choices) or ["yes"])
    return found


def assignment(draw: Draw, g: Ground) -> Params:
    mine = [row for row in g.assignments if row[0] in g.in_hand]
    found = one(draw, [*mine * 3, *g.assignments])
    return {"membership_id": found[0], "assignment_id": found[1]}


def _change_role(draw: Draw, g: Ground) -> Params:
    return {
        "membership_id": who(draw, g),
        "role_id": role(draw, g, "base"),
        "ends_at": end(draw),
        "then_role_id": maybe(draw, g.roles),
    }


WAYS_IN: list[Params] = [
    {},
    {"way": "temporary_password"},
    {"way": "administrator_password", "password": "Harbour-lamp 52"},
]


def _invite(draw: Draw, g: Ground) -> Params:
    return {
        "email": f"{unique('any')}@example.test",
        "role_id": role(draw, g, "base"),
        "team_ids": one(draw, [(), some(draw, g.teams)]),
        "unit_id": maybe(draw, g.units),
        **one(draw, WAYS_IN),
    }


def _invite_many(draw: Draw, g: Ground) -> Params:
    rows = [InviteRow(f"{unique('any')}@example.test", role(draw, g, "base")) for _ in range(draw(st.integers(1, 2)))]
    return {"rows": tuple(rows)}


def _edit_invited(draw: Draw, g: Ground) -> Params:
    return {
        "membership_id": one(draw, [*g.invited * 3, *g.members]),
        "given_name": "A",
        "family_name": "B",
        "role_id": role(draw, g, "base"),
        "team_ids": (),
    }


def _address() -> str:
    return f"{unique('a')}@example.test"


def _policy(draw: Draw, _g: Ground) -> Params:
    policy = one(draw, list(POLICIES))
    values = [policy.default, None, True, False, 1, 8, [], "permission", "keyholders", "immediate", "many", "one"]
    return {"code": policy.code, "value": one(draw, values)}


def _key(draw: Draw, g: Ground) -> Params:
    return {"name": name(draw), "role_id": role(draw, g, "base"), "days": maybe(draw, [1])}


def _of_transfer(draw: Draw, g: Ground) -> Params:
    found = one(draw, g.transfers) or (g.me, g.me)
    return {"transfer_id": found[0]}


def _many(d: Draw, g: Ground) -> Params:
    """What is done to selections, with what has to be chosen for it."""
    do = one(d, sorted(KINDS))
    chosen: dict[str, Any] = {
        "role": lambda: role(d, g, "base"),
        "profile": lambda: maybe(d, g.profiles),
        "team": lambda: one(d, g.teams) or g.me,
        "unit": lambda: maybe(d, g.units) or g.me,
    }
    ids = several(d, g)
    return {
        "do": do,
        "value_id": chosen.get(do, lambda: None)(),
        "membership_ids": ids[:1] if do == "removal" else ids,
    }


def _settle(d: Draw, g: Ground) -> Params:
    spaces = {"workspace": g.workspaces, "opening": g.workspaces}
    places = {"workflow": g.workflows, "team": g.teams, "mentees": [], **spaces}
    kind = one(d, sorted(places))
    level = {"level_id": role(d, g, "workspace")} if kind == "opening" else {}
    people = {"membership_id": who(d, g), "person_id": who(d, g)}
    return {**people, **level, "kind": kind, "place_id": maybe(d, places[kind])}


GENERATORS: dict[str, Callable[[Draw, Ground], Params]] = {
    # Roles and who holds them.
    "change_role": _change_role,
    "give_role": lambda d, g: {
        "membership_id": who(d, g),
        "role_id": role(d, g, "addition", "unit"),
        "unit_id": maybe(d, g.units),
        "ends_at": end(d),
    },
    "end_role": assignment,
    "change_end": lambda d, g: {**assignment(d, g), "ends_at": end(d)},
    "create_role": lambda d, g: {
        "kind": one(d, ["base", "base", "addition", "unit", "workspace"]),
        "content": role_content(d, g),
    },
    "copy_role": lambda d, g: {"role_id": one(d, g.roles), "name": name(d)},
    "edit_role": lambda d, g: {"role_id": one(d, g.roles), "content": role_content(d, g)},
    "delete_role": lambda d, g: {"role_id": one(d, g.roles), "successor_id": maybe(d, g.roles)},
    "create_profile": lambda d, g: {"content": profile_content(d, g)},
    "copy_profile": lambda d, g: {"profile_id": one(d, g.profiles) or g.me, "name": name(d)},
    "edit_profile": lambda d, g: {"profile_id": one(d, g.profiles) or g.me, "content": profile_content(d, g)},
    "delete_profile": lambda d, g: {
        "profile_id": one(d, g.profiles) or g.me,
        "successor_id": maybe(d, g.profiles),
    },
    "set_profile": lambda d, g: {"membership_id": who(d, g), "profile_id": maybe(d, g.profiles)},
    "set_restrictions": lambda d, g: {
        "membership_id": who(d, g),
        "values": restricted(d),
        "workspace_id": maybe(d, g.workspaces),
    },
    "transfer_ownership": lambda d, g: {
        "recipient_id": who(d, g),
        "then_role_id": role(d, g, "base"),
        "password": "not mine",
    },
    "accept_ownership": lambda d, g: {**_of_transfer(d, g), "giver_id": one(d, g.members), "password": "not mine"},
    "decline_ownership": _of_transfer,
    "withdraw_ownership": _of_transfer,
    # People.
    "invite_member": _invite,
    "invite_members": _invite_many,
    "edit_invited": _edit_invited,
    "edit_person": lambda d, g: {
        "membership_id": who(d, g),
        "given_name": "A",
        "department_id": maybe(d, g.departments),
        "manager_id": maybe(d, g.members),
    },
    "copy_invitation_link": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "resend_invitation": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "resend_invitations": lambda d, g: {"membership_ids": some(d, [*g.invited, *g.members])},
    "revoke_invitation": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "deactivate_members": lambda d, g: {"membership_ids": several(d, g)},
    "let_go": lambda d, g: {"membership_ids": several(d, g), "number": d(st.integers(0, 9))},
    "reactivate_member": lambda d, g: {"membership_id": who(d, g)},
    "remove_members": lambda d, g: {"membership_ids": several(d, g)[:1], "successor_id": maybe(d, g.members)},
    "send_password_reset": lambda d, g: {"membership_id": who(d, g)},
    "send_temporary_password": lambda d, g: {"membership_id": who(d, g)},
    "set_member_password": lambda d, g: {"membership_id": who(d, g), "password": "Harbour-lamp 52"},
    "ask_address": lambda d, g: {"membership_id": who(d, g), "email": _address()},
    "cancel_address": lambda d, g: {"membership_id": who(d, g)},
    "change_invited_address": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members]), "email": _address()},
    "end_sessions": lambda d, g: {"membership_id": one(d, [i for i in g.members if i != g.me])},
    "move_to_unit": lambda d, g: {"membership_ids": several(d, g), "unit_id": maybe(d, g.units)},
    "set_department": lambda d, g: {"membership_ids": several(d, g), "department_id": maybe(d, g.departments)},
    "schedule_leaving": lambda d, g: {"membership_id": who(d, g), "last_day": clock.now().date() + timedelta(days=3)},
    "schedule_leavings": lambda d, g: {
        "membership_ids": several(d, g),
        "last_day": clock.now().date() + timedelta(days=3),
    },
    "schedule_return": lambda d, g: {"membership_id": who(d, g), "back_on": clock.now().date() + timedelta(days=3)},
    "call_off": lambda d, g: {"membership_id": who(d, g)},
    "schedule_removals": lambda d, g: {
        "membership_ids": several(d, g)[:1],
        "successor_id": maybe(d, g.members),
        "last_day": clock.now().date() + timedelta(days=3),
    },
    "call_off_removal": lambda d, g: {"membership_id": who(d, g)},
    # Structure.
    "create_department": lambda d, _g: {"name": name(d)},
    "rename_department": lambda d, g: {"department_id": one(d, g.departments) or g.me, "name": name(d)},
    "dissolve_department": lambda d, g: {
        "department_id": one(d, g.departments) or g.me,
        "to_id": maybe(d, g.departments),
    },
    "create_team": lambda d, _g: {"name": name(d)},
    "edit_team": lambda d, g: {"team_id": one(d, g.teams) or g.me, "name": name(d)},
    "delete_team": lambda d, g: {"team_id": one(d, g.teams) or g.me},
    "add_to_team": lambda d, g: {
        "team_id": one(d, g.teams) or g.me,
        "membership_ids": several(d, g),
        "is_lead": d(st.booleans()),
    },
    "change_people": _many,
    "join_team": lambda d, g: {"team_id": one(d, g.teams) or g.me, "membership_ids": several(d, g)},
    "remove_from_team": lambda d, g: {"team_id": one(d, g.teams) or g.me, "membership_id": who(d, g)},
    "create_unit": lambda d, g: {"name": name(d), "parent_id": maybe(d, g.units)},
    "rename_unit": lambda d, g: {"unit_id": one(d, g.units), "name": name(d)},
    "move_unit": lambda d, g: {"unit_id": one(d, g.units), "parent_id": one(d, g.units)},
    "delete_unit": lambda d, g: {
        "unit_id": one(d, g.units),
        "to_id": maybe(d, g.units),
        "keep_agents": d(st.booleans()),
    },
    "create_workspace": lambda d, _g: {"name": name(d)},
    "edit_workspace": lambda d, g: {"workspace_id": one(d, g.workspaces) or g.me, "name": name(d)},
    "delete_workspace": lambda d, g: {
        "workspace_id": one(d, g.workspaces) or g.me,
        "to_id": maybe(d, g.workspaces),
    },
    "add_to_workspace": lambda d, g: {
        "workspace_id": one(d, g.workspaces) or g.me,
        "membership_ids": several(d, g),
        "role_id": role(d, g, "workspace"),
    },
    "change_level": lambda d, g: {
        "workspace_id": one(d, g.workspaces) or g.me,
        "membership_id": who(d, g),
        "role_id": role(d, g, "workspace"),
    },
    "remove_from_workspace": lambda d, g: {
        "workspace_id": one(d, g.workspaces) or g.me,
        "membership_id": who(d, g),
    },
    "assign_workspaces": lambda d, g: {
        "membership_id": who(d, g),
        "levels": tuple((w, role(d, g, "workspace")) for w in some(d, g.workspaces)),
    },
    "create_workflow": lambda d, _g: {"name": name(d)},
    "edit_workflow": lambda d, g: {"workflow_id": one(d, g.workflows) or g.me, "name": name(d)},
    "delete_workflow": lambda d, g: {
        "workflow_id": one(d, g.workflows) or g.me,
        "to_id": maybe(d, g.workflows),
        "organization_name": "Halden Supply",
    },
    "duplicate_workflow": lambda d, g: {
        "workflow_id": one(d, g.workflows) or g.me,
        "name": name(d),
        "with_members": d(st.booleans()),
    },
    "add_to_workflow": lambda d, g: {
        "workflow_id": one(d, g.workflows) or g.me,
        "membership_ids": several(d, g),
    },
    "remove_from_workflow": lambda d, g: {"workflow_id": one(d, g.workflows) or g.me, "membership_id": who(d, g)},
    # Records, and whoever looks after what somebody leaves.
    "set_mentor": lambda d, g: {"membership_id": who(d, g), "mentor_id": maybe(d, g.members)},
    "settle_matter": _settle,
    "reassign_records": lambda d, g: {
        "from_ids": several(d, g),
        "spread": Spread(one(d, ["one", "round_robin", "team", "nobody"]), some(d, g.members)),
    },
    # The organization.
    "change_policy": _policy,
    "create_key": _key,
    "revoke_key": lambda d, g: {"key_id": one(d, g.keys) or g.me},
    "undo_entry": lambda d, g: {
        "number": max(1, g.entries - d(st.integers(0, 6))),
        "membership_ids": tuple(g.members),
    },
}

# Tried more often than others: what gives.
OFTEN = (
    "change_role give_role create_role edit_role copy_role delete_role set_profile set_restrictions move_to_unit"
    " move_unit delete_unit add_to_workspace change_level assign_workspaces invite_member create_key undo_entry"
).split()
# Nothing is on offer to non-keyholders, or they do it with a password that is not theirs.
RARELY = ("accept_ownership", "decline_ownership", "withdraw_ownership", "transfer_ownership")

_ON_RECORDS = (
    "create_lead edit_lead qualify_lead disqualify_lead work_lead convert_lead create_contact edit_contact"
    " create_company edit_company create_deal edit_deal move_deal win_deal lose_deal reopen_deal add_deal_members"
    " remove_deal_member split_commission approve_deal decline_deal withdraw_approval create_task edit_task finish_task"
    " reopen_task add_note edit_note log_activity edit_activity add_file edit_file replace_file move_files"
    " create_folder edit_folder delete_folder archive_records restore_records delete_records give_records"
    " act_on_records"
).split()
_ON_STAGES = "create_stage edit_stage order_stages delete_stage".split()
_ON_BILLING = (
    "change_plan withdraw_downgrade cancel_subscription resume_subscription buy_seats reduce_seats switch_addon"
    " change_billing_details"
    " settle_order receive_payment fail_payment note_transfer tend_subscription override_entitlement end_override"
    " set_payment_method buy_pack agree_plan move_clock keep_references keep_order_reference keep_card keep_troubles"
).split()
_ON_METERS = "report_usage reserve_usage commit_usage release_usage hold_tokens settle_tokens".split()
# Action -> why it can't change what anybody may do. Reviewed: a test compares it with what is declared.
CANNOT_MATTER: dict[str, str] = {
    "announce_planned": "a notice; the house alone carries it out",
    "carry_out_planned": "the house alone carries out what was planned, and asks whoever planned it anew",
    "note_refused": "a note; the house alone keeps it",
    "realign_planned": "the house alone reckons moments of days anew",
    "announce_end": "a notice; the house alone carries it out",
    "end_assignment": "the house alone carries out what was given with an end",
    "follow_release": "the house alone brings ready-made roles up to a release",
    "fail_operation": "the house alone writes down that long work stopped",
    "cancel_operation": "stops long work; what it did stays what it was",
    "change_batch": "the code of change_people, with the actor of the moment; open_operation froze whom it is about",
    "plan_people": "looks at people and writes nothing to anybody; change_batch does it, once it is confirmed",
    "plan_batch": "looks at people and writes nothing to anybody",
    "plan_anew": "looks at the people of plan_people once more and writes nothing to anybody",
    "confirm_planned": "what change_people begins, for whom plan_people froze; change_batch judges each anew",
    "upload_batch": "rows of a file, which give nothing before they are sent",
    "paste_batch": "rows of a list, which give nothing before they are sent",
    "read_again": "rows of a file, which give nothing before they are sent",
    "stage_rows": "rows of a file, which give nothing before they are sent",
    "finish_reading": "a file was read to its end",
    "fail_reading": "the house alone writes down why a file can't be read",
    "edit_row": "a row of a file, judged anew",
    "drop_row": "a row of a file goes",
    "cancel_batch": "stops long work; what it did stays what it was",
    "delete_batch": "rows of a file go",
    "send_batch": "opens long work over rows that are judged when it comes to them",
    "resend_failed": "opens long work over rows that are judged when it comes to them",
    "send_rows": "invites like invite_members, each row judged by what the sender may give then (test_bulk_inviting)",
    "act_on_batch": "the code of act_on_records, with the actor of the moment, who is asked for each record anew",
    "save_view": "own views of a list: a filter holds no rows",
    "change_view": "own views of a list, and shared ones with the permission to shape it for others",
    "delete_view": "own views of a list, and shared ones with the permission to shape it for others",
    "choose_columns": "own screens",
    "mark_all_read": "own notifications",
    "mark_read": "own notifications",
    "mark_unread": "own notifications",
    "choose_channels": "own notifications",
    "change_company_profile": "texts about the organization",
    "change_contact": "texts about the organization",
    "mark_setup_step": "progress of a wizard",
    "set_company_up": "texts about the organization",
    "change_own_profile": "own name, picture, phone, language, time zone",
    "choose_appearance": "own screens",
    "end_own_session": "own sessions",
    "create_operator": "the machine's command line",
    "sign_operator_in": "an operator is in no organization",
    "sign_operator_out": "an operator is in no organization",
    "accept_invitation": "a guest takes what the row of the invitation says",
    "use_temporary_password": "a guest takes what the row of the invitation says",
    "send_invitation_code": "a mail to the invited address",
    "load_demonstration": "a command; makes an organization",
    "found_organization": "a guest; makes an organization",
    "request_sign_up": "a guest; writes a request",
    "read_mail": "operators",
    "retry_job": "operators",
    "verify_installation": "operators",
    "change_own_password": "own sign-in",
    "ask_own_address": "own sign-in; confirmed behind a mailed link",
    "resend_own_address": "own sign-in",
    "cancel_own_address": "own sign-in",
    "confirm_address": "a guest with the mailed link, signed in to the account",
    "note_address": "the house alone writes an audit line",
    "enter_organization": "own sign-in",
    "switch_organization": "own sign-in",
    "request_password_reset": "a guest; a mail to the address",
    "reset_password": "a guest with the mailed link",
    "note_audit_export": "an audit line",
    "note_people_export": "an audit line",
    "note_export": "an audit line",
    "note_report_export": "an audit line",
    "note_seats_export": "an audit line",
    **dict.fromkeys(_ON_RECORDS, "records give nobody a permission; who reaches them is swept by tests/crm"),
    **dict.fromkeys(_ON_BILLING, "what is bought or granted by an operator gives nobody a permission"),
    **dict.fromkeys(_ON_STAGES, "stages of a workflow give nobody a permission"),
    **dict.fromkeys(_ON_METERS, "figures of meters, which give nobody a permission"),
    "note_reached": "a notice; the house alone carries it out",
    "load_demonstration_records": "a command",
    "load_demonstration_use": "a command",
    "reassign_batch": "the code of reassign_records, which froze whose records go where",
    "undo_batch": "records go back to whom they came from, as reassign_records wrote it down",
    "erase_person": "the data of somebody who was removed, and holds nothing",
}

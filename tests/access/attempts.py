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


def _invite(draw: Draw, g: Ground) -> Params:
    return {
        "email": f"{unique('any')}@example.test",
        "role_id": role(draw, g, "base"),
        "team_ids": one(draw, [(), some(draw, g.teams)]),
        "unit_id": maybe(draw, g.units),
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


def _policy(draw: Draw, _g: Ground) -> Params:
    policy = one(draw, list(POLICIES))
    values = [policy.default, None, True, False, 1, 8, [], "permission", "keyholders", "immediate", "many", "one"]
    return {"code": policy.code, "value": one(draw, values)}


def _key(draw: Draw, g: Ground) -> Params:
    return {"name": name(draw), "role_id": role(draw, g, "base"), "days": maybe(draw, [1])}


def _of_transfer(draw: Draw, g: Ground) -> Params:
    found = one(draw, g.transfers) or (g.me, g.me)
    return {"transfer_id": found[0]}


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
    "edit_member": lambda d, g: {"membership_id": who(d, g), "given_name": "A", "family_name": "B"},
    "copy_invitation_link": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "resend_invitation": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "resend_invitations": lambda d, g: {"membership_ids": some(d, [*g.invited, *g.members])},
    "revoke_invitation": lambda d, g: {"membership_id": one(d, [*g.invited, *g.members])},
    "deactivate_members": lambda d, g: {"membership_ids": several(d, g)},
    "reactivate_member": lambda d, g: {"membership_id": who(d, g)},
    "remove_members": lambda d, g: {"membership_ids": several(d, g)[:1]},
    "send_password_reset": lambda d, g: {"membership_id": who(d, g)},
    "end_sessions": lambda d, g: {"membership_id": one(d, [i for i in g.members if i != g.me])},
    "move_to_unit": lambda d, g: {"membership_ids": several(d, g), "unit_id": maybe(d, g.units)},
    # Structure.
    "create_team": lambda d, _g: {"name": name(d)},
    "edit_team": lambda d, g: {"team_id": one(d, g.teams) or g.me, "name": name(d)},
    "delete_team": lambda d, g: {"team_id": one(d, g.teams) or g.me},
    "add_to_team": lambda d, g: {
        "team_id": one(d, g.teams) or g.me,
        "membership_ids": several(d, g),
        "is_lead": d(st.booleans()),
    },
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
    "delete_workflow": lambda d, g: {"workflow_id": one(d, g.workflows) or g.me, "to_id": maybe(d, g.workflows)},
    "add_to_workflow": lambda d, g: {
        "workflow_id": one(d, g.workflows) or g.me,
        "membership_ids": several(d, g),
    },
    "remove_from_workflow": lambda d, g: {"workflow_id": one(d, g.workflows) or g.me, "membership_id": who(d, g)},
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

# Action -> why it can't change what anybody may do. Reviewed: a test compares it with what is declared.
CANNOT_MATTER: dict[str, str] = {
    "announce_end": "a notice; the house alone carries it out",
    "end_assignment": "the house alone carries out what was given with an end",
    "follow_release": "the house alone brings ready-made roles up to a release",
    "mark_all_read": "own notifications",
    "change_company_profile": "texts about the organization",
    "change_contact": "texts about the organization",
    "mark_setup_step": "progress of a wizard",
    "set_company_up": "texts about the organization",
    "change_own_profile": "own name and picture",
    "choose_appearance": "own screens",
    "end_own_session": "own sessions",
    "create_operator": "the machine's command line",
    "sign_operator_in": "an operator is in no organization",
    "sign_operator_out": "an operator is in no organization",
    "accept_invitation": "a guest takes what the row of the invitation says",
    "send_invitation_code": "a mail to the invited address",
    "load_demonstration": "a command; makes an organization",
    "found_organization": "a guest; makes an organization",
    "request_sign_up": "a guest; writes a request",
    "read_mail": "operators",
    "retry_job": "operators",
    "verify_installation": "operators",
    "change_own_password": "own sign-in",
    "enter_organization": "own sign-in",
    "switch_organization": "own sign-in",
    "request_password_reset": "a guest; a mail to the address",
    "reset_password": "a guest with the mailed link",
    "note_audit_export": "an audit line",
    "note_people_export": "an audit line",
}

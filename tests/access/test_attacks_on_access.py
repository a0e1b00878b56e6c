"""Attacks on access at the one door through which everything is written (security cases 5 to 10, 13).

Each action that matters is enumerated from what is declared; a new one has to say how it is called (`acts.VALID`).
"""

import importlib
import inspect
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import tenantry
from access.acts import VALID, Stage, alone, at, give, ids_in, nowhere, on, stage, with_id
from access.attempts import CANNOT_MATTER, GENERATORS
from access.ground import hold, holdings, seat
from access.test_no_escalation import ACTIONS
from factories.organizations import Organization, Person, unique
from factories.records import make_record, make_workflow, stages_of
from support.bulk import file_of, upload
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import RoleContent
from tenantry.billing.actions.agreeing import Agreement
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.bulk import Selection as RecordSelection
from tenantry.usecases.bulk_changing.planning import Selection
from tenantry.usecases.carried import Carried

# What a keyholder's own call is refused for: the transfer is not theirs to accept.
FOR_THE_RECIPIENT = {"accept_ownership", "decline_ownership"}


@pytest.fixture(scope="module")
def here() -> Stage:
    return stage()


@pytest.fixture(scope="module")
def there() -> Stage:
    return stage()


def test_every_action_that_matters_can_be_called():
    assert set(VALID) == set(GENERATORS)


@pytest.mark.parametrize("name", VALID)
def test_a_keyholder_may(name):
    """Or the attacks below would fail for another reason."""
    one = stage()
    by = one.target if name in FOR_THE_RECIPIENT else one.org.owner
    if name == "accept_ownership":
        with pytest.raises(Refusal, match="password"):
            one.org.perform(ACTIONS[name], by=by, **VALID[name](one))
        return
    if name == "transfer_ownership":
        one.org.perform(ACTIONS["withdraw_ownership"], transfer_id=one.transfer)
    one.org.perform(ACTIONS[name], by=by, **VALID[name](one))


# --- Ids of another organization -----------------------------------------------------------------------

# What is left out, or refused for its row alone: it is said in the answer, the same for both.
ANSWERED = {("invite_member", "team_ids"), ("edit_invited", "team_ids"), ("invite_members", "rows")}


def foreign_ids() -> list[tuple[str, tuple[Any, ...]]]:
    """Where ids stand in the parameters of every action."""
    return [(name, path) for name, valid in VALID.items() for path in ids_in(valid(nowhere()))]


@pytest.mark.parametrize(
    ("name", "path"), foreign_ids(), ids=lambda v: v if isinstance(v, str) else ".".join(map(str, v))
)
def test_an_id_of_another_organization_is_one_that_nobody_has(here, there, name, path):
    mine, theirs = VALID[name](here), VALID[name](there)
    by = here.target if name in FOR_THE_RECIPIENT else here.org.owner
    if (name, path[0]) in ANSWERED:
        answers = [
            here.org.perform(ACTIONS[name], by=by, **with_id(VALID[name](here), path, wrong))
            for wrong in (at(theirs, path), new_id())
        ]
        left = [[row.code for row in getattr(answer, "refused", ())] for answer in answers]
        assert left[0] == left[1]
        return
    before, before_there = holdings(here.org.id), holdings(there.org.id)
    said = []
    for wrong in (at(theirs, path), new_id()):
        with pytest.raises(Refusal) as refused:
            here.org.perform(ACTIONS[name], by=by, **with_id(mine, path, wrong))
        said.append((type(refused.value), str(refused.value)))
    assert said[0] == said[1]
    assert (holdings(here.org.id), holdings(there.org.id)) == (before, before_there)


# --- Without the permission ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", VALID)
def test_nothing_works_without_the_permission(here, name):
    nobody = seat(here.org, unit_id=here.units["far north"])
    hold(nobody, here.roles["own base"], base=True)
    with pytest.raises((PermissionMissing, NotFound)):
        here.org.perform(ACTIONS[name], by=nobody, **VALID[name](here))


HOUSE_ALONE: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "announce_end": lambda s: {"membership_id": s.target.membership_id, "assignment_id": s.assignment},
    "end_assignment": lambda s: {"membership_id": s.target.membership_id, "assignment_id": s.assignment},
    "follow_release": lambda _s: {"roles": (), "profiles": ()},
    "announce_planned": lambda s: {"membership_id": s.other.membership_id, "planned_id": s.target.membership_id},
    "carry_out_planned": lambda s: {"membership_id": s.other.membership_id, "planned_id": s.target.membership_id},
    "realign_planned": lambda s: {"membership_id": s.other.membership_id, "planned_id": s.target.membership_id},
    "note_reached": lambda _s: {"meter": "seats"},
    "note_refused": lambda s: {
        "membership_id": s.other.membership_id,
        "planned_id": s.target.membership_id,
        "code": "at_seat_limit",
    },
}


def test_what_the_house_alone_does_is_known():
    assert set(HOUSE_ALONE) == {n for n, f in ACTIONS.items() if "the house alone" in f.declaration.open_to}


@pytest.mark.parametrize("name", HOUSE_ALONE)
def test_what_the_house_alone_does_nobody_else_does(here, name):
    """Not even whoever holds everything."""
    before = holdings(here.org.id)
    with pytest.raises(PermissionMissing):
        here.org.perform(ACTIONS[name], **HOUSE_ALONE[name](here))
    assert holdings(here.org.id) == before


def plans() -> dict[str, Any]:
    """Every plan that is computed for somebody, by name."""
    root = Path(tenantry.__file__).parent
    found = {}
    for path in root.rglob("*.py"):
        if "def plan_" not in path.read_text("utf-8") or "web" in path.parts or "api" in path.parts:
            continue
        module = importlib.import_module(".".join(("tenantry", *path.relative_to(root).with_suffix("").parts)))
        found |= {
            name: function
            for name, function in vars(module).items()
            # What opens long work that plans is an action itself, and asked as one.
            if name.startswith("plan_") and function.__module__ == module.__name__ and name not in ACTIONS
        }
    return found


PLANS = plans()
# Plan -> the action that it belongs to, where the name does not say.
PLAN_OF = {
    "plan_resend": "resend_invitations",
    "plan_remove_members": "remove_members",
    "plan_transfer_ownership": "transfer_ownership",
    "plan_undo": "undo_entry",
    "plan_change": "change_people",
    "plan_who_stays": "let_go",
}


def a_stage(org: Organization) -> dict[str, Any]:
    workflow_id = make_workflow(org)
    return {"workflow_id": workflow_id, "stage_id": stages_of(org, workflow_id)[0]}


# What belongs to actions that are not in the table.
PLANNED: dict[str, Callable[[Stage], dict[str, Any]]] = {
    "plan_change_plan": lambda _s: {"plan": "team"},
    "plan_buy_seats": lambda _s: {"count": 1},
    "plan_reduce_seats": lambda _s: {"seats": 1},
    "plan_cancel_subscription": lambda _s: {},
    "plan_switch_addon": lambda s: {"key": "mortgage_broker", "membership_ids": (s.target.membership_id,), "on": True},
    "plan_who_stays": lambda _s: {"staying": (), "number": 1},
    "plan_buy_pack": lambda _s: {"pack": "tokens"},
    "plan_transfer": lambda _s: {"invoice_id": new_id(), "paid_on": date(2026, 1, 2), "reference": "A 1"},
    "plan_agreement": lambda _s: {"agreement": Agreement("enterprise", "month", 100_000)},
    "plan_change": lambda s: {**VALID["change_people"](s), "selection": Selection((s.target.membership_id,))},
    "plan_change_roles": lambda s: {
        "membership_ids": (s.target.membership_id,),
        "role_id": s.roles["manager"],
        "carried": Carried(),
    },
    "plan_set_profiles": lambda s: {"membership_ids": (s.target.membership_id,), "profile_id": None},
    "plan_erase_person": on,
    "plan_delete_stage": lambda s: a_stage(s.org),
    "plan_delete_records": lambda s: {"type_key": "lead", "record_ids": (make_record(s.org, "lead", s.other),)},
    "plan_act_on_records": lambda s: {
        "act": "delete",
        "selection": RecordSelection("lead", (make_record(s.org, "lead", s.other),)),
    },
    "plan_delete_folder": lambda s: {"folder_id": make_record(s.org, "folder", s.other)},
    "plan_send_batch": lambda s: {"batch_id": upload(s.org, file_of((f"{unique('ada')}@example.test", "Ada Stone")))},
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_needs_the_permission_of_what_it_plans(here, name):
    """Security case 10."""
    function = PLANS[name]
    given = PLANNED.get(name) or VALID[PLAN_OF.get(name, name.removeprefix("plan_"))]
    params = {**given(here), "now": clock.now()}
    taken = {k: v for k, v in params.items() if k in inspect.signature(function).parameters}
    nobody = seat(here.org, unit_id=here.units["far north"])
    hold(nobody, here.roles["own base"], base=True)
    actor = nobody.actor
    with scope.tenant(here.org.id), reading(), pytest.raises((PermissionMissing, NotFound)):
        function(actor=actor, **taken)


# --- The agent of a unit -------------------------------------------------------------------------------

AT_UNITS = {
    f"people.{verb}": "yes"
    for verb in ("invite", "edit", "deactivate", "remove", "reset_password", "end_sessions", "assign_roles", "restrict")
} | {"people.view": "all", "units.view": "yes", "access.explain": "yes"}
# Of people.*, those that act on no certain person: everybody, or nobody.
ON_NOBODY = {"note_people_export", "invite_members", "create_department", "rename_department", "dissolve_department"}
ON_PEOPLE = [
    "set_restrictions",
    *sorted(
        name
        for name, function in ACTIONS.items()
        if (function.declaration.permission or "").startswith("people.") and name in VALID and name not in ON_NOBODY
    ),
]


def test_whatever_acts_on_people_is_tried_or_was_reviewed():
    named = {n for n, f in ACTIONS.items() if (f.declaration.permission or "").startswith("people.")}
    assert named - set(VALID) - ON_NOBODY <= set(CANNOT_MATTER)


def agent_of(one: Stage, unit: str) -> Person:
    """Somebody who may do everything to people of one unit, and gives Members, Managers and what is in this stage."""
    given = tuple(one.roles[key] for key in ("member", "manager", "read_only", "own unit", "own addition"))
    content = RoleContent("Agent", "", AT_UNITS, given)
    role = one.org.perform(create_role, kind="unit", content=content).id
    agent = seat(one.org, unit_id=one.units["south"])
    hold(agent, one.roles["read_only"], base=True)
    hold(agent, role, unit_id=one.units[unit])
    return agent


def acted(one: Stage, name: str) -> dict[str, Any]:
    """As in `VALID`; the place is always one of the agent's, so that only the person is out of it."""
    params = VALID[name](one)
    if name == "set_restrictions":
        params["workspace_id"] = None
    if "team_ids" in params:
        params["team_ids"] = ()
    if name == "move_to_unit":
        params["unit_id"] = one.units["north"]
    return params


@pytest.mark.parametrize("name", ON_PEOPLE)
def test_the_agent_of_a_unit_acts_inside_of_it(name):
    one = stage(everything=False)
    one.assignment = give(one, one.target)
    one.org.perform(ACTIONS[name], by=agent_of(one, "north"), **acted(one, name))


@pytest.fixture(scope="module", params=["south", "root", None], ids=str)
def outside(request: pytest.FixtureRequest) -> tuple[Stage, Person, str | None]:
    """A stage whose people stand elsewhere, or nowhere, and the agent of `north`."""
    one = stage(request.param or "south", everything=False)
    one.assignment = give(one, one.target)
    if request.param is None:
        for member_id in (one.target.membership_id, one.gone.membership_id, one.pending):
            alone(one.org, member_id)
    return one, agent_of(one, "north"), request.param


@pytest.mark.parametrize("name", ON_PEOPLE)
def test_the_agent_of_a_unit_acts_on_nobody_outside(outside, name):
    one, agent, unit = outside
    params = acted(one, name)
    if name == "invite_member":
        params["unit_id"] = one.units[unit] if unit else None
    before = holdings(one.org.id)
    with pytest.raises((PermissionMissing, NotFound)):
        one.org.perform(ACTIONS[name], by=agent, **params)
    assert holdings(one.org.id) == before


@pytest.mark.parametrize("name", ["deactivate_members", "remove_members", "resend_invitations", "move_to_unit"])
def test_one_person_out_of_the_unit_stops_the_whole_selection(name):
    one = stage(everything=False)
    outside = seat(one.org, unit_id=one.units["south"])
    hold(outside, one.roles["member"], base=True)
    params = acted(one, name)
    params["membership_ids"] = (*params["membership_ids"], outside.membership_id)
    agent = agent_of(one, "north")
    before = holdings(one.org.id)
    with pytest.raises(Refusal):
        one.org.perform(ACTIONS[name], by=agent, **params)
    assert one.org.status(outside.membership_id) == "active"
    assert holdings(one.org.id) == before

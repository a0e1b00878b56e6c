"""Who stays, for programs: a proposal, what becomes of the others, and the act, of which all happens or nothing."""

from typing import Any

import pytest

from api.callers import by_key, by_session
from api.test_seats import by_role
from factories.records import make_workflow
from support.holding import make_role
from support.policies import entries_of
from support.selling import Customer, selling
from tenantry.access.errors import LastKeyholder
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.usecases import staying
from tenantry.usecases.workflows import add_to_workflow

STAY = "/billing/seats/stay"


@pytest.fixture
def customer():
    with selling():
        yield Customer("standard")


def states(org: Any) -> dict[str, str]:
    with scope.tenant(org.id), reading():
        return dict(Membership.objects.values_list("given_name", "status"))


def joined(org: Any, name: str) -> Any:
    invited = org.invite(given_name=name)
    return org.accept(org.token_for(invited.membership_id), given_name=name)


def staying_with(*people: Any, seats: int = 1) -> dict[str, Any]:
    return {"seats": seats, "person_ids": [str(one.membership_id) for one in people]}


def names(part: Any) -> list[str]:
    return [one["name"] for one in part["people"]]


def test_the_others_are_told_first_and_leave_by_the_digest(customer):
    org = customer.org
    ada, stuck = joined(org, "Ada"), joined(org, "Uma")
    joined(org, "Ben")
    org.invite(given_name="Cy")
    flow = make_workflow(org)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(stuck.membership_id,))
    owner = by_session(org.owner)
    proposed = owner.get(f"{STAY}?seats=2").body
    assert (proposed["seats"], proposed["in_use"], len(proposed["people"])) == (2, 5, 2)
    assert "Maren Holt" in names(proposed)
    assert owner.get(STAY).body["seats"] == 3, "as many as the plan has that costs nothing"

    wanted = staying_with(ada, seats=2)
    plan = owner.post(f"{STAY}/plan", wanted).body
    assert (plan["in_use"], plan["after"], plan["beyond"]) == (5, 3, 1)
    assert (names(plan["deactivated"]), names(plan["removed"])) == (["Ben Example"], ["Cy Example"])
    assert [one["code"] for one in plan["deactivated"]["refused"]] == ["settle_first"]
    assert plan["removed"]["invitations"] == 1

    org.invite(given_name="Dan")
    stale = owner.post(STAY, {**wanted, "digest": plan["digest"]})
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert len(stale.body["plan"]["away"]["members"]) == 2
    assert set(states(org).values()) == {"active", "invited"}

    confirmed = {**wanted, "digest": stale.body["plan"]["digest"]}
    done = owner.post(STAY, confirmed, Idempotency_Key="once")
    assert (done.status, done.body["in_use"]) == (200, 3)
    assert names(done.body["deactivated"]) == ["Ben Example"]
    assert [one["name"] for one in done.body["deactivated"]["refused"]] == ["Uma Example"]
    assert sorted(names(done.body["removed"])) == ["Cy Example", "Dan Example"]
    told = {"Maren": "active", "Ada": "active", "Uma": "active"}
    assert states(org) == {**told, "Ben": "deactivated", "Cy": "removed", "Dan": "removed"}
    again = owner.post(STAY, confirmed, Idempotency_Key="once")
    assert (again.headers["Idempotency-Replayed"], again.body) == ("true", done.body)


def test_both_halves_are_one_act_and_each_is_taken_back_by_itself(customer):
    org = customer.org
    joined(org, "Ben")
    org.invite(given_name="Cy")
    owner = by_session(org.owner)
    assert owner.post(STAY, staying_with(org.owner)).status == 200
    [rested], [removed] = (entries_of(org, f"people.{what}") for what in ("deactivated", "removed"))
    assert rested.at == removed.at
    assert removed.number == rested.number + 1
    undone = owner.post(f"/audit/{rested.number}/undo")
    assert undone.status == 200, undone.raw
    assert states(org) == {"Maren": "active", "Ben": "active", "Cy": "removed"}


@pytest.mark.parametrize("half", ["carry_out_removal", "carry_out_deactivation"])
def test_where_one_half_is_refused_nothing_of_the_other_happens(customer, monkeypatch, half):
    org = customer.org
    joined(org, "Ben")
    org.invite(given_name="Cy")
    owner, wanted = by_session(org.owner), staying_with(org.owner)
    wanted["digest"] = owner.post(f"{STAY}/plan", wanted).body["digest"]
    carried_out = []

    def refusing(*_args: Any, **_more: Any) -> Any:
        carried_out.append(half)
        raise LastKeyholder(name="Ben Example", role="Owner")

    with monkeypatch.context() as patched:
        patched.setattr(staying, half, refusing)
        refused = owner.post(STAY, wanted, Idempotency_Key="once")
    assert (refused.status, refused.code, carried_out) == (409, "last_keyholder", [half])
    assert states(org) == {"Maren": "active", "Ben": "active", "Cy": "invited"}
    assert entries_of(org, "people.deactivated") + entries_of(org, "people.removed") == []
    # What was read before still holds, and its key is not used up.
    assert owner.post(STAY, wanted, Idempotency_Key="once").status == 200
    assert states(org) == {"Maren": "active", "Ben": "deactivated", "Cy": "removed"}


def test_while_a_trial_is_over_nothing_else_is_possible_but_this(customer):
    org = customer.org
    ben = joined(org, "Ben")
    key = by_key(org)
    customer.go_to(customer.row.trial_ends_at)
    assert key.post(f"/people/{ben.membership_id}/deactivation").code == "trial_ended"
    assert key.post(STAY, staying_with(org.owner, seats=3)).status == 200
    assert states(org) == {"Maren": "active", "Ben": "deactivated"}
    assert key.post(STAY, staying_with(org.owner, seats=3)).body == {
        "in_use": 1, "deactivated": None, "removed": None,
    }  # fmt: skip


def test_a_slip_lets_nobody_go_and_whoever_may_not_let_people_go_does_not(customer):
    org = customer.org
    ben = joined(org, "Ben")
    key = by_key(org)
    for path in (STAY, f"{STAY}/plan"):
        unknown = key.post(path, {"seats": 1, "person_ids": [str(org.owner.membership_id), str(new_id())]})
        assert (unknown.status, unknown.code) == (404, "not_found")
        assert key.post(path, {"seats": 1, "person_ids": []}).status == 422
    # A key is nobody: somebody with all permissions stays even so.
    last = key.post(f"{STAY}/plan", staying_with(ben)).body["deactivated"]["refused"]
    assert [one["code"] for one in last] == ["last_keyholder"]
    assert key.post(STAY, staying_with(ben)).code == "last_keyholder"
    buyer = make_role(org, "base", permissions={"billing.change_plan": "yes", "people.view": "all"})
    narrow = by_role(org, buyer)
    assert narrow.get(STAY).status == 200
    for path in (STAY, f"{STAY}/plan"):
        refused = narrow.post(path, staying_with(org.owner))
        assert (refused.code, refused.body["permission"]) == ("permission_missing", "people.deactivate")
    assert states(org) == {"Maren": "active", "Ben": "active"}

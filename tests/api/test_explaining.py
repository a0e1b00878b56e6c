"""The chain for programs: whoever may explain, one sentence for oneself, and nothing of what the caller can't see."""

from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization
from support.holding import make_unit, make_workspace, stand_in
from support.structure import give, make_role, somebody


@pytest.fixture
def org():
    return make_organization()


def test_the_chain_names_every_step_in_the_published_order(org):
    person = org.person("member")
    told = by_key(org).get(f"/people/{person.membership_id}/explain?permission=people.edit")
    assert told.status == 200
    assert [step["step"] for step in told.body["steps"]] == [
        "organization_state", "seat", "permission", "reach", "restriction", "field",
    ]  # fmt: skip
    assert [step["outcome"] for step in told.body["steps"]] == ["passed", "passed", "refused"] + ["not_reached"] * 3
    assert (told.body["allowed"], told.body["refused_at"]) == (False, "permission")
    assert told.body["remedies"][0]["people"][0]["role"] == "Owner"


def test_the_lightest_change_comes_first(org):
    """Of the roles that give it, the one that gives least besides."""
    person = org.person("member")
    remedies = by_key(org).get(f"/people/{person.membership_id}/explain?permission=people.view").body["remedies"]
    weights = [len(one["also"]) + one["widens"] for one in remedies]
    assert weights == sorted(weights)
    assert len(remedies) > 1


def test_a_program_that_explains_needs_the_permission_and_the_record(org):
    person, team = org.person(), make_workspace(org)
    seer = by_session(somebody(org, {"people.view": "all"}))
    assert seer.get(f"/people/{person.membership_id}/explain?permission=people.edit").code == "permission_missing"
    assert seer.get("/access/who?permission=people.edit").code == "permission_missing"
    explainer = by_session(somebody(org, {"people.view": "all", "access.explain": "yes"}))
    path = f"/people/{person.membership_id}/explain?permission=workspaces.edit&record_type=workspace&record_id="
    assert explainer.get(f"{path}{team}").status == 404
    assert explainer.get(f"{path}{uuid4()}").status == 404
    assert by_key(org).get(f"{path}{team}").status == 200


def test_a_unit_agent_explains_and_names_people_of_the_unit_only(org):
    north, south = make_unit(org), make_unit(org)
    agent, mine, far = org.person(), org.person(), org.person()
    stand_in(org, mine.membership_id, north)
    stand_in(org, far.membership_id, south)
    give(org, agent, make_role(org, "unit", {"people.view": "all", "access.explain": "yes"}), unit_id=north)
    caller = by_session(agent)
    assert caller.get(f"/people/{far.membership_id}/explain?permission=people.edit").status == 404
    told = caller.get(f"/people/{mine.membership_id}/explain?permission=people.edit")
    assert told.status == 200
    assert {person["id"] for one in told.body["remedies"] for person in one["people"]} <= {str(mine.membership_id)}
    who = caller.get("/access/who?permission=people.view")
    assert {one["id"] for one in who.body["items"]} <= {str(mine.membership_id)}


def test_oneself_gets_a_sentence_and_a_code(org):
    person = org.person("member")
    told = by_session(person).get("/me/explain?permission=people.edit")
    assert told.status == 200
    assert told.body["handover"] == "permission-people.edit"
    assert "steps" not in told.body
    yes = by_session(org.owner).get("/me/explain?permission=people.edit")
    assert (yes.body["allowed"], yes.body["handover"]) == (True, "")
    assert by_key(org).get("/me/explain?permission=people.edit").status == 404


def test_a_problem_says_the_step_and_the_code(org):
    refused = by_session(org.person("member")).get("/roles")
    assert refused.status == 403
    assert refused.body["handover"] == "permission-roles.view"
    assert "See roles" in refused.body["detail"]


def test_unknown_permissions_and_halves_of_records_are_refused(org):
    person = org.person()
    caller = by_key(org)
    assert caller.get(f"/people/{person.membership_id}/explain?permission=nothing.at_all").status == 422
    path = f"/people/{person.membership_id}/explain?permission=people.view"
    assert caller.get(f"{path}&record_type=spaceship&record_id={uuid4()}").status == 422
    assert caller.get(f"{path}&record_type=team").status == 404


def test_who_can_says_by_what(org):
    person = org.person("member")
    found = by_key(org).get(f"/access/who?permission=people.edit&record_type=member&record_id={person.membership_id}")
    assert [one["reason"] for one in found.body["items"]] == [
        "Owner, in the whole of Halden Supply: reaches everything there."
    ]

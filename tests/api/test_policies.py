"""Policies and undo for programs."""

import pytest

from api.callers import by_key, make_organization, one_of
from support.policies import allowed, by_operator, entries_of, refused, value_of
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.policies import CATALOGUE, POLICIES

DAYS = "people.invitation_days"


@pytest.fixture(scope="module")
def world():
    org = make_organization()
    return org, by_key(org)


def change(key, code, value, tag="*", **more):
    return key.patch(f"/policies/{code}", {"value": value, **more}, If_Match=tag)


def test_the_list_says_what_each_is_and_may_be(world):
    _org, key = world
    items = key.get("/policies").body["items"]
    assert [item["code"] for item in items] == [policy.code for policy in POLICIES]
    days = one_of(key.get("/policies"), code=DAYS)
    assert days["kind"] == {
        "kind": "number", "minimum": 1, "maximum": 90, "optional": False, "choices": [], "needed": [],
    }  # fmt: skip
    growth = one_of(key.get("/policies"), code="seats.growth")
    assert (growth["changeable"], growth["refusal"], growth["operator_only"]) == (False, "operator_only_policy", True)
    assert [choice["code"] for choice in growth["kind"]["choices"]] == ["licensed", "per_person"]
    assert all(choice["title"] and choice["sentence"] for item in items for choice in item["kind"]["choices"])


def test_one_is_read_with_its_etag_and_changed_with_it():
    org = make_organization()
    key = by_key(org)
    read = key.get(f"/policies/{DAYS}")
    assert (read.body["value"], read.body["in_words"], read.headers["ETag"]) == (7, "7 days", '"1"')
    answer = key.patch(f"/policies/{DAYS}", {"value": 3})
    assert (answer.status, answer.code) == (428, "precondition_required")
    answer = change(key, DAYS, 3, '"7"')
    assert (answer.status, answer.code) == (412, "version_changed")
    answer = change(key, DAYS, 3, read.headers["ETag"])
    assert (answer.status, answer.body["value"], answer.headers["ETag"]) == (200, 3, '"2"')
    answer = change(key, DAYS, 5, read.headers["ETag"])
    assert (answer.status, answer.code) == (412, "version_changed")
    assert value_of(org, DAYS) == 3


def test_the_plan_is_what_happens():
    org = make_organization()
    key = by_key(org)
    org.invite()
    plan = key.post(f"/policies/{DAYS}/plan", {"value": 3}).body
    assert (plan["before"], plan["after"]) == ({"value": 7, "in_words": "7 days"}, {"value": 3, "in_words": "3 days"})
    assert {"text": "open invitation keeps its end", "number": 1, "names": [], "warning": False} in plan["effects"]
    assert value_of(org, DAYS) == 7
    org.invite()
    answer = change(key, DAYS, 3, digest=plan["digest"])
    assert (answer.status, answer.code) == (409, "plan_changed")
    plan = key.post(f"/policies/{DAYS}/plan", {"value": 3}).body
    assert change(key, DAYS, 3, digest=plan["digest"]).status == 200
    assert key.post(f"/policies/{DAYS}/plan", {"value": 3}).body["changes"] is False


@pytest.mark.parametrize("code", sorted(p.code for p in POLICIES if not p.operator_only))
def test_every_kind_takes_its_values_and_refuses_others(code, world):
    org, key = world
    values = allowed(CATALOGUE[code])
    for value in [values[0], values[len(values) // 2], values[-1], CATALOGUE[code].default]:
        assert change(key, code, value).body["value"] == value
    for value in refused(CATALOGUE[code]):
        answer = change(key, code, value)
        assert (answer.status, answer.code) == (422, "policy_value_refused"), value
    assert value_of(org, code) == CATALOGUE[code].default


def test_what_is_not_ones_to_change():
    org = make_organization()
    key, seer, member = by_key(org), by_key(org, "people_administrator"), by_key(org, "member")
    for code in (p.code for p in POLICIES if p.operator_only):
        answer = change(key, code, CATALOGUE[code].default)
        assert (answer.status, answer.code) == (403, "operator_only_policy")
        assert key.post(f"/policies/{code}/plan", {"value": None}).code == "operator_only_policy"
    assert seer.get("/policies").status == 200
    assert one_of(seer.get("/policies"), code=DAYS)["refusal"] == "permission_missing"
    assert change(seer, DAYS, 3).code == "permission_missing"
    assert member.get(f"/policies/{DAYS}").code == "permission_missing"
    by_operator(org, code="password.locked", value=True)
    answer = change(key, "password.minimum_length", 8)
    assert (answer.status, answer.code) == (403, "policy_locked")
    assert key.get("/policies/people.unheard_of").code == "not_found"
    assert change(key, "people.unheard_of", 1).code == "not_found"


def test_an_act_is_taken_back_once():
    org = make_organization()
    key = by_key(org)
    assert change(key, DAYS, 3).status == 200
    entry = one_of(key.get("/audit?action=organization.policy_changed"), action="organization.policy_changed")
    assert entry["undo"] == {"possible": True, "refusal": None}
    number = entry["number"]
    plan = key.get(f"/audit/{number}/undo/plan").body
    assert (plan["what"], plan["before"], plan["after"]) == ("Life of an invitation", "3 days", "7 days")
    assert key.post(f"/audit/{number}/undo", {"digest": "0" * 32}).code == "plan_changed"
    answer = key.post(f"/audit/{number}/undo", {"digest": plan["digest"]}, Idempotency_Key="once")
    assert (answer.status, answer.body["number"]) == (200, number)
    assert value_of(org, DAYS) == 7
    again = key.post(f"/audit/{number}/undo", {"digest": plan["digest"]}, Idempotency_Key="once")
    assert again.headers["Idempotency-Replayed"] == "true"
    answer = key.post(f"/audit/{number}/undo")
    assert (answer.status, answer.code) == (409, "undone_already")
    items = key.get("/audit?action=organization.policy_changed").body["items"]
    assert [item["undo"]["refusal"] for item in items] == [None, "undone_already"]
    founded = one_of(key.get("/audit?action=organization.founded"), action="organization.founded")
    assert founded["undo"] is None
    assert key.post(f"/audit/{founded['number']}/undo").code == "undo_not_possible"
    assert key.get("/audit/99999/undo/plan").code == "not_found"
    assert by_key(org, "member").post(f"/audit/{number}/undo").code == "not_found"


def test_what_was_changed_since_is_not_taken_back():
    org = make_organization()
    key = by_key(org)
    change(key, DAYS, 3)
    number = entries_of(org)[-1].number
    org.perform(change_policy, code=DAYS, value=5)
    answer = key.post(f"/audit/{number}/undo")
    assert (answer.status, answer.code) == (409, "undo_overtaken")
    assert value_of(org, DAYS) == 5

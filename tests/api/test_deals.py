"""Deals, stages and approvals for programs."""

import pytest

from api.callers import by_key, by_session
from factories.organizations import make_organization, unique
from factories.records import make_record, make_workflow, stages_of
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.profiles import create_profile
from tenantry.access.actions.restricting import set_profile
from tenantry.access.contents import ProfileContent
from tenantry.core.ids import new_id
from tenantry.usecases.workflows import add_to_workflow


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


def test_a_deal_is_made_moved_and_closed(org):
    flow = make_workflow(org)
    first, second, *_rest = (str(one) for one in stages_of(org, flow))
    me = by_session(org.owner)
    made = me.post("/deals", {"name": "Pier", "workflow_id": str(flow), "value": 12_50, "currency": "EUR"})
    assert made.status == 201, made.body
    path = f"/deals/{made.body['id']}"
    assert (made.body["stage_id"], made.body["value"], made.body["state"]) == (first, 1250, "open")
    assert me.patch(path, {"closes_on": "2030-01-01", "value": 7}).body["value"] == 7
    assert me.patch(path, {"closes_on": None}).body["closes_on"] is None
    moved = me.post(f"{path}/stage", {"stage_id": second, "from_stage_id": first})
    assert (moved.body["asked"], moved.body["before_id"]) == (False, first)
    assert me.post(f"{path}/stage", {"stage_id": first, "from_stage_id": first}).code == "deal_moved_on"
    assert me.post(f"{path}/stage", {"stage_id": second}).code == "already_in_stage"
    assert me.post(f"{path}/stage", {"stage_id": str(new_id())}).status == 404
    assert me.post(f"{path}/state", {"state": "lost", "reason": "Too dear"}).body["lost_reason"] == "Too dear"
    assert me.post(f"{path}/state", {"state": "won"}).code == "deal_closed"
    assert me.post(f"{path}/state", {"state": "open"}).body["state"] == "open"
    listed = me.get(f"/deals?workflow_id={flow}&state=open&stage_id={second}").body["items"]
    assert [one["id"] for one in listed] == [made.body["id"]]
    for wrong in ({"value": -1}, {"value": 1.5}, {"value": "1"}, {"currency": "euro"}, {"currency": "XXX"}):
        assert me.patch(path, wrong).status == 422, wrong


def test_the_board_counts_all_and_shows_the_first(org):
    flow = make_workflow(org)
    for number in range(3):
        make_record(org, "deal", org.owner, workflow_id=flow, name=f"Crane {number}", value=100)
    body = by_session(org.owner).get(f"/workflows/{flow}/board").body
    lane = body["lanes"][0]
    assert (lane["count"], lane["worth"]) == (3, [{"currency": "EUR", "value": 300}])
    assert {one["name"] for one in lane["deals"]} == {"Crane 0", "Crane 1", "Crane 2"}
    assert by_session(org.person("member")).get(f"/workflows/{flow}/board").body["lanes"][0]["count"] == 0


def test_who_works_on_it_and_what_each_earns(org):
    flow, mate = make_workflow(org), org.person("member")
    path = f"/deals/{make_record(org, 'deal', org.owner, workflow_id=flow)}"
    me, person = by_session(org.owner), str(mate.membership_id)
    assert by_session(mate).get(path).status == 404
    assert me.post(f"{path}/members", {"person_ids": [person]}).body["items"][0]["id"] == person
    assert me.post(f"{path}/members", {"person_ids": [person]}).code == "already_in_deal"
    assert by_session(mate).get(path).status == 200
    split = {"commission": 1001, "shares": [{"person_id": person, "share": 2500}]}
    body = me.put(f"{path}/commission", split).body
    assert (body["commission"], body["rest"], body["shares"][0]["amount"]) == (1001, 751, 250)
    assert "commission" not in me.get(path).body
    too_much = {"commission": 1, "shares": [{"person_id": person, "share": 10_001}]}
    assert me.put(f"{path}/commission", too_much).status == 422
    assert me.delete(f"{path}/members/{person}").status == 204
    assert me.delete(f"{path}/members/{person}").status == 404
    assert me.get(f"{path}/commission").body["rest"] == 1001


def test_stages_are_kept_by_programs(org):
    flow = make_workflow(org)
    path, key = f"/workflows/{flow}/stages", by_key(org)
    made = key.post(path, {"name": "Lodged", "probability": 80, "is_lodgement": True})
    assert made.status == 201
    names = [one["name"] for one in made.body["items"]]
    assert names == ["New", "Qualified", "Proposal", "Negotiation", "Lodged"]
    ids = [one["id"] for one in made.body["items"]]
    assert key.post(path, {"name": "LODGED"}).code == "stage_name_taken"
    edited = key.patch(f"{path}/{ids[0]}", {"stale_days": None, "probability": 5}).body["items"][0]
    assert (edited["name"], edited["probability"], edited["stale_days"]) == ("New", 5, None)
    assert key.put(path, {"stage_ids": [ids[4], *ids[:4]]}).body["items"][0]["name"] == "Lodged"
    assert key.put(path, {"stage_ids": ids[:4]}).status == 422
    make_record(org, "deal", org.owner, workflow_id=flow, stage_id=ids[0])
    plan = key.get(f"{path}/{ids[0]}/deletion/plan?to={ids[1]}").body
    assert (plan["deals"], plan["to"]["name"]) == (1, "Qualified")
    assert key.post(f"{path}/{ids[0]}/deletion", {}).code == "stage_in_use"
    body = {"to": ids[1], "digest": plan["digest"]}
    assert key.post(f"{path}/{ids[0]}/deletion", body).status == 204
    copy = key.post(f"/workflows/{flow}/duplicate", {"name": unique("Copy")})
    assert copy.status == 201
    copied = key.get(f"/workflows/{copy.body['id']}/stages").body["items"]
    assert [one["name"] for one in copied] == ["Lodged", "Qualified", "Proposal", "Negotiation"]
    assert by_session(org.person("member")).post(path, {"name": "No"}).status == 403


def test_a_program_writes_over_nobodys_change_of_a_stage(org):
    flow = make_workflow(org)
    path, key = f"/workflows/{flow}/stages", by_key(org)
    first = key.get(path).body["items"][0]
    at, read = f"{path}/{first['id']}", f'"{first["version"]}"'
    edited = key.patch(at, {"probability": 15}, If_Match=read)
    assert edited.body["items"][0]["version"] == first["version"] + 1
    late = key.patch(at, {"name": "Late"}, If_Match=read)
    assert (late.status, late.code) == (412, "version_changed")
    for junk in ('"x"', "1", '""'):
        assert key.patch(at, {"name": "Late"}, If_Match=junk).status == 412
    assert key.patch(at, {"name": "Anyway"}).body["items"][0]["probability"] == 15


def test_a_mentor_answers_a_program():
    org = make_organization(blueprint="brokerage")
    flow, mentor, mentee = make_workflow(org), org.person("broker"), org.person("broker")
    org.perform(give_role, membership_id=mentor.membership_id, role_id=org.role("mentor"))
    people = (mentor.membership_id, mentee.membership_id)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=people)
    me, word = by_session(org.owner), f"/people/{mentee.membership_id}/mentor"
    assert me.put(word, {"mentor_id": str(mentee.membership_id)}).status == 422
    assert me.put(word, {"mentor_id": str(mentor.membership_id)}).status == 204
    assert me.get(word).body["mentor"]["id"] == str(mentor.membership_id)
    assert by_session(mentor).get(word).status == 403
    ids = stages_of(org, flow)
    assert me.patch(f"/workflows/{flow}/stages/{ids[2]}", {"is_lodgement": True}).status == 200
    deal = make_record(org, "deal", mentee, workflow_id=flow)
    path, broker = f"/deals/{deal}", by_session(mentee)
    assert broker.post(f"{path}/stage", {"stage_id": str(ids[3])}).code == "word_needed"
    assert broker.post(f"{path}/stage", {"stage_id": str(ids[2])}).body["asked"] is True
    assert broker.get(f"{path}/approvals").body["items"][0]["state"] == "waiting"
    [asked] = by_session(mentor).get("/approvals").body["items"]
    answer = f"/approvals/{asked['id']}/answer"
    assert broker.post(answer, {"answer": "approve"}).status == 403
    assert me.post(answer, {"answer": "approve"}).status == 404
    assert by_session(mentor).post(answer, {"answer": "approve", "comment": "Good"}).status == 204
    assert by_session(mentor).post(answer, {"answer": "decline"}).code == "word_given"
    assert broker.get(path).body["stage_id"] == str(ids[2])
    assert broker.post(f"{path}/approvals/withdrawal").code == "word_given"


def test_a_profile_that_hides_values_hides_them_here(org):
    flow, person = make_workflow(org), org.person("member")
    deal = make_record(org, "deal", person, workflow_id=flow, value=777)
    seen = {"deals.view": "own", "deals.edit": "own", "commission.view": "own"}
    content = ProfileContent(
        unique("Blind"), permissions=seen, fields={"deals.value": "hidden", "deals.commission": "hidden"}
    )
    profile = org.perform(create_profile, content=content).id
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile)
    me = by_session(person)
    assert "value" not in me.get(f"/deals/{deal}").body
    lane = me.get(f"/workflows/{flow}/board").body["lanes"][0]
    assert (lane["count"], lane["worth"], "value" in lane["deals"][0]) == (1, [], False)
    assert me.patch(f"/deals/{deal}", {"value": 1}).status == 403
    assert me.get(f"/deals/{deal}/commission").status == 403

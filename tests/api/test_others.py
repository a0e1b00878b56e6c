"""Teams, roles, the organization, the audit and oneself."""

from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization, one_of
from tenantry.core.permissions import catalogue
from tenantry.organizations.policies import CATALOGUE


def test_a_team_lives():
    org = make_organization()
    key, person = by_key(org), org.person()
    team = key.post("/teams", {"name": "North", "description": "The\nnorth"})
    assert (team.status, team.body["size"]) == (201, 0)
    path = f"/teams/{team.body['id']}"
    assert key.post("/teams", {"name": "NORTH"}).code == "team_name_taken"
    assert key.patch(path, {"name": "Far north"}).body["description"] == "The\nnorth"
    assert key.post(f"{path}/members", {"person_ids": [str(person.membership_id)], "is_lead": True}).body["size"] == 1
    members = key.get(f"{path}/members").body["items"]
    assert [(m["id"], m["is_lead"]) for m in members] == [(str(person.membership_id), True)]
    assert key.get(f"/people/{person.membership_id}").body["teams"][0]["name"] == "Far north"
    assert key.get("/teams?sort=-created").body["items"][0] == key.get(path).body
    assert key.delete(f"{path}/members/{person.membership_id}").status == 204
    assert key.delete(f"{path}/members/{person.membership_id}").code == "not_found"
    assert key.post(f"{path}/members", {"person_ids": [str(uuid4())]}).code == "not_found"
    assert (key.delete(path).status, key.get(path).code, key.delete(path).code) == (204, "not_found", "not_found")


def test_a_selection_joins_a_team_and_a_team_is_deleted_as_planned():
    org = make_organization()
    key, first, second = by_key(org), org.person(), org.person()
    team = key.post("/teams", {"name": "North"}).body["id"]
    key.post(f"/teams/{team}/members", {"person_ids": [str(first.membership_id)]})
    ids = [str(first.membership_id), str(second.membership_id)]
    plan = key.post(f"/teams/{team}/joins/plan", {"person_ids": ids}).body
    assert ([p["id"] for p in plan["people"]], plan["refused"][0]["code"]) == (ids[1:], "already_in_team")
    assert key.post(f"/teams/{team}/joins", {"person_ids": ids, "digest": plan["digest"]}).body["person_ids"] == ids[1:]
    assert key.post(f"/teams/{team}/joins", {"person_ids": ids}).code == "already_in_team"
    ending = key.get(f"/teams/{team}/deletion/plan").body
    assert (ending["name"], ending["members"]) == ("North", 2)
    assert key.delete(f"/teams/{team}?digest={'0' * 32}").code == "plan_changed"
    assert key.delete(f"/teams/{team}?digest={ending['digest']}").status == 204


def test_a_manager_changes_their_own_team_only():
    org = make_organization()
    key, manager, person = by_key(org), org.person("manager"), org.person()
    north, south = (key.post("/teams", {"name": name}).body["id"] for name in ("North", "South"))
    key.post(f"/teams/{north}/members", {"person_ids": [str(manager.membership_id), str(person.membership_id)]})
    browser = by_session(manager)
    assert [t["id"] for t in browser.get("/teams").body["items"]] == [north]
    assert browser.get(f"/teams/{south}").code == browser.get(f"/teams/{south}/members").code == "not_found"
    assert browser.patch(f"/teams/{south}", {"name": "x"}).code == "not_found"
    assert browser.delete(f"/teams/{south}").code == "not_found"
    assert browser.patch(f"/teams/{north}", {"name": "x"}).code == "permission_missing"
    assert browser.post("/teams", {"name": "x"}).code == "permission_missing"
    assert browser.delete(f"/teams/{north}/members/{manager.membership_id}").code == "not_on_oneself"
    assert browser.delete(f"/teams/{north}/members/{person.membership_id}").status == 204


def test_roles_and_permissions_are_told():
    org = make_organization()
    key = by_key(org)
    owner = one_of(key.get("/roles"), key="owner")
    assert (owner["holders"], owner["holds_everything"], owner["assignable_role_ids"]) == (1, True, None)
    assert set(owner["permissions"]) == set(catalogue())
    assert key.get(f"/roles/{owner['id']}").body == owner
    assert key.get(f"/roles/{uuid4()}").code == "not_found"
    assert {p["code"] for p in key.get("/permissions").body["items"]} == set(catalogue())


def test_the_profile_is_changed_with_the_etag_that_was_read():
    org = make_organization()
    key = by_key(org)
    read = key.get("/organization")
    assert read.body["name"] == "Halden Supply"
    missing = key.patch("/organization", {"name": "Halden"})
    assert (missing.status, missing.code) == (428, "precondition_required")
    changed = key.patch("/organization", {"name": "Halden", "time_zone": "Europe/Oslo"}, If_Match=read.headers["ETag"])
    assert (changed.status, changed.body["name"], changed.body["time_zone"]) == (200, "Halden", "Europe/Oslo")
    assert changed.headers["ETag"] != read.headers["ETag"]
    late = key.patch("/organization", {"name": "Late"}, If_Match=read.headers["ETag"])
    assert (late.status, late.code) == (412, "version_changed")
    assert key.patch("/organization", {"tax_id": "NO 1"}, If_Match="*").body["name"] == "Halden"


@pytest.mark.parametrize("wrong", [
    {"name": ""}, {"name": None}, {"time_zone": "Mars/Base"}, {"time_zone": ""}, {"currency": "XXX"},
    {"currency": "eur"},
    {"colour": "red"}, {"colour": "#ffff00"}, {"slug": "other"}, {"state": "active"}, {"legal_name": "x" * 201},
])  # fmt: skip
def test_the_profile_refuses_what_it_does_not_know(wrong):
    key = by_key(make_organization())
    before = key.get("/organization")
    refused = key.patch("/organization", wrong, If_Match="*")
    assert (refused.status, refused.code) == (422, "invalid_input")
    assert refused.body["errors"][0]["pointer"] == f"#/{next(iter(wrong))}"
    assert key.get("/organization").body == before.body


def test_contacts_setup_policies_and_entitlements():
    org = make_organization(seats=5)
    key = by_key(org)
    assert [c["kind"] for c in key.get("/organization/contacts").body["items"]] == ["billing", "technical", "legal"]
    put = key.put("/organization/contacts/billing", {"name": "Books", "email": "Books@example.test"})
    assert (put.status, put.body["email"], put.body["phone"]) == (200, "books@example.test", "")
    assert key.put("/organization/contacts/other", {"name": "x"}).code == "not_found"
    assert key.put("/organization/contacts/legal", {"email": "x"}).code == "invalid_input"
    assert key.put("/organization/setup/people", {"state": "skipped"}).body["steps"] == {"people": "skipped"}
    assert key.get("/organization/setup").body["finished_at"] is None
    assert {p["code"] for p in key.get("/policies").body["items"]} == set(CATALOGUE)
    seats = key.get("/organization/entitlements").body["seats"]
    assert (seats["in_use"], seats["limit"], seats["free"]) == (1, 5, 4)


def test_the_audit_is_told_filtered_and_verified():
    org = make_organization()
    key = by_key(org)
    team = key.post("/teams", {"name": "North"}).body["id"]
    key.delete(f"/teams/{team}")
    entries = key.get("/audit").body["items"]
    assert [e["action"] for e in entries[:2]] == ["teams.deleted", "teams.created"]
    assert entries[0]["actor"] == {"kind": "key", "id": str(key.key_id), "name": "owner key"}
    assert entries[-1]["actor"]["kind"] == "guest"
    assert len(key.get(f"/audit?target={team}&area=teams&actor={key.key_id}").body["items"]) == 2
    page = key.get("/audit?limit=1")
    assert key.get(f"/audit?limit=1&cursor={page.body['next']}").body["items"] == [entries[1]]
    assert key.get("/audit?since=2999-01-01T00:00:00Z").body["items"] == []
    assert key.get("/audit?until=1999-01-01T00:00:00%2B02:00").body["items"] == []
    for wrong in (
        "since=yesterday",
        "since=1700000000",
        "since=2026-05-04",
        "until=2026-99-04T00:00:00Z",
        "action=%00",
    ):
        assert key.get(f"/audit?{wrong}").code == "invalid_input", wrong
    assert key.get("/audit/verification").body["sound"] is True
    narrow = by_key(org, "people_administrator").get("/audit").body["items"]
    assert {e["area"] for e in narrow} == {"teams"}


def test_oneself():
    org = make_organization()
    browser = by_session(org.owner)
    assert browser.patch("/me", {"given_name": "Mia"}).body["name"] == "Mia Holt"
    assert browser.patch("/me", {"email": "x@example.test"}).status == 422
    assert browser.put("/me/appearance", {"theme": "dark"}).status == 204
    assert browser.put("/me/appearance", {"theme": "pink"}).code == "invalid_input"
    assert browser.get("/me/notifications").body["items"] == []
    assert browser.post("/me/notifications/reading").status == 204
    key = by_key(org)
    for refused in (
        key.patch("/me", {"given_name": "x"}),
        key.put("/me/appearance", {"theme": "dark"}),
        key.get("/me/notifications"),
    ):
        assert (refused.status, refused.code) == (404, "not_found")

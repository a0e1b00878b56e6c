"""People, their invitations and their leaving: each operation with a success and its refusals."""

from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization
from support.holding import make_profile
from tenantry.access.actions.restricting import set_profile
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership


def _email() -> str:
    return f"{uuid4().hex}@example.test"


def _count(org) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.count()


def test_adding_somebody_shows_them_pending_with_role_and_team():
    org = make_organization()
    key = by_key(org, "administrator")
    team = key.post("/teams", {"name": "North"}).body
    made = key.post(
        "/people",
        {
            "email": "Pat@Example.test",
            "role_id": str(org.role("member")),
            "given_name": " Pat ",
            "team_ids": [team["id"]],
        },
    )
    assert made.status == 201, made.raw
    assert made.headers["Location"] == f"/api/v1/people/{made.body['id']}"
    assert (made.body["status"], made.body["email"], made.body["given_name"]) == ("pending", "pat@example.test", "Pat")
    assert made.body["role"]["name"] == "Member"
    assert made.body["teams"] == [{"id": team["id"], "name": "North"}]
    assert key.get(made.headers["Location"]).body == made.body
    again = key.post("/people", {"email": "pat@example.test", "role_id": str(org.role("member"))})
    assert (again.status, again.code, again.body["membership_id"]) == (409, "already_invited", made.body["id"])


@pytest.mark.parametrize("wrong", [
    {"email": ""}, {"email": "x"}, {"email": "a@b"}, {"email": "a\u202e@example.test"}, {"email": "a" * 300 + "@x.t"},
    {"role_id": "owner"}, {"role_id": None}, {"given_name": "a\u0000"}, {"given_name": "x" * 81}, {"team_ids": "x"},
    {"status": "active"}, {"organization_id": str(uuid4())}, {"is_keyholder": True}, {"user_id": str(uuid4())},
])  # fmt: skip
def test_adding_refuses_what_it_does_not_know(wrong):
    org = make_organization()
    key = by_key(org)
    refused = key.post("/people", {"email": _email(), "role_id": str(org.role("member")), **wrong})
    assert (refused.status, refused.code) == (422, "invalid_input")
    assert _count(org) == 1


def test_a_role_out_of_reach_is_not_given():
    org = make_organization()
    key = by_key(org, "people_administrator")
    refused = key.post("/people", {"email": _email(), "role_id": str(org.role("administrator"))})
    assert (refused.status, refused.code) == (403, "role_not_assignable")
    assert {role["key"] for role in key.get("/roles/assignable").body["items"]} == {"manager", "member", "read_only"}
    assert _count(org) == 1


def test_the_directory_is_filtered_sorted_and_paged():
    org = make_organization()
    for name in ("Ada", "Bea", "Cem", "Dan", "Eva"):
        org.invite(given_name=name, family_name="Zed")
    key = by_key(org)
    names = [p["given_name"] for p in key.get("/people?q=zed&status=pending&sort=-name").body["items"]]
    assert names == ["Eva", "Dan", "Cem", "Bea", "Ada"]
    walked, path = [], "/people?q=zed&limit=2"
    while path:
        page = key.get(path)
        walked += [p["given_name"] for p in page.body["items"]]
        path = f"/people?q=zed&limit=2&cursor={page.body['next']}" if page.body["next"] else ""
        if path:
            assert f"cursor={page.body['next']}" in page.headers["Link"]
            assert 'rel="next"' in page.headers["Link"]
    assert walked == ["Ada", "Bea", "Cem", "Dan", "Eva"]
    back = key.get(f"/people?q=zed&limit=2&cursor={page.body['previous']}")
    assert [p["given_name"] for p in back.body["items"]] == ["Cem", "Dan"]
    assert key.get("/people?never_signed_in=true").body["items"][0]["last_sign_in_at"] is None
    assert key.get(f"/people?role={org.role('owner')}").body["items"][0]["id"] == str(org.owner.membership_id)
    assert key.get("/people?q=nobody%20at%20all").body == {"items": [], "next": None, "previous": None}


def test_lists_take_the_same_queries_for_one_row_and_many(django_assert_max_num_queries):
    org = make_organization()
    key = by_key(org)
    # The first call of a minute also notes that the key was used.
    assert key.get("/me").status == 200
    for _ in range(3):
        with django_assert_max_num_queries(16):
            assert key.get("/people?status=active&status=pending").status == 200
        org.invite()


def test_names_are_changed_one_by_one():
    org = make_organization()
    key, person = by_key(org), org.person()
    changed = key.patch(f"/people/{person.membership_id}", {"given_name": "Quinn"})
    assert (changed.body["given_name"], changed.body["family_name"]) == ("Quinn", "Example")
    assert key.patch(f"/people/{person.membership_id}", {"role_id": str(org.role("owner"))}).status == 422
    refused = by_key(org, "people_administrator").patch(f"/people/{org.owner.membership_id}", {"given_name": "X"})
    assert (refused.status, refused.code) == (403, "member_out_of_hand")


def test_a_role_is_planned_confirmed_and_refused_when_the_plan_is_old():
    org = make_organization()
    key, person = by_key(org), org.person("member")
    path, manager = f"/people/{person.membership_id}/role", str(org.role("manager"))
    plan = key.get(f"{path}/plan?role_id={manager}")
    assert (plan.status, plan.body["loses"]) == (200, [])
    assert "teams.manage" in plan.body["gains"]
    old = key.put(path, {"role_id": manager, "digest": "0" * 32})
    assert (old.status, old.code, old.body["plan"]["digest"]) == (409, "plan_changed", plan.body["digest"])
    changed = key.put(path, {"role_id": manager, "digest": plan.body["digest"]})
    assert changed.body["role"]["name"] == "Manager"
    assert key.put(path, {"role_id": manager}).code == "same_role"
    assert key.put(f"/people/{org.owner.membership_id}/role", {"role_id": manager}).code == "last_keyholder"
    assert (
        by_session(org.owner).put(f"/people/{org.owner.membership_id}/role", {"role_id": manager}).code
        == "not_on_oneself"
    )


def test_deactivation_is_planned_done_and_taken_back():
    org = make_organization()
    key, person = by_key(org), org.person()
    browser = by_session(person)
    path = f"/people/{person.membership_id}/deactivation"
    plan = key.get(f"{path}/plan").body
    assert (len(plan["people"]), plan["seats_freed"], plan["sessions"]) == (1, 1, 2)
    gone = key.post(path, {"digest": plan["digest"]})
    assert (gone.status, gone.body["status"]) == (200, "deactivated")
    assert browser.get("/me").status == 401
    assert key.post(path).code == "not_active"
    back = key.delete(path)
    assert (back.status, back.body["status"]) == (200, "active")
    assert key.delete(path).code == "not_deactivated"
    assert by_session(org.owner).post(f"/people/{org.owner.membership_id}/deactivation").code == "not_on_oneself"
    assert key.post(f"/people/{org.owner.membership_id}/deactivation").code == "last_keyholder"


def test_a_removal_keeps_the_name():
    org = make_organization()
    key, person = by_key(org), org.person()
    path = f"/people/{person.membership_id}/removal"
    assert key.get(f"{path}/plan").body["roles"] == 1
    removed = key.post(path, {})
    assert (removed.body["status"], removed.body["name"], removed.body["role"]) == ("removed", "Pat Example", None)
    assert key.post(path).code == "already_removed"
    assert str(person.membership_id) not in key.get("/people").raw.decode()


def test_a_selection_names_whom_it_left_out():
    org = make_organization()
    key, first, second = by_key(org), org.person(), org.person()
    everybody = [str(i) for i in (org.owner.membership_id, first.membership_id, second.membership_id)]
    plan = key.post("/people/deactivations/plan", {"person_ids": everybody}).body
    assert [r["code"] for r in plan["refused"]] == ["last_keyholder"]
    done = key.post("/people/deactivations", {"person_ids": everybody, "digest": plan["digest"]})
    assert (done.status, len(done.body["people"]), len(done.body["refused"])) == (200, 2, 1)
    plan = key.post("/people/removals/plan", {"person_ids": everybody[1:]}).body
    assert key.post("/people/removals", {"person_ids": everybody[1:], "digest": plan["digest"]}).status == 200
    assert org.status(first.membership_id) == "removed"
    assert org.status(org.owner.membership_id) == "active"
    for bad in ([], ["x"], [str(uuid4())] * 501, None):
        assert key.post("/people/removals", {"person_ids": bad}).status == 422


def test_sessions_are_listed_and_ended():
    org = make_organization()
    key, person = by_key(org), org.person()
    browser = by_session(person)
    mine = browser.get("/me/sessions").body["items"]
    assert len(mine) == len(key.get(f"/people/{person.membership_id}/sessions").body["items"]) == 2
    assert browser.delete(f"/me/sessions/{mine[1]['id']}").status == 204
    assert browser.delete(f"/me/sessions/{mine[1]['id']}").code == "not_found"
    assert by_session(org.owner).delete(f"/me/sessions/{mine[0]['id']}").code == "not_found"
    assert key.delete(f"/people/{person.membership_id}/sessions").status == 204
    assert browser.get("/me").code == "not_authenticated"
    assert key.get("/me/sessions").code == "not_found"


def test_a_password_reset_is_mailed_to_active_people_only():
    org = make_organization()
    key, person, pending = by_key(org), org.person(), org.invite()
    assert key.post(f"/people/{person.membership_id}/password-reset").status == 202
    assert key.post(f"/people/{pending.membership_id}/password-reset").code == "not_active"


def test_an_invitation_is_listed_edited_sent_again_copied_and_revoked():
    org = make_organization()
    key, invited = by_key(org), org.invite()
    path = f"/people/{invited.membership_id}/invitation"
    assert key.get("/invitations").body["items"][0]["state"] == "pending"
    edited = key.patch(path, {"given_name": "Robin", "role_id": str(org.role("manager"))})
    assert (edited.body["given_name"], edited.body["family_name"], edited.body["role"]["name"]) == (
        "Robin",
        "Example",
        "Manager",
    )
    assert key.post(f"{path}/delivery").status == 202
    assert key.get("/invitations").body["items"][0]["sent_count"] == 2
    link = key.post(f"{path}/link", Idempotency_Key="copy-1")
    assert (link.status, "/accounts/invitation/" in link.body["url"]) == (201, True)
    again = key.post(f"{path}/link", Idempotency_Key="copy-1")
    assert (again.status, again.code) == (409, "answer_not_repeated")
    assert key.post(f"{path}/revocation").body["status"] == "removed"
    for refused in (key.post(f"{path}/delivery"), key.post(f"{path}/link"), key.post(f"{path}/revocation")):
        assert refused.code == "not_invited"
    assert key.get("/invitations").body["items"][0]["state"] == "revoked"


def test_a_manager_sees_their_team_only():
    org = make_organization()
    key, manager, mate, other = by_key(org), org.person("manager"), org.person(), org.person()
    team = key.post("/teams", {"name": "North"}).body["id"]
    key.post(f"/teams/{team}/members", {"person_ids": [str(manager.membership_id), str(mate.membership_id)]})
    browser = by_session(manager)
    seen = {p["id"] for p in browser.get("/people").body["items"]}
    assert seen == {str(manager.membership_id), str(mate.membership_id)}
    hidden = browser.get(f"/people/{other.membership_id}")
    unknown = browser.get(f"/people/{uuid4()}")
    assert (hidden.status, hidden.code) == (unknown.status, unknown.code) == (404, "not_found")
    assert browser.get("/people?q=example").body["items"][0]["id"] in seen


def test_a_selection_of_invitations_is_sent_again():
    org = make_organization()
    key, first, person = by_key(org), org.invite(), org.person()
    ids = [str(first.membership_id), str(person.membership_id)]
    plan = key.post("/invitations/deliveries/plan", {"person_ids": ids}).body
    assert ([p["id"] for p in plan["people"]], plan["refused"][0]["code"]) == (ids[:1], "not_invited")
    sent = key.post("/invitations/deliveries", {"person_ids": ids, "digest": plan["digest"]})
    assert (sent.status, sent.body["person_ids"]) == (202, ids[:1])
    assert key.post("/invitations/deliveries", {"person_ids": ids[1:]}).code == "not_invited"


def test_people_are_invited_into_a_unit_and_found_by_unit_and_workspace():
    org = make_organization()
    key = by_key(org)
    north = key.post("/units", {"name": "North"}).body
    oslo = key.post("/units", {"name": "Oslo", "parent_id": north["id"]}).body
    body = {"email": _email(), "role_id": str(org.role("member"))}
    made = key.post("/people", {**body, "unit_id": oslo["id"]})
    assert made.status == 201, made.raw
    assert (made.body["unit"], made.body["profile_id"]) == ({"id": oslo["id"], "name": "Oslo"}, None)
    assert key.post("/people", {**body, "email": _email(), "unit_id": str(uuid4())}).status == 404
    elsewhere = key.post("/people", {**body, "email": _email()}).body
    assert elsewhere["unit"] is None
    found = [p["id"] for p in key.get(f"/people?unit={north['id']}").body["items"]]
    assert found == [made.body["id"]]
    fairs = key.post("/workspaces", {"name": "Fairs"}).body
    level = {"person_ids": [elsewhere["id"]], "role_id": str(org.role("workspace_member"))}
    assert key.post(f"/workspaces/{fairs['id']}/members", level).status == 204
    assert [p["id"] for p in key.get(f"/people?workspace={fairs['id']}").body["items"]] == [elsewhere["id"]]
    assert key.get(f"/people?workspace={fairs['id']}&unit={north['id']}").body["items"] == []
    assert key.get("/people?unit=north").code == "invalid_input"


def test_a_row_names_the_profile_that_bounds_somebody():
    org = make_organization()
    key, person, profile = by_key(org), org.person(), make_profile(org)
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile)
    assert key.get(f"/people/{person.membership_id}").body["profile_id"] == str(profile)

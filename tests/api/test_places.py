"""Units, workspaces and workflows for programs: each operation with a success and its refusals."""

from api.callers import by_key, make_organization, one_of


def test_a_tree_is_made_moved_filled_and_deleted():
    org = make_organization()
    key, person = by_key(org), org.person()
    north, south = (key.post("/units", {"name": name}).body for name in ("North", "South"))
    oslo = key.post("/units", {"name": "Oslo", "parent_id": north["id"]})
    assert (oslo.status, oslo.body["parent_id"]) == (201, north["id"])
    path = f"/units/{oslo.body['id']}"
    assert key.get(oslo.headers["Location"]).body == oslo.body
    assert key.post("/units", {"name": "OSLO", "parent_id": north["id"]}).code == "unit_name_taken"
    assert key.patch(path, {"name": "Bergen"}).body["name"] == "Bergen"
    assert key.post(f"/units/{north['id']}/move", {"parent_id": oslo.body["id"]}).code == "unit_below_itself"
    planned = key.get(f"{path}/move/plan?parent_id={south['id']}").body
    assert (planned["units"], planned["after"]["name"]) == (1, "South")
    moved = key.post(f"{path}/move", {"parent_id": south["id"], "digest": planned["digest"]})
    assert moved.body["parent_id"] == south["id"]
    ids = {"person_ids": [str(person.membership_id)]}
    assert [p["id"] for p in key.post(f"{path}/members/plan", ids).body["people"]] == ids["person_ids"]
    assert key.post(f"{path}/members", ids).body["person_ids"] == ids["person_ids"]
    assert key.post(f"{path}/members", ids).code == "already_in_unit"
    assert key.get(f"{path}/agents").body == {"items": []}
    plan = key.get(f"{path}/deletion/plan").body
    assert (plan["people"], plan["to"]["name"]) == (1, "South")
    assert key.delete(f"{path}?digest={'0' * 32}").code == "plan_changed"
    assert key.delete(f"{path}?digest={plan['digest']}").status == 204
    assert key.get(path).status == 404
    assert len(key.get(f"/units?parent={south['parent_id']}").body["items"]) == 2


def test_a_workspace_is_filled_at_levels_and_deleted():
    org = make_organization()
    key, person = by_key(org), str(org.person().membership_id)
    level, other = (str(org.role(name)) for name in ("workspace_member", "workspace_viewer"))
    made = key.post("/workspaces", {"name": "Fairs", "description": "On the road"})
    path = f"/workspaces/{made.body['id']}"
    assert key.get(path).body == made.body
    assert key.post("/workspaces", {"name": "fairs"}).code == "workspace_name_taken"
    assert key.patch(path, {"name": "Shows"}).body["description"] == "On the road"
    body = {"person_ids": [person], "role_id": level}
    assert key.post(f"{path}/members", {**body, "role_id": str(org.role("member"))}).code == "role_not_assignable"
    assert key.post(f"{path}/members", body).status == 204
    assert key.post(f"{path}/members", body).code == "already_in_workspace"
    assert key.put(f"{path}/members/{person}", {"role_id": level}).code == "same_role"
    assert key.put(f"{path}/members/{person}", {"role_id": other}).status == 204
    assert one_of(key.get(f"{path}/members"))["level"]["id"] == other
    assert key.delete(f"{path}/members/{person}").status == 204
    assigned = {"workspaces": [{"workspace_id": made.body["id"], "role_id": level}]}
    assert key.post(f"/people/{person}/workspaces", assigned).status == 204
    assert key.get(f"{path}/deletion/plan").body["members"] == 1
    assert key.delete(path).status == 204
    assert key.get(path).code == "not_found"


def test_a_workflow_is_joined_and_deleted():
    org = make_organization()
    key, person = by_key(org), str(org.person().membership_id)
    made = key.post("/workflows", {"name": "Loans"})
    path = f"/workflows/{made.body['id']}"
    assert key.post("/workflows", {"name": "LOANS"}).code == "workflow_name_taken"
    assert key.patch(path, {"name": "Home loans"}).body["name"] == "Home loans"
    assert key.post(f"{path}/members", {"person_ids": [person]}).body["size"] == 1
    assert key.post(f"{path}/members", {"person_ids": [person]}).code == "already_in_workflow"
    assert one_of(key.get(f"{path}/members"))["id"] == person
    assert key.delete(f"{path}/members/{person}").status == 204
    plan = key.get(f"{path}/deletion/plan").body
    assert (plan["asks_name"], plan["deals"], plan["routes"]) == (True, 0, [])
    assert key.post(f"{path}/deletion", {"digest": plan["digest"]}).code == "organization_name_asked"
    body = {"digest": plan["digest"], "organization_name": "Halden Supply"}
    assert key.post(f"{path}/deletion", body).status == 204
    assert [w["name"] for w in key.get("/workflows").body["items"]] == ["Sales"]


def test_without_the_permission_nothing_of_it_is_open():
    org = make_organization()
    key = by_key(org, "member")
    for listing in ("units", "workspaces", "workflows"):
        assert key.get(f"/{listing}").code == "permission_missing"

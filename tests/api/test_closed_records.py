"""Records that whoever receives them could not open, over the interface: counted by the plan, refused unless it is
meant, and shared among those who can."""

from api.callers import by_key, by_session, make_organization
from factories.records import make_record, make_workflow
from support.handing import owners
from support.many import run
from support.structure import give, make_role
from tenantry.acting import operations
from tenantry.organizations.actions.policies import change_policy
from tenantry.usecases.workspaces import add_to_workspace, create_workspace, remove_from_workspace


def ground():
    org = make_organization(blueprint="messaging", seats=30)
    leaver, heir, mate = (org.person("member") for _n in range(3))
    north, south = (org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
    level = org.role("workspace_agent")
    for place, people in ((north, (leaver, heir)), (south, (leaver, mate))):
        ids = tuple(one.membership_id for one in people)
        org.perform(add_to_workspace, workspace_id=place, membership_ids=ids, role_id=level)
    for place, number in ((north, 3), (south, 2)):
        for _n in range(number):
            make_record(org, "contact", leaver, workspace_id=place)
    # Agents work on contacts: a deal is closed to all of them.
    make_record(org, "lead", leaver, workspace_id=north)
    return org, by_key(org, "admin"), leaver, heir, mate, north, south


def held(org, person):
    return sum(owner == person.membership_id for owner in owners(org).values())


def test_the_plan_counts_by_workspace_and_the_act_refuses_unless_it_is_meant():
    org, key, leaver, heir, _mate, north, south = ground()
    at = f"/people/{leaver.membership_id}/records/reassignment"
    wanted = {"spread": "one", "to": [str(heir.membership_id)]}
    plan = key.post(f"{at}/plan", wanted).body
    assert [
        (one["person"]["id"], one["workspace_id"], one["workspace"], one["records"], one["number"])
        for one in plan["closed"]
    ] == [
        (str(heir.membership_id), str(south), "Iberia", [{"type": "contact", "number": 2}], 2),
        (str(heir.membership_id), str(north), "Nordics", [{"type": "lead", "number": 1}], 1),
    ]
    refused = key.post(at, {**wanted, "digest": plan["digest"]})
    assert (refused.status, refused.code) == (409, "receiver_cannot_open")
    assert {one["workspace_id"]: one["number"] for one in refused.body["closed"]} == {str(south): 2, str(north): 1}
    assert held(org, leaver) == 6
    level = org.role("workspace_agent")
    org.perform(add_to_workspace, workspace_id=south, membership_ids=(heir.membership_id,), role_id=level)
    stale = key.post(at, {**wanted, "digest": plan["digest"], "anyway": True})
    assert (stale.status, stale.code) == (409, "plan_changed")
    fresh = stale.body["plan"]
    assert sum(one["number"] for one in key.post(f"{at}/plan", wanted).body["closed"]) == 1
    done = key.post(at, {**wanted, "digest": fresh["digest"], "anyway": True})
    assert (done.status, done.body["moved"], done.body["closed"]) == (200, 6, 1)
    assert held(org, heir) == 6


def test_a_spread_shares_among_those_who_can_open_it():
    org, key, leaver, heir, mate, _north, _south = ground()
    at = f"/people/{leaver.membership_id}/records/reassignment"
    both = [str(one.membership_id) for one in (heir, mate)]
    wanted = {"spread": "round_robin", "to": both, "types": ["contact"]}
    plan = key.post(f"{at}/plan", wanted).body
    assert {one["id"]: one["number"] for one in plan["receivers"]} == dict(zip(both, (3, 2), strict=True))
    assert plan["closed"] == []
    done = key.post(at, {**wanted, "digest": plan["digest"]})
    assert (done.status, done.body["closed"]) == (200, 0)
    assert (held(org, heir), held(org, mate), held(org, leaver)) == (3, 2, 1)


def test_a_removal_with_a_successor_who_could_not_open_it():
    org, key, leaver, heir, _mate, _north, south = ground()
    org.perform(change_policy, code="people.removal_records", value="successor_required")
    at, to = f"/people/{leaver.membership_id}/removal", str(heir.membership_id)
    plan = key.get(f"{at}/plan?successor_id={to}").body
    assert [one["code"] for one in plan["refused"]] == ["successor_cannot_open"]
    refused = key.post(at, {"successor_id": to})
    assert (refused.status, refused.code) == (409, "successor_cannot_open")
    assert str(south) in {one["workspace_id"] for one in refused.body["closed"]}
    meant = key.get(f"{at}/plan?successor_id={to}&anyway=true").body
    assert (meant["refused"], sum(one["number"] for one in meant["closed"])) == ([], 3)
    done = key.post(at, {"successor_id": to, "anyway": True, "digest": meant["digest"]})
    assert (done.status, done.body["status"]) == (200, "removed")
    assert held(org, heir) == 6
    assert key.get(f"/people/{leaver.membership_id}/receipt").body["numbers"]["closed"] == 3


def test_a_workspace_out_of_sight_is_told_neither_by_name_nor_by_id():
    org, _key, leaver, heir, _mate, north, south = ground()
    org.perform(change_policy, code="people.removal_records", value="successor_optional")
    hands = {"people.view": "all", "people.edit": "all", "people.remove": "all"}
    clerk = org.person("admin")
    give(org, clerk, make_role(org, "base", hands, assignable=None), base=True)
    key = by_session(clerk)
    at, to = f"/people/{leaver.membership_id}", str(heir.membership_id)
    wanted = {"spread": "one", "to": [to]}
    answers = [
        key.post(f"{at}/records/reassignment/plan", wanted),
        key.post(f"{at}/records/reassignment", wanted),
        key.get(f"{at}/removal/plan?successor_id={to}"),
        key.get(f"{at}/removal/plan?successor_id={to}&anyway=true"),
        key.post(f"{at}/removal", {"successor_id": to}),
    ]
    assert [one.status for one in answers] == [200, 409, 200, 200, 409], answers
    assert sum(one["number"] for one in answers[0].body["closed"]) == 3
    said = b" ".join(one.raw for one in answers).decode()
    assert [one for one in (str(north), str(south), "Nordics", "Iberia") if one in said] == []


# --- Records given one by one, and those of a selection ---------------------------------------


def near_one(org):
    """Somebody of one workspace, and another workspace."""
    near = org.person("member")
    north, south = (org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
    org.perform(add_to_workspace, workspace_id=north, membership_ids=(near.membership_id,), role_id=agent(org))
    return near, north, south


def agent(org):
    return org.role("workspace_agent")


def test_records_given_to_somebody_who_could_not_open_them_are_refused_unless_it_is_meant():
    org = make_organization(blueprint="messaging", seats=30)
    near, north, south = near_one(org)
    key = by_key(org, "admin")
    ids = [str(make_record(org, "contact", org.owner, workspace_id=one)) for one in (north, south, south)]
    wanted = {"record_ids": ids, "owner_id": str(near.membership_id)}
    refused = key.post("/contacts/owner", wanted)
    assert (refused.status, refused.code) == (409, "receiver_cannot_open")
    assert [(one["workspace_id"], one["number"]) for one in refused.body["closed"]] == [(str(south), 2)]
    assert held(org, near) == 0
    done = key.post("/contacts/owner", {**wanted, "anyway": True})
    assert (done.status, len(done.body["done"]), done.body["closed"]) == (200, 3, 2)
    # Nobody is asked about the queue.
    assert key.post("/contacts/owner", {**wanted, "owner_id": None}).body["closed"] == 0


def test_what_is_made_for_somebody_who_could_not_open_it_is_refused_unless_it_is_meant():
    org = make_organization(blueprint="messaging", seats=30)
    near, north, south = near_one(org)
    key, to = by_key(org, "admin"), str(near.membership_id)
    about = {"type": "contact", "id": str(make_record(org, "contact", org.owner, workspace_id=south))}
    bodies = {
        "/leads": {"family_name": "Vik", "workspace_id": str(south)},
        "/contacts": {"family_name": "Vik", "workspace_id": str(south)},
        "/companies": {"name": "Vik AS", "workspace_id": str(south)},
        "/deals": {"name": "Vik", "workflow_id": str(make_workflow(org)), "workspace_id": str(south)},
        "/tasks": {"title": "Call", "about": about},
    }
    for at, said in bodies.items():
        refused = key.post(at, {**said, "owner_id": to})
        assert (refused.status, refused.code) == (409, "receiver_cannot_open"), at
        assert held(org, near) == list(bodies).index(at)
        made = key.post(at, {**said, "owner_id": to, "anyway": True})
        assert (made.status, made.body["owner"]["id"]) == (201, to), at
    assert key.post("/contacts", {"family_name": "Ek", "workspace_id": str(north), "owner_id": to}).status == 201
    sent = f"/files?name=a.txt&owner_id={to}&about_type=contact&about_id={about['id']}"
    octets = {"Content_Type": "application/octet-stream"}
    assert key.call("POST", sent, raw=b"one", **octets).code == "receiver_cannot_open"
    assert key.call("POST", f"{sent}&anyway=true", raw=b"one", **octets).status == 201


def test_of_a_selection_the_plan_counts_them_and_access_lost_meanwhile_is_asked_again():
    org = make_organization(blueprint="messaging", seats=30)
    near, north, south = near_one(org)
    key, to = by_key(org, "admin"), str(near.membership_id)
    for place in (north, south):
        for _n in range(2):
            make_record(org, "contact", org.owner, workspace_id=place)
    asked = {"do": "give", "owner_id": to, "filter": {}}
    plan = key.post("/contacts/bulk", {**asked, "dry_run": True}).body["plan"]
    assert [(one["workspace_id"], one["number"]) for one in plan["closed"]] == [(str(south), 2)]
    refused = key.post("/contacts/bulk", {**asked, "digest": plan["digest"]})
    assert (refused.status, refused.code) == (409, "receiver_cannot_open")
    org.perform(add_to_workspace, workspace_id=south, membership_ids=(near.membership_id,), role_id=agent(org))
    many = [make_record(org, "contact", org.owner, workspace_id=south) for _n in range(operations.BATCH)]
    begun = key.post("/contacts/bulk", asked)
    assert begun.status == 202
    work_id = begun.body["operation"]["id"]
    work = f"/operations/{work_id}"
    org.perform(remove_from_workspace, workspace_id=south, membership_id=near.membership_id)
    run(org, work_id)
    done = key.get(work).body
    assert (done["state"], done["done"], done["refused"]) == ("done", 2, len(many) + 2)
    assert held(org, near) == 2
    [line, *_rest] = key.get(f"{work}/lines?state=refused").body["items"]
    assert line["code"] == "receiver_cannot_open"
    # Meant, they go there all the same.
    begun = key.post("/contacts/bulk", {**asked, "anyway": True})
    run(org, begun.body["operation"]["id"])
    assert held(org, near) == len(many) + 4

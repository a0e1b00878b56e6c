"""Records that whoever receives them could not open, over the interface: counted by the plan, refused unless it is
meant, and shared among those who can."""

from api.callers import by_key, make_organization
from factories.records import make_record
from support.handing import owners
from tenantry.organizations.actions.policies import change_policy
from tenantry.usecases.workspaces import add_to_workspace, create_workspace


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

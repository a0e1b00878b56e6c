"""Leaving over the interface: all that is to be settled at once, a successor, 409 with the plan of now, receipts."""

from api.callers import by_key, by_session, make_organization
from factories.records import make_each, make_record, make_workflow
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Deal
from tenantry.usecases.workflows import add_to_workflow


def ground():
    org = make_organization(seats=20)
    return org, by_key(org), org.person("member"), org.person("member")


def owners_of_deals(org) -> set:
    with scope.tenant(org.id), reading():
        return set(Deal.objects.values_list("owner_id", flat=True))


def test_a_removal_hands_everything_to_the_successor():
    org, key, leaver, heir = ground()
    make_each(org, leaver)
    at = f"/people/{leaver.membership_id}"
    plan = key.get(f"{at}/removal/plan?successor_id={heir.membership_id}").body
    assert {one["type"] for one in plan["records"]} == set(owned_types())
    assert plan["successor"]["id"] == str(heir.membership_id)
    assert (plan["open_deals"], plan["open_value"]) == (1, [{"currency": "EUR", "minor": 120_000}])
    make_record(org, "deal", leaver)
    wanted = {"successor_id": str(heir.membership_id), "digest": plan["digest"]}
    stale = key.post(f"{at}/removal", wanted)
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert stale.body["plan"]["open_deals"] == 2
    assert owners_of_deals(org) == {leaver.membership_id}
    done = key.post(f"{at}/removal", {**wanted, "digest": stale.body["plan"]["digest"]})
    assert (done.status, done.body["status"]) == (200, "removed")
    assert owners_of_deals(org) == {heir.membership_id}
    receipt = key.get(f"{at}/receipt").body
    assert (receipt["code"], receipt["records"]) == (
        "people.removed",
        [{"type": one["type"], "number": one["number"] + (one["type"] == "deal")} for one in plan["records"]],
    )


def test_all_that_is_to_be_settled_is_refused_at_once_and_frozen_when_asked():
    org, key, leaver, _heir = ground()
    flows = [make_workflow(org) for _ in range(2)]
    for flow in flows:
        org.perform(add_to_workflow, workflow_id=flow, membership_ids=(leaver.membership_id,))
    at = f"/people/{leaver.membership_id}/deactivation"
    refused = key.post(at, {})
    assert (refused.status, refused.code) == (409, "settle_first")
    assert {one["id"] for one in refused.body["matters"]} == {str(flow) for flow in flows}
    assert org.status(leaver.membership_id) == "active"
    plan = key.get(f"{at}/plan").body
    assert [one["code"] for one in plan["refused"]] == ["settle_first"]
    assert [one["must"] for one in plan["matters"]] == [True, True]
    assert key.post(at, {"freezing": True}).status == 200
    assert org.status(leaver.membership_id) == "deactivated"
    assert key.get(f"/people/{leaver.membership_id}/receipt").body["later"] == ["workflow", "workflow"]


def test_a_successor_who_is_nobody_here_is_not_told_from_one_elsewhere():
    org, key, leaver, _heir = ground()
    other = make_organization()
    make_each(org, leaver)
    at = f"/people/{leaver.membership_id}/removal"
    answers = [
        key.post(at, {"successor_id": str(one)})
        for one in (other.owner.membership_id, "01890a5d-ac96-774b-bcce-b302099a8057")
    ]
    assert [one.status for one in answers] == [404, 404]
    assert answers[0].body["detail"] == answers[1].body["detail"]
    own = key.post(at, {"successor_id": str(leaver.membership_id)})
    assert (own.status, own.code) == (422, "successor_leaves")
    assert org.status(leaver.membership_id) == "active"


def test_records_are_reassigned_with_a_plan_and_a_changed_one_is_answered():
    org, key, leaver, heir = ground()
    make_each(org, leaver)
    at = f"/people/{leaver.membership_id}/records"
    assert key.get(at).body["total"] == len(owned_types())
    wanted = {"types": ["deal", "task"], "spread": "one", "to": [str(heir.membership_id)]}
    plan = key.post(f"{at}/reassignment/plan", wanted).body
    assert [(one["type"], one["number"]) for one in plan["records"]] == [("deal", 1), ("task", 1)]
    make_record(org, "deal", leaver)
    stale = key.post(f"{at}/reassignment", {**wanted, "digest": plan["digest"]})
    assert (stale.status, stale.code) == (409, "plan_changed")
    assert stale.body["plan"]["total"] == 3
    done = key.post(f"{at}/reassignment", {**wanted, "digest": stale.body["plan"]["digest"]})
    assert (done.status, done.body) == (200, {"moved": 3, "closed": 0, "operation_id": None})
    assert owners_of_deals(org) == {heir.membership_id}
    assert key.get(at).body["total"] == len(owned_types()) - 2
    nothing = key.post(f"{at}/reassignment", wanted)
    assert (nothing.status, nothing.code) == (409, "nothing_to_hand_over")


def test_somebody_removed_is_erased():
    _org, key, leaver, _heir = ground()
    at = f"/people/{leaver.membership_id}"
    assert key.post(f"{at}/erasure", {}).code == "not_removed"
    assert key.post(f"{at}/removal", {}).status == 200
    plan = key.get(f"{at}/erasure/plan").body
    done = key.post(f"{at}/erasure", {"digest": plan["digest"]})
    assert (done.status, done.body["pseudonym"]) == (200, plan["pseudonym"])
    assert key.get(at).body["name"] == plan["pseudonym"]


def test_a_last_day_is_planned_for_a_selection():
    org = make_organization()
    one, two, heir, key = org.person(), org.person(), org.person(), by_key(org)
    make_record(org, "lead", one)
    both = {"person_ids": [str(one.membership_id), str(two.membership_id)], "last_day": "2030-05-04"}
    leave = {**both, "back_on": "2030-06-03"}
    plan = key.post("/people/planned/leavings/plan", leave).body
    assert (plan["back_on"], plan["leaving"]["seats_freed"]) == ("2030-06-03", 2)
    made = key.post("/people/planned/leavings", {**leave, "digest": plan["digest"]}).body
    assert len(made["people"]) == 2
    assert key.post("/people/planned/leavings", {**both, "last_day": "2020-05-04"}).code == "day_over"
    heirs = {**both, "successor_id": str(heir.membership_id)}
    away = key.post("/people/planned/removals/plan", heirs).body
    assert away["leaving"]["records"] == [{"type": "lead", "number": 1}]
    assert key.post("/people/planned/removals", {**heirs, "digest": "0" * 32}).code == "plan_changed"
    assert key.post("/people/planned/removals", {**heirs, "digest": away["digest"]}).status == 200
    path = f"/people/{one.membership_id}/planned"
    [planned] = key.get(path).body["items"]
    assert (planned["kind"], planned["successor"]["id"]) == ("removal", str(heir.membership_id))
    assert key.delete(path).code == "nothing_planned"
    assert key.delete(f"{path}/removal").status == 204
    assert key.delete(f"{path}/removal").code == "nothing_planned"
    assert by_session(two).post("/people/planned/removals", both).code == "permission_missing"

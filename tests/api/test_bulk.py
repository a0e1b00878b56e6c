"""Many people by program: the plan, the deed at once or in the background, and what became of everybody."""

from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization
from support.many import crowd, run
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.usecases.bulk_changing import planning


@pytest.fixture
def org():
    return make_organization()


def people(org, status: str) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.filter(status=status).count()


def test_a_dry_run_says_what_the_deed_does(org):
    key, some = by_key(org), [org.person() for _ in range(3)]
    ids = [str(one.membership_id) for one in some]
    asked = {"do": "role", "ids": ids, "value": str(org.role("administrator"))}
    plan = key.post("/people/bulk", {**asked, "dry_run": True}).body["plan"]
    assert (plan["total"], plan["done"], plan["refused"]) == (3, 3, [])
    assert {"code": "people.invite", "people": 3} in plan["gains"]
    done = key.post("/people/bulk", {**asked, "digest": plan["digest"]})
    assert done.status == 200, done.raw
    work = done.body["operation"]
    assert (work["state"], work["done"], work["refused"], work["kind"]) == ("done", 3, 0, "people.bulk_role")
    again = key.post("/people/bulk", {**asked, "digest": plan["digest"]})
    assert (again.status, again.code) == (409, "plan_changed")
    assert key.post("/people/bulk", asked).code == "nobody_to_change"


def test_all_who_match_go_on_in_the_background(org):
    key = by_key(org)
    crowd(org, 700)
    asked = {"do": "removal", "filter": {"q": "crowd", "status": ["active"]}}
    plan = key.post("/people/bulk", {**asked, "dry_run": True}).body["plan"]
    work = key.post("/people/bulk", {**asked, "digest": plan["digest"]}).body["operation"]
    assert (work["state"], work["total"], work["done"]) == ("waiting", 700, 0)
    path = f"/operations/{work['id']}"
    run(org, work["id"], batches=1)
    assert key.get(path).body["done"] == 500
    run(org, work["id"])
    assert (key.get(path).body["state"], people(org, "removed")) == ("done", 700)
    assert [one["id"] for one in key.get("/operations").body["items"]] == [work["id"]]
    seen, cursor = [], ""
    while cursor is not None:
        page = key.get(f"{path}/lines?state=done&limit=200&cursor={cursor}").body
        seen += [one["position"] for one in page["items"]]
        cursor = page["next"]
    assert seen == list(range(1, 701))
    assert key.get(f"{path}/lines?state=refused").body["items"] == []


def test_who_was_left_out_and_why(org):
    session = by_session(org.owner)
    rep = org.person()
    ids = [str(rep.membership_id), str(org.owner.membership_id)]
    work = session.post("/people/bulk", {"do": "deactivation", "ids": ids}).body["operation"]
    [line] = session.get(f"/operations/{work['id']}/lines?state=refused").body["items"]
    assert (line["code"], line["name"]) == ("not_on_oneself", "Maren Holt")
    assert line["detail"]


def test_canceled_by_program(org):
    key = by_key(org)
    crowd(org, 600)
    work = key.post("/people/bulk", {"do": "removal", "filter": {"q": "crowd"}}).body["operation"]
    assert key.post(f"/operations/{work['id']}/cancel").body["state"] == "canceled"
    assert key.post(f"/operations/{work['id']}/cancel").code == "operation_over"


def test_sent_twice_it_is_done_once(org):
    key = by_key(org)
    rep = org.person()
    asked = {"do": "deactivation", "ids": [str(rep.membership_id)]}
    first = key.post("/people/bulk", asked, Idempotency_Key="once")
    second = key.post("/people/bulk", asked, Idempotency_Key="once")
    assert first.body == second.body
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"do": "removal"}, 422),
        ({"do": "removal", "ids": [], "filter": {}}, 422),
        ({"do": "removal", "ids": [str(uuid4())], "filter": {}}, 422),
        ({"do": "nonsense", "filter": {}}, 422),
        ({"do": "role", "filter": {}}, 422),
        ({"do": "role", "filter": {}, "value": str(uuid4())}, 404),
        ({"do": "removal", "ids": [str(uuid4())]}, 404),
        ({"do": "removal", "filter": {"status": ["nonsense"]}}, 422),
        ({"do": "removal", "filter": {"q": "nobody is called this"}}, 422),
    ],
)
def test_what_makes_no_sense_is_refused(org, body, status):
    assert by_key(org).post("/people/bulk", body).status == status
    assert people(org, "removed") == 0


def test_each_deed_asks_for_its_own_permission(org):
    rep = org.person()
    key = by_key(org, "manager")
    answer = key.post("/people/bulk", {"do": "removal", "ids": [str(rep.membership_id)]})
    assert answer.code == "permission_missing"
    assert people(org, "removed") == 0


def test_another_organizations_work_is_not_there(org):
    key, other = by_key(org), make_organization()
    rep = other.person()
    work = by_key(other).post("/people/bulk", {"do": "deactivation", "ids": [str(rep.membership_id)]})
    path = f"/operations/{work.body['operation']['id']}"
    for answer in (key.get(path), key.get(f"{path}/lines"), key.post(f"{path}/cancel")):
        assert (answer.status, answer.code) == (404, "not_found")
    assert key.get("/operations").body["items"] == []


def test_many_are_planned_in_the_background_and_confirmed_by_the_operation(org, monkeypatch):
    monkeypatch.setattr(planning, "AT_ONCE", 3)
    key, other = by_key(org), by_session(org.owner)
    crowd(org, 6)
    asked = {"do": "removal", "filter": {"q": "crowd"}}
    begun = key.post("/people/bulk", {**asked, "dry_run": True}, Idempotency_Key="plan")
    assert (begun.status, begun.body["plan"]) == (202, None)
    work = begun.body["operation"]
    assert (work["kind"], work["state"], work["total"], work["plan"]) == (
        "people.bulk_plan_removal",
        "waiting",
        6,
        None,
    )
    again = key.post("/people/bulk", {**asked, "dry_run": True}, Idempotency_Key="plan")
    assert again.body["operation"]["id"] == work["id"]
    path = f"/operations/{work['id']}"
    assert key.post(f"{path}/confirm", {}).code == "not_planned"
    run(org, work["id"])
    plan = key.get(path).body["plan"]
    assert (plan["total"], plan["done"], plan["refused"], people(org, "removed")) == (6, 6, [], 0)
    assert other.post(f"{path}/confirm", {}).code == "planned_by_another"
    assert key.post("/people/bulk", {**asked, "digest": plan["digest"]}).code == "planned_first"
    confirmed = key.post(f"{path}/confirm", {})
    assert (confirmed.status, confirmed.body["state"], confirmed.body["plan"]) == (202, "waiting", None)
    assert confirmed.body["kind"] == "people.bulk_removal"
    assert key.post(f"{path}/confirm", {}).code == "not_planned"
    run(org, work["id"])
    assert (key.get(path).body["done"], people(org, "removed")) == (6, 6)

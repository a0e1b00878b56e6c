"""Many records by program, and saved views of lists: the plan, the deed, what became of each record."""

from uuid import uuid4

import pytest

from api.callers import by_key, by_session, make_organization
from factories.records import make_record
from support.handing import many_records, owners
from support.many import run
from tenantry.acting import operations
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Lead


@pytest.fixture
def org():
    return make_organization(seats=20)


def archived(org) -> int:
    with scope.tenant(org.id), reading():
        return Lead.objects.filter(archived_at__isnull=False).count()


def test_what_matches_changes_hands_as_the_plan_says(org):
    rep, key = org.person("member"), by_key(org)
    fresh = [make_record(org, "lead", org.owner, state="new", given_name="Nora") for _n in range(2)]
    make_record(org, "lead", org.owner, state="working")
    away = make_record(org, "lead", org.owner, state="new", archived_at=clock.now())
    asked = {"do": "give", "owner_id": str(rep.membership_id), "filter": {"state": ["new"], "archived": "all"}}
    plan = key.post("/leads/bulk", {**asked, "dry_run": True}).body["plan"]
    assert (plan["total"], plan["done"], plan["same"], plan["large"]) == (3, 2, 0, False)
    assert [(one["code"], one["number"]) for one in plan["refused"]] == [("record_archived", 1)]
    assert [name.partition(" ")[0] for name in plan["names"]] == ["Nora", "Nora"]
    make_record(org, "lead", org.owner, state="new")
    late = key.post("/leads/bulk", {**asked, "digest": plan["digest"]})
    assert (late.status, late.code) == (409, "plan_changed")
    done = key.post("/leads/bulk", asked, Idempotency_Key="once")
    assert done.status == 200, done.raw
    work = done.body["operation"]
    assert (work["state"], work["done"], work["refused"]) == ("done", 3, 1)
    assert key.post("/leads/bulk", asked, Idempotency_Key="once").body == done.body
    [line] = key.get(f"/operations/{work['id']}/lines?state=refused").body["items"]
    assert (line["record_id"], line["code"], line["person_id"]) == (str(away), "record_archived", None)
    assert {owners(org)["lead", one] for one in fresh} == {rep.membership_id}
    # Nobody is named by leaving the name out.
    for wrong in ({"do": "give", "ids": [str(away)]}, {"do": "archive", "ids": [str(away)], "owner_id": None}):
        assert key.post("/leads/bulk", wrong).status == 422
    for wrong in ({}, {"ids": [str(away)], "filter": {}}, {"filter": {"cursor": "x"}}, {"filter": {"state": ["odd"]}}):
        assert key.post("/leads/bulk", {"do": "archive", **wrong}).status == 422


def test_somebody_acts_on_theirs_alone_and_looks_after_what_they_began(org):
    rep = org.person("member")
    mine, theirs = make_record(org, "lead", rep), make_record(org, "lead", org.owner)
    session, other = by_session(rep), by_session(org.person("member"))
    for unknown in (str(theirs), str(uuid4())):
        assert session.post("/leads/bulk", {"do": "archive", "ids": [unknown]}).code == "not_found"
    work = session.post("/leads/bulk", {"do": "archive", "filter": {}}).body["operation"]
    assert (work["total"], work["done"], archived(org)) == (1, 1, 1)
    path = f"/operations/{work['id']}"
    assert session.get(path).body["kind"] == "records.bulk_archive"
    assert [one["record_id"] for one in session.get(f"{path}/lines").body["items"]] == [str(mine)]
    assert (other.get(path).code, other.get("/operations").body["items"]) == ("not_found", [])
    reader = by_session(org.person("read_only"))
    assert reader.post("/leads/bulk", {"do": "archive", "filter": {}}).code == "permission_missing"


def test_more_than_a_batch_goes_on_in_the_background_and_is_canceled(org):
    many_records(org, org.owner.membership_id, 3 * (operations.BATCH + 20))
    session = by_session(org.owner)
    begun = session.post("/leads/bulk", {"do": "archive", "filter": {"owner": "me"}})
    work = begun.body["operation"]
    assert (begun.status, work["state"], work["total"]) == (202, "waiting", operations.BATCH + 20)
    run(org, work["id"], batches=1)
    assert session.post(f"/operations/{work['id']}/cancel").body["state"] == "canceled"
    run(org, work["id"])
    assert archived(org) == operations.BATCH


def test_deleting_says_what_goes_along(org):
    lead = make_record(org, "lead", org.owner)
    make_record(org, "note", org.owner, lead_id=lead)
    key, asked = by_key(org), {"do": "delete", "ids": [str(lead)]}
    plan = key.post("/leads/bulk", {**asked, "dry_run": True}).body["plan"]
    assert plan["losses"] == [{"what": "deleted", "type": "note", "count": 1}]
    assert key.post("/leads/bulk", {**asked, "digest": plan["digest"]}).body["operation"]["done"] == 1
    assert ("lead", lead) not in owners(org)


@pytest.mark.parametrize("place", ["lead", "people"])
def test_views_are_kept_shared_changed_and_gone(org, place):
    session, other = by_session(org.owner), by_session(org.person("administrator"))
    made = session.post(f"/views/{place}", {"name": "Fresh", "query": "state=new", "is_shared": False})
    assert made.status == 201, made.raw
    path = f"/views/{place}/{made.body['id']}"
    assert session.post(f"/views/{place}", {"name": "fresh"}).code == "view_name_taken"
    assert (other.get(f"/views/{place}").body["items"], other.patch(path, {"name": "x"}).code) == ([], "not_found")
    shared = session.patch(path, {"is_shared": True}, If_Match=made.headers["ETag"])
    assert (shared.body["is_shared"], shared.body["query"], shared.body["version"]) == (True, "state=new", 2)
    assert session.patch(path, {"name": "Late"}, If_Match=made.headers["ETag"]).status == 412
    assert [one["owner"]["name"] for one in other.get(f"/views/{place}").body["items"]] == ["Maren Holt"]
    # Somebody's private one, another list, and no list at all are alike.
    elsewhere = "deal" if place == "lead" else "lead"
    for wrong in (f"/views/{elsewhere}/{made.body['id']}", f"/views/{place}/{uuid4()}", "/views/spaceship"):
        assert session.delete(wrong).status in (404, 405)
    assert session.get("/views/spaceship").code == "not_found"
    assert session.delete(path).status == 204
    assert session.get(f"/views/{place}").body["items"] == []
    # Keys use what is shared, and have none of their own.
    assert by_key(org).post(f"/views/{place}", {"name": "Mine"}).code == "not_found"


@pytest.mark.parametrize("nothing", ["nobody is called so", "\x1a\x8b4"])
@pytest.mark.parametrize("path", ["leads", "deals", "tasks", "activities", "files"])
def test_a_filter_that_finds_nothing_does_nothing(org, path, nothing):
    """Known to find nothing before anybody asks, too, because no search can be made of it."""
    asked = {"do": "give", "owner_id": str(org.person("member").membership_id), "filter": {"q": nothing}}
    key = by_key(org)
    for how in ({"dry_run": True}, {}):
        answer = key.post(f"/{path}/bulk", {**asked, **how})
        assert answer.status == 200, answer.raw
        assert (answer.body["plan"] or answer.body["operation"])["done"] == 0

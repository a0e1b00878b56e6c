"""Leads, contacts and companies for programs: each operation with a success and its refusals."""

import pytest

from api.callers import by_key, by_session, make_organization
from factories.records import make_record, make_workflow
from tenantry.access.actions.restricting import set_profile
from tenantry.access.models import Profile
from tenantry.core.ids import new_id
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

NOBODY = str(new_id())


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def key(org):
    return by_key(org)


def test_a_lead_is_made_read_edited_judged_and_found(org, key):
    made = key.post("/leads", {"given_name": "Nora", "family_name": "Vik", "email": "Nora@Vik.test"})
    assert made.status == 201, made.body
    assert (made.body["name"], made.body["email"], made.body["owner"]) == ("Nora Vik", "nora@vik.test", None)
    path = f"/leads/{made.body['id']}"
    assert key.get(made.headers["Location"]).body == made.body
    edited = key.patch(path, {"source": "Fair"}, If_Match=made.headers["ETag"])
    assert (edited.body["source"], edited.body["given_name"], edited.body["version"]) == ("Fair", "Nora", 2)
    assert key.patch(path, {"source": "Web"}, If_Match=made.headers["ETag"]).status == 412
    assert key.patch(path, {"given_name": "", "family_name": "", "email": ""}).code == "invalid_input"
    assert key.patch(path, {"owner_id": NOBODY}).status == 422
    assert key.post(f"{path}/state", {"state": "qualified"}).body["qualified_at"]
    assert [one["id"] for one in key.get("/leads?state=qualified").body["items"]] == [made.body["id"]]
    assert key.get("/leads?state=new").body["items"] == []
    assert key.get("/leads?q=vik").body["items"][0]["name"] == "Nora Vik"
    assert key.get("/leads?q=vix").body["items"] == []
    hits = key.get("/search?q=nor").body
    assert hits == {"items": [{"type": "lead", "id": made.body["id"], "name": "Nora Vik"}], "more": []}
    assert key.get(f"/leads/{NOBODY}").code == "not_found"


def test_a_lead_is_converted(org, key):
    workflow = make_workflow(org)
    lead = key.post("/leads", {"given_name": "Nora", "company_name": "Vik AS"}).body
    make_record(org, "note", org.owner, lead_id=lead["id"])
    path = f"/leads/{lead['id']}"
    assert [one["type"] for one in key.get(f"{path}/timeline").body["items"]] == ["note"]
    body = {"deal": {"workflow_id": str(workflow), "value": 5000}}
    assert key.post(f"{path}/conversion", {"deal": {"workflow_id": NOBODY}}).code == "not_found"
    done = key.post(f"{path}/conversion", body)
    assert done.status == 200, done.body
    assert done.body["moved"] == [{"type": "note", "count": 1}]
    assert key.post(f"{path}/conversion", body).code == "lead_already_converted"
    assert key.patch(path, {"source": "Late"}).code == "lead_already_converted"
    contact = key.get(f"/contacts/{done.body['contact_id']}").body
    assert contact["company"] == {"id": done.body["company_id"], "name": "Vik AS"}
    assert key.get(path).body["became_deal_id"] == done.body["deal_id"]


@pytest.mark.parametrize(
    ("path", "body", "changes"),
    [
        ("/contacts", {"given_name": "Ida", "phone": "+47 5550"}, {"job_title": "Buyer"}),
        ("/companies", {"name": "Fjord Marine"}, {"industry": "Boats"}),
    ],
)
def test_contacts_and_companies_are_made_edited_given_archived_and_deleted(org, key, path, body, changes):
    rep = org.person()
    made = key.post(path, body)
    assert made.status == 201, made.body
    one = f"{path}/{made.body['id']}"
    name, value = next(iter(changes.items()))
    assert key.patch(one, changes).body[name] == value
    ids = {"record_ids": [made.body["id"]]}
    assert key.post(f"{path}/owner", {**ids, "owner_id": NOBODY}).code == "not_found"
    assert key.post(f"{path}/owner", {**ids, "owner_id": str(rep.membership_id)}).body["done"] == ids["record_ids"]
    assert key.get(one).body["owner"]["id"] == str(rep.membership_id)
    assert key.get(f"{path}?owner={rep.membership_id}").body["items"]
    assert key.get(f"{path}?owner=nobody").body["items"] == []
    assert key.get(f"{path}?owner=0-0").status == 422
    assert key.post(f"{path}/archive", ids).body["done"] == ids["record_ids"]
    assert key.post(f"{path}/archive", ids).body["done"] == []
    assert key.patch(one, changes | {name: "Other"}).code == "record_archived"
    assert key.get(path).body["items"] == []
    assert len(key.get(f"{path}?archived=yes").body["items"]) == 1
    assert key.post(f"{path}/restore", ids).body["done"] == ids["record_ids"]
    plan = key.get(f"{one}/deletion/plan").body
    assert key.delete(f"{one}?digest={'0' * 32}").code == "plan_changed"
    assert key.delete(f"{one}?digest={plan['digest']}").status == 204
    assert key.get(one).code == "not_found"


def test_pages_follow_each_other(org, key):
    for number in range(5):
        make_record(org, "company", org.owner, name=f"Firm {number}")
    first = key.get("/companies?limit=3&sort=name").body
    second = key.get(f"/companies?limit=3&sort=name&cursor={first['next']}").body
    assert [one["name"] for one in (*first["items"], *second["items"])] == [f"Firm {n}" for n in range(5)]


def test_a_member_reaches_their_own_alone(org):
    rep = org.person()
    caller = by_session(rep)
    theirs = make_record(org, "lead", org.owner)
    assert caller.get(f"/leads/{theirs}").code == "not_found"
    assert caller.get("/leads").body["items"] == []
    made = caller.post("/leads", {"given_name": "Mine"})
    assert made.body["owner"]["id"] == str(rep.membership_id)
    assert caller.post("/leads", {"given_name": "Queued", "owner_id": None}).code == "permission_missing"
    assert caller.post("/leads/archive", {"record_ids": [str(theirs)]}).code == "not_found"


def test_hidden_fields_are_left_out_and_can_not_be_written(org):
    person = org.person("manager")
    codes = {code: "all" if one.has_reach else "yes" for code, one in catalogue().items() if one.in_applications}
    with scope.tenant(org.id), writing():
        profile = Profile.objects.create(
            key="blind",
            name="Blind",
            sort_name="blind",
            permissions=codes,
            fields={"leads.reached": "hidden", "contacts.reached": "view"},
            is_system=False,
        )
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile.id)
    lead_id = make_record(org, "lead", person, given_name="Nora", email="secret@x.test", phone="+47 1234")
    contact_id = make_record(org, "contact", person, given_name="Ida", email="seen@x.test")
    caller = by_session(person)
    lead = caller.get(f"/leads/{lead_id}").body
    assert lead["hidden"] == ["email", "phone"]
    assert not {"email", "phone"} & set(lead)
    assert b"secret" not in caller.get("/leads").raw
    assert caller.get("/leads?q=secret").body["items"] == []
    assert caller.get("/leads?sort=name").status == 422
    assert caller.patch(f"/leads/{lead_id}", {"email": "new@x.test"}).code == "permission_missing"
    assert caller.post("/leads", {"given_name": "A", "email": "new@x.test"}).code == "permission_missing"
    assert caller.get(f"/contacts/{contact_id}").body["email"] == "seen@x.test"
    assert caller.patch(f"/contacts/{contact_id}", {"phone": "+47 777"}).code == "permission_missing"
    # What is hidden on the lead would be read off the contact that comes of it.
    assert caller.post(f"/leads/{lead_id}/conversion", {}).code == "permission_missing"

"""A call that is sent again is carried out once."""

from uuid import uuid4

from api.callers import Caller, by_key, make_organization
from support.races import together
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership


def _invitation(org) -> dict[str, str]:
    return {"email": f"{uuid4().hex}@example.test", "role_id": str(org.role("member"))}


def test_the_same_call_answers_the_same_and_acts_once():
    org = make_organization()
    key, body = by_key(org), _invitation(org)
    first = key.post("/people", body, Idempotency_Key="one")
    again = key.post("/people", body, Idempotency_Key="one")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    other = key.post("/people", {**body, "given_name": "Pat"}, Idempotency_Key="one")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    elsewhere = by_key(org).post("/people", body, Idempotency_Key="one")
    assert elsewhere.code == "already_invited"
    assert len(key.get("/people").body["items"]) == 2


def test_a_refused_call_leaves_its_key_free():
    org = make_organization(seats=1)
    key, body = by_key(org), _invitation(org)
    assert key.post("/people", body, Idempotency_Key="one").code == "at_seat_limit"
    org.limit_seats(2)
    assert key.post("/people", body, Idempotency_Key="one").status == 201


def test_a_key_belongs_to_its_address():
    org = make_organization()
    key, first, second = by_key(org), org.person(), org.person()
    for person in (first, second):
        done = key.post(f"/people/{person.membership_id}/deactivation", Idempotency_Key="one")
        assert "Idempotency-Replayed" not in done.headers
        assert done.body["status"] == "deactivated"
    again = key.post(f"/people/{first.membership_id}/deactivation", Idempotency_Key="one")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (200, "true")


def test_malformed_keys_are_refused():
    key = by_key(make_organization())
    for wrong in ("", "a b", "x" * 201, "\u00e9"):
        refused = key.post("/teams", {"name": "North"}, Idempotency_Key=wrong)
        assert (refused.status, refused.code) == (400, "malformed_idempotency_key"), wrong
    assert key.get("/teams").body["items"] == []


def test_twenty_at_once_with_one_key_make_one_membership():
    org = make_organization()
    key, body = by_key(org), _invitation(org)
    answers = together(*[lambda: Caller(key.headers).post("/people", body, Idempotency_Key="one")] * 20)
    assert {a.status for a in answers} == {201}, [a.raw for a in answers]
    assert len({a.body["id"] for a in answers}) == 1
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(email=body["email"]).count() == 1


def test_twenty_at_once_without_a_key_make_one_membership():
    org = make_organization()
    key, body = by_key(org), _invitation(org)
    answers = together(*[lambda: Caller(key.headers).post("/people", body)] * 20)
    assert sorted({a.status for a in answers}) == [201, 409]
    assert {a.code for a in answers if a.status == 409} == {"already_invited"}
    assert sum(a.status == 201 for a in answers) == 1

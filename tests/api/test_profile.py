"""What is known of people, departments and planned days, over the interface."""

from datetime import UTC, datetime, timedelta

import pytest

from api.callers import by_key, by_session
from factories.organizations import make_organization
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership


@pytest.fixture
def org():
    return make_organization()


def in_days(days: int) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def test_a_person_is_edited_field_by_field(org):
    chief, person = org.person(), org.person()
    key = by_key(org)
    sales = key.post("/departments", {"name": "Sales"}).body
    path = f"/people/{person.membership_id}"
    edited = key.patch(
        path,
        {
            "department_id": sales["id"],
            "manager_id": str(chief.membership_id),
            "phone": "+47 22 00 00 00",
            "time_zone": "Europe/Oslo",
            "locale": "en-us",
        },
    )
    assert edited.status == 200
    assert edited.body["department"] == {"id": sales["id"], "name": "Sales"}
    assert edited.body["manager"] == {"id": str(chief.membership_id), "name": "Pat Example"}
    assert (edited.body["phone"], edited.body["given_name"]) == ("+47 22 00 00 00", "Pat")
    assert key.patch(path, {"department_id": None, "manager_id": None}).body["manager"] is None
    circle = key.patch(f"/people/{chief.membership_id}", {"manager_id": str(chief.membership_id)})
    assert (circle.status, circle.code) == (409, "manager_circle")
    for body in ({"time_zone": "Mars/Base"}, {"locale": "tlh"}, {"phone": "call me"}, {"given_name": ""}):
        assert key.patch(path, body).status == 422, body
    assert [one["id"] for one in key.get(f"/people?department={sales['id']}").body["items"]] == []


def test_ones_own_part(org):
    person = org.person()
    mine = by_session(person)
    assert mine.patch("/me", {"phone": "+49 40 1234", "time_zone": "Europe/Berlin"}).body["phone"] == "+49 40 1234"
    assert mine.get("/me").body["time_zone"] == "Europe/Berlin"
    for theirs in ({"department_id": None}, {"manager_id": None}):
        assert mine.patch("/me", theirs).status == 422
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=person.membership_id).given_name == "Pat"


def test_departments_are_managed_as_a_list(org):
    key, people = by_key(org), [org.person() for _ in range(3)]
    sales, selling = (key.post("/departments", {"name": name}).body for name in ("Sales", "Selling"))
    assert key.post("/departments", {"name": "SALES"}).code == "department_name_taken"
    ids = [str(one.membership_id) for one in people]
    put = {"person_ids": ids, "department_id": selling["id"]}
    plan = key.post("/people/departments/plan", put).body
    assert len(plan["people"]) == 3
    assert key.post("/people/departments", {**put, "digest": plan["digest"]}).status == 200
    assert key.post("/people/departments", put).code == "already_in_department"
    assert key.get(f"/departments/{selling['id']}").body["size"] == 3
    path = f"/departments/{selling['id']}"
    merging = key.get(f"{path}/deletion/plan?to={sales['id']}").body
    assert (merging["people"], merging["to"]["name"]) == (3, "Sales")
    assert key.delete(f"{path}?to={sales['id']}&digest={'0' * 32}").code == "plan_changed"
    assert key.delete(f"{path}?to={sales['id']}&digest={merging['digest']}").status == 204
    assert [(one["name"], one["size"]) for one in key.get("/departments").body["items"]] == [("Sales", 3)]
    assert key.patch(f"/departments/{sales['id']}", {"name": "Revenue"}).body["name"] == "Revenue"
    assert len(key.get(f"/people?department={sales['id']}").body["items"]) == 3
    member = by_session(people[0])
    assert member.post("/departments", {"name": "Mine"}).code == "permission_missing"


def test_days_are_planned_and_called_off(org):
    person, key = org.person(), by_key(org)
    path = f"/people/{person.membership_id}/planned"
    days = {"last_day": in_days(5), "back_on": in_days(12)}
    plan = key.post(f"{path}/leaving/plan", days).body
    assert plan["leaving"]["seats_freed"] == 1
    planned = key.put(f"{path}/leaving", {**days, "digest": plan["digest"]}).body["items"]
    assert [(one["kind"], one["day"]) for one in planned] == [
        ("deactivation", days["last_day"]),
        ("reactivation", days["back_on"]),
    ]
    assert key.put(f"{path}/leaving", {"last_day": in_days(-3)}).code == "day_over"
    assert key.put(f"{path}/leaving", {"last_day": "soon"}).status == 422
    assert key.put(f"{path}/return", {"back_on": in_days(9)}).code == "not_deactivated"
    assert key.delete(path).status == 204
    assert key.delete(path).code == "nothing_planned"
    assert key.get(path).body["items"] == []
    assert key.post(f"/people/{person.membership_id}/deactivation").status == 200
    assert key.put(f"{path}/return", {"back_on": in_days(9)}).body["items"][0]["kind"] == "reactivation"

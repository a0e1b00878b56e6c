"""Tasks, notes and activities for programs."""

from datetime import timedelta

import pytest

from api.callers import by_key, make_organization
from factories.records import make_record
from tenantry.core import clock


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def key(org):
    return by_key(org)


def test_a_task_is_made_read_changed_done_and_open_again(org, key):
    deal = make_record(org, "deal", org.owner)
    about = {"type": "deal", "id": str(deal)}
    made = key.post("/tasks", {"title": "Call", "due_on": "2031-05-04", "about": about, "owner_id": None})
    assert made.status == 201
    task = made.body
    assert (task["title"], task["due_on"], task["about"], task["owner"]) == ("Call", "2031-05-04", about, None)
    path = f"/tasks/{task['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    changed = key.patch(path, {"due_on": None})
    assert (changed.body["due_on"], changed.body["title"], changed.body["version"]) == (None, "Call", 2)
    assert key.post(f"{path}/done", {}).body["done_at"] is not None
    assert key.delete(f"{path}/done").status == 204
    assert key.get(path).body["done_at"] is None


def test_tasks_are_asked_for_by_what_is_due_and_what_they_are_about(org, key):
    deal, today = make_record(org, "deal", org.owner), clock.now().date()
    for title, days in (("late", -3), ("then", 9)):
        make_record(org, "task", org.owner, title=title, due_on=today + timedelta(days=days), deal_id=deal)
    make_record(org, "task", org.owner, title="some day", deal_id=deal)
    make_record(org, "task", org.owner, title="did", done_at=clock.now(), deal_id=deal)

    def titles(due):
        items = key.get(f"/tasks?about={deal}&due={due}&sort=name").body["items"]
        return [item["title"] for item in items]

    assert titles("overdue") == ["late"]
    assert titles("later") == ["some day", "then"]
    assert titles("done") == ["did"]
    assert titles("today") == []
    assert len(key.get(f"/tasks?about={deal}").body["items"]) == 4
    assert key.get("/tasks?due=sometime").status == 422


def test_notes_and_activities_are_written_and_edited(org, key):
    contact = make_record(org, "contact", org.owner)
    about = {"type": "contact", "id": str(contact)}
    note = key.post("/notes", {"body": "Prefers mail.\nAlways.", "about": about})
    assert (note.status, note.body["name"], note.body["about"]) == (201, "Prefers mail.", about)
    path = f"/notes/{note.body['id']}"
    assert key.patch(path, {"body": "Prefers calls."}).body["body"] == "Prefers calls."
    assert key.patch(path, {"body": "Lost"}, If_Match='"1"').status == 412
    logged = key.post("/activities", {"kind": "call", "title": "First call", "minutes": 12, "about": about})
    assert (logged.status, logged.body["minutes"], logged.body["kind"]) == (201, 12, "call")
    path = f"/activities/{logged.body['id']}"
    assert key.patch(path, {"minutes": None}).body["minutes"] is None
    assert key.patch(path, {"kind": "telegram"}).status == 422
    assert key.post("/activities", {"kind": "call", "title": "x", "happened_at": "2199-01-01T00:00:00Z"}).status == 422
    assert [item["title"] for item in key.get(f"/activities?about={contact}&kind=call").body["items"]] == ["First call"]


def test_what_is_archived_waits_for_its_return(org, key):
    task = make_record(org, "task", org.owner)
    assert key.post("/tasks/archive", {"record_ids": [str(task)]}).body["done"] == [str(task)]
    refused = key.post(f"/tasks/{task}/done", {})
    assert (refused.status, refused.body["code"]) == (409, "record_archived")
    key.post("/tasks/restore", {"record_ids": [str(task)]})
    assert key.post(f"/tasks/{task}/done", {}).status == 200

"""Notes, activities and tasks where they are written: on the page of a record, in lists, and taken back."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.holding import make_role
from support.visitors import body, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.records import archive_records
from tenantry.crm.models import Activity, Note, Task
from tenantry.usecases.person import change_own_profile

MOMENTUM = "/apps/momentum"


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def owner(org):
    return signed_in(org.owner)


def rows(org, model, **wanted):
    with scope.tenant(org.id), reading():
        return list(model.objects.filter(**wanted))


def with_role(org, permissions):
    person = org.person()
    role = make_role(org, "base", permissions=permissions)
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    return person


def page_of(client, kind, record_id):
    answer = client.get(f"{MOMENTUM}/{kind}/{record_id}")
    assert answer.status_code == 200
    return body(answer)


def test_a_note_is_written_on_the_page_and_stands_in_its_timeline(org, owner):
    contact = make_record(org, "contact", org.owner, given_name="Ilse", family_name="Bakker")
    page = page_of(owner, "contacts", contact)
    action = re.search(r'action="([^"]+)"[^>]*><input[^>]*>.*?name="body"', page, re.DOTALL)
    to = f"{MOMENTUM}/notes/new?type=contact&id={contact}"
    assert action
    assert to.replace("&", "&amp;") in page
    back = f"{MOMENTUM}/contacts/{contact}"
    answer = post(owner, org.owner, to, {"body": "Calls back <on> Monday.\nAfter ten.", "back": back})
    assert (answer.status_code, answer["Location"]) == (303, back)
    page = page_of(owner, "contacts", contact)
    assert "Calls back &lt;on&gt; Monday." in page
    assert "The note was added." in page
    assert post(owner, org.owner, to, {"body": "  "}).status_code == 422
    assert [note.contact_id for note in rows(org, Note, contact_id=contact)] == [contact]


def test_a_removed_entry_comes_back_by_its_message(org, owner):
    lead = make_record(org, "lead", org.owner)
    note = make_record(org, "note", org.owner, body="Wrong person", lead_id=lead)
    back = f"{MOMENTUM}/leads/{lead}"
    removal = f"{MOMENTUM}/entries/note/{note}/removal"
    assert removal in page_of(owner, "leads", lead)
    assert post(owner, org.owner, removal, {"back": back})["Location"] == back
    page = page_of(owner, "leads", lead)
    assert "Wrong person" not in page
    undo = re.search(r'action="([^"]+/return)"', page).group(1)
    answer = post(owner, org.owner, undo, headers={"Referer": f"http://testserver{back}"})
    assert answer["Location"] == back
    assert "Wrong person" in page_of(owner, "leads", lead)


def test_a_task_is_ticked_where_it_hangs(org, owner):
    company = make_record(org, "company", org.owner)
    task = make_record(org, "task", org.owner, title="Ask for the register", company_id=company, due_on=None)
    back = f"{MOMENTUM}/companies/{company}"
    assert "Due on no day" in page_of(owner, "companies", company)
    answer = post(owner, org.owner, f"/apps/workspace/tasks/{task}/done", {"back": back})
    assert answer["Location"] == back
    assert rows(org, Task, id=task)[0].done_at is not None
    assert "Not done: Ask for the register" in page_of(owner, "companies", company)


def test_an_activity_is_logged_by_the_clock_of_the_person(org):
    person = org.person("manager")
    org.perform(change_own_profile, by=person, time_zone="America/New_York")
    client, lead = signed_in(person), make_record(org, "lead", person)
    to = f"{MOMENTUM}/activities/new?type=lead&id={lead}"
    given = {"kind": "meeting", "title": "Breakfast", "happened_at": "2026-01-12T08:30", "minutes": "45"}
    answer = post(client, person, to, given)
    assert (answer.status_code, answer["Location"]) == (303, f"{MOMENTUM}/leads/{lead}")
    (row,) = rows(org, Activity, lead_id=lead)
    assert row.happened_at == datetime(2026, 1, 12, 13, 30, tzinfo=UTC)
    page = body(client.get(f"{MOMENTUM}/activities/{row.id}/edit"))
    assert 'value="2026-01-12T08:30"' in page
    answer = post(client, person, f"{MOMENTUM}/activities/{row.id}/edit", {**given, "title": "Late breakfast"})
    assert answer.status_code == 303
    assert "Late breakfast" in body(client.get(f"{MOMENTUM}/activities/{row.id}"))


def test_what_has_not_happened_is_refused_beside_its_field(org, owner):
    ahead = f"{clock.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    for given, said in (
        ({"happened_at": ahead}, "This has not happened yet."),
        ({"happened_at": "0001-01-01T00:00"}, "happened_at"),
        ({"minutes": "3000"}, "1440"),
        ({"kind": "telegram"}, "telegram"),
        ({"title": ""}, "Please fill this in."),
    ):
        values = {"kind": "call", "title": "Talk", "happened_at": "2026-01-12T08:30", **given}
        answer = post(owner, org.owner, f"{MOMENTUM}/activities/new", values)
        assert answer.status_code in (303, 422), answer.status_code
        if answer.status_code == 422:
            assert said in body(answer)
    assert not rows(org, Activity, title="Talk", minutes=3000)


def test_lists_show_and_find_what_is_within_reach_with_what_it_is_about(org, owner):
    person = with_role(org, {"notes.view": "own", "activities.view": "own"})
    deal = make_record(org, "deal", org.owner, name="Harbour lights")
    make_record(org, "note", org.owner, body="Grumbles about prices", deal_id=deal)
    make_record(org, "note", person, body="Grumbles about rain", deal_id=deal)
    make_record(org, "activity", person, title="Grumbling call", kind="call", deal_id=deal)
    make_record(org, "activity", person, title="Grumbling visit", kind="meeting")
    page = body(owner.get(f"{MOMENTUM}/notes?q=grumbles"))
    assert "about prices" in page
    assert "about rain" in page
    assert f'href="{MOMENTUM}/deals/{deal}"' in page or "Harbour lights" in page
    mine = signed_in(person)
    page = body(mine.get(f"{MOMENTUM}/notes"))
    assert "about rain" in page
    assert "about prices" not in page
    assert "Harbour lights" not in page, "the deal itself is out of reach"
    page = body(mine.get(f"{MOMENTUM}/activities?kind=meeting"))
    assert "Grumbling visit" in page
    assert "Grumbling call" not in page


def test_one_note_has_a_page_and_is_edited_there(org, owner):
    note = make_record(org, "note", org.owner, body="First line\n\nSecond paragraph")
    page = body(owner.get(f"{MOMENTUM}/notes/{note}"))
    assert "Second paragraph" in page
    answer = post(owner, org.owner, f"{MOMENTUM}/notes/{note}/edit", {"body": "Another line"})
    assert (answer.status_code, answer["Location"]) == (303, f"{MOMENTUM}/notes/{note}")
    assert rows(org, Note, id=note)[0].version == 2


def test_who_may_only_look_finds_no_way_to_write(org):
    person = with_role(org, {f"{name}.view": "all" for name in ("contacts", "notes", "tasks", "activities")})
    client, contact = signed_in(person), make_record(org, "contact", org.owner)
    note = make_record(org, "note", org.owner, body="Read me", contact_id=contact)
    task = make_record(org, "task", org.owner, title="Look only", contact_id=contact)
    page = page_of(client, "contacts", contact)
    assert "Read me" in page
    assert "Look only" in page
    for forbidden in ('name="body"', "Add a task", "Log an activity", "/removal", "/done"):
        assert forbidden not in page, forbidden
    for path in (
        f"{MOMENTUM}/notes/new",
        f"{MOMENTUM}/notes/{note}/edit",
        f"{MOMENTUM}/activities/new",
        f"{MOMENTUM}/entries/note/{note}/removal",
        f"/apps/workspace/tasks/{task}/edit",
    ):
        assert post(client, person, path, {"body": "x"}).status_code == 403, path
    assert not rows(org, Note, id=note)[0].archived_at


def test_an_archived_subject_takes_nothing_more(org, owner):
    contact = make_record(org, "contact", org.owner)
    org.perform(archive_records, type_key="contact", record_ids=(contact,))
    assert 'name="body"' not in page_of(owner, "contacts", contact)
    to = f"{MOMENTUM}/notes/new?type=contact&id={contact}"
    answer = post(owner, org.owner, to, {"body": "Too late"})
    assert answer.status_code == 409
    assert "Too late" in body(answer), "what was typed stays"


def test_a_subject_that_is_out_of_sight_is_nobodys(org):
    person = with_role(org, {"notes.view": "own", "notes.create": "yes", "deals.view": "own"})
    client, deal = signed_in(person), make_record(org, "deal", org.owner)
    for query in (f"type=deal&id={deal}", "type=deal&id=nonsense", f"type=member&id={deal}", f"id={deal}"):
        assert client.get(f"{MOMENTUM}/notes/new?{query}").status_code == 404
        assert post(client, person, f"{MOMENTUM}/notes/new?{query}", {"body": "x"}).status_code == 404
    assert not rows(org, Note, deal_id=deal)

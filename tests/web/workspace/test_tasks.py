"""My tasks: what is due by the person's own day, added in a line, ticked, taken back."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

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
from tenantry.crm.models import Task
from tenantry.people.models import Membership
from tenantry.usecases.person import change_own_profile

HOME = "/apps/workspace"


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


def parts(answer):
    """Titles of the tasks by part of the page."""
    found = re.findall(r'id="part-(\w+)".*?</section>', body(answer), re.DOTALL)
    texts = re.split(r'<h2 id="part-\w+"', body(answer))[1:]
    return {
        key: re.findall(r'class="t-task-name" href="[^"]+">([^<]+)<', text)
        for key, text in zip(found, texts, strict=True)
    }


def task_of(org, title):
    with scope.tenant(org.id), reading():
        return Task.objects.filter(title=title).first()


def test_my_tasks_stand_by_what_is_due_and_nobody_elses_are_there(org):
    person, today = org.person(), clock.now().date()
    for title, days in (("Was due", -3), ("Due now", 0), ("Due then", 5)):
        make_record(org, "task", person, title=title, due_on=today + timedelta(days=days))
    make_record(org, "task", person, title="Some day")
    make_record(org, "task", person, title="Long done", done_at=clock.now())
    make_record(org, "task", person, title="Put away", archived_at=clock.now())
    make_record(org, "task", org.owner, title="Of somebody else", due_on=today)
    answer = signed_in(person).get(HOME)
    assert parts(answer) == {
        "overdue": ["Was due"],
        "today": ["Due now"],
        "later": ["Due then", "Some day"],
        "done": ["Long done"],
    }


def test_today_is_the_day_where_the_person_is(org):
    """Kiritimati and Pago Pago are 25 hours apart: never on the same day."""
    ahead = clock.now().astimezone(ZoneInfo("Pacific/Kiritimati")).date()
    for zone, part in (("Pacific/Kiritimati", "today"), ("Pacific/Pago_Pago", "later")):
        person = org.person()
        org.perform(change_own_profile, by=person, time_zone=zone)
        make_record(org, "task", person, title="By the clock", due_on=ahead)
        assert parts(signed_in(person).get(HOME))[part] == ["By the clock"]


def test_a_line_adds_a_task_that_is_due_today(org):
    person = org.person()
    client = signed_in(person)
    page = body(client.get(HOME))
    assert f'value="{clock.now().date():%Y-%m-%d}"' in page
    answer = post(client, person, f"{HOME}/tasks/add", {"title": " Order  stamps ", "due_on": "2031-05-04"})
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    task = task_of(org, "Order stamps")
    assert (task.owner_id, f"{task.due_on}") == (person.membership_id, "2031-05-04")
    assert parts(client.get(HOME))["later"] == ["Order stamps"]
    answer = post(client, person, f"{HOME}/tasks/add", {"title": "", "due_on": "soon"})
    assert answer.status_code == 422
    assert "Please fill this in." in body(answer)
    assert 'value="soon"' in body(answer)


def test_a_tick_is_taken_back_by_its_message(org):
    person = org.person()
    client = signed_in(person)
    task = make_record(org, "task", person, title="Ring the bell")
    answer = post(client, person, f"{HOME}/tasks/{task}/done")
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    page = client.get(HOME)
    assert parts(page)["done"] == ["Ring the bell"]
    undo = re.search(r'action="(/apps/workspace/tasks/[^"]+/undone)"', body(page)).group(1)
    assert post(client, person, undo).status_code == 303
    assert parts(client.get(HOME))["later"] == ["Ring the bell"]
    post(client, person, f"{HOME}/tasks/{task}/done")
    post(client, person, f"{HOME}/tasks/{task}/done", {"state": "open"})
    assert task_of(org, "Ring the bell").done_at is None


def test_htmx_gets_the_page_as_it_is_now_without_the_shell(org):
    person = org.person()
    client = signed_in(person)
    task = make_record(org, "task", person, title="In place")
    more = {"headers": {"HX-Request": "true", "HX-Current-URL": f"http://testserver{HOME}"}}
    answer = post(client, person, f"{HOME}/tasks/{task}/done", {"own": "1"}, **more)
    assert answer.status_code == 200
    assert parts(answer)["done"] == ["In place"]
    assert "t-shell" not in body(answer)
    assert "Done: “In place”." in body(answer)
    answer = post(client, person, f"{HOME}/tasks/add", {"title": "Next", "due_on": ""}, **more)
    assert parts(answer)["later"] == ["Next"]


def test_details_are_given_and_changed_in_the_form(org):
    person, mate = org.owner, org.person()
    client = signed_in(person)
    deal = make_record(org, "deal", person, name="Depot in Bergen")
    new = f"{HOME}/tasks/new?type=deal&id={deal}"
    page = body(client.get(new))
    assert "About <strong>Depot in Bergen</strong>" in page
    assert f'name="owner" value="{mate.membership_id}"' in page
    given = {"title": "Send figures", "due_on": "2031-01-02", "owner": str(mate.membership_id), "body": "All of them"}
    answer = post(client, person, new, given)
    assert answer.status_code == 303
    task = task_of(org, "Send figures")
    assert (task.owner_id, task.deal_id, task.body) == (mate.membership_id, deal, "All of them")
    page = body(client.get(f"{HOME}/tasks/{task.id}"))
    assert "Depot in Bergen" in page
    assert "All of them" in page
    answer = post(
        client, person, f"{HOME}/tasks/{task.id}/edit", {"title": "Send all figures", "due_on": "", "body": ""}
    )
    assert (answer.status_code, answer["Location"]) == (303, f"{HOME}/tasks/{task.id}")
    changed = task_of(org, "Send all figures")
    assert (changed.due_on, changed.body, changed.owner_id) == (None, "", mate.membership_id)


def test_everybodys_tasks_are_those_within_reach_and_narrowed_by_what_is_due(org):
    person, today = org.person(), clock.now().date()
    role = make_role(org, "base", permissions={"tasks.view": "own"})
    make_record(org, "task", person, title="Mine and late", due_on=today - timedelta(days=9))
    make_record(org, "task", org.owner, title="Theirs and late", due_on=today - timedelta(days=9))
    everything = body(signed_in(org.owner).get(f"{HOME}/tasks?due=overdue"))
    assert "Mine and late" in everything
    assert "Theirs and late" in everything
    assert "Mine and late" not in body(signed_in(org.owner).get(f"{HOME}/tasks?due=today"))
    assert "Mine and late" not in body(signed_in(org.owner).get(f"{HOME}/tasks?due=nonsense"))
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    own = body(signed_in(person).get(f"{HOME}/tasks?due=overdue"))
    assert "Mine and late" in own
    assert "Theirs and late" not in own


def test_who_may_only_see_gets_no_button_and_no_answer(org):
    person = org.person()
    task = make_record(org, "task", person, title="Look at me")
    role = make_role(org, "base", permissions={"tasks.view": "own"})
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    client = signed_in(person)
    page = body(client.get(HOME))
    assert "Look at me" in page
    assert '<form class="t-tick"' not in page
    assert 'name="title"' not in page
    for path in (f"{HOME}/tasks/add", f"{HOME}/tasks/{task}/done", f"{HOME}/tasks/{task}/edit"):
        assert post(client, person, path, {"title": "x"}).status_code == 403
    assert task_of(org, "Look at me").done_at is None


def test_whoever_has_no_tasks_comes_to_the_drive_and_others_are_refused(org):
    person = org.person()
    role = make_role(org, "base", permissions={"leads.view": "own"})
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    assert signed_in(person).get(HOME).status_code == 403
    role = make_role(org, "base", permissions={"files.view": "own"})
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    assert signed_in(person).get(HOME).status_code == 303


def test_more_than_a_page_holds_is_counted_and_listed_elsewhere(org):
    person = org.person()
    with scope.tenant(org.id), reading():
        member = Membership.objects.get(id=person.membership_id)
    for number in range(203):
        make_record(org, "task", member.id, title=f"No {number}")
    page = body(signed_in(person).get(HOME))
    assert "3 tasks more" in page
    assert ">203</span>" in page


def test_an_archived_task_says_so_and_offers_to_come_back(org):
    task = make_record(org, "task", org.owner, title="Out of sight")
    org.perform(archive_records, type_key="task", record_ids=(task,))
    page = body(signed_in(org.owner).get(f"{HOME}/tasks/{task}"))
    assert "Archived" in page
    assert "Restore" in page
    assert f"{HOME}/tasks/{task}/done" not in page

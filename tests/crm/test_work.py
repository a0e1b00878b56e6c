"""Tasks, notes and activities by their actions: on what they may hang, whose they are, and what is refused."""

from datetime import date, timedelta

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.holding import make_role
from tenantry.access.actions.assigning import change_role
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, VersionChanged
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.activities import edit_activity, log_activity
from tenantry.crm.actions.notes import add_note, edit_note
from tenantry.crm.actions.records import archive_records, restore_records
from tenantry.crm.actions.tasks import create_task, edit_task, finish_task, reopen_task
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.models import Activity, Note, Task
from tenantry.crm.work import Subject, editable, zone_named
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.workspaces import create_workspace

OWN = {f"{name}.{verb}": "own" for name in ("tasks", "notes", "activities", "deals") for verb in ("view", "edit")}
WORKS = {**OWN, **{f"{name}.create": "yes" for name in ("tasks", "notes", "activities")}}


def stored(org, model, record_id):
    with scope.tenant(org.id), reading():
        return model.objects.get(id=record_id)


def with_role(org, permissions):
    """A person who holds nothing but this."""
    person = org.person()
    role = make_role(org, "base", permissions=permissions)
    org.perform(change_role, membership_id=person.membership_id, role_id=role)
    return person


def test_a_task_hangs_on_its_subject_and_stands_in_its_workspace():
    org = make_organization()
    workspace = org.perform(create_workspace, name="Nordics").id
    deal = make_record(org, "deal", org.owner, workspace_id=workspace)
    made = org.perform(create_task, title="Call back", due_on=date(2031, 5, 4), subject=Subject("deal", deal))
    task = stored(org, Task, made.id)
    assert task.subject == ("deal", deal)
    assert (task.workspace_id, task.owner_id, task.due_on) == (workspace, org.owner.membership_id, date(2031, 5, 4))
    assert (task.created_by_id, task.sort_name, task.search_text) == (
        org.owner.membership_id,
        "call back",
        " call back",
    )


@pytest.mark.parametrize("type_key", ["deal", "contact", "company", "lead"])
def test_notes_and_activities_hang_on_every_kind_of_subject(type_key):
    org = make_organization()
    about = Subject(type_key, make_record(org, type_key, org.owner))
    note = stored(org, Note, org.perform(add_note, body="They pay late.\nAsk first.", subject=about).id)
    activity = stored(org, Activity, org.perform(log_activity, kind="call", title="First call", subject=about).id)
    assert note.subject == activity.subject == (about.type, about.id)
    assert note.title == "They pay late."
    assert abs(activity.happened_at - clock.now()) < timedelta(minutes=1)


def test_nobody_hangs_work_on_what_they_do_not_see():
    org = make_organization()
    rep = with_role(org, WORKS)
    foreign = make_record(org, "deal", org.owner)
    other = make_organization()
    elsewhere = make_record(other, "deal", other.owner)
    for subject in (
        Subject("deal", foreign),
        Subject("deal", elsewhere),
        Subject("deal", new_id()),
        Subject("member", org.owner.membership_id),
        Subject("task", make_record(org, "task", rep)),
    ):
        for action, values in (
            (create_task, {"title": "x"}),
            (add_note, {"body": "x"}),
            (log_activity, {"kind": "call", "title": "x"}),
        ):
            with pytest.raises(NotFound):
                org.perform(action, by=rep, subject=subject, **values)
    with scope.tenant(org.id), reading():
        assert not Note.objects.exists()


def test_what_is_put_away_takes_no_more_work_and_is_not_changed():
    org = make_organization()
    deal, task = make_record(org, "deal", org.owner), make_record(org, "task", org.owner)
    org.perform(archive_records, type_key="deal", record_ids=(deal,))
    org.perform(archive_records, type_key="task", record_ids=(task,))
    with pytest.raises(RecordArchived):
        org.perform(add_note, body="Too late", subject=Subject("deal", deal))
    for action, values in ((finish_task, {}), (edit_task, {"changes": {"title": "x"}})):
        with pytest.raises(RecordArchived):
            org.perform(action, task_id=task, **values)
    org.perform(restore_records, type_key="task", record_ids=(task,))
    assert org.perform(finish_task, task_id=task).done


def test_done_and_not_done_after_all_are_told_once():
    org = make_organization()
    task = make_record(org, "task", org.owner, title="Send the offer")
    for _again in range(2):
        org.perform(finish_task, task_id=task)
    assert stored(org, Task, task).done_at is not None
    for _again in range(2):
        org.perform(reopen_task, task_id=task)
    assert stored(org, Task, task).done_at is None
    with scope.tenant(org.id), reading():
        rows = Entry.objects.filter(target_id=task).order_by("number")
        assert [(row.action, row.values["name"]) for row in rows] == [
            ("records.task_done", "Send the offer"),
            ("records.task_reopened", "Send the offer"),
        ]
        done = OutboxEvent.objects.get(name="TaskDone")
        assert done.payload == {"task_id": str(task), "owner_id": str(org.owner.membership_id)}


def test_an_edit_says_what_changed_and_minds_the_version():
    org = make_organization()
    task = make_record(org, "task", org.owner, title="Call")
    org.perform(edit_task, task_id=task, changes={"title": "Call twice"}, version=1)
    with pytest.raises(VersionChanged):
        org.perform(edit_task, task_id=task, changes={"title": "Never"}, version=1)
    org.perform(edit_task, task_id=task, changes={"title": "Call twice"})
    row = stored(org, Task, task)
    assert (row.title, row.version, row.sort_name) == ("Call twice", 2, "call twice")
    with scope.tenant(org.id), reading():
        (entry,) = Entry.objects.filter(action="records.edited", target_id=task)
    assert (entry.values["before"], entry.values["after"]) == ({"title": "Call"}, {"title": "Call twice"})


def test_a_task_for_somebody_else_goes_to_whom_one_sees_and_who_is_here():
    org = make_organization()
    rep, mate = with_role(org, WORKS), org.person()
    made = org.perform(create_task, title="For the mate", owner_id=mate.membership_id)
    assert stored(org, Task, made.id).owner_id == mate.membership_id
    made = org.perform(create_task, title="For whoever takes it", owner_id=None)
    assert stored(org, Task, made.id).owner_id is None
    with pytest.raises(NotFound):
        org.perform(create_task, by=rep, title="Beyond my sight", owner_id=mate.membership_id)
    with pytest.raises(PermissionMissing):
        org.perform(create_task, by=rep, title="For the queue", owner_id=None)
    org.perform(deactivate_members, membership_ids=(mate.membership_id,))
    with pytest.raises(ReceiverNotActive):
        org.perform(create_task, title="Too late", owner_id=mate.membership_id)


def test_each_act_asks_its_own_permission():
    org = make_organization()
    reader = with_role(org, {"tasks.view": "all", "notes.view": "all", "activities.view": "all"})
    rows = {kind: make_record(org, kind, org.owner) for kind in ("task", "note", "activity")}
    for action, values in (
        (create_task, {"title": "x"}),
        (finish_task, {"task_id": rows["task"]}),
        (reopen_task, {"task_id": rows["task"]}),
        (edit_task, {"task_id": rows["task"], "changes": {"title": "x"}}),
        (add_note, {"body": "x"}),
        (edit_note, {"note_id": rows["note"], "body": "x"}),
        (log_activity, {"kind": "call", "title": "x"}),
        (edit_activity, {"activity_id": rows["activity"], "changes": {"title": "x"}}),
    ):
        with pytest.raises(PermissionMissing):
            org.perform(action, by=reader, **values)


def test_an_activity_has_happened_is_of_a_kind_and_fits_into_a_day():
    org = make_organization()
    for values, name in (
        ({"kind": "telegram"}, "kind"),
        ({"kind": "call", "minutes": -1}, "minutes"),
        ({"kind": "call", "minutes": 1441}, "minutes"),
        ({"kind": "call", "happened_at": clock.now() + timedelta(hours=1)}, "happened_at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            org.perform(log_activity, title="x", **values)
        assert list(refused.value.fields) == [name]
    row = make_record(org, "activity", org.owner)
    with pytest.raises(InvalidInput):
        org.perform(edit_activity, activity_id=row, changes={"minutes": 5000})
    org.perform(edit_activity, activity_id=row, changes={"minutes": 30, "kind": "meeting"})
    assert (stored(org, Activity, row).minutes, stored(org, Activity, row).kind) == (30, "meeting")


def test_what_may_be_edited_is_what_the_decision_says_row_by_row():
    org = make_organization()
    people = [org.owner, org.person("manager"), with_role(org, WORKS), with_role(org, {"tasks.view": "all"})]
    ids = [make_record(org, "task", person) for person in (*people, None)]
    ids.append(make_record(org, "task", people[2], archived_at=clock.now()))
    with scope.tenant(org.id), reading():
        rows = list(Task.objects.filter(id__in=ids))
    for person in people:
        actor, allowed = person.actor, set()
        with scope.tenant(org.id), reading():
            found = editable(actor, rows)
        for row in rows:
            try:
                org.perform(edit_task, by=person, task_id=row.id, changes={})
                allowed.add(row.id)
            except (NotFound, PermissionMissing, RecordArchived):
                continue
        assert found == allowed


def test_a_time_zone_that_is_not_there_gives_way_to_the_next():
    assert str(zone_named("Nowhere/At_All", "", "Asia/Kolkata")) == "Asia/Kolkata"
    assert str(zone_named("", "../etc/passwd")) == "UTC"

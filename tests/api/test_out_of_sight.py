"""What a record names is told to whoever sees that, too: neither by its id, nor by being asked for, nor in a file."""

import csv
import io
from uuid import uuid4

import pytest

from api.callers import by_session, make_organization
from factories.records import make_record
from support.visitors import post, signed_in
from tenantry.crm.models import SUBJECTS

WORK = {"task": "/tasks", "note": "/notes", "activity": "/activities", "file": "/files"}


class Ground:
    """Somebody who sees their own alone, and has work that hangs on a colleague's records."""

    def __init__(self):
        self.org = make_organization(seats=30)
        self.mine, self.other = self.org.person("member"), self.org.person("member")
        self.caller, self.colleague = by_session(self.mine), by_session(self.other)
        self.theirs = {key: make_record(self.org, key, self.other) for key in SUBJECTS}
        self.own = {key: make_record(self.org, key, self.mine) for key in SUBJECTS}

    def work(self, kind, subject, record_id):
        return make_record(self.org, kind, self.mine, **{f"{subject}_id": record_id})


@pytest.fixture(scope="module")
def ground(database):
    return Ground()


@pytest.mark.parametrize("kind", WORK)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_what_work_is_about_is_told_where_it_is_seen(ground, kind, subject):
    at = WORK[kind]
    hidden, shown = (ground.work(kind, subject, ids[subject]) for ids in (ground.theirs, ground.own))
    assert ground.caller.get(f"{at}/{hidden}").body["about"] is None
    about = {"type": subject, "id": str(ground.own[subject])}
    assert ground.caller.get(f"{at}/{shown}").body["about"] == about
    listed = {one["id"]: one["about"] for one in ground.caller.get(f"{at}?limit=100").body["items"]}
    assert (listed[str(hidden)], listed[str(shown)]) == (None, about)
    # Asked for by what it is about, it would tell the same.
    assert ground.caller.get(f"{at}?about={ground.theirs[subject]}").body["items"] == []
    assert [one["id"] for one in ground.caller.get(f"{at}?about={ground.own[subject]}").body["items"]] == [str(shown)]
    sent = {"do": "archive", "filter": {"about": str(ground.theirs[subject])}, "dry_run": True}
    assert ground.caller.post(f"{at}/bulk", sent).body["plan"]["total"] == 0


@pytest.mark.parametrize(("at", "kind", "column", "asked"), [
    ("/files", "file", "folder_id", "folder"), ("/folders", "folder", "parent_id", "parent"),
])  # fmt: skip
def test_where_something_lies_is_not_told_by_asking_for_it(ground, at, kind, column, asked):
    theirs, mine = (make_record(ground.org, "folder", owner) for owner in (ground.other, ground.mine))
    hidden, shown = (make_record(ground.org, kind, ground.mine, **{column: place}) for place in (theirs, mine))
    assert ground.caller.get(f"{at}/{hidden}").body[column] is None
    assert ground.caller.get(f"{at}?{asked}={theirs}").body["items"] == []
    assert [one["id"] for one in ground.caller.get(f"{at}?{asked}={mine}").body["items"]] == [str(shown)]


def test_the_answer_to_a_change_tells_no_more(ground):
    hidden = ground.work("task", "deal", ground.theirs["deal"])
    assert ground.caller.patch(f"/tasks/{hidden}", {"title": "Call them"}).body["about"] is None
    assert ground.caller.post(f"/tasks/{hidden}/done", {}).body["about"] is None


def test_a_deal_and_a_contact_name_only_what_is_seen(ground):
    links = {"company_id": ground.theirs["company"], "contact_id": ground.own["contact"]}
    deal = ground.caller.get(f"/deals/{make_record(ground.org, 'deal', ground.mine, **links)}").body
    assert (deal["company_id"], deal["contact_id"]) == (None, str(ground.own["contact"]))
    contact = make_record(ground.org, "contact", ground.mine, company_id=ground.theirs["company"])
    answer = ground.caller.get(f"/contacts/{contact}")
    assert answer.body["company"] is None
    assert str(ground.theirs["company"]) not in answer.raw.decode()


def test_search_says_what_a_record_is_called_and_no_more(ground):
    word = f"w{uuid4().hex[:8]}"
    make_record(ground.org, "task", ground.mine, title=word, deal_id=ground.theirs["deal"])
    found = ground.caller.get(f"/search?q={word}")
    assert [one["name"] for one in found.body["items"]] == [word]
    assert str(ground.theirs["deal"]) not in found.raw.decode()
    # No word of what it hangs on finds it.
    titles = {one["type"] for one in ground.caller.get("/search?q=Deal").body["items"]}
    assert "task" not in titles


def lines_of(answer):
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_a_list_as_a_file_leaves_empty_what_is_not_seen(ground):
    """A manager takes out what their team has, which is nobody else here."""
    manager = ground.org.person("manager")
    own = make_record(ground.org, "deal", manager)
    hidden, shown = (make_record(ground.org, "task", manager, deal_id=one) for one in (ground.theirs["deal"], own))
    client, sent = signed_in(manager), {"ids": [str(hidden), str(shown)]}
    rows = lines_of(post(client, manager, "/apps/momentum/records/task/selection.csv", sent))
    assert {row["id"]: row["deal_id"] for row in rows} == {str(hidden): "", str(shown): str(own)}
    contact = make_record(ground.org, "contact", manager, company_id=ground.theirs["company"])
    rows = lines_of(client.get("/apps/momentum/contacts.csv"))
    assert {row["id"]: row["company_id"] for row in rows}[str(contact)] == ""

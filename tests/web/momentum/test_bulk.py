"""Something for many records of a list: ticked or all that match, its effect first, each record's result."""

import csv
import io
import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.visitors import body, post, signed_in
from tenantry.acting import operations
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.ids import new_id, parse_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Lead, Note

LEADS = "/apps/momentum/leads"
SEVERAL = "/apps/momentum/records/lead/several"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def leads(org, **wanted) -> int:
    with scope.tenant(org.id), reading():
        return Lead.objects.filter(**wanted).count()


def digest_in(answer) -> str:
    return re.search(r'name="digest" value="([0-9a-f]{32})"', body(answer)).group(1)


def many(org, owner, number, **more) -> None:
    now = clock.now()
    with scope.tenant(org.id), writing():
        rows = [Lead(owner_id=owner, given_name=f"N{n}", created_at=now, changed_at=now, **more) for n in range(number)]
        for row in rows:
            row.refresh_search()
        Lead.objects.bulk_create(rows)


def test_all_that_match_change_hands_and_who_adds_one_meanwhile_is_told(org, client):
    rep = org.person("member")
    for n in range(3):
        make_record(org, "lead", org.owner, given_name=f"Nora {n}", source="Fair", state="new")
    kept = make_record(org, "lead", org.owner, given_name="Other", state="working")
    make_record(org, "lead", org.owner, given_name="Away", archived_at=clock.now())
    assert "All that match: 4 leads" in body(client.get(LEADS))
    asked = {"all": "1", "query": "state=new", "do": "owner"}
    first = post(client, org.owner, SEVERAL, asked)
    assert "3 are so already" in body(first)
    assert 'aria-disabled="true"' in body(first)
    asked["owner"] = str(rep.membership_id)
    shown = post(client, org.owner, SEVERAL, {**asked, "show": "1"})
    assert "leads go to Pat Example" in body(shown)
    assert "Nora 0" in body(shown)
    make_record(org, "lead", org.owner, state="new")
    late = post(client, org.owner, SEVERAL, {**asked, "digest": digest_in(shown)})
    assert late.status_code == 409
    assert leads(org, owner_id=rep.membership_id) == 0
    done = post(client, org.owner, SEVERAL, {**asked, "digest": digest_in(late), "back": LEADS})
    assert done["Location"] == LEADS
    assert leads(org, owner_id=rep.membership_id) == 4
    assert leads(org, id=kept, owner_id=org.owner.membership_id) == 1
    with scope.tenant(org.id), reading():
        [entry] = Entry.objects.filter(action="records.reassigned")
    assert entry.values["count"] == 4
    # The message takes it back, once.
    back = undo_in(client.get(LEADS))
    assert post(client, org.owner, back).status_code == 303
    assert leads(org, owner_id=rep.membership_id) == 0


def undo_in(answer) -> str:
    return re.search(r'action="(/admin/audit/\d+/undo)"', body(answer)).group(1)


def test_one_and_some_that_were_given_come_back_by_the_message(org, client):
    rep = org.person("member")
    lone, other = (make_record(org, "lead", org.owner) for _n in range(2))
    for path, ids in ((f"lead/{lone}/owner", []), ("lead/owner", [str(lone), str(other)])):
        sent = {"ids": ids, "owner": str(rep.membership_id), "back": LEADS}
        assert post(client, org.owner, f"/apps/momentum/records/{path}", sent).status_code == 303
        assert leads(org, owner_id=rep.membership_id) == (len(ids) or 1)
        post(client, org.owner, undo_in(client.get(LEADS)))
        assert leads(org, owner_id=rep.membership_id) == 0
    # Whoever gives something away out of their own reach has no way back to it.
    mine, visitor = make_record(org, "lead", rep), signed_in(rep)
    post(visitor, rep, f"/apps/momentum/records/lead/{mine}/owner", {"owner": str(org.owner.membership_id)})
    assert "/undo" not in body(visitor.get(LEADS))


def test_each_record_has_its_result_and_others_are_done(org):
    rep, mate = org.person("administrator"), org.person("member")
    mine = make_record(org, "lead", rep, given_name="Mine")
    away = make_record(org, "lead", rep, given_name="Away", archived_at=clock.now())
    client = signed_in(rep)
    asked = {"ids": [str(mine), str(away)], "do": "owner", "owner": str(mate.membership_id)}
    shown = post(client, rep, SEVERAL, {**asked, "show": "1"})
    assert shown.status_code == 200
    assert "They are archived. Restore them first." in body(shown)
    done = post(client, rep, SEVERAL, {**asked, "digest": digest_in(shown), "back": LEADS})
    assert done.status_code == 303
    assert leads(org, id=mine, owner_id=mate.membership_id) == 1
    assert leads(org, id=away, owner_id=rep.membership_id) == 1
    page = body(client.get(LEADS))
    assert "1 was left out." in page
    there = re.search(r'href="(/apps/momentum/done/[^"]+)"', page).group(1)
    assert "Away" in body(client.get(there))
    assert "They are archived" in body(client.get(there))
    assert signed_in(mate).get(there).status_code == 404


def test_ticked_ones_are_archived_and_brought_back_at_once(org, client):
    ids = [str(make_record(org, "lead", org.owner)) for _n in range(2)]
    assert post(client, org.owner, SEVERAL, {"ids": ids, "do": "archive"}).status_code == 303
    assert leads(org, archived_at__isnull=False) == 2
    assert post(client, org.owner, SEVERAL, {"ids": ids, "do": "restore"}).status_code == 303
    assert leads(org, archived_at__isnull=False) == 0


def test_what_is_out_of_reach_is_neither_ticked_nor_matched(org):
    rep = org.person("member")
    make_record(org, "lead", rep, given_name="Mine")
    theirs = make_record(org, "lead", org.owner, given_name="Theirs")
    elsewhere = make_organization()
    foreign = make_record(elsewhere, "lead", elsewhere.owner)
    client = signed_in(rep)
    for one in (theirs, foreign, new_id()):
        answer = post(client, rep, SEVERAL, {"ids": str(one), "do": "archive"})
        assert answer.status_code == 404
    shown = post(client, rep, SEVERAL, {"all": "1", "query": "", "do": "archive"})
    assert "(1)" in body(shown)
    assert "Theirs" not in body(shown)
    post(client, rep, SEVERAL, {"all": "1", "query": "", "do": "archive", "digest": digest_in(shown)})
    assert leads(org, archived_at__isnull=False) == 1
    assert leads(org, id=theirs, archived_at__isnull=True) == 1
    # Nobody is told whether somebody whom they don't know is there.
    for owner in (elsewhere.owner.membership_id, new_id()):
        asked = {"all": "1", "query": "archived=all", "do": "owner", "owner": str(owner), "digest": "0" * 32}
        assert post(client, rep, SEVERAL, asked).status_code == 404
        assert post(client, rep, SEVERAL, {**asked, "show": "1"}).status_code == 404
    assert post(client, rep, SEVERAL, {"all": "1", "do": "explode"}).status_code == 404
    assert post(client, rep, "/apps/momentum/records/file/several", {"all": "1", "do": "archive"}).status_code == 404


def test_deleting_all_that_match_says_what_goes_along(org, client):
    lead = make_record(org, "lead", org.owner, given_name="Nora", state="new")
    make_record(org, "lead", org.owner, given_name="Ola", state="working")
    make_record(org, "note", org.owner, lead_id=lead)
    asked = {"all": "1", "query": "state=new", "do": "deletion"}
    shown = post(client, org.owner, SEVERAL, asked)
    assert "note deleted along" in body(shown)
    assert post(client, org.owner, SEVERAL, {**asked, "digest": digest_in(shown)}).status_code == 303
    assert leads(org) == 1
    with scope.tenant(org.id), reading():
        assert not Note.objects.exists()


def test_more_than_a_batch_goes_on_in_the_background_and_comes_back(org, client):
    many(org, org.owner.membership_id, operations.BATCH + 20)
    asked = {"all": "1", "query": "", "do": "archive"}
    shown = post(client, org.owner, SEVERAL, asked)
    assert "So many take a while" in body(shown)
    there = post(client, org.owner, SEVERAL, {**asked, "digest": digest_in(shown)})["Location"]
    assert leads(org, archived_at__isnull=False) == 0
    operation_id = parse_id(there.rpartition("/")[2])
    # What comes in after it was confirmed is not meant.
    late = make_record(org, "lead", org.owner)
    with scope.tenant(org.id):
        operations.run(operation_id)
    assert leads(org, archived_at__isnull=False) == operations.BATCH + 20
    assert leads(org, id=late, archived_at__isnull=True) == 1
    assert f"{operations.BATCH + 20} of {operations.BATCH + 20}" in body(client.get(there))
    with scope.tenant(org.id), reading():
        counts = [one.values["count"] for one in Entry.objects.filter(action="records.archived")]
    assert sorted(counts) == [20, operations.BATCH]


def test_a_large_one_is_canceled_on_its_page(org, client):
    many(org, org.owner.membership_id, operations.BATCH + 1)
    asked = {"all": "1", "query": "", "do": "archive"}
    shown = post(client, org.owner, SEVERAL, asked)
    there = post(client, org.owner, SEVERAL, {**asked, "digest": digest_in(shown)})["Location"]
    assert f'action="{there}/cancellation"' in body(client.get(there))
    assert post(signed_in(org.person("member")), org.owner, f"{there}/cancellation").status_code in (403, 404)
    assert post(client, org.owner, f"{there}/cancellation")["Location"] == there
    page = body(client.get(there))
    assert "Canceled" in page
    assert "/cancellation" not in page
    # Twice is once.
    assert post(client, org.owner, f"{there}/cancellation").status_code == 303
    with scope.tenant(org.id):
        operations.run(parse_id(there.rpartition("/")[2]))
    assert leads(org, archived_at__isnull=False) == 0


def test_a_selection_leaves_as_a_file(org, client):
    make_record(org, "lead", org.owner, given_name="Nora", state="new")
    ticked = make_record(org, "lead", org.owner, given_name="Ola", state="working")
    path = "/apps/momentum/records/lead/selection.csv"

    def names(**sent) -> list[str]:
        answer = post(client, org.owner, path, sent)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return [row["given_name"] for row in csv.DictReader(io.StringIO(text))]

    assert names(ids=str(ticked)) == ["Ola"]
    assert names(all="1", query="state=new") == ["Nora"]
    rep = org.person("member")
    refused = post(signed_in(rep), rep, path, {"all": "1", "query": ""})
    assert refused.status_code in (403, 200)
    if refused.status_code == 200:
        assert b"Nora" not in b"".join(refused.streaming_content)

"""Who sees what of the audit, filters, files, verification."""

import csv
import io
import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization
from support.visitors import body, post, signed_in
from tenantry.audit.chain import Entry as NewEntry
from tenantry.audit.chain import append
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.actions.profile import change_contact
from tenantry.people.actions import create_team

CONTROL = re.compile(r"SET|SAVEPOINT|RELEASE|BEGIN|COMMIT|ROLLBACK|\s*SELECT set_config", re.IGNORECASE)


@pytest.fixture(scope="module")
def org(database):
    made = make_organization()
    made.perform(create_team, name="Field sales")
    made.perform(change_contact, kind="legal", name="Ida", email="ida@example.test", phone="")
    return made


def _rows(page: str) -> int:
    return page.count("</time>")


def test_the_audit_says_who_did_what_from_where(org):
    page = body(signed_in(org.owner).get("/admin/audit"))
    assert "Maren Holt created the team “Field sales”." in page
    assert "Maren Holt changed the legal contact." in page
    assert "<del>–</del>" in page
    assert "<ins>ida@example.test</ins>" in page
    assert "192.0.2.7" in page


def test_narrower_permissions_see_their_areas_only(org):
    for role, sees, misses in (
        ("people_administrator", "created the team", "legal contact"),
        ("billing_administrator", "Nothing yet", "created the team"),
    ):
        client = signed_in(org.person(role))
        page = body(client.get("/admin/audit"))
        assert sees in page
        assert misses not in page
        assert "Export" not in page
        assert post(client, org.owner, "/admin/audit/file").status_code == 403
        assert post(client, org.owner, "/admin/audit/verification").status_code == 403
    # An area that is not theirs can't be had by the address either.
    people = signed_in(org.person("people_administrator"))
    assert "legal contact" not in body(people.get("/admin/audit", {"area": "organization"}))
    assert signed_in(org.person("member")).get("/admin/audit").status_code == 403


def test_filters_find_by_person_area_act_and_day(org):
    client, rep = signed_in(org.owner), org.invite("manager", given_name="Zelda", family_name="Quist")
    org.accept(org.token_for(rep.membership_id), given_name="Zelda", family_name="Quist")
    assert "Zelda Quist" in body(client.get("/admin/audit", {"q": "zelda"}))
    by_link = body(client.get("/admin/audit", {"person": str(rep.membership_id)}))
    assert "Zelda Quist accepted the invitation." in by_link
    assert "created the team" not in by_link
    teams = body(client.get("/admin/audit", {"area": "teams"}))
    assert "created the team" in teams
    assert "accepted the invitation" not in teams
    act = body(client.get("/admin/audit", {"action": "organization.contact_changed"}))
    assert _rows(act) == 1
    today = clock.now().date()
    assert "created the team" in body(client.get("/admin/audit", {"from": today.isoformat(), "to": today.isoformat()}))
    assert "Nothing like this happened" in body(client.get("/admin/audit", {"to": "2001-01-01"}))


@pytest.mark.parametrize(
    "query",
    [
        {"person": "nonsense"},
        {"person": "00000000-0000-7000-8000-000000000000"},
        {"q": "\u202e"},
        {"q": "\0"},
        {"q": "x" * 5000},
        {"from": "9999-12-31", "to": "9999-12-31"},
        {"from": "0001-01-01"},
        {"from": "yesterday"},
        {"to": "2026-02-30"},
        {"area": "no-such", "action": "'; --"},
    ],
)
def test_nonsense_in_the_address_is_answered(org, query):
    assert signed_in(org.owner).get("/admin/audit", query).status_code == 200


@pytest.mark.parametrize("cursor", ["x", "n", "n-1", "\0", "n99999999999999999999"])
def test_a_cursor_of_elsewhere_is_refused(org, cursor):
    assert signed_in(org.owner).get("/admin/audit", {"cursor": cursor}).status_code == 422


def test_pages_follow_one_another_without_a_gap():
    org = make_organization()
    with scope.tenant(org.id), writing():
        for n in range(120):
            entry = NewEntry("teams.created", "team", None, {"name": f"T{n}"})
            append(actor=Actor.system("test", org.id), entry=entry, events=(), now=clock.now())
    client, seen, address = signed_in(org.owner), [], "/admin/audit?area=teams"
    while address:
        page = body(client.get(address))
        seen += re.findall(r"team “T(\d+)”", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = "/admin/audit" + following.group(1).replace("&amp;", "&") if following else ""
    assert seen == [str(n) for n in reversed(range(120))]
    back, address = [], re.search(r'rel="prev" href="([^"]+)"', page).group(1)
    while address:
        page = body(client.get("/admin/audit" + address.replace("&amp;", "&")))
        back = re.findall(r"team “T(\d+)”", page) + back
        previous = re.search(r'rel="prev" href="([^"]+)"', page)
        address = previous.group(1) if previous else ""
    assert back == seen[: len(back)]
    assert len(back) == 100


def test_files_hold_the_filter_and_no_formula(org):
    org.perform(create_team, name='=HYPERLINK("x")')
    client = signed_in(org.owner)
    answer = post(client, org.owner, "/admin/audit/file?area=teams", {"format": "csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert {row["action"] for row in rows} == {"teams.created"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
    lines = post(client, org.owner, "/admin/audit/file?area=teams", {"format": "jsonl"})
    found = [json.loads(line) for line in b"".join(lines.streaming_content).splitlines()]
    assert [one["number"] for one in found] == [int(row["number"]) for row in rows]
    assert found[0]["values"]["name"] == '=HYPERLINK("x")'
    with scope.tenant(org.id), reading():
        noted = Entry.objects.filter(action="audit.exported").latest("number")
    assert (noted.values["format"], noted.values["filter"], noted.values["count"]) == ("jsonl", {"area": "teams"}, 2)


def test_another_organizations_person_and_entries_are_not_there(org):
    stranger = make_organization("Other & Co")
    page = body(signed_in(org.owner).get("/admin/audit", {"person": str(stranger.owner.membership_id)}))
    assert "Nothing like this happened" in page
    assert "Other &amp; Co" not in page


def test_verification_says_what_was_checked_and_finds_a_change():
    org = make_organization()
    client = signed_in(org.owner)
    assert "What is checked" in body(client.get("/admin/audit/verification"))
    assert "The audit is whole." in body(post(client, org.owner, "/admin/audit/verification"))
    with scope.platform("schedule", org.id), writing():
        Entry.objects.filter(number=1).update(action="people.nothing")
    page = body(post(client, org.owner, "/admin/audit/verification"))
    assert "The audit is not whole: 1 fault." in page
    assert "Entry 1" in page
    with scope.platform("schedule", org.id), writing():
        Entry.objects.filter(number=1).update(action="organization.founded")


def test_the_audit_asks_at_most_ten_times_whatever_its_rows(org):
    small = make_organization()
    counts = []
    for one in (small, org):
        client = signed_in(one.owner)
        client.get("/admin/audit")
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/audit")
        counts.append([q["sql"] for q in captured if not CONTROL.match(q["sql"])])
    assert len(counts[0]) == len(counts[1]) <= 10, "\n".join(counts[1])


def _last_change(org):
    with scope.tenant(org.id), reading():
        return Entry.objects.filter(action="organization.policy_changed").latest("number").number


def test_an_act_is_taken_back_from_its_line_with_the_effect_first():
    org = make_organization()
    org.perform(change_policy, code="people.invitation_days", value=3)
    number = _last_change(org)
    client = signed_in(org.owner)
    page = body(client.get("/admin/audit"))
    assert page.count(f'href="/admin/audit/{number}/undo"') == 1
    assert "changed “Life of an invitation” from “7 days” to “3 days”." in page
    page = body(client.get(f"/admin/audit/{number}/undo"))
    assert re.search(r"<del>3 days</del>.*<ins>7 days</ins>", page)
    assert "An invitation sent from now on lives 7 days." in page
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', page).group(1)
    answer = post(client, org.owner, f"/admin/audit/{number}/undo", {"digest": digest})
    assert answer["Location"] == "/admin/audit"
    page = body(client.get("/admin/audit"))
    assert "Life of an invitation: taken back." in page
    assert "This was taken back already." in page
    assert f'href="/admin/audit/{number}/undo"' not in page
    assert f"took entry {number} back: “Life of an invitation” is “7 days” again." in page
    answer = post(client, org.owner, f"/admin/audit/{number}/undo", {"digest": digest})
    assert answer.status_code == 409
    assert "This was taken back already." in body(answer)


def test_an_old_plan_of_an_undo_is_shown_anew():
    org = make_organization()
    org.perform(change_policy, code="people.invitation_days", value=3)
    number = _last_change(org)
    client = signed_in(org.owner)
    answer = post(client, org.owner, f"/admin/audit/{number}/undo", {"digest": "0" * 32})
    assert answer.status_code == 409
    page = body(answer)
    assert "Something changed since you looked" in page
    digest = re.search(r'name="digest" value="([0-9a-f]+)"', page).group(1)
    answer = post(client, org.owner, f"/admin/audit/{number}/undo", {"digest": digest}, headers={"HX-Request": "true"})
    assert answer.status_code == 204


def test_what_can_not_be_taken_back_says_why_and_to_others_nothing():
    org = make_organization()
    org.perform(change_policy, code="people.invitation_days", value=3)
    first = _last_change(org)
    org.perform(change_policy, code="people.invitation_days", value=5)
    page = body(signed_in(org.owner).get("/admin/audit"))
    assert f'href="/admin/audit/{first}/undo"' not in page
    assert "This was changed again since" in page
    # People events only: no line about policies, no address that leads to one.
    reader = signed_in(org.person("people_administrator"))
    assert "/undo" not in body(reader.get("/admin/audit"))
    assert reader.get(f"/admin/audit/{first}/undo").status_code == 404
    assert post(reader, org.owner, f"/admin/audit/{first}/undo").status_code == 404
    member = signed_in(org.person("member"))
    assert post(member, org.owner, f"/admin/audit/{first}/undo").status_code == 404
    owner = signed_in(org.owner)
    for number in (0, 10**12, 10**25):
        assert owner.get(f"/admin/audit/{number}/undo").status_code == 404, number
        assert post(owner, org.owner, f"/admin/audit/{number}/undo").status_code == 404, number


def test_undo_costs_the_list_of_fifty_no_query_a_row():
    org = make_organization()
    client = signed_in(org.owner)
    client.get("/admin/audit")
    asked = []
    for rounds in (1, 12):
        for n in range(rounds):
            org.perform(change_policy, code="people.invitation_days", value=20 + rounds + n)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/audit").status_code == 200
        asked.append([q["sql"] for q in captured if not CONTROL.match(q["sql"])])
    assert len(asked[0]) == len(asked[1]) <= 10, "\n".join(asked[1])

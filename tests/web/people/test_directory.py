"""The directory over HTTP: who is listed for whom, search, filters, order, pages, file."""

import csv
import io
import re

import pytest

from factories.organizations import Person, make_organization
from support.visitors import browser, signed_in
from tenantry.audit.models import Entry
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import Membership
from tenantry.usecases.offboarding import deactivate_members, remove_members

LIST = "/admin/users/u"


def names_on(answer) -> list[str]:
    return re.findall(r'<a class="fw-medium" href="/admin/users/u/[0-9a-f-]+">([^<]+)</a>', answer.content.decode())


@pytest.fixture(scope="module")
def halden(database):
    org = make_organization(seats=40)
    people = {
        name: org.invite(role, given_name=name, family_name=family, email=f"{name.lower()}.{org.slug}@example.test")
        for name, family, role in (
            ("Petra", "Lindqvist", "manager"),
            ("Amara", "Osei", "member"),
            ("Hanna", "Virtanen", "member"),
            ("Omar", "Haddad", "read_only"),
        )
    }
    petra = org.accept(org.token_for(people["Petra"].membership_id), given_name="Petra", family_name="Lindqvist")
    org.accept(org.token_for(people["Amara"].membership_id), given_name="Amara", family_name="Osei")
    org.accept(org.token_for(people["Omar"].membership_id), given_name="Omar", family_name="Haddad")
    org.perform(deactivate_members, membership_ids=(people["Omar"].membership_id,))
    team = org.perform(create_team, name="Field sales")
    org.perform(add_to_team, team_id=team.id, membership_ids=(petra.membership_id, people["Amara"].membership_id))
    return org, people, team


@pytest.fixture(scope="module")
def client(halden):
    return signed_in(halden[0].owner)


def test_everybody_but_removed_people_is_listed_by_name(halden):
    org = make_organization()
    gone = org.person(given_name="Gone")
    org.perform(remove_members, membership_ids=(gone.membership_id,))
    client = signed_in(org.owner)
    assert names_on(client.get(LIST)) == ["Maren Holt"]
    assert names_on(client.get(f"{LIST}?status=removed")) == ["Pat Example"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("", ["Amara Osei", "Hanna Virtanen", "Maren Holt", "Omar Haddad", "Petra Lindqvist"]),
        ("q=PETRA", ["Petra Lindqvist"]),
        ("q=lind+pet", ["Petra Lindqvist"]),
        ("status=pending", ["Hanna Virtanen"]),
        ("status=pending&status=deactivated", ["Hanna Virtanen", "Omar Haddad"]),
        ("status=nonsense", []),
        ("last_sign_in=never", ["Hanna Virtanen"]),
        (
            "last_sign_in=99999999999999999999",
            ["Amara Osei", "Hanna Virtanen", "Maren Holt", "Omar Haddad", "Petra Lindqvist"],
        ),
        ("sort=-name", ["Petra Lindqvist", "Omar Haddad", "Maren Holt", "Hanna Virtanen", "Amara Osei"]),
        ("sort=added", ["Maren Holt", "Petra Lindqvist", "Amara Osei", "Hanna Virtanen", "Omar Haddad"]),
        ("role=not-an-id", []),
        ("team=0", []),
        ("q=%00", []),
        ("q=%E2%80%AEevil", []),
        ("q=%F0%9F%A6%8A", []),
        ("q=<script>", []),
    ],
)
def test_search_filters_and_order_stand_in_the_address(halden, client, question, found):
    answer = client.get(f"{LIST}?{question}")
    assert answer.status_code == 200
    assert names_on(answer) == found
    if found:
        noun = "person" if len(found) == 1 else "people"
        assert f"{len(found)} {noun}" in answer.content.decode()
    else:
        assert "Nobody matches" in answer.content.decode()


def test_roles_and_teams_filter(halden, client):
    org, _people, team = halden
    assert names_on(client.get(f"{LIST}?role={org.role('manager')}")) == ["Petra Lindqvist"]
    assert names_on(client.get(f"{LIST}?team={team.id}")) == ["Amara Osei", "Petra Lindqvist"]
    assert names_on(client.get(f"{LIST}?team={new_id()}")) == []


def test_a_megabyte_of_search_finds_nobody(client):
    assert names_on(client.get(LIST, {"q": "x" * 1_000_000})) == []


@pytest.mark.parametrize("cursor", ["x", "%00", "e30", "WyJuIiwidiIsMSwiMDAiXQ", "x" * 5000])
def test_a_cursor_of_ones_own_making_is_refused(client, cursor):
    assert client.get(f"{LIST}?cursor={cursor}").status_code == 422


def test_keyset_pages_miss_nobody():
    org = make_organization(seats=200)
    with scope.tenant(org.id), writing():
        rows = []
        for n in range(120):
            member = Membership(
                email=f"p{n}@example.test",
                given_name=f"Same{n % 3}",
                status="removed",
                created_at="2026-01-01T00:00:00Z",
                removed_at="2026-01-02T00:00:00Z",
            )
            member.refresh_search()
            rows.append(member)
        Membership.objects.bulk_create(rows)
    client = signed_in(org.owner)
    seen, address = [], f"{LIST}?status=removed&sort=-last_sign_in"
    for _page in range(3):
        body = client.get(address).content.decode()
        assert "120 people" in body
        seen += re.findall(r'id="row-([0-9a-f-]+)"', body)
        following = re.search(r'rel="next" href="([^"]+)"', body)
        address = LIST + following.group(1).replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 120
    assert not address


def test_a_manager_finds_people_of_their_teams_only(halden):
    org, people, _team = halden
    client = signed_in(_person(org, people["Petra"]))
    assert names_on(client.get(LIST)) == ["Amara Osei", "Petra Lindqvist"]
    assert "2 people" in client.get(LIST).content.decode()
    assert names_on(client.get(f"{LIST}?q=maren")) == []
    assert client.get(f"{LIST}/{org.owner.membership_id}").status_code == 404
    assert client.get(f"{LIST}/{people['Hanna'].membership_id}/picture").status_code == 404
    body = client.get(LIST).content.decode()
    assert "seats in use" not in body
    assert "Add user" not in body
    assert "deactivation" not in body
    overview = client.get("/admin/users").content.decode()
    assert "2 people" in overview


def _person(org, invited):
    return Person(org.id, invited.membership_id, org.owner.user_id, invited.email)


def test_the_file_holds_the_filter_and_no_formula(halden, client):
    org, _people, _team = halden
    org.invite(given_name="=HYPERLINK(1)", family_name="@x", email=f"formula.{org.slug}@example.test")
    answer = client.get(f"{LIST}.csv?status=pending")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["given_name"] for row in rows) == ["'=HYPERLINK(1)", "Hanna"]
    assert {row["family_name"] for row in rows} == {"'@x", "Virtanen"}
    assert {row["status"] for row in rows} == {"pending"}
    # Taking people out is written down: that it was narrowed, not what was searched for.
    with scope.tenant(org.id), reading():
        entry = Entry.objects.order_by("-number").first()
        columns = ["email", "role", "team", "status", "last_sign_in"]
        values = {"filter": ["status"], "count": 2, "columns": columns}
        assert (entry.action, {**entry.values, "columns": columns}) == ("people.exported", values)


def test_the_file_needs_its_permission(halden):
    org, people, _team = halden
    answer = signed_in(_person(org, people["Petra"])).get(f"{LIST}.csv")
    assert answer.status_code == 403
    assert "Export people" in answer.content.decode()


def test_without_the_permission_the_page_names_it():
    org = make_organization()
    for role, path in (("member", LIST), ("member", "/admin/users"), ("billing_administrator", f"{LIST}/new")):
        answer = signed_in(org.person(role)).get(path)
        assert answer.status_code == 403
        assert ("people.invite" if path.endswith("new") else "people.view") in answer.content.decode()


def test_nobody_is_let_in_without_signing_in():
    answer = browser().get(LIST)
    assert answer.status_code == 303
    assert answer["Location"].startswith("/accounts/login?next=")


def test_names_that_look_like_markup_are_text(client, halden):
    org, _people, _team = halden
    org.invite(given_name="<b>Bo</b>", family_name="🦊", email=f"bo.{org.slug}@example.test")
    body = client.get(f"{LIST}?q=bo").content.decode()
    assert "<b>Bo</b>" not in body
    assert "&lt;b&gt;Bo&lt;/b&gt; 🦊" in body

"""Which columns the directory shows, and the file with it."""

import csv
import io
import re

import pytest

from factories.organizations import make_organization
from support.visitors import post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership
from tenantry.usecases.departments import create_department, set_department

LIST = "/admin/users/u"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def headings(client, query: str = "") -> list[str]:
    body = client.get(f"{LIST}{query}").content.decode()
    head = body.partition("<thead>")[2].partition("</thead>")[0]
    found = re.findall(r"<th[^>]*>(.*?)</th>", head)
    return [text for one in found if (text := re.sub(r"<[^>]+>", "", one).strip())]


def file_of(client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"{LIST}.csv{query}")
    return list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_usual_ones_when_nobody_chose(client):
    assert headings(client) == ["Name", "E-mail", "Role", "Team", "Branch", "Status", "Last sign-in", "Actions"]


def test_the_address_chooses_in_the_houses_order(client):
    shown = headings(client, "?columns=added&columns=phone&columns=manager&columns=nonsense")
    assert shown == ["Name", "Manager", "Phone", "Added", "Actions"]
    assert headings(client, "?columns=name") == ["Name", "Actions"]


def test_columns_show_what_they_are_called(org, client):
    rep = org.person()
    department = org.perform(create_department, name="Field sales").id
    org.perform(set_department, membership_ids=(rep.membership_id,), department_id=department)
    with scope.tenant(org.id), writing():
        rows = Membership.objects.filter(id=rep.membership_id)
        rows.update(manager_id=org.owner.membership_id, phone="+47 22 00 00 00")
    query = "?columns=department&columns=manager&columns=phone"
    body = client.get(LIST + query).content.decode()
    row = body.partition(f'id="row-{rep.membership_id}"')[2].partition("</tr>")[0]
    for text in ("Field sales", "Maren Holt", "+47 22 00 00 00"):
        assert text in row
    [found] = [one for one in file_of(client, query) if one["given_name"] == "Pat"]
    assert (found["department"], found["manager"]) == ("Field sales", "Maren Holt")
    # A number that begins with a plus is a formula to a spreadsheet.
    assert found["phone"] == "'+47 22 00 00 00"


def test_departments_filter_the_list_and_the_file(org, client):
    one, two = org.person(), org.person()
    department = org.perform(create_department, name="Field sales").id
    org.perform(set_department, membership_ids=(one.membership_id,), department_id=department)
    body = client.get(f"{LIST}?department={department}").content.decode()
    assert str(one.membership_id) in body
    assert str(two.membership_id) not in body
    assert len(file_of(client, f"?department={department}")) == 1


def test_ones_choice_is_remembered_until_it_is_taken_back(org, client):
    answer = post(client, org.owner, f"{LIST}/columns", {"columns": ["phone", "status"], "query": "q=pat&columns=role"})
    assert answer["Location"] == f"{LIST}?q=pat&columns=name&columns=phone&columns=status"
    assert headings(client) == ["Name", "Phone", "Status", "Actions"]
    assert list(file_of(client)[0]) == ["given_name", "family_name", "phone", "status"]
    # It is this person's, not everybody's.
    other = org.person("administrator")
    assert "Phone" not in headings(signed_in(other))
    assert headings(client, "?columns=role") == ["Name", "Role", "Actions"]
    post(client, org.owner, f"{LIST}/columns", {"do": "usual"})
    assert "E-mail" in headings(client)


def test_none_may_be_chosen(org, client):
    post(client, org.owner, f"{LIST}/columns", {})
    assert headings(client) == ["Name", "Actions"]


def test_those_who_are_ticked_are_taken_out_alone(org, client):
    one, _two = org.person(), org.person()
    answer = post(client, org.owner, f"{LIST}.csv", {"ids": [str(one.membership_id)], "query": "columns=email"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["email"] for row in rows] == [one.email]
    all_of_them = post(client, org.owner, f"{LIST}.csv", {"all": "1", "query": "status=active&columns=email"})
    assert len(b"".join(all_of_them.streaming_content).decode().strip().splitlines()) == 4
    assert post(client, org.owner, f"{LIST}.csv", {}).status_code == 422
    assert post(client, org.owner, f"{LIST}.csv", {"ids": ["x"]}).status_code == 404


def test_another_organizations_people_are_not_in_the_file(org, client):
    other = make_organization()
    answer = post(client, org.owner, f"{LIST}.csv", {"ids": [str(other.owner.membership_id)]})
    assert len(b"".join(answer.streaming_content).decode().strip().splitlines()) == 1


def test_a_row_that_comes_back_alone_has_the_columns_of_its_page(org, client):
    rep = org.person()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{LIST}?columns=phone"}
    path = f"{LIST}/{rep.membership_id}/deactivation"
    plan = client.get(path).content.decode()
    digest = re.search(r'name="digest" value="([0-9a-f]{32})"', plan).group(1)
    answer = post(client, org.owner, path, {"digest": digest}, headers=headers)
    row = answer.content.decode().partition("<tr")[2].partition("</tr>")[0]
    assert row.count("<td") == 4
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=rep.membership_id).status == "deactivated"

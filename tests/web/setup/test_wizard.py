"""The wizard over HTTP: every step can be done, skipped and come back to; people are invited row by row."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization, unique
from support.catalogue import change, rows
from support.visitors import body, browser, mail_to, post, signed_in

COMPANY = {"name": "Halden Supply AS", "time_zone": "Europe/Oslo", "currency": "NOK", "version": "1"}


@pytest.fixture
def org():
    return make_organization()


def steps(org):
    found = rows("SELECT setup, setup_finished_at IS NOT NULL FROM organizations_organization WHERE id = %s", org.id)
    return found[0]


def address() -> str:
    return f"{unique('person')}@example.test"


def send(client, org, *people, role="member"):
    ids = [str(org.role(role))] * len(people)
    return post(client, org.owner, "/setup/people", {"email": list(people), "role": ids})


def test_from_the_first_step_to_the_last(org):
    client = signed_in(org.owner)
    assert client.get("/setup")["Location"] == "/setup/company"
    assert post(client, org.owner, "/setup/company", COMPANY)["Location"] == "/setup/people"
    assert steps(org) == ({"company": "done"}, False)
    assert "Go on where you left" in body(client.get("/"))
    first, second = address(), address()
    assert send(client, org, first, "", second)["Location"] == "/setup/plan"
    assert "2 invitations sent." in body(client.get("/setup/plan"))
    assert mail_to(first, "people.invitation")["subject"] == "Join Halden Supply AS"
    assert post(client, org.owner, "/setup/plan").status_code == 303
    assert steps(org) == ({"company": "done", "people": "done", "plan": "done"}, True)
    assert "Go on where you left" not in body(client.get("/"))
    assert client.get("/setup")["Location"] == "/setup/company"


def test_steps_are_skipped_and_a_done_one_stays_done(org):
    client = signed_in(org.owner)
    assert post(client, org.owner, "/setup/company/skip")["Location"] == "/setup/people"
    assert send(client, org)["Location"] == "/setup/plan", "nobody named is a skipped step"
    post(client, org.owner, "/setup/company", COMPANY)
    post(client, org.owner, "/setup/company/skip")
    assert steps(org) == ({"company": "done", "people": "skipped"}, False)
    assert post(client, org.owner, "/setup/nonsense/skip").status_code == 422


def test_only_whoever_edits_the_organization(org):
    for role in ("member", "people_administrator", "read_only"):
        person = org.person(role)
        client = signed_in(person)
        for path in ("/setup", "/setup/company", "/setup/people", "/setup/plan"):
            assert client.get(path).status_code == 403
        for path in ("/setup/company", "/setup/people", "/setup/plan", "/setup/company/skip"):
            assert post(client, person, path, COMPANY).status_code == 403
    assert steps(org) == ({}, False)
    assert browser().get("/setup")["Location"] == "/accounts/login?next=%2Fsetup"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\0"),
        ("name", "a" * 1_000_000),
        ("name", "\u202eylppuS"),
        ("time_zone", "Mars/Olympus"),
        ("currency", "XXX"),
        ("colour", "#ffff00"),
        ("colour", "red"),
        ("version", "x"),
        ("version", "9" * 40),
        ("registered_address", "\0"),
    ],
)
def test_bad_company_fields_are_refused_and_the_others_kept(org, field, value):
    client = signed_in(org.owner)
    answer = post(client, org.owner, "/setup/company", {**COMPANY, "legal_name": "Kept Ltd", field: value})
    assert answer.status_code == 422
    assert "Kept Ltd" in body(answer)
    assert steps(org) == ({}, False)


def test_a_profile_that_somebody_else_changed_meanwhile_is_not_overwritten(org):
    client = signed_in(org.owner)
    change("UPDATE organizations_companyprofile SET version = 2, website = 'kept' WHERE organization_id = %s", org.id)
    answer = post(client, org.owner, "/setup/company", COMPANY)
    assert answer.status_code == 409
    assert "Somebody else changed this meanwhile" in body(answer)
    found = rows("SELECT website FROM organizations_companyprofile WHERE organization_id = %s", org.id)
    assert found == [("kept",)]


def test_what_the_wizard_does_not_ask_for_stays(org):
    client = signed_in(org.owner)
    change("UPDATE organizations_companyprofile SET mailing_address = 'Box 7' WHERE organization_id = %s", org.id)
    assert post(client, org.owner, "/setup/company", COMPANY).status_code == 303
    found = rows("SELECT mailing_address FROM organizations_companyprofile WHERE organization_id = %s", org.id)
    assert found == [("Box 7",)]


class TestPeople:
    def test_good_rows_are_sent_and_bad_ones_stay_with_their_reason(self, org):
        client, good = signed_in(org.owner), address()
        answer = send(client, org, good, "amara@haldensuply", org.owner.email, good.upper(), "<b>@example.test")
        page = body(answer)
        assert answer.status_code == 200
        assert "1 invitation sent." in page
        assert "4 rows are left" in page
        for words in ("This address has no domain ending.", "is already in this organization", "in the list twice"):
            assert words in page
        assert 'value="amara@haldensuply"' in page
        assert f'value="{good}"' not in page
        assert "&lt;b&gt;@example.test" in page
        mail_to(good, "people.invitation")
        assert steps(org) == ({}, False), "the step is not done while rows wait"

    def test_only_bad_rows_send_nothing(self, org):
        answer = send(signed_in(org.owner), org, "nonsense")
        assert answer.status_code == 422
        assert "Nothing was sent yet" in body(answer)
        assert 'role="alert"' in body(answer)

    def test_the_last_seats_go_to_the_first_rows(self, org):
        org.limit_seats(3)
        people = [address() for _i in range(4)]
        page = body(send(signed_in(org.owner), org, *people))
        assert "2 invitations sent." in page
        assert page.count("At seat limit") == 2
        assert people[2] in page
        assert rows("SELECT count(*) FROM people_membership WHERE organization_id = %s", org.id) == [(3,)]

    def test_roles_out_of_hand_or_of_others_are_refused(self, org):
        admin = org.person("administrator")
        client = signed_in(admin)
        foreign = make_organization().role("member")
        for role in (org.role("owner"), foreign, "nonsense", ""):
            answer = post(client, admin, "/setup/people", {"email": address(), "role": str(role)})
            assert answer.status_code == 422
            assert "Please choose a role from the list." in body(answer)

    @pytest.mark.parametrize("value", ["a" * 1_000_000, "\0", "\u202ea@example.test", "🛶", "a@example.test\0"])
    def test_bad_addresses(self, org, value):
        assert send(signed_in(org.owner), org, value).status_code == 422

    def test_thousands_of_rows_do_not_come_through(self, org):
        answer = send(signed_in(org.owner), org, *[f"x{i}" for i in range(900)])
        assert answer.status_code == 422
        assert body(answer).count('name="email"') <= 200


def test_pages_stay_within_their_queries(org):
    client = signed_in(org.owner)
    for path in ("/setup/company", "/setup/people", "/setup/plan", "/", "/me", "/me/security", "/notifications"):
        with CaptureQueriesContext(connection) as caught:
            assert client.get(path).status_code == 200
        asked = [q["sql"] for q in caught if q["sql"].lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT"))]
        asked = [sql for sql in asked if "set_config" not in sql]
        assert len(asked) <= 10, (path, len(asked), asked)

"""The organization about itself."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import CompanyProfile, Contact, Organization
from tenantry.organizations.selectors import company_profile

PAGES = ("", "/profile", "/contacts", "/plan", "/security", "/policies")
CONTROL = re.compile(r"SET|SAVEPOINT|RELEASE|BEGIN|COMMIT|ROLLBACK|\s*SELECT set_config", re.IGNORECASE)
PROFILE = {
    "name": "Halden Supply",
    "legal_name": "Halden Supply AS",
    "registered_address": "Brygga 14\nHorten",
    "mailing_address": "",
    "tax_id": "NO 998",
    "website": "https://halden.example",
    "colour": "#0b6478",
    "time_zone": "Europe/Oslo",
    "currency": "EUR",
    "version": "1",
}


def _stored(org):
    with scope.tenant(org.id), reading():
        return CompanyProfile.objects.get(), Organization.objects.get()


@pytest.mark.parametrize("path", PAGES)
def test_pages_open_for_an_owner_within_ten_queries(path):
    org = make_organization(seats=5)
    client = signed_in(org.owner)
    client.get("/admin/org")
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(f"/admin/org{path}")
    assert answer.status_code == 200
    asked = [q["sql"] for q in captured if not CONTROL.match(q["sql"])]
    assert len(asked) <= 10, "\n".join(asked)


def test_who_sees_what():
    org = make_organization()
    member = signed_in(org.person("member"))
    assert {member.get(f"/admin/org{path}").status_code for path in PAGES} == {403}
    people = signed_in(org.person("people_administrator"))
    page = body(people.get("/admin/org/profile"))
    assert "<textarea" not in page
    assert "Who may edit organization information changes this." in page
    billing = signed_in(org.person("billing_administrator"))
    assert billing.get("/admin/org/policies").status_code == 403
    assert billing.get("/admin/org/plan").status_code == 200
    assert "/admin/org/policies" not in body(billing.get("/admin/org"))
    for path in ("/profile", "/contacts"):
        assert post(people, org.owner, f"/admin/org{path}", {**PROFILE, "kind": "legal"}).status_code == 403


def test_the_profile_is_saved_once_and_a_second_writer_is_told():
    org = make_organization()
    client = signed_in(org.owner)
    assert post(client, org.owner, "/admin/org/profile", PROFILE)["Location"] == "/admin/org/profile"
    profile, organization = _stored(org)
    assert (profile.legal_name, profile.version, organization.time_zone) == ("Halden Supply AS", 2, "Europe/Oslo")
    answer = post(client, org.owner, "/admin/org/profile", {**PROFILE, "legal_name": "Other AS"})
    assert answer.status_code == 409
    page = body(answer)
    assert "Somebody else changed this meanwhile" in page
    assert 'value="Other AS"' in page
    assert "<strong>Halden Supply AS</strong>" in page
    assert _stored(org)[0].legal_name == "Halden Supply AS"
    version = re.search(r'name="version" value="(\d+)"', page).group(1)
    again = {**PROFILE, "legal_name": "Other AS", "version": version}
    assert post(client, org.owner, "/admin/org/profile", again).status_code == 303
    assert _stored(org)[0].legal_name == "Other AS"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("colour", "#ffee00", "hard to read"),
        ("colour", "red", "Write a colour as #rrggbb."),
        ("name", "", "Please fill this in."),
        ("name", "x" * 1_000_000, "At most 120 characters."),
        ("legal_name", "a\u202eb", "control and hidden characters"),
        ("legal_name", "a\0b", ""),
        ("time_zone", "Mars/Olympus", ""),
        ("currency", "XXX", ""),
        ("version", "x", ""),
    ],
)
def test_bad_values_are_refused_beside_their_field_and_nothing_is_saved(field, value, told):
    org = make_organization()
    answer = post(signed_in(org.owner), org.owner, "/admin/org/profile", {**PROFILE, field: value})
    assert answer.status_code == 422
    assert told in body(answer)
    assert "NO 998" in body(answer)
    assert _stored(org)[0].legal_name == ""


def test_contacts_are_saved_one_by_one():
    org = make_organization()
    client = signed_in(org.owner)
    given = {"kind": "billing", "name": "Ida", "email": "IDA@example.test", "phone": "+47 1"}
    assert post(client, org.owner, "/admin/org/contacts", given).status_code == 303
    with scope.tenant(org.id), reading():
        assert [(c.kind, c.email) for c in Contact.objects.all()] == [("billing", "ida@example.test")]
    wrong = post(client, org.owner, "/admin/org/contacts", {**given, "kind": "legal", "email": "nobody"})
    assert wrong.status_code == 422
    assert body(wrong).count('value="nobody"') == 1
    assert body(wrong).count('value="ida@example.test"') == 1
    assert post(client, org.owner, "/admin/org/contacts", {**given, "kind": "other"}).status_code == 422


def test_a_form_of_another_organization_is_refused():
    org, other = make_organization(), make_organization()
    answer = post(signed_in(org.owner), other.owner, "/admin/org/profile", PROFILE)
    assert answer.status_code == 409
    with scope.tenant(org.id), reading():
        assert company_profile().version == 1


def test_the_plan_tells_the_truth_about_seats():
    org = make_organization(seats=2)
    org.invite()
    page = body(signed_in(org.owner).get("/admin/org/plan"))
    assert "2 of 2" in page
    assert "Every seat is in use" in page
    assert "Unlimited" in body(signed_in(make_organization().owner).get("/admin/org/plan"))


def test_security_counts_who_is_signed_in():
    org = make_organization()
    client = signed_in(org.owner)
    page = body(client.get("/admin/org/security"))
    assert "1 person" in page
    assert "12 characters" in page

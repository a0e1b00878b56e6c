"""What is known of a person: by administrators on the person's page, by the person on their own."""

import pytest

from factories.organizations import make_organization
from support.visitors import body, post, signed_in
from tenantry.usecases.departments import create_department


@pytest.fixture
def org():
    return make_organization()


def test_an_administrator_edits_everything_and_sees_the_local_time(org):
    org.perform(create_department, name="Sales")
    chief, person = org.person(), org.person()
    client, url = signed_in(org.owner), f"/admin/users/u/{person.membership_id}"
    page = body(client.get(f"{url}/edit"))
    department = page.partition(">Sales<")[0].rpartition('value="')[2].partition('"')[0]
    form = {
        "given_name": "Åsa", "family_name": "Berg", "department": department, "manager": chief.email,
        "phone": "+46 8 123 45", "time_zone": "Asia/Tokyo",
    }  # fmt: skip
    assert post(client, org.owner, f"{url}/edit", form).status_code == 303
    shown = body(client.get(url))
    for text in ("Åsa Berg", "Sales", f"/admin/users/u/{chief.membership_id}", "+46 8 123 45", "Asia/Tokyo"):
        assert text in shown


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("phone", "call me", "Digits, spaces"),
        ("manager", "Nobody Here", "Nobody active here is called so."),
        ("manager", "Pat Example", "Several people are called so."),
        ("time_zone", "Mars/Base", "valid choice"),
        ("given_name", "", "Please fill this in."),
    ],
)
def test_what_can_not_be_is_said_and_what_was_typed_is_kept(org, field, value, said):
    person, _other = org.person(), org.person()
    form = {"given_name": "Kept", "family_name": "Too", field: value}
    answer = post(signed_in(org.owner), org.owner, f"/admin/users/u/{person.membership_id}/edit", form)
    assert answer.status_code == 422
    assert said in body(answer)
    assert 'value="Too"' in body(answer)


def test_managers_are_found_while_one_types(org):
    person, other = org.person(), org.person()
    found = body(signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}/edit?manager=pat"))
    options = found.partition('id="manager-choices"')[2].partition("</datalist>")[0]
    assert other.email in options
    assert person.email not in options


def test_ones_own_part_is_ones_own(org):
    person = org.person()
    client = signed_in(person)
    form = {"given_name": "Pat", "family_name": "Example", "phone": "+47 22 00 00 00"}
    assert post(client, person, "/me", {**form, "department": "x"}).status_code == 303
    assert "+47 22 00 00 00" in body(client.get("/me"))
    assert "An administrator changes these." in body(client.get("/me"))
    assert post(client, person, "/me/preferences", {"locale": "en-us", "time_zone": "Europe/Oslo"}).status_code == 303
    assert client.get("/me/preferences")["Content-Language"] == "en-us"
    assert post(client, person, "/me/preferences", {"locale": "tlh", "time_zone": ""}).status_code == 422

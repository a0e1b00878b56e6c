"""Whether an address is in use, and where, is learned by nobody but whoever may add people (security case 22).

Addresses that nobody knows, that are invited, that have an account, in an organization that has its people for itself:
the same texts, the same statuses, the same number of questions to the database.
"""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization, unique
from support.visitors import body, browser, link_in, mail_to, post, signed_in

EXCLUSIVE = "crm-suite"


@pytest.fixture(scope="module")
def addresses():
    """None of them stands in the organizations of the tests; of each as many as there are doors."""
    house = make_organization("Secret Harbour", blueprint=EXCLUSIVE)
    return {
        "unknown": f"{unique('someone')}@example.test",
        "invited": house.invite("standard_user").email,
        "account": house.person("standard_user").email,
    }


def told(answer, email):
    page = re.sub(r'"[0-9a-f-]{36}"|"id": "[^"]+"|[?&]cursor=\w+', "", body(answer))
    return answer.status_code, page.replace(email, "ADDRESS").replace(email.replace("@", "%40"), "ADDRESS")


def sign_in(email):
    return browser().post("/accounts/login", {"email": email, "password": "wrong one 9 wrong"})


def reset(email):
    return browser().post("/accounts/reset", {"email": email})


def sign_up(email):
    return browser().post("/signup", form_of(email))


def form_of(email):
    return {
        "organization_name": "Halden Supply",
        "slug": "",
        "blueprint": EXCLUSIVE,
        "given_name": "Maren",
        "family_name": "Holt",
        "email": email,
        "password": "a quiet harbour at 5",
    }


@pytest.mark.parametrize("door", [sign_in, reset, sign_up])
def test_guests_are_answered_alike(addresses, door):
    asked = {}
    # The first one from this machine makes the row by which tries are counted, whoever is asked for.
    door(f"{unique('first')}@example.test")
    for kind, email in addresses.items():
        with CaptureQueriesContext(connection) as counted:
            answer = door(email)
        asked[kind] = (told(answer, email), len(counted))
    assert asked["unknown"] == asked["invited"] == asked["account"]


@pytest.mark.parametrize("blueprint", ["standard", EXCLUSIVE])
def test_members_without_the_permission_are_refused_before_anything_is_looked_up(addresses, blueprint):
    org = make_organization(blueprint=blueprint)
    bob = org.person("manager")
    client = signed_in(bob)
    # What a process remembers of a member is read once.
    post(client, bob, "/admin/users/u/new", {})
    asked = {}
    for kind, email in addresses.items():
        with CaptureQueriesContext(connection) as counted:
            answer = post(client, bob, "/admin/users/u/new", {"email": email, "role": org.role("manager")})
        asked[kind] = (answer.status_code, "another organization" in body(answer), len(counted))
    assert asked["unknown"] == asked["invited"] == asked["account"]
    assert asked["unknown"][0] == 403


def test_with_the_policy_off_on_both_sides_adding_tells_nothing():
    """An account, an invitation elsewhere, or nobody at all: invited, and no word of it."""
    house, org = make_organization(), make_organization()
    client = signed_in(org.owner)
    found = []
    for email in (f"{unique('someone')}@example.test", house.invite().email, house.person().email):
        answer = post(client, org.owner, "/admin/users/u/new", {"email": email, "role": org.role("member")})
        found.append(answer.status_code)
    assert found == [303, 303, 303]


def test_whoever_may_add_learns_it_and_never_where(addresses):
    org = make_organization()
    client = signed_in(org.owner)
    for kind in ("invited", "account"):
        answer = post(client, org.owner, "/admin/users/u/new", {"email": addresses[kind], "role": org.role("member")})
        page = body(answer)
        assert answer.status_code == 409
        assert "already in use in another organization. Please use a different address." in page
        assert "Secret Harbour" not in page


def test_the_page_behind_a_sign_up_says_so_to_whoever_has_proven_the_address():
    """Whoever opens its mail reads what it is in the way of, before anything is created."""
    email = make_organization("Secret Harbour", blueprint=EXCLUSIVE).invite("standard_user").email
    client = browser()
    client.post("/signup", form_of(email) | {"slug": unique("harbour")})
    link = link_in(mail_to(email, "people.sign_up"))
    answer = client.post(link)
    assert answer.status_code == 409
    assert "This address is in use" in body(answer)
    assert "Secret Harbour" not in body(answer)

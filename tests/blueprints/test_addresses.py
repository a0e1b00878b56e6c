"""What policies make of addresses in each blueprint: whether one may be used elsewhere, and whether it may change."""

import pytest

from blueprints.tables import BLUEPRINTS, ROLES, VALUES
from blueprints.walked import walks
from factories.organizations import PASSWORD, make_organization, unique
from support.visitors import body, link_in, mail_to, post, signed_in
from tenantry.people.address_changes import LINK_MAIL
from tenantry.people.errors import AddressElsewhere

each = pytest.mark.parametrize("blueprint", BLUEPRINTS)
WEAKEST = {name: table.roles[-1] for name, table in ROLES.items()}
EXCLUSIVE = dict(zip(BLUEPRINTS, VALUES["people.exclusive_email"], strict=True))
CHANGE = dict(zip(BLUEPRINTS, VALUES["people.email_change"], strict=True))


@pytest.fixture
def org(blueprint):
    return make_organization(blueprint=blueprint)


@walks("Policies", "people.exclusive_email")
@each
def test_whether_an_address_of_here_may_be_used_elsewhere(blueprint, org):
    email = org.invite(WEAKEST[blueprint]).email
    there = make_organization()
    client = signed_in(there.owner)
    answer = post(client, there.owner, "/admin/users/u/new", {"email": email, "role": there.role("member")})
    if not EXCLUSIVE[blueprint]:
        assert answer.status_code == 303
        return
    assert answer.status_code == 409
    assert "already in use in another organization" in body(answer)


@walks("Policies", "people.exclusive_email")
@each
def test_whether_an_address_of_elsewhere_may_come_in(blueprint, org):
    email = make_organization().invite().email
    if EXCLUSIVE[blueprint]:
        with pytest.raises(AddressElsewhere):
            org.invite(WEAKEST[blueprint], email=email)
        return
    assert org.invite(WEAKEST[blueprint], email=email)


@walks("Policies", "people.email_change")
@each
def test_whether_ones_own_address_may_change(blueprint, org):
    person, email = org.person(WEAKEST[blueprint]), f"{unique('new')}@example.test"
    client = signed_in(person)
    page = body(client.get("/me/address"))
    asked = post(client, person, "/me/address", {"email": email, "password": PASSWORD})
    if CHANGE[blueprint] == "forbidden":
        assert "does not let an address be changed" in page
        assert asked.status_code == 403
        return
    assert asked.status_code == 303
    assert "This is your address now" in body(client.post(link_in(mail_to(email, LINK_MAIL))))


@walks("Policies", "people.email_change")
@each
def test_what_an_administrator_is_offered(blueprint, org):
    person = org.person(WEAKEST[blueprint])
    page = body(signed_in(org.owner).get(f"/admin/users/u/{person.membership_id}/address"))
    forbidden = CHANGE[blueprint] == "forbidden"
    assert ("Add with the same access" in page) is forbidden
    assert ("Send the link" in page) is not forbidden

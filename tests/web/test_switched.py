"""A form of one organization, sent after a switch to another in a second tab."""

import pytest

from factories.organizations import make_organization
from support.visitors import signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Team


@pytest.fixture
def two():
    """A person who owns one organization and has joined another; the browser is inside the second."""
    first = make_organization("Halden Supply")
    second = make_organization("Halden Rental")
    invited = second.invite("administrator", email=first.owner.email)
    second.accept(second.token_for(invited.membership_id), signed_in_user_id=first.owner.user_id)
    client = signed_in(first.owner)
    assert client.post("/switch", {"organization": str(second.id)}).status_code == 303
    return first, second, client


def teams_of(organization) -> list[str]:
    with scope.tenant(organization.id), reading():
        return list(Team.objects.values_list("name", flat=True))


def test_a_form_of_the_other_organization_is_refused_and_leads_back(two):
    first, second, client = two
    answer = client.post("/admin/users/g/new", {"_organization": str(first.id), "name": "Field sales"})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "You have switched to Halden Rental" in page
    assert "Go to Halden Supply" in page
    assert teams_of(first) == teams_of(second) == []
    back = client.post("/switch", {"organization": str(first.id), "next": "/admin/users/g"})
    assert (back.status_code, back["Location"]) == (303, "/admin/users/g")
    made = client.post("/admin/users/g/new", {"_organization": str(first.id), "name": "Field sales"})
    assert made.status_code == 303
    assert teams_of(first) == ["Field sales"]


def test_a_form_of_a_stranger_is_refused_without_its_name(two):
    stranger = make_organization("Secret Harbour")
    answer = two[2].post("/admin/users/g/new", {"_organization": str(stranger.id), "name": "Field sales"})
    assert answer.status_code == 409
    assert "Secret Harbour" not in answer.content.decode()
    assert teams_of(stranger) == []

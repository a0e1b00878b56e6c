"""The same act on a page and through the interface: one rule, one refusal, two ways of saying it."""

import pytest
from django.test import Client

from api.callers import by_session, make_organization
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership


def _page_client(person) -> Client:
    return by_session(person).client


def _post(client: Client, org, path: str, **fields: object):
    return client.post(path, {"_organization": str(org.id), **fields})


def _row(org, membership_id):
    with scope.tenant(org.id), reading():
        return Membership.objects.get(id=membership_id)


@pytest.fixture(params=["page", "interface"])
def way(request):
    return request.param


def test_adding_somebody(way):
    org = make_organization(seats=2)
    role = str(org.role("member"))
    for email, status in (("first@example.test", "invited"), ("second@example.test", None)):
        if way == "page":
            response = _post(
                _page_client(org.owner), org, "/admin/users/u/new",
                email=email, role=role, given_name="Pat", family_name="Reyes",
            )  # fmt: skip
            refused = response.status_code == 409
        else:
            refused = by_session(org.owner).post("/people", {"email": email, "role_id": role}).status == 409
        assert refused == (status is None), (way, email)
        with scope.tenant(org.id), reading():
            assert list(Membership.objects.filter(email=email).values_list("status", flat=True)) == (
                [status] if status else []
            )


def test_deactivating_somebody_and_oneself(way):
    org = make_organization()
    person = org.person()
    for target, allowed in ((person, True), (org.owner, False)):
        if way == "page":
            path = f"/admin/users/u/{target.membership_id}/deactivation"
            client = _page_client(org.owner)
            # The page confirms the plan that it showed: it is the interface's plan too.
            plan = by_session(org.owner).get(f"/people/{target.membership_id}/deactivation/plan").body
            status = _post(client, org, path, digest=plan["digest"]).status_code
        else:
            status = by_session(org.owner).post(f"/people/{target.membership_id}/deactivation").status
        assert (status < 400) == allowed, (way, status)
        if not allowed:
            assert status == 403
        assert _row(org, target.membership_id).status == ("deactivated" if allowed else "active")


def test_a_member_without_rights_is_told_the_permission(way):
    org = make_organization()
    member = org.person("member")
    if way == "page":
        response = _page_client(member).get("/admin/users/u")
        assert (response.status_code, b"people.view" in response.content or b"See people" in response.content) == (
            403,
            True,
        )
    else:
        refused = by_session(member).get("/people")
        assert (refused.status, refused.body["permission"]) == (403, "people.view")

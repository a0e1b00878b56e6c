"""Handing ownership over in a browser: both sides, both ways, with the own password."""

import re
from typing import Any

import pytest

from factories.organizations import PASSWORD, Organization, make_organization
from support.holding import held_by
from support.visitors import post, signed_in
from tenantry.access.actions.restricting import set_restrictions
from tenantry.access.models import OwnershipTransfer
from tenantry.audit.outbox import dispatch
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import PolicyValue

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@pytest.fixture
def org() -> Organization:
    return make_organization()


def digest_of(answer: Any) -> str:
    return dict(_HIDDEN.findall(answer.content.decode()))["digest"]


def base_key(org: Organization, person: Any) -> str:
    return held_by(org, person.membership_id)[0].role.key


def offered(org: Organization, client: Any, person: Any, password: str = PASSWORD) -> Any:
    path = f"/admin/users/u/{person.membership_id}/ownership"
    then = str(org.role("administrator"))
    plan = post(client, org.owner, path, {"then": then})
    assert plan.status_code == 200, plan.content.decode()
    return post(client, org.owner, path, {"then": then, "digest": digest_of(plan), "password": password})


def transfer_id(org: Organization) -> Any:
    with scope.tenant(org.id), reading():
        return OwnershipTransfer.objects.order_by("-created_at").values_list("id", flat=True).first()


def test_the_way_from_the_overview_to_the_new_owner(org):
    client, person = signed_in(org.owner), org.person()
    assert "/admin/org/ownership" in client.get("/admin/org").content.decode()
    assert "/admin/org/ownership" in client.get("/me").content.decode()
    found = client.get("/admin/org/ownership?q=pat").content.decode()
    path = f"/admin/users/u/{person.membership_id}/ownership"
    assert path in found
    assert "Your role afterwards" in client.get(path).content.decode()
    plan = post(client, org.owner, path, {"then": str(org.role("administrator"))}).content.decode()
    assert "becomes <strong>Owner</strong>" in plan
    assert "has a week to accept" in plan
    assert offered(org, client, person).status_code == 303
    assert base_key(org, person) == "member"
    assert "has offered ownership to Pat Example" in client.get("/admin/org/ownership").content.decode()

    theirs = signed_in(person)
    offer = f"/ownership/{transfer_id(org)}"
    page = theirs.get(offer)
    assert "You become <strong>Owner</strong>" in page.content.decode()
    wrong = post(theirs, person, offer, {"digest": digest_of(page), "password": "not this one 1"})
    assert wrong.status_code == 422
    assert "This is not your password." in wrong.content.decode()
    assert base_key(org, person) == "member"
    answer = post(theirs, person, offer, {"digest": digest_of(page), "password": PASSWORD})
    assert answer.status_code == 303
    assert (base_key(org, person), base_key(org, org.owner)) == ("owner", "administrator")
    assert "It was accepted." in client.get(offer).content.decode()
    assert client.get("/admin/org/ownership").status_code == 403


def test_a_wrong_password_offers_nothing_and_slows_down(org):
    client, person = signed_in(org.owner), org.person()
    codes = [offered(org, client, person, "not this one 1").status_code for _ in range(5)]
    assert codes[:3] == [422, 422, 422]
    assert 429 in codes
    assert transfer_id(org) is None


def test_immediate_signs_out_and_brings_back_without_the_role(org):
    with scope.tenant(org.id), writing():
        PolicyValue.objects.update_or_create(code="ownership.transfer", defaults={"value": "immediate"})
    client, person = signed_in(org.owner), org.person()
    path = f"/admin/users/u/{person.membership_id}/ownership"
    plan = post(client, org.owner, path, {"then": str(org.role("member"))})
    assert "You are signed out everywhere" in plan.content.decode()
    assert re.search(r"sessions? of Maren Holt ends? at once", plan.content.decode())
    sent = {"then": str(org.role("member")), "digest": digest_of(plan), "password": PASSWORD}
    answer = post(client, org.owner, path, sent)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/accounts/login")
    assert client.get("/me").status_code == 303
    assert (base_key(org, person), base_key(org, org.owner)) == ("owner", "member")
    assert signed_in(org.owner).get("/admin/org").status_code == 403


def test_what_changed_before_acceptance_is_shown_again(org):
    client, person = signed_in(org.owner), org.person()
    offered(org, client, person)
    theirs, offer = signed_in(person), f"/ownership/{transfer_id(org)}"
    page = theirs.get(offer)
    org.perform(set_restrictions, membership_id=person.membership_id, values={"data.no_export": "yes"})
    answer = post(theirs, person, offer, {"digest": digest_of(page), "password": PASSWORD})
    assert answer.status_code == 409
    assert "is lifted" in answer.content.decode()
    assert base_key(org, person) == "member"
    assert post(theirs, person, offer, {"digest": digest_of(answer), "password": PASSWORD}).status_code == 303
    assert base_key(org, person) == "owner"


@pytest.mark.parametrize("way", ["decline", "withdrawal"])
def test_an_offer_is_declined_or_taken_back(org, way):
    client, person = signed_in(org.owner), org.person()
    offered(org, client, person)
    offer = f"/ownership/{transfer_id(org)}"
    theirs = signed_in(person)
    who, by = (theirs, person) if way == "decline" else (client, org.owner)
    wrong, wrong_by = (client, org.owner) if way == "decline" else (theirs, person)
    assert post(wrong, wrong_by, f"{offer}/{way}").status_code == 404
    assert post(who, by, f"{offer}/{way}").status_code == 303
    assert "Nothing changed." in theirs.get(offer).content.decode()
    assert base_key(org, person) == "member"


def test_an_offer_is_nobody_elses_to_see(org):
    client, person = signed_in(org.owner), org.person()
    offered(org, client, person)
    offer = f"/ownership/{transfer_id(org)}"
    assert signed_in(org.person("administrator")).get(offer).status_code == 404
    assert signed_in(make_organization().owner).get(offer).status_code == 404


def test_only_a_keyholder_is_offered_the_way(org):
    administrator, person = signed_in(org.person("administrator")), org.person()
    assert administrator.get("/admin/org/ownership").status_code == 403
    assert administrator.get(f"/admin/users/u/{person.membership_id}/ownership").status_code == 403
    assert "transfer-ownership" not in administrator.get(f"/admin/users/u/{person.membership_id}").content.decode()
    assert "/admin/org/ownership" not in administrator.get("/me").content.decode()


def test_the_notification_leads_to_the_offer(org):
    from_owner, person = signed_in(org.owner), org.person()
    offered(org, from_owner, person)
    with scope.tenant(org.id):
        dispatch(org.id)
    client = signed_in(person)
    [notice] = re.findall(r"/notifications/([0-9a-f-]+)/open", client.get("/notifications").content.decode())
    opened = post(client, person, f"/notifications/{notice}/open")
    assert opened["Location"].endswith(f"/ownership/{transfer_id(org)}")

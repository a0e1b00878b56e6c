"""Another address for somebody, through the interface."""

from api.callers import by_key, make_organization
from factories.organizations import unique
from support.visitors import link_in, mail_to, signed_in
from tenantry.people.address_changes import LINK_MAIL


def address():
    return f"{unique('new')}@example.test"


def test_asked_for_and_called_off():
    org = make_organization()
    caller, person, email = by_key(org), org.person(), address()
    path = f"/people/{person.membership_id}/address-change"
    assert caller.put(path, {"email": email}).status == 202
    link = link_in(mail_to(email, LINK_MAIL))
    assert caller.get(f"/people/{person.membership_id}").body["email"] == person.email
    assert caller.delete(path).status == 204
    assert signed_in(person).get(link).status_code == 410


def test_of_a_pending_person():
    org = make_organization()
    caller, invited, email = by_key(org), org.invite(), address()
    answer = caller.put(f"/invitations/{invited.membership_id}/address", {"email": email})
    assert (answer.status, answer.body["email"]) == (200, email)
    taken = caller.put(f"/invitations/{invited.membership_id}/address", {"email": org.owner.email})
    assert (taken.status, taken.code) == (409, "already_member")


def test_an_account_of_several_organizations_is_not_ours():
    org, other = make_organization(), make_organization()
    person = org.person()
    invited = other.invite(email=person.email)
    other.accept(other.token_for(invited.membership_id), signed_in_user_id=person.user_id)
    answer = by_key(org).put(f"/people/{person.membership_id}/address-change", {"email": address()})
    assert (answer.status, answer.code) == (403, "address_not_yours")

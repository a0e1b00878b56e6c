"""One's own address over HTTP: asked for with the password, confirmed behind the link, told where it can't be."""

import re

import pytest

from factories.organizations import PASSWORD, make_organization, unique
from support.policies import by_operator
from support.visitors import body, browser, link_in, mail_to, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.address_changes import ASKED_MAIL, CHANGED_MAIL, LINK_MAIL, POLICY
from tenantry.people.models import Membership


def address():
    return f"{unique('new')}@example.test"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def ada(org):
    return org.person()


def ask(client, person, email, password=PASSWORD):
    return post(client, person, "/me/address", {"email": email, "password": password})


def email_of(person):
    with scope.tenant(person.organization_id), reading():
        return Membership.objects.get(id=person.membership_id).email


def test_from_asking_to_signing_in_with_it(org, ada):
    client, email = signed_in(ada), address()
    assert ask(client, ada, email)["Location"] == "/me/address"
    page = body(client.get("/me/address"))
    assert f"We have mailed a link to <strong>{email}</strong>" in page
    link = link_in(mail_to(email, LINK_MAIL))
    shown = client.get(link)
    assert "Use this address from now on?" in body(shown)
    assert (shown["Referrer-Policy"], shown["Cache-Control"]) == ("strict-origin", "no-store")
    assert email_of(ada) == ada.email
    assert "This is your address now" in body(client.post(link))
    assert email_of(ada) == email
    assert email in body(client.get("/me"))
    again = browser().post("/accounts/login", {"email": email, "password": PASSWORD})
    assert again.status_code == 303
    assert browser().post("/accounts/login", {"email": ada.email, "password": PASSWORD}).status_code == 422
    assert "Your address was changed" in mail_to(ada.email, CHANGED_MAIL)["subject"]


def test_a_get_by_a_mail_scanner_changes_nothing(org, ada):
    client, email = signed_in(ada), address()
    ask(client, ada, email)
    link = link_in(mail_to(email, LINK_MAIL))
    for visitor in (browser(), client):
        for _n in range(2):
            assert visitor.get(link).status_code == 200
    assert email_of(ada) == ada.email


def test_a_stranger_who_got_the_mail_by_mistake_gets_no_further_than_the_sign_in(org, ada):
    email = address()
    ask(signed_in(ada), ada, email)
    link = link_in(mail_to(email, LINK_MAIL))
    stranger = browser()
    page = body(stranger.get(link))
    assert "Sign in to confirm it" in page
    assert ada.email not in page
    assert "Example" not in page
    assert stranger.post(link).status_code == 200
    assert email_of(ada) == ada.email
    other = signed_in(org.owner)
    answer = other.post(link)
    assert answer.status_code == 403
    assert "This link is for another account" in body(answer)
    assert ada.email not in body(answer)


def test_signing_in_behind_the_link_comes_back_to_it(org, ada):
    email = address()
    ask(signed_in(ada), ada, email)
    link = link_in(mail_to(email, LINK_MAIL))
    client = browser()
    login = re.search(r'href="(/accounts/login\?next=[^"]+)"', body(client.get(link))).group(1)
    answer = client.post(login, {"email": ada.email, "password": PASSWORD, "next": link})
    assert answer["Location"] == link
    assert "This is your address now" in body(client.post(link))


@pytest.mark.parametrize("again", ["sent", "called off", "used", "cut"])
def test_links_that_open_nothing_say_so_and_where_to_go(org, ada, again):
    client, email = signed_in(ada), address()
    ask(client, ada, email)
    link = link_in(mail_to(email, LINK_MAIL))
    status, words, way = 410, "", "/me/address"
    if again == "sent":
        assert post(client, ada, "/me/address/send")["Location"] == "/me/address"
        words = "There is a newer link"
    elif again == "called off":
        post(client, ada, "/me/address/cancel")
        words = "This change was called off"
        assert "We have mailed" not in body(client.get("/me/address"))
    elif again == "used":
        client.post(link)
        words, way = "This is done already", "/"
    else:
        link, status, words, way = link[:-4], 404, "We don’t know this link", "/"
    for answer in (client.get(link), client.post(link)):
        assert (answer.status_code, words in body(answer), f'href="{way}"' in body(answer)) == (status, True, True)


def test_the_wrong_password_slows_down(org, ada):
    client = signed_in(ada)
    answers = [ask(client, ada, address(), password="something else 9").status_code for _n in range(5)]
    assert answers[:3] == [422] * 3
    assert answers[-1] == 429


def test_sent_too_often(org, ada):
    client = signed_in(ada)
    for _n in range(5):
        assert ask(client, ada, address()).status_code == 303
    answer = ask(client, ada, address())
    assert answer.status_code == 429
    assert "Too many attempts" in body(answer)


def test_known_and_unknown_addresses_are_answered_alike(org, ada):
    """Text and status of every answer; what is learned stands in the mail to the address alone."""
    known, unknown = make_organization().owner.email, address()
    pages = []
    for email in (known, unknown):
        person = org.person()
        client = signed_in(person)
        asked = ask(client, person, email)
        page = body(client.get("/me/address")).replace(email, "ADDRESS").replace(person.email, "OWN")
        pages.append((asked.status_code, asked["Location"], _without_chance(page)))
    assert pages[0] == pages[1]
    assert "has an account of its own" in mail_to(known, LINK_MAIL)["text"]


def _without_chance(page):
    """Ids, colours by id, and times differ from one person to the next."""
    return re.sub(r'"[0-9a-f-]{36}"|avatar-sm h\d+c|datetime="[^"]*" title="[^"]*"', "", page)


def test_where_one_of_several_organizations_forbids_it_that_one_is_named(org, ada):
    strict = make_organization("Strict Freight")
    invited = strict.invite(email=ada.email)
    strict.accept(strict.token_for(invited.membership_id), signed_in_user_id=ada.user_id)
    strict.perform(change_policy, code=POLICY, value="forbidden")
    client = signed_in(ada)
    if 'name="email"' in body(client.get("/me/address")):
        pytest.fail("the form is offered")
    assert "Strict Freight does not let an address be changed" in body(client.get("/me/address"))
    with_form = client.post("/me/address", {"_organization": _inside(client), "email": address(), "password": PASSWORD})
    assert with_form.status_code == 403


def _inside(client):
    return re.search(r'name="_organization" value="([^"]+)"', client.get("/me").content.decode()).group(1)


# --- By an administrator ------------------------------------------------------------------------


def page_of(membership_id):
    return f"/admin/users/u/{membership_id}/address"


def test_an_administrator_asks_and_calls_off(org, ada):
    client, email, path = signed_in(org.owner), address(), page_of(ada.membership_id)
    assert post(client, org.owner, path, {"email": email}).status_code == 303
    assert "asked that you sign in with another address" in mail_to(ada.email, ASKED_MAIL)["text"]
    assert f"Waiting for {email}" in body(client.get(path))
    link = link_in(mail_to(email, LINK_MAIL))
    assert post(client, org.owner, f"{path}/cancel").status_code == 303
    assert signed_in(ada).get(link).status_code == 410


def test_duplicates_and_addresses_elsewhere_as_in_add_user(org, ada):
    client, path = signed_in(org.owner), page_of(ada.membership_id)
    answer = post(client, org.owner, path, {"email": org.owner.email})
    assert (answer.status_code, "is already in this organization" in body(answer)) == (409, True)
    by_operator(org, code="people.exclusive_email", value=True)
    elsewhere = make_organization().invite().email
    answer = post(client, org.owner, path, {"email": elsewhere})
    assert (answer.status_code, "already in use in another organization" in body(answer)) == (409, True)


def test_of_somebody_who_is_elsewhere_too_the_page_says_who_can(org, ada):
    other = make_organization("Hidden Harbour")
    invited = other.invite(email=ada.email)
    other.accept(other.token_for(invited.membership_id), signed_in_user_id=ada.user_id)
    client = signed_in(org.owner)
    page = body(client.get(page_of(ada.membership_id)))
    assert "only Pat Example changes its address" in page
    assert "Hidden Harbour" not in page
    assert 'name="email"' not in page
    answer = post(client, org.owner, page_of(ada.membership_id), {"email": address()})
    assert answer.status_code == 403


def test_where_it_is_forbidden_the_same_access_under_another_address(org, ada):
    org.perform(change_policy, code=POLICY, value="forbidden")
    client, path = signed_in(org.owner), page_of(ada.membership_id)
    page = body(client.get(path))
    assert "Add with the same access" in page
    assert "Remove the old" in page
    add = f"/admin/users/u/new?like={ada.membership_id}"
    assert add in page
    form = body(client.get(add))
    assert 'value="Pat"' in form
    assert 'value="Example"' in form
    role = org.role("member")
    assert re.search(rf'<option value="{role}"[^>]*selected', form)
    email = address()
    added = post(client, org.owner, add, {"given_name": "Pat", "family_name": "Example", "email": email, "role": role})
    assert added["Location"].startswith(f"{path}?added=")
    then = body(client.get(added["Location"]))
    assert f"Pat Example is added under {email}. Now the old one can go." in then
    assert f'href="/admin/users/u/{ada.membership_id}/removal"' in then


def test_a_pending_person_gets_the_invitation_at_the_new_address(org):
    invited, email = org.invite(given_name="Nia"), address()
    old = org.token_for(invited.membership_id)
    client = signed_in(org.owner)
    assert "The invitation goes to the new address" in body(client.get(page_of(invited.membership_id)))
    assert post(client, org.owner, page_of(invited.membership_id), {"email": email}).status_code == 303
    assert "There is a newer link" in body(browser().get(f"/accounts/invitation/{old}"))
    assert "Accept and join" in body(browser().get(link_in(mail_to(email, "people.invitation"))))


def test_ones_own_page_leads_to_ones_own_address(org):
    client = signed_in(org.owner)
    assert client.get(page_of(org.owner.membership_id))["Location"] == "/me/address"


def test_nobody_without_the_permission(org, ada):
    bob = org.person("manager")
    client = signed_in(bob)
    assert client.get(page_of(ada.membership_id)).status_code == 403
    assert post(client, bob, page_of(ada.membership_id), {"email": address()}).status_code == 403
    assert post(client, bob, f"{page_of(ada.membership_id)}/cancel").status_code == 403


def test_nobody_above_ones_hand(org):
    people = org.person("people_administrator")
    answer = post(signed_in(people), people, page_of(org.owner.membership_id), {"email": address()})
    assert answer.status_code in (403, 404)
    assert email_of(org.owner) == org.owner.email

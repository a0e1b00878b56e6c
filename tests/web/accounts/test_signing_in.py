"""Signing in and out by direct HTTP: one answer for every failure, slow but never locked, nowhere but here."""

import pytest

from factories.organizations import PASSWORD, make_organization, make_user, unique
from support.catalogue import change, rows
from support.visitors import body, browser, link_in, mail_to, post, signed_in
from tenantry.usecases.offboarding import deactivate_members

BAD = [
    "",
    "\0",
    "a" * 1_000_000,
    "🛶@🛶.example",
    "\u202egro.elpmaxe@nitram",
    "<script>alert(1)</script>@example.test",
    "not an address",
]
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http:evil.example",
    " //evil.example",
    "/\t/evil.example",
    "///evil.example",
    "/" + "a" * 5000,
]


def sign_in(client, email, password=PASSWORD, **more):
    return client.post("/accounts/login", {"email": email, "password": password, **more})


def test_the_start_page_leads_guests_to_the_sign_in():
    answer = browser().get("/")
    assert (answer.status_code, answer["Location"]) == (303, "/accounts/login")


def test_unknown_wrong_and_inactive_get_the_same_answer():
    org = make_organization()
    inactive = f"{unique('gone')}@example.test"
    change("UPDATE people_user SET is_active = false WHERE id = %s", make_user(inactive))
    answers = [
        sign_in(browser(), f"{unique('nobody')}@example.test"),
        sign_in(browser(), org.owner.email, "wrong wrong wrong"),
        sign_in(browser(), inactive),
    ]
    assert [a.status_code for a in answers] == [422] * 3
    pages = {body(a).replace(a.wsgi_request.POST["email"], "") for a in answers}
    assert len(pages) == 1
    assert "Address and password don&#x27;t match." in pages.pop()


@pytest.mark.parametrize("value", BAD)
def test_bad_input_is_refused_and_kept(value):
    for answer in (sign_in(browser(), value), sign_in(browser(), "a@example.test", value)):
        assert answer.status_code == 422
        assert b"<script>alert" not in answer.content


def test_guessing_slows_down_but_the_owner_elsewhere_still_gets_in():
    org = make_organization()
    guesser = browser()
    statuses = [sign_in(guesser, org.owner.email, f"guess number {i}").status_code for i in range(5)]
    assert statuses == [422, 422, 422, 429, 429]
    assert sign_in(guesser, org.owner.email).status_code == 429, "the right password is not looked at either"
    assert sign_in(browser(), org.owner.email).status_code == 303


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_to_another_host(target):
    org = make_organization()
    client = browser()
    page = client.get("/accounts/login", {"next": target})
    assert b"evil.example" not in page.content
    assert sign_in(client, org.owner.email, next=target)["Location"] == "/"
    assert client.post("/accounts/logout", {"next": target})["Location"] == "/accounts/login"


def test_next_is_kept_through_a_failed_try():
    org = make_organization()
    client = browser()
    failed = sign_in(client, org.owner.email, "wrong wrong wrong", next="/me?x=1")
    assert b'name="next" value="/me?x=1"' in failed.content
    assert sign_in(client, org.owner.email, next="/me?x=1")["Location"] == "/me?x=1"


def test_a_form_without_its_token_is_refused():
    org = make_organization()
    answer = sign_in(browser(enforce_csrf_checks=True), org.owner.email)
    assert answer.status_code == 403


def test_signing_out_asks_first_and_ends_the_session_for_good():
    org = make_organization()
    client = signed_in(org.owner)
    cookie = client.cookies["tenantry_session"].value
    assert client.get("/accounts/logout").status_code == 200
    assert client.get("/").status_code == 200, "asking signs nobody out"
    assert client.post("/accounts/logout")["Location"] == "/accounts/login"
    client.cookies["tenantry_session"] = cookie
    assert client.get("/me").status_code == 303
    open_entries = rows(
        "SELECT count(*) FROM security_sessionentry WHERE membership_id = %s AND ended_at IS NULL AND agent = ''",
        org.owner.membership_id,
    )
    # The one left is the founding's own.
    assert open_entries == [(1,)]


def test_a_session_is_new_after_signing_in():
    org = make_organization()
    client = browser()
    client.get("/accounts/login")
    client.cookies["tenantry_session"] = "a" * 32
    sign_in(client, org.owner.email)
    assert client.cookies["tenantry_session"].value != "a" * 32


def test_deactivation_is_told_in_words_and_signing_out_works():
    org = make_organization()
    rep = org.person()
    client = signed_in(rep)
    org.perform(deactivate_members, membership_ids=(rep.membership_id,))
    told = client.get("/me")
    assert told.status_code == 303
    start = client.get("/")
    assert "Your access there has ended" in body(start), "on the page that the click led to"
    assert client.post("/accounts/logout").status_code == 303
    again = browser()
    assert sign_in(again, rep.email).status_code == 303
    start = body(again.get("/"))
    assert "You are in no organization" in start
    assert "no organization has an active place for you" in start


def test_the_first_page_after_a_deactivation_says_that_access_has_ended():
    org = make_organization()
    rep = org.person()
    client = signed_in(rep)
    org.perform(deactivate_members, membership_ids=(rep.membership_id,))
    assert "Your access there has ended" in body(client.get("/"))


def test_a_user_without_any_organization_signs_in_and_is_told():
    email = f"{unique('alone')}@example.test"
    make_user(email)
    client = browser()
    assert sign_in(client, email).status_code == 303
    assert "You are in no organization" in body(client.get("/"))


def test_a_signed_in_person_is_sent_on_from_the_sign_in():
    org = make_organization()
    client = signed_in(org.owner)
    assert client.get("/accounts/login", {"next": "/me"})["Location"] == "/me"


class TestReset:
    def test_known_and_unknown_addresses_get_the_same_page(self):
        org = make_organization()
        unknown = f"{unique('nobody')}@example.test"
        pages = set()
        for email in (org.owner.email, unknown):
            answer = browser().post("/accounts/reset", {"email": email})
            assert answer.status_code == 200
            pages.add(body(answer).replace(email, ""))
        assert len(pages) == 1
        assert "nobody signs in there with this address" in mail_to(unknown, "people.password_reset")["text"]

    def test_the_link_changes_the_password_once_and_ends_other_browsers(self):
        org = make_organization()
        before = signed_in(org.owner)
        browser().post("/accounts/reset", {"email": org.owner.email})
        path = link_in(mail_to(org.owner.email, "people.password_reset"))
        person = browser()
        page = person.get(path)
        assert page.status_code == 200
        assert page["Referrer-Policy"] == "strict-origin"
        assert page["Cache-Control"] == "no-store"
        assert sign_in(browser(), org.owner.email).status_code == 303, "looking changes nothing"
        weak = person.post(path, {"password": "short"})
        assert weak.status_code == 422
        assert "At least 12 characters." in body(weak)
        assert person.post(path, {"password": "another harbour 77"}).status_code == 200
        assert person.post(path, {"password": "a third harbour 78"}).status_code == 410
        assert person.get(path).status_code == 410
        assert before.get("/me").status_code == 303
        assert sign_in(browser(), org.owner.email).status_code == 422
        assert sign_in(browser(), org.owner.email, "another harbour 77").status_code == 303

    def test_a_newer_link_ends_the_older_and_age_ends_it_too(self):
        org = make_organization()
        browser().post("/accounts/reset", {"email": org.owner.email})
        first = link_in(mail_to(org.owner.email, "people.password_reset"))
        change("UPDATE people_passwordreset SET created_at = created_at - interval '10 minutes'")
        browser().post("/accounts/reset", {"email": org.owner.email})
        second = link_in(mail_to(org.owner.email, "people.password_reset"))
        assert browser().get(first).status_code == 410
        assert browser().get(second).status_code == 200
        change("UPDATE people_passwordreset SET expires_at = now() WHERE email = %s", org.owner.email)
        assert browser().post(second, {"password": "another harbour 77"}).status_code == 410

    @pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "🛶", "%ff"])
    def test_unknown_tokens(self, token):
        for prefix in ("reset", "verify", "invitation"):
            assert browser().get(f"/accounts/{prefix}/{token}").status_code == 404
            assert browser().post(f"/accounts/{prefix}/{token}").status_code in (404, 303)

    @pytest.mark.parametrize("value", BAD)
    def test_bad_addresses(self, value):
        assert browser().post("/accounts/reset", {"email": value}).status_code == 422


class TestSwitching:
    def test_between_two_organizations_without_a_password(self):
        one, two = make_organization("Halden Supply"), make_organization("Nordhavn Marine")
        rep = one.person()
        second = join(two, rep)
        client = signed_in(rep)
        start = body(client.get("/"))
        assert "Halden Supply" in start
        assert "Nordhavn Marine" in start
        answer = post(client, rep, "/switch", {"organization": str(second)})
        assert answer.status_code == 303
        assert client.get("/").wsgi_request.organization.id in (one.id, two.id)

    def test_a_form_of_the_organization_one_left_is_refused(self):
        one, two = make_organization(), make_organization()
        rep = one.person()
        join(two, rep)
        client = signed_in(rep)
        here = client.get("/").wsgi_request.organization.id
        other = two.id if here == one.id else one.id
        client.post("/switch", {"organization": str(other)})
        answer = client.post("/me", {"_organization": str(here), "given_name": "New", "family_name": ""})
        assert answer.status_code == 409
        names = rows("SELECT given_name FROM people_membership WHERE user_id = %s", rep.user_id)
        assert ("New",) not in names

    def test_an_organization_of_others_and_one_that_does_not_exist_look_alike(self):
        one, other = make_organization(), make_organization()
        client = signed_in(one.owner)
        answers = [
            client.post("/switch", {"organization": value})
            for value in (str(other.id), "01890000-0000-7000-8000-000000000000", "nonsense", "", "\0")
        ]
        assert {a.status_code for a in answers} == {404}
        assert len({body(a) for a in answers}) == 1

    def test_sessions_ended_there_ask_for_the_password_again(self):
        one, two = make_organization(), make_organization()
        rep = one.person()
        join(two, rep)
        client = signed_in(rep)
        here = client.get("/").wsgi_request.organization.id
        other = two.id if here == one.id else one.id
        change("UPDATE people_membership SET session_epoch = session_epoch + 1 WHERE organization_id = %s", other)
        answer = client.post("/switch", {"organization": str(other)})
        assert answer["Location"] == "/accounts/login"
        assert "Please sign in again to go there." in body(client.get("/accounts/login"))
        sign_in(client, rep.email)
        assert client.get("/").wsgi_request.organization.id == other

    def test_a_session_that_was_ended_does_not_come_back_by_itself(self):
        org = make_organization()
        client = signed_in(org.owner)
        change("UPDATE security_sessionentry SET ended_at = now() WHERE membership_id = %s", org.owner.membership_id)
        assert "Your access there has ended" in body(client.get("/"))
        answer = client.post("/switch", {"organization": str(org.id)})
        assert answer["Location"] == "/accounts/login"
        assert client.get("/me")["Location"] == "/"


def join(organization, person):
    """Lets somebody into a second organization, by its invitation."""
    organization.invite(email=person.email)
    path = link_in(mail_to(person.email, "people.invitation"))
    client = signed_in(person)
    assert client.post(path).status_code == 303
    return organization.id

"""A new organization over HTTP: created by a press after the address is proven, and nothing told to anybody else."""

import pytest

from factories.organizations import PASSWORD, make_organization, unique
from support.catalogue import change, rows
from support.races import together
from support.visitors import body, browser, link_in, mail_to, signed_in
from tenantry.acting.actions import perform
from tenantry.blueprints.schema import founding, load
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.people.errors import AskerUnproven
from tenantry.usecases.signing_up import found_organization

# In another browser than the one that signed up.
CHOSEN = {"password": PASSWORD}


def wanted(**more):
    return {
        "organization_name": unique("Halden"),
        "slug": "",
        "blueprint": "standard",
        "given_name": "Maren",
        "family_name": "Holt",
        "email": f"{unique('maren')}@example.test",
        "password": PASSWORD,
        **more,
    }


def asked(**more):
    """A sign-up that waits, and the path of its link."""
    form = wanted(**more)
    assert browser().post("/signup", form).status_code == 200
    return form, link_in(mail_to(form["email"], "people.sign_up"))


def exists(name):
    return rows("SELECT count(*) FROM organizations_organization WHERE name = %s", name) == [(1,)]


def test_the_whole_way():
    form, path = asked()
    scanner, person = browser(), browser()
    page = scanner.get(path)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "strict-origin"
    assert page["Cache-Control"] == "no-store"
    assert path.rpartition("/")[2] not in body(page).partition("</title>")[0]
    assert not exists(form["organization_name"]), "a mail scanner opens links too"
    answer = person.post(path, CHOSEN)
    assert (answer.status_code, answer["Location"]) == (303, "/setup")
    assert exists(form["organization_name"])
    assert person.get("/setup")["Location"] == "/setup/company"
    assert browser().get(path).status_code == 410
    assert browser().post(path, CHOSEN).status_code == 410


def test_known_and_new_addresses_look_alike():
    known = make_organization().owner.email
    pages = set()
    for email in (known, f"{unique('new')}@example.test"):
        form = wanted(email=email)
        answer = browser().post("/signup", form)
        assert answer.status_code == 200
        pages.add(body(answer).replace(email, "").replace(form["organization_name"], ""))
        mail_to(email, "people.sign_up")
    assert len(pages) == 1


def test_a_known_address_has_to_sign_in_first():
    owner = make_organization().owner
    form, path = asked(email=owner.email)
    stranger = browser()
    for answer in (stranger.get(path), stranger.post(path)):
        assert "has an account here already" in body(answer)
    assert not exists(form["organization_name"])
    client = signed_in(owner)
    assert client.post(path)["Location"] == "/setup"
    assert exists(form["organization_name"])
    assert client.get("/").wsgi_request.organization.name == form["organization_name"]
    assert int(client.session["organizations"]) == 2


def test_somebody_else_is_signed_in():
    form, path = asked()
    client = signed_in(make_organization().owner)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 403
        assert "This link is for another address" in body(answer)
    assert not exists(form["organization_name"])


def test_a_taken_address_can_be_changed_on_the_spot():
    taken = make_organization().slug
    form, path = asked(slug=taken)
    person = browser()
    answer = person.post(path, CHOSEN)
    assert answer.status_code == 409
    assert "Choose another address" in body(answer)
    assert person.post(path, {"slug": "admin"}).status_code == 422
    assert person.post(path, {"slug": unique("free")[:30].rstrip("-")})["Location"] == "/setup"
    assert exists(form["organization_name"])


def test_an_expired_link_creates_nothing():
    form, path = asked()
    change("UPDATE people_signuprequest SET expires_at = now() WHERE email = %s", form["email"])
    for answer in (browser().get(path), browser().post(path, CHOSEN)):
        assert answer.status_code == 410
        assert "This link has expired" in body(answer)
    assert not exists(form["organization_name"])


def test_one_link_pressed_by_many_at_once_creates_one_organization():
    form, path = asked()
    answers = together(*[lambda: browser().post(path, CHOSEN).status_code for _i in range(8)])
    assert sorted(answers, key=str) == [303] + [410] * 7, answers
    assert exists(form["organization_name"])
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", form["email"]) == [(1,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organization_name", ""),
        ("organization_name", "\0"),
        ("organization_name", "a" * 1_000_000),
        ("organization_name", "Halden \u202e ylppuS"),
        ("slug", "Not a slug!"),
        ("slug", "console"),
        ("slug", "a" * 1_000_000),
        ("blueprint", "other"),
        ("blueprint", "../standard"),
        ("given_name", ""),
        ("given_name", "\u200b"),
        ("email", ""),
        ("email", "a@b"),
        ("email", "a\0@example.test"),
        ("email", "a@example.test\nBcc: b@example.test"),
        ("password", ""),
        ("password", "short"),
        ("password", "password1234"),
        ("password", "a" * 1_000_000),
        ("password", "\0" * 12),
    ],
)
def test_bad_fields_are_refused_and_the_others_kept(field, value):
    form = wanted(**{field: value})
    answer = browser().post("/signup", form)
    assert answer.status_code == 422
    page = body(answer)
    assert 'aria-invalid="true"' in page
    if field != "organization_name":
        assert form["organization_name"] in page
    assert PASSWORD not in page
    assert rows(
        "SELECT count(*) FROM people_signuprequest WHERE organization_name = %s",
        form["organization_name"].replace("\0", ""),
    ) == [(0,)]


def test_names_in_every_script_are_taken_and_shown_inert():
    form, path = asked(organization_name="<b>Ünïcorn</b> & 🛶 株式会社 " + unique("x"), given_name="<i>Åsa</i>")
    page = body(browser().get(path))
    assert "<b>Ünïcorn" not in page
    mail = mail_to(form["email"], "people.sign_up")
    assert "<b>Ünïcorn" not in mail["html"]
    assert "<b>Ünïcorn</b> & 🛶" in mail["text"]
    assert browser().post(path, CHOSEN).status_code == 303


def test_a_name_without_latin_letters_asks_for_a_short_address():
    answer = browser().post("/signup", wanted(organization_name="株式会社"))
    assert answer.status_code == 422
    assert "none can be made of this name" in body(answer)


def test_asking_again_and_again_slows_down():
    person, form = browser(), wanted()
    statuses = [person.post("/signup", form).status_code for _i in range(5)]
    assert statuses[:3] == [200, 200, 200]
    assert statuses[-1] == 429


def test_nobody_signs_somebody_else_up_and_keeps_the_password():
    form, path = asked()
    reader = browser()
    assert "Type the password you chose there" in body(reader.get(path))
    for given in ({}, {"password": ""}, {"password": "something else 1"}):
        answer = reader.post(path, given)
        assert answer.status_code == 422
        assert not exists(form["organization_name"])
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", form["email"]) == [(0,)]
    assert reader.post(path, {"slug": "another-one"}).status_code == 422
    assert reader.post(path, CHOSEN)["Location"] == "/setup"


def test_the_password_is_not_guessed_at_leisure():
    _form, path = asked()
    reader = browser()
    answers = [body(reader.post(path, {"password": f"something else {i}"})) for i in range(6)]
    assert "This is not the password" in answers[0]
    assert "This is not the password" not in answers[-1]


def test_the_browser_that_signed_up_is_asked_nothing():
    person, form = browser(), wanted()
    assert person.post("/signup", form).status_code == 200
    path = link_in(mail_to(form["email"], "people.sign_up"))
    assert "Type the password" not in body(person.get(path))
    assert person.post(path)["Location"] == "/setup"
    assert exists(form["organization_name"])


def test_the_action_itself_asks_who_pressed():
    form, path = asked()
    organization_id = new_id()
    with scope.platform("sign_up", organization_id), pytest.raises(AskerUnproven):
        perform(
            found_organization,
            actor=Actor.guest(organization_id),
            token=path.rpartition("/")[2],
            founding=founding(load("standard")),
        )
    assert not exists(form["organization_name"])

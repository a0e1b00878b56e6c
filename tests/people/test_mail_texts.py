"""What mails say: text and HTML with the same link, in the organization's colour, names inert, one header line."""

import re

import pytest

from factories.organizations import make_organization, unique
from support.catalogue import change
from support.visitors import browser, link_in, mail_to
from tenantry.access.actions.assigning import change_role
from tenantry.audit.outbox import dispatch
from tenantry.core.tenancy import scope

NAME = "Halden & <b>Söhne</b>"


def whole(mail: dict[str, str]) -> None:
    """Readable without HTML, and nothing in it that a mail program would have to fetch."""
    assert "\n" not in mail["subject"]
    assert mail["text"].strip()
    assert "<p" not in mail["text"]
    assert "&amp;" not in mail["text"]
    assert "<b>Söhne" not in mail["html"]
    assert not re.search(r"<(img|script|link|iframe)\b|url\(", mail["html"])


def link_is_shown(mail: dict[str, str]) -> None:
    path = link_in(mail)
    address = re.search(r"https?://[^/\s]+" + re.escape(path), mail["text"])
    assert address
    assert mail["html"].count(f'href="{address[0]}"') == 2
    assert f">{address[0]}</a>" in mail["html"], "the link is readable as text, too"


def test_an_invitation():
    org = make_organization(NAME)
    change("UPDATE organizations_companyprofile SET colour = '#7a1f3d' WHERE organization_id = %s", org.id)
    change("UPDATE organizations_organization SET time_zone = 'Europe/Oslo' WHERE id = %s", org.id)
    mail = mail_to(org.invite(given_name="Åsa").email, "people.invitation")
    whole(mail)
    link_is_shown(mail)
    assert mail["subject"] == f"Join {NAME}"
    assert f"Maren Holt invites you to {NAME}." in mail["text"]
    assert "Hello Åsa," in mail["text"]
    assert "(Europe/Oslo)" in mail["text"]
    assert "background:#7a1f3d" in mail["html"]


@pytest.mark.parametrize("known", [True, False])
def test_a_sign_up(known):
    email = make_organization().owner.email if known else f"{unique('new')}@example.test"
    form = {
        "organization_name": NAME,
        "slug": unique("x")[:30].rstrip("-"),
        "blueprint": "standard",
        "given_name": "Maren",
        "email": email,
        "password": "a quiet harbour at 5",
    }
    assert browser().post("/signup", form).status_code == 200
    mail = mail_to(email, "people.sign_up")
    whole(mail)
    link_is_shown(mail)
    assert ("has an account here already" in mail["text"]) == known


@pytest.mark.parametrize("known", [True, False])
def test_a_reset(known):
    email = make_organization().owner.email if known else f"{unique('new')}@example.test"
    browser().post("/accounts/reset", {"email": email})
    mail = mail_to(email, "people.password_reset")
    whole(mail)
    if known:
        link_is_shown(mail)
    else:
        assert "/accounts/reset/" not in mail["text"] + mail["html"]
        assert "nobody signs in there with this address" in mail["text"]


def test_a_notice():
    org = make_organization(NAME)
    person = org.person()
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"))
    with scope.tenant(org.id):
        dispatch(org.id)
    mail = mail_to(person.email, "notifications.notice")
    whole(mail)
    assert "Your role here is now Manager." in mail["text"]
    assert "/notifications" in mail["text"]
    assert "/notifications" in mail["html"]

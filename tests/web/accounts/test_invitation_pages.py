"""Behind an invitation link, over HTTP: every state, a way out of each, and one person through one link."""

from typing import Any

import pytest
from django.test import override_settings

from factories.organizations import PASSWORD, make_organization, unique
from support.catalogue import change, rows
from support.races import together
from support.visitors import body, browser, link_in, mail_to, signed_in
from tenantry.usecases.joining import copy_invitation_link, resend_invitation, revoke_invitation
from tenantry.usecases.offboarding import remove_members

SMTP = override_settings(SMTP_URL="smtp://127.0.0.1:1")
FORM = {"given_name": "Petra", "family_name": "Lindqvist", "password": PASSWORD}


def invited(org=None, role: str = "member", **more: Any):
    org = org or make_organization("Halden Supply")
    one = org.invite(role, given_name="Petra", family_name="Lindqvist", **more)
    return org, one, link_in(mail_to(one.email, "people.invitation"))


def copied(org, one) -> str:
    token = org.perform(copy_invitation_link, membership_id=one.membership_id).token
    return f"/accounts/invitation/{token}"


def code_of(email: str) -> str:
    with override_settings(SMTP_URL=""):
        words = mail_to(email, "people.invitation_code")["text"].split()
    return next(word for word in words if word.isdecimal() and len(word) == 6)


def told(answer, status: int, words: str) -> None:
    page = body(answer)
    assert answer.status_code == status, page
    assert words in page
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["Cache-Control"] == "no-store"
    # A way out: a link or a button inside the page's card.
    card = page.partition('class="t-card')[2]
    assert '<a class="btn' in card or "<button" in card


def test_looking_changes_nothing_and_accepting_leads_in():
    org, one, path = invited()
    told(browser().get(path), 200, "Join Halden Supply")
    assert browser().head(path).status_code == 200
    assert org.status(one.membership_id) == "invited"
    person = browser()
    answer = person.post(path, FORM)
    assert (answer.status_code, answer["Location"]) == (303, "/")
    start = person.get("/")
    assert "Petra" in body(start)
    assert org.status(one.membership_id) == "active"
    told(browser().get(path), 410, "This invitation was accepted already")
    told(browser().post(path, FORM), 410, "This invitation was accepted already")


def test_the_body_cannot_choose_role_organization_or_address():
    org, one, path = invited()
    other = make_organization()
    extra = {
        "role_id": str(org.role("owner")),
        "role": "owner",
        "organization_id": str(other.id),
        "email": "else@example.test",
        "signed_in_user_id": str(org.owner.user_id),
        "is_superuser": "1",
    }
    assert browser().post(path, {**FORM, **extra}).status_code == 303
    held = rows(
        "SELECT r.key, m.email, m.organization_id FROM people_membership m JOIN access_assignment a"
        " ON a.membership_id = m.id JOIN access_role r ON r.id = a.role_id WHERE m.id = %s",
        one.membership_id,
    )
    assert held == [("member", one.email, org.id)]


def test_revoked_replaced_expired_and_removed_links():
    org, one, path = invited()
    org.perform(resend_invitation, membership_id=one.membership_id)
    told(browser().get(path), 410, "There is a newer link")
    newer = link_in(mail_to(one.email, "people.invitation"))
    change("UPDATE people_invitation SET expires_at = now() WHERE id = %s", one.invitation_id)
    change("UPDATE people_membership SET invited_until = now() WHERE id = %s", one.membership_id)
    told(browser().get(newer), 410, "This invitation has expired")
    told(browser().post(newer, FORM), 410, "Write to Maren Holt")
    org.perform(resend_invitation, membership_id=one.membership_id)
    newest = link_in(mail_to(one.email, "people.invitation"))
    org.perform(revoke_invitation, membership_id=one.membership_id)
    told(browser().post(newest, FORM), 410, "This invitation was taken back")
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", one.email) == [(0,)]


def test_a_removed_person_comes_back_by_a_new_invitation_only():
    org, one, path = invited()
    browser().post(path, FORM)
    org.perform(remove_members, membership_ids=(one.membership_id,))
    told(browser().get(path), 410, "accepted already")
    _org, again, newer = invited(org, "read_only", email=one.email)
    client = browser()
    client.post("/accounts/login", {"email": one.email, "password": PASSWORD})
    assert client.post(newer).status_code == 303
    assert org.status(again.membership_id) == "active"


def test_an_existing_account_signs_in_and_comes_back():
    person = make_organization().person()
    org, one, path = invited(email=person.email)
    stranger = browser()
    page = stranger.get(path)
    told(page, 200, "Sign in to accept")
    assert f"/accounts/login?next=%2Faccounts%2Finvitation%2F{path.rpartition('/')[2]}" in body(page)
    told(stranger.post(path, FORM), 200, "Sign in to accept")
    assert org.status(one.membership_id) == "invited"
    answer = stranger.post("/accounts/login", {"email": person.email, "password": PASSWORD, "next": path})
    assert answer["Location"] == path
    told(stranger.get(path), 200, "Your other organizations stay as they are")
    assert stranger.post(path).status_code == 303
    assert stranger.get("/").wsgi_request.organization.id == org.id


def test_the_wrong_account_can_switch():
    org, one, path = invited()
    client = signed_in(org.owner)
    told(client.get(path), 403, "This invitation is for somebody else")
    told(client.post(path, FORM), 403, org.owner.email)
    assert org.status(one.membership_id) == "invited"
    answer = client.post("/accounts/logout", {"next": path})
    assert answer["Location"] == path
    told(client.get(path), 200, "Accept and join")


def test_without_a_free_seat_the_page_says_so_and_the_link_lives_on():
    org, one, path = invited()
    change(
        "UPDATE organizations_policyvalue SET value = '[\"active\"]' WHERE code = 'seats.counted_statuses'"
        " AND organization_id = %s",
        org.id,
    )
    org.limit_seats(1)
    told(browser().get(path), 409, "No seat is free at the moment")
    told(browser().post(path, FORM), 409, "No seat is free at the moment")
    assert org.status(one.membership_id) == "invited"
    org.limit_seats(2)
    assert browser().post(path, FORM).status_code == 303


def test_one_link_accepted_by_twenty_at_once_lets_exactly_one_in():
    _org, one, path = invited()
    clients = [browser() for _i in range(20)]
    answers = together(*[lambda c=c: c.post(path, FORM).status_code for c in clients])
    assert sorted(answers, key=str) == [303] + [410] * 19, answers
    assert sum(c.get("/me").status_code == 200 for c in clients) == 1
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", one.email) == [(1,)]
    assert rows("SELECT count(*) FROM people_membership WHERE email = %s", one.email) == [(1,)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", ""),
        ("given_name", "\u202eartep"),
        ("given_name", "a" * 1_000_000),
        ("family_name", "\0"),
        ("password", ""),
        ("password", "short"),
        ("password", "\0" * 20),
        ("password", "a" * 1_000_000),
    ],
)
def test_bad_fields_are_refused_and_nothing_is_accepted(field, value):
    org, one, path = invited()
    answer = browser().post(path, {**FORM, field: value})
    told(answer, 422, 'aria-invalid="true"')
    assert PASSWORD not in body(answer)
    assert org.status(one.membership_id) == "invited"


def test_the_organizations_own_password_rule_is_shown_and_asked():
    org, _one, path = invited()
    change(
        "UPDATE organizations_policyvalue SET value = '30'"
        " WHERE code = 'password.minimum_length' AND organization_id = %s",
        org.id,
    )
    told(browser().get(path), 200, "At least 30 characters.")
    told(browser().post(path, FORM), 422, "At least 30 characters.")


class TestCopiedLinks:
    def test_without_mail_the_person_joins_with_an_unproven_address(self):
        org, one, _mailed = invited()
        path = copied(org, one)
        assert browser().post(path, FORM).status_code == 303
        assert rows("SELECT email_proven_at FROM people_user WHERE email = %s", one.email) == [(None,)]

    def test_either_link_ends_both(self):
        org, one, mailed = invited()
        path = copied(org, one)
        assert browser().post(mailed, FORM).status_code == 303
        told(browser().get(path), 410, "accepted already")

    def test_with_mail_a_code_is_asked_before_anything_is_told(self):
        person = make_organization().person()
        org, known, _mailed = invited(email=person.email)
        _org, new, _mailed_too = invited(org)
        with SMTP:
            pages = []
            for one in (known, new):
                path = copied(org, one)
                client = browser()
                told(client.get(path), 200, "Mail me the code")
                told(client.post(path, FORM), 409, "Mail me the code")
                pages.append(body(client.get(path)).replace(one.email, "").replace(path, ""))
            assert pages[0] == pages[1], "a copied link tells whether the address has an account"

    def test_the_mailed_code_opens_it_and_proves_the_address(self):
        org, one, _mailed = invited()
        with SMTP:
            path, person = copied(org, one), browser()
            assert person.post(f"{path}/code")["Location"] == path
            code = code_of(one.email)
            wrong = "000000" if code != "000000" else "000001"
            told(person.post(path, {"code": wrong}), 422, "This is not the code we sent.")
            told(person.post(path, FORM), 422, "Please fill this in.")
            assert person.post(path, {"code": f" {code} "}).status_code == 303
            told(person.get(path), 200, "Accept and join")
            told(browser().get(path), 200, "Is this address yours?")
            assert person.post(path, FORM).status_code == 303
        assert rows("SELECT email_proven_at IS NULL FROM people_user WHERE email = %s", one.email) == [(False,)]

    def test_wrong_codes_slow_the_link_down_wherever_they_come_from(self):
        org, one, _mailed = invited()
        with SMTP:
            path = copied(org, one)
            browser().post(f"{path}/code")
            code = code_of(one.email)
            wrong = [f"{(int(code) + i) % 1_000_000:06d}" for i in range(1, 6)]
            statuses = [browser().post(path, {"code": one}).status_code for one in wrong]
            assert statuses == [422, 422, 422, 429, 429]
            assert browser().post(path, {"code": code}).status_code == 429

    def test_an_old_code_opens_nothing(self):
        org, one, _mailed = invited()
        with SMTP:
            path, person = copied(org, one), browser()
            person.post(f"{path}/code")
            code = code_of(one.email)
            change(
                "UPDATE people_invitationlink SET code_sent_at = now() - interval '16 minutes'"
                " WHERE organization_id = %s AND code_sent_at IS NOT NULL",
                org.id,
            )
            assert person.post(path, {"code": code}).status_code == 409
            assert org.status(one.membership_id) == "invited"


def test_tokens_stay_out_of_logs_and_audit(caplog):
    caplog.set_level("DEBUG")
    org, _one, path = invited()
    token = path.rpartition("/")[2]
    client = browser()
    client.get(path)
    client.post(path, {**FORM, "password": "short"})
    client.post(path, FORM)
    browser().get(path)
    assert token not in caplog.text
    entries = rows("SELECT values::text, personal::text FROM audit_entry WHERE organization_id = %s", org.id)
    assert entries
    assert token not in str(entries)
    kept = rows("SELECT value::text FROM audit_personalvalue WHERE organization_id = %s", org.id)
    assert token not in str(kept)


def test_a_name_cannot_mark_up_page_or_mail():
    name = f"<b onmouseover=alert(1)>{unique('Halden')}</b>"
    org = make_organization(name)
    _org, one, path = invited(org)
    assert "<b onmouseover" not in body(browser().get(path))
    mail = mail_to(one.email, "people.invitation")
    assert "<b onmouseover" not in mail["html"]
    assert path in mail["html"].replace("&amp;", "&").split('">', 1)[1]
    assert mail["subject"] == f"Join {name}"

"""What people see before they are in, and behind links of every state: accessible, quiet, inside their width.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from factories.organizations import PASSWORD, make_organization
from support.accessibility import faults
from support.catalogue import change
from support.visitors import link_in, mail_to
from tenantry.usecases.joining import resend_invitation, revoke_invitation

VIEWS = [
    ("1440-light", {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}),
    ("390-dark", {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}),
]


def look(page: Page, stem: str, view: str) -> list[str]:
    """What is wrong with the page as it stands."""
    found = [f"{stem} {view}: {fault}" for fault in faults(page)]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"{stem} {view}: {wide} pixels too wide")
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{stem}-{view}.png", full_page=True)
    return found


@pytest.fixture(scope="module")
def links(database: None) -> dict[str, str]:
    """The path of a link for every state of an invitation."""
    org = make_organization("Halden Supply")
    member = org.person("member", given_name="Petra", family_name="Lindqvist")

    def fresh() -> tuple[Any, str]:
        invited = org.invite("manager", given_name="Idris", family_name="Bell")
        return invited, link_in(mail_to(invited.email, "people.invitation"))

    _ok, ok = fresh()
    expired, expired_token = fresh()
    change("UPDATE people_invitation SET expires_at = now() - interval '1 day' WHERE id = %s", expired.invitation_id)
    revoked, revoked_token = fresh()
    org.perform(revoke_invitation, membership_id=revoked.membership_id)
    replaced, replaced_token = fresh()
    org.perform(resend_invitation, membership_id=replaced.membership_id)
    _used, used = fresh()
    org.accept(used.rpartition("/")[2])
    elsewhere = make_organization("Nordhavn Marine")
    elsewhere.invite("member", email=member.email)
    return {
        "ok": ok,
        "expired": expired_token,
        "revoked": revoked_token,
        "replaced": replaced_token,
        "used": used,
        "unknown": "/accounts/invitation/nothing-like-a-token",
        "existing": link_in(mail_to(member.email, "people.invitation")),
        "email": member.email,
    }


@pytest.mark.parametrize(("view", "options"), VIEWS, ids=[name for name, _options in VIEWS])
def test_guest_pages_are_accessible_and_inside_their_width(view, options, new_context, links):
    page = new_context(**options).new_page()
    found = []
    for stem in ("login", "reset"):
        page.goto(f"/accounts/{stem}")
        found += look(page, stem, view)
    page.get_by_role("textbox", name="E-mail").fill("somebody@example.test")
    page.get_by_role("button", name="Send the link").click()
    page.get_by_role("heading", name="Look into your mail").wait_for()
    found += look(page, "reset-sent", view)
    page.goto("/accounts/login")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Please fill this in.").first.wait_for()
    found += look(page, "login-empty", view)
    page.goto("/signup")
    found += look(page, "signup", view)
    page.get_by_label("Organization", exact=True).fill("Halden Supply")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_text("Works differently here?").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("Please fill this in.").first.wait_for()
    found += look(page, "signup-wrong", view)
    for state in ("ok", "expired", "revoked", "replaced", "used", "unknown", "existing"):
        page.goto(links[state])
        found += look(page, f"invitation-{state}", view)
    page.goto("/accounts/reset/unknown")
    found += look(page, "reset-dead", view)
    page.goto("/accounts/verify/unknown")
    found += look(page, "verify-unknown", view)
    page.goto("/accounts/login")
    page.get_by_role("textbox", name="E-mail").fill(links["email"])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    found += look(page, "launcher-member", view)
    page.goto(links["ok"])
    page.get_by_role("heading", name="This invitation is for somebody else").wait_for()
    found += look(page, "invitation-wrong-account", view)
    page.goto(links["existing"])
    page.get_by_role("button", name="Accept and join").wait_for()
    found += look(page, "invitation-join", view)
    assert not found, "\n".join(found)

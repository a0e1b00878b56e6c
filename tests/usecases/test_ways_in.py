"""Ways in at the same moment as what ends them, and whose an account is; real transactions, each on its connection."""

from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.hashers import check_password

from factories.organizations import PASSWORD, Organization, make_organization, make_user, unique
from support.catalogue import rows
from support.races import failures, together
from support.structure import set_policy
from support.visitors import browser, post, signed_in
from tenantry.acting.actions import perform
from tenantry.core import clock, crypto
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import (
    IdentityElsewhere,
    NotInvited,
    NotOnOneself,
    SignInFirst,
    TemporaryReplaced,
    TemporaryRevoked,
    TemporaryUsed,
    WayNotOffered,
)
from tenantry.people.identity import owned_here
from tenantry.people.models import InvitationLink, Membership, TemporaryPassword, User
from tenantry.people.ways import secret_hash
from tenantry.security.errors import PasswordRefused
from tenantry.security.models import SessionEntry
from tenantry.security.passwords import refuse_weak
from tenantry.usecases import given_passwords
from tenantry.usecases.given_passwords import set_member_password
from tenantry.usecases.inviting_many import InviteRow, invite_members
from tenantry.usecases.joining import copy_invitation_link, edit_invited, resend_invitation, revoke_invitation
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.temporary_passwords import (
    find_temporary_password,
    send_temporary_password,
    use_temporary_password,
)
from tenantry.usecases.undoing import UndoNotPossible
from usecases.test_handing_over_undone import newest, undo

OWN = "my own harbour 27"
GIVEN = "Harbour-lamp 52"
ALL = ["invitation_link", "temporary_password", "administrator_password"]


@pytest.fixture
def org() -> Organization:
    made = make_organization()
    set_policy(made, "people.entry_modes", ALL)
    return made


def pending(org: Organization, **more: Any) -> tuple[Any, str]:
    """Somebody with a temporary password, as the composing job would mint it."""
    invited = org.invite(way="temporary_password", **more)
    return invited, minted(org, invited.membership_id)


def minted(org: Organization, membership_id: UUID) -> str:
    secret = crypto.new_password()
    with scope.tenant(org.id), writing():
        rows = TemporaryPassword.objects.filter(membership_id=membership_id, used_at=None, ended_at=None)
        assert rows.update(secret_hash=secret_hash(secret)) == 1
    return secret


def found(email: str, secret: str) -> Any:
    with scope.platform("sign_in"), reading():
        return find_temporary_password(email, secret)


def using(org: Organization, email: str, secret: str, **more: Any) -> Any:
    one = found(email, secret)
    assert one is not None
    assert one.organization_id == org.id

    def run() -> Any:
        with scope.platform("accept_invitation", org.id):
            return perform(
                use_temporary_password,
                actor=Actor.guest(org.id),
                temporary_id=one.temporary_id,
                **{"given_name": "Pat", "password": OWN, **more},
            )

    return run


def by_owner(org: Organization, action: Any, **params: Any) -> Any:
    actor = org.owner.actor

    def run() -> Any:
        with scope.tenant(org.id):
            return perform(action, actor=actor, **params)

    return run


def alive(org: Organization, membership_id: UUID) -> int:
    with scope.tenant(org.id), reading():
        links = InvitationLink.objects.filter(invitation__membership_id=membership_id, used_at=None, ended_at=None)
        passwords = TemporaryPassword.objects.filter(membership_id=membership_id, used_at=None, ended_at=None)
        return links.count() + passwords.count()


def sessions(org: Organization, membership_id: UUID) -> int:
    with scope.tenant(org.id), reading():
        return SessionEntry.objects.filter(membership_id=membership_id, ended_at=None).count()


def test_one_password_used_by_twenty_at_once(org):
    one, secret = pending(org)
    results = together(*(using(org, one.email, secret, password=f"{OWN} {n}") for n in range(20)))
    assert len(failures(results, TemporaryUsed)) == 19
    assert sessions(org, one.membership_id) == 1
    assert rows("SELECT count(*) FROM people_user WHERE email = %s", one.email) == [(1,)]
    assert alive(org, one.membership_id) == 0


def test_password_and_copied_link_at_once(org):
    for _ in range(5):
        one, secret = pending(org)
        copied = org.perform(copy_invitation_link, membership_id=one.membership_id).token
        results = together(using(org, one.email, secret), lambda token=copied: org.accept(token))
        assert sum(not isinstance(result, Exception) for result in results) == 1
        assert alive(org, one.membership_id) == 0
        assert sessions(org, one.membership_id) == 1


@pytest.mark.parametrize("end", [revoke_invitation, remove_members], ids=["revoked", "removed"])
def test_ending_against_the_first_sign_in(org, end):
    for _ in range(8):
        one, secret = pending(org)
        ids = (one.membership_id,)
        which = {"membership_ids": ids} if end is remove_members else {"membership_id": ids[0]}
        ended, entered = together(by_owner(org, end, **which), using(org, one.email, secret))
        status = org.status(one.membership_id)
        if isinstance(entered, Exception):
            failures([entered], TemporaryRevoked)
            failures([ended])
            assert (status, sessions(org, one.membership_id)) == ("removed", 0)
            assert rows("SELECT count(*) FROM people_user WHERE email = %s", one.email) == [(0,)]
        elif end is revoke_invitation:
            failures([ended], NotInvited)
            assert (status, sessions(org, one.membership_id)) == ("active", 1)
        else:
            failures([ended])
            assert (status, sessions(org, one.membership_id)) == ("removed", 0)
        assert alive(org, one.membership_id) == 0


def test_sending_again_against_the_first_sign_in(org):
    for _ in range(8):
        one, secret = pending(org)
        resent, entered = together(
            by_owner(org, resend_invitation, membership_id=one.membership_id), using(org, one.email, secret)
        )
        if isinstance(entered, Exception):
            failures([entered], TemporaryReplaced)
            failures([resent])
            assert alive(org, one.membership_id) == 1
            assert found(one.email, secret) is not None
        else:
            failures([resent], NotInvited)
            assert alive(org, one.membership_id) == 0


def test_two_come_for_one_seat(org):
    set_policy(org, "seats.counted_statuses", ["active"])
    for _ in range(4):
        first, second = pending(org), pending(org)
        org.limit_seats(rows(
            "SELECT count(*) FROM people_membership WHERE organization_id = %s AND status = 'active'", org.id
        )[0][0] + 1)  # fmt: skip
        results = together(*(using(org, one.email, secret) for one, secret in (first, second)))
        assert len(failures(results, AtSeatLimit)) == 1
        org.limit_seats(None)


def test_one_new_address_comes_to_two_organizations_at_once(org):
    other = make_organization()
    for _ in range(5):
        email = f"{unique('both')}@example.test"
        calls = [using(one, email, pending(one, email=email)[1]) for one in (org, other)]
        results = together(*calls)
        assert len(failures(results, SignInFirst)) == 1
        assert rows("SELECT count(*) FROM people_user WHERE email = %s", email) == [(1,)]


def test_one_new_address_is_added_with_a_password_by_two_organizations_at_once(org):
    """One of them makes the account; the other asks its owner, and knows no password of it."""
    other = make_organization()
    set_policy(other, "people.entry_modes", ALL)
    for _ in range(6):
        email = f"{unique('both')}@example.test"
        results = together(
            lambda e=email: org.invite(email=e, way=ALL[2], password=GIVEN),
            lambda e=email: other.invite(email=e, way=ALL[2], password="Another-lamp 81"),
        )
        failures(results)
        assert sorted(one.asked for one in results) == [False, True]
        assert rows("SELECT count(*) FROM people_membership WHERE email = %s AND user_id IS NOT NULL", email) == [(1,)]
        right = GIVEN if not results[0].asked else "Another-lamp 81"
        with scope.platform("sign_in"), reading():
            assert User.objects.get(email=email).check_password(right)


def test_an_account_that_nobody_uses_is_taken_by_one_of_two_at_once(org):
    other = make_organization()
    set_policy(other, "people.entry_modes", ALL)
    for _ in range(4):
        email = f"{unique('left')}@example.test"
        gone = org.invite(email=email, way=ALL[2], password=GIVEN)
        org.perform(remove_members, membership_ids=(gone.membership_id,))
        results = together(
            lambda e=email: org.invite(email=e, way=ALL[2], password=GIVEN),
            lambda e=email: other.invite(email=e, way=ALL[2], password="Another-lamp 81"),
        )
        failures(results)
        assert sorted(one.asked for one in results) == [False, True]


def test_resend_renews_everything_and_one_password_is_good(org):
    one, first = pending(org)
    org.perform(resend_invitation, membership_id=one.membership_id)
    second = minted(org, one.membership_id)
    with pytest.raises(TemporaryReplaced):
        using(org, one.email, first)()
    assert using(org, one.email, second)().membership_id == one.membership_id


def test_an_expired_one_gives_its_seat_back_and_takes_it_again(org):
    one, _secret = pending(org)
    with scope.tenant(org.id), writing():
        past = clock.now().replace(year=2020)
        Membership.objects.filter(id=one.membership_id).update(invited_until=past)
        TemporaryPassword.objects.filter(membership_id=one.membership_id).update(expires_at=past)
    org.limit_seats(1)
    with pytest.raises(AtSeatLimit):
        org.perform(resend_invitation, membership_id=one.membership_id)
    org.limit_seats(2)
    org.perform(resend_invitation, membership_id=one.membership_id)
    with pytest.raises(AtSeatLimit):
        org.invite()
    assert alive(org, one.membership_id) == 1


def test_a_pending_person_is_edited_whatever_the_way(org):
    one, secret = pending(org)
    org.perform(
        edit_invited,
        membership_id=one.membership_id,
        given_name="Ane",
        family_name="Moe",
        role_id=org.role("manager"),
        team_ids=(),
    )
    assert using(org, one.email, secret, given_name="")().membership_id == one.membership_id
    assert rows("SELECT given_name FROM people_membership WHERE id = %s", one.membership_id) == [("Ane",)]


def test_whose_an_account_is(org):
    other = make_organization()
    person = org.person()

    def ours(one: Organization) -> bool:
        with scope.tenant(one.id), reading():
            member = Membership.objects.filter(user_id=person.user_id).first()
            return member is not None and owned_here(member)

    assert ours(org)
    joins = other.invite(email=person.email)
    # An invitation alone takes nothing away.
    assert ours(org)
    other.accept(other.token_for(joins.membership_id), signed_in_user_id=person.user_id)
    assert (ours(org), ours(other)) == (False, False)
    other.perform(deactivate_members, membership_ids=(joins.membership_id,))
    assert not ours(org)
    other.perform(remove_members, membership_ids=(joins.membership_id,))
    assert ours(org)


def test_a_password_is_set_while_its_person_comes_in_elsewhere(org, monkeypatch):
    """Either the account is elsewhere and keeps its password, or it takes an own one to open anything further."""
    person, other = org.person(), make_organization()
    token = other.token_for(other.invite(email=person.email).membership_id)
    asked, came = Event(), Event()

    def slowly(*said: Any) -> None:
        asked.set()
        came.wait(2)
        refuse_weak(*said)

    monkeypatch.setattr(given_passwords, "refuse_weak", slowly)

    def comes() -> Any:
        assert asked.wait(20)
        try:
            return other.accept(token, signed_in_user_id=person.user_id, password=OWN)
        finally:
            came.set()

    set_it = by_owner(org, set_member_password, membership_id=person.membership_id, password=GIVEN, must_change=False)
    failures(together(set_it, comes), IdentityElsewhere)
    with scope.platform("sign_in"), reading():
        known = check_password(GIVEN, User.objects.get(id=person.user_id).password)
    inside = rows("SELECT status FROM people_membership WHERE user_id = %s ORDER BY 1", person.user_id)
    assert inside == [("active",), ("active",)]
    assert not known, "whoever set it could come in there"


def test_nobody_comes_back_with_a_password_that_was_given_elsewhere_since(org):
    person, other = org.person(), make_organization()
    joins = other.invite(email=person.email)
    other.accept(other.token_for(joins.membership_id), signed_in_user_id=person.user_id)
    other.perform(remove_members, membership_ids=(joins.membership_id,))
    org.perform(set_member_password, membership_id=person.membership_id, password=GIVEN, must_change=False)
    with pytest.raises(UndoNotPossible):
        undo(other, newest(other, "people.removed"))
    assert other.status(joins.membership_id) == "removed"
    # Once its person has chosen their own, it is theirs alone again.
    client = signed_in(person, GIVEN)
    post(client, person, "/me/password", {"old": GIVEN, "new": OWN})
    undo(other, newest(other, "people.removed"))
    assert other.status(joins.membership_id) == "active"


def test_somebody_whose_password_was_given_here_comes_back_with_it(org):
    made = org.invite(way=ALL[2], password=GIVEN, must_change=False)
    org.perform(remove_members, membership_ids=(made.membership_id,))
    undo(org, newest(org, "people.removed"))
    assert enters(made.email, GIVEN)


@pytest.mark.parametrize("action", [send_temporary_password, set_member_password])
def test_who_may_be_given_a_password(org, action):
    more = {"password": GIVEN} if action is set_member_password else {}
    way = ALL[2] if action is set_member_password else ALL[1]
    person, other = org.person(), make_organization()
    joins = other.invite(email=person.email)
    other.accept(other.token_for(joins.membership_id), signed_in_user_id=person.user_id)
    with pytest.raises(IdentityElsewhere):
        org.perform(action, membership_id=person.membership_id, **more)
    with pytest.raises(NotOnOneself):
        org.perform(action, membership_id=org.owner.membership_id, **more)
    alone = org.person()
    set_policy(org, "people.entry_modes", [one for one in ALL if one != way])
    with pytest.raises(WayNotOffered):
        org.perform(action, membership_id=alone.membership_id, **more)
    set_policy(org, "people.entry_modes", ALL)
    org.perform(action, membership_id=alone.membership_id, **more)
    assert enters(person.email, PASSWORD)


def enters(email: str, password: str) -> bool:
    return bool(browser().post("/accounts/login", {"email": email, "password": password}).status_code == 303)


def test_a_set_password_ends_what_was_and_is_told(org):
    person = org.person()
    inside = signed_in(person)
    org.perform(send_temporary_password, membership_id=person.membership_id)
    org.perform(set_member_password, membership_id=person.membership_id, password=GIVEN, must_change=True)
    assert inside.get("/me").status_code == 303
    assert sessions(org, person.membership_id) == 0
    assert alive(org, person.membership_id) == 0
    assert not enters(person.email, PASSWORD)
    theirs = browser()
    theirs.post("/accounts/login", {"email": person.email, "password": GIVEN})
    assert theirs.get("/me")["Location"] == "/me/password"
    told = rows(
        "SELECT count(*) FROM core_maildelivery WHERE recipient = %s AND kind = 'people.password_set'", person.email
    )
    assert told == [(1,)]
    entry = rows(
        "SELECT values::text FROM audit_entry WHERE organization_id = %s AND action = 'people.password_set'", org.id
    )
    assert GIVEN not in entry[0][0]


def test_a_set_password_meets_the_rule_and_is_none_of_the_last(org):
    set_policy(org, "password.history", 3)
    person = org.person()

    def give(password: str) -> None:
        org.perform(set_member_password, membership_id=person.membership_id, password=password)

    for wrong in ("short", PASSWORD):
        with pytest.raises(PasswordRefused):
            give(wrong)
    give(GIVEN)
    give("Another-lamp 81")
    with pytest.raises(PasswordRefused):
        give(GIVEN)


def test_lists_have_no_password_typed(org):
    """People of a list come by the first way that waits for them."""
    for modes, way in ((ALL[::-1], ALL[1]), (ALL, ALL[0]), ([ALL[2]], ALL[0])):
        set_policy(org, "people.entry_modes", modes)
        row = InviteRow(email=f"{unique('row')}@example.test", role_id=org.role("member"))
        sent = org.perform(invite_members, rows=(row,)).sent[0]
        assert rows("SELECT way FROM people_invitation WHERE membership_id = %s", sent) == [(way,)]


def test_an_account_of_nobody_here_is_never_given_a_password(org):
    email = f"{unique('proven')}@example.test"
    make_user(email)
    one = org.invite(email=email, way=ALL[2], password=GIVEN)
    assert one.asked
    assert org.status(one.membership_id) == "invited"
    assert enters(email, PASSWORD)
    assert not enters(email, GIVEN)

"""A link is accepted once, whatever else happens to it at the same moment (security cases 1, 3, 4)."""

from typing import Any

import pytest

from factories.organizations import PASSWORD, Organization, make_organization, make_user, unique
from support import catalogue
from support.races import failures, together
from tenantry.access.actions.assigning import change_role
from tenantry.access.selectors import roles_of
from tenantry.acting.actions import perform
from tenantry.core import clock, crypto
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.errors import (
    AccountUnproven,
    LinkReplaced,
    LinkRevoked,
    LinkUnknown,
    LinkUsed,
    NotInvited,
    SignInFirst,
    WrongAccount,
)
from tenantry.people.models import InvitationLink, Membership, User
from tenantry.people.steps import create_user
from tenantry.security.models import SessionEntry
from tenantry.security.passwords import hashed
from tenantry.usecases.accepting import accept_invitation
from tenantry.usecases.joining import (
    copy_invitation_link,
    edit_invited,
    resend_invitation,
    revoke_invitation,
)
from tenantry.usecases.offboarding import remove_members


def accepting(org: Organization, token: str, **more: Any) -> Any:
    def run() -> Any:
        with scope.platform("accept_invitation", org.id):
            return perform(
                accept_invitation,
                actor=Actor.guest(org.id),
                token=token,
                **{"given_name": "Pat", "family_name": "Example", "password": PASSWORD, **more},
            )

    return run


def by_owner(org: Organization, action: Any, **params: Any) -> Any:
    actor = org.owner.actor

    def run() -> Any:
        with scope.tenant(org.id):
            return perform(action, actor=actor, **params)

    return run


def links_alive(org: Organization, membership_id: Any) -> int:
    with scope.tenant(org.id), reading():
        return InvitationLink.objects.filter(
            invitation__membership_id=membership_id, used_at=None, ended_at=None
        ).count()


def test_one_link_accepted_by_twenty_at_once():
    org = make_organization()
    invited = org.invite()
    token = org.token_for(invited.membership_id)
    results = together(*(accepting(org, token) for _ in range(20)))
    assert len(failures(results, LinkUsed)) == 19
    with scope.tenant(org.id), reading():
        assert SessionEntry.objects.filter(membership_id=invited.membership_id).count() == 1
        assert Membership.objects.filter(email=invited.email).count() == 1
    with scope.platform("sign_in"), reading():
        assert User.objects.filter(email=invited.email).count() == 1


def test_mailed_and_copied_link_at_once():
    org = make_organization()
    for _ in range(5):
        invited = org.invite()
        copied = org.perform(copy_invitation_link, membership_id=invited.membership_id).token
        mailed = org.token_for(invited.membership_id)
        results = together(accepting(org, mailed), accepting(org, copied))
        assert len(failures(results, LinkUsed)) == 1
        assert links_alive(org, invited.membership_id) == 0


@pytest.mark.parametrize("end", [revoke_invitation, remove_members], ids=["revoked", "removed"])
def test_ending_against_accepting(end: Any):
    org = make_organization()
    for _ in range(8):
        invited = org.invite()
        token = org.token_for(invited.membership_id)
        which = (
            {"membership_ids": (invited.membership_id,)}
            if end is remove_members
            else {"membership_id": invited.membership_id}
        )
        ended, accepted = together(by_owner(org, end, **which), accepting(org, token))
        status = org.status(invited.membership_id)
        with scope.tenant(org.id), reading():
            living = SessionEntry.objects.filter(membership_id=invited.membership_id, ended_at=None).count()
        if isinstance(accepted, LinkRevoked):
            assert not isinstance(ended, Exception)
            assert (status, living) == ("removed", 0)
        elif end is revoke_invitation:
            assert isinstance(ended, NotInvited)
            assert (status, living) == ("active", 1)
        else:
            # Removal takes active people too: it came second, and the session that was opened is over.
            failures([ended, accepted])
            assert (status, living) == ("removed", 0)
        assert links_alive(org, invited.membership_id) == 0


def test_sending_again_against_accepting():
    org = make_organization()
    for _ in range(8):
        invited = org.invite()
        token = org.token_for(invited.membership_id)
        resent, accepted = together(
            by_owner(org, resend_invitation, membership_id=invited.membership_id), accepting(org, token)
        )
        if isinstance(accepted, Exception):
            assert isinstance(accepted, LinkReplaced | LinkUnknown)
            assert not isinstance(resent, Exception)
            assert links_alive(org, invited.membership_id) == 1
        else:
            assert isinstance(resent, NotInvited)
            assert links_alive(org, invited.membership_id) == 0


def test_change_of_role_and_edit_against_accepting():
    org = make_organization()
    manager = org.role("manager")
    for action in (change_role, edit_invited) * 4:
        invited = org.invite()
        token = org.token_for(invited.membership_id)
        more: dict[str, Any] = {"given_name": "New", "family_name": "Name", "team_ids": ()}
        changed, accepted = together(
            by_owner(org, action, membership_id=invited.membership_id, role_id=manager,
                     **(more if action is edit_invited else {})),
            accepting(org, token),
        )  # fmt: skip
        failures([accepted])
        failures([changed], NotInvited)
        with scope.tenant(org.id), reading():
            held = roles_of([invited.membership_id])[invited.membership_id]
        assert held.key == ("member" if isinstance(changed, NotInvited) else "manager")


def test_one_new_address_accepts_in_two_organizations_at_once():
    """The identity is made once; whoever comes second signs in to it."""
    here, there = make_organization(), make_organization()
    for _ in range(5):
        email = f"{unique('both')}@example.test"
        tokens = [(org, org.token_for(org.invite(email=email).membership_id)) for org in (here, there)]
        results = together(*(accepting(org, token) for org, token in tokens))
        assert len(failures(results, SignInFirst)) == 1
        with scope.platform("sign_in"), reading():
            assert User.objects.filter(email=email).count() == 1


def test_an_account_must_be_signed_in_and_be_the_right_one():
    org = make_organization()
    email = f"{unique('known')}@example.test"
    user_id, stranger = make_user(email), make_user()
    invited = org.invite(email=email)
    token = org.token_for(invited.membership_id)
    with pytest.raises(SignInFirst):
        accepting(org, token)()
    with pytest.raises(WrongAccount):
        accepting(org, token, signed_in_user_id=stranger)()
    assert org.status(invited.membership_id) == "invited"
    assert accepting(org, token, signed_in_user_id=user_id)().user_id == user_id


def test_an_account_that_was_never_proven_accepts_no_copied_link():
    org = make_organization()
    email = f"{unique('unproven')}@example.test"
    with scope.platform("sign_in"), writing():
        user = create_user(email=email, password_hash=hashed(PASSWORD), proven=False, now=clock.now())
    invited = org.invite(email=email)
    copied = org.perform(copy_invitation_link, membership_id=invited.membership_id).token
    for signed_in in (None, user.id):
        with pytest.raises(AccountUnproven):
            accepting(org, copied, signed_in_user_id=signed_in)()
    mailed = org.token_for(invited.membership_id)
    assert accepting(org, mailed, password="another good phrase 7")().user_id == user.id
    with scope.platform("sign_in"), reading():
        proven = User.objects.get(id=user.id)
        assert proven.email_proven_at is not None
        assert proven.check_password("another good phrase 7")


def test_a_link_carries_nothing_that_could_be_changed():
    """Everything is read from the row: a changed token is an unknown one, in every character."""
    org = make_organization()
    invited = org.invite("read_only")
    token = org.token_for(invited.membership_id)
    for broken in (token[:-1], token + "a", token.swapcase(), "", "\0", "x" * 5000, token[::-1]):
        with pytest.raises(LinkUnknown):
            accepting(org, broken)()
    other = make_organization()
    with pytest.raises(LinkUnknown):
        accepting(other, token)()
    with scope.tenant(org.id), reading():
        rows = InvitationLink.objects.filter(invitation__membership_id=invited.membership_id)
        assert [bytes(r.token_hash) for r in rows] == [crypto.token_hash(token)]


def test_tokens_appear_in_no_column():
    """Security case 2: neither audit rows, nor jobs, nor the mail log hold one."""
    org = make_organization()
    invited = org.invite()
    copied = org.perform(copy_invitation_link, membership_id=invited.membership_id).token
    tables = [t for (t,) in catalogue.rows("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        found = catalogue.rows(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", f"%{copied}%")
        assert found == [(0,)], table

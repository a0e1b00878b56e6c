"""Inviting a list: what can be sent is sent, once; everything else comes back with its reason."""

import pytest

from factories.organizations import make_organization, unique
from support.catalogue import change, rows
from support.races import failures, together
from tenantry.audit.chain import verify
from tenantry.core.errors import InvalidInput, PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.usecases.inviting_many import InviteRow, invite_members


def address() -> str:
    return f"{unique('person')}@example.test"


def counted(org) -> int:
    return rows("SELECT count(*) FROM people_membership WHERE organization_id = %s", org.id)[0][0]


def test_each_row_is_sent_or_comes_back_with_its_reason():
    org = make_organization(seats=3)
    role, first, second, third = org.role("member"), address(), address(), address()
    wanted = tuple(InviteRow(email, role) for email in (first, first, second, third, org.owner.email))
    done = org.perform(invite_members, rows=wanted)
    assert len(done.sent) == 2
    assert [(r.position, r.code) for r in done.refused] == [
        (1, "listed_twice"),
        (3, "at_seat_limit"),
        (4, "already_member"),
    ]
    queued = rows(
        "SELECT recipient FROM core_maildelivery WHERE organization_id = %s AND kind = 'people.invitation'", org.id
    )
    assert sorted(queued) == sorted([(first,), (second,)])
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_everybody_sent_is_a_member_who_can_accept():
    org = make_organization()
    done = org.perform(invite_members, rows=(InviteRow(address(), org.role("manager"), "Pat", "Example"),))
    accepted = org.accept(org.token_for(done.sent[0]))
    assert org.status(accepted.membership_id) == "active"


def test_a_strangers_role_and_a_role_out_of_hand_are_refused():
    org, other = make_organization(), make_organization()
    admin = org.person("administrator")
    wanted = (InviteRow(address(), other.role("member")), InviteRow(address(), org.role("owner")))
    done = org.perform(invite_members, by=admin, rows=wanted)
    assert [r.code for r in done.refused] == ["not_found", "role_not_assignable"]
    assert done.sent == ()


def test_the_most_holders_of_everything_hold_for_lists_too():
    org = make_organization()
    change(
        "UPDATE organizations_policyvalue SET value = '2' WHERE code = 'keyholders.maximum' AND organization_id = %s",
        org.id,
    )
    done = org.perform(invite_members, rows=tuple(InviteRow(address(), org.role("owner")) for _i in range(3)))
    assert len(done.sent) == 1
    assert {r.code for r in done.refused} == {"too_many_keyholders"}


def test_it_needs_its_permission_and_a_bounded_list():
    org = make_organization()
    row = InviteRow(address(), org.role("member"))
    with pytest.raises(PermissionMissing):
        org.perform(invite_members, by=org.person("member"), rows=(row,))
    with pytest.raises(InvalidInput):
        org.perform(invite_members, rows=(row,) * 201)


def test_lists_at_once_never_take_more_than_the_seats():
    org = make_organization(seats=6)
    role = org.role("member")
    lists = [tuple(InviteRow(address(), role) for _i in range(4)) for _n in range(5)]
    results = together(*[lambda wanted=wanted: org.perform(invite_members, rows=wanted) for wanted in lists])
    assert not failures(results)
    assert sum(len(done.sent) for done in results) == 5
    assert counted(org) == 6

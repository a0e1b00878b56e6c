"""Never more seats in use than licensed, on every path that takes one (product.md §5)."""

from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import Organization, Person, make_organization, unique
from support.races import failures, together
from support.selling import Customer, selling
from tenantry.acting.actions import perform
from tenantry.billing.actions.seats import buy_seats, reduce_seats
from tenantry.billing.errors import SeatsInUse
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import AlreadyInvited
from tenantry.people.models import Invitation, Membership
from tenantry.people.seats import seats
from tenantry.usecases.joining import copy_invitation_link, invite_member, resend_invitation
from tenantry.usecases.offboarding import deactivate_members, reactivate_member


def in_use(org: Organization) -> int:
    with scope.tenant(org.id), reading():
        return seats(clock.now()).in_use


def expire(org: Organization, *member_ids: Any) -> None:
    past = clock.now() - timedelta(minutes=1)
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id__in=member_ids).update(invited_until=past)
        Invitation.objects.filter(membership_id__in=member_ids).update(expires_at=past)


def call(org: Organization, action: Any, *, by: Person | None = None, **params: Any) -> Any:
    actor = (by or org.owner).actor

    def run() -> Any:
        with scope.tenant(org.id):
            return perform(action, actor=actor, **params)

    return run


def test_fifty_invitations_for_the_last_three_seats():
    org = make_organization()
    # Many people invite: the calls of one are in a row anyway, because each locks its actor.
    crowd = [org.person("people_administrator") for _ in range(10)]
    org.limit_seats(11 + 3)
    role = org.role("member")
    results = together(
        *(
            call(org, invite_member, by=crowd[i % 10], email=f"{unique('crowd')}@example.test", role_id=role)
            for i in range(50)
        )
    )
    refused = failures(results, AtSeatLimit)
    assert len(refused) == 47
    assert in_use(org) == 14


def test_different_paths_for_the_last_seat():
    org = make_organization()
    role = org.role("member")
    crowd = [org.person("people_administrator") for _ in range(6)]
    back = [org.person().membership_id for _ in range(3)]
    lapsed = [org.invite().membership_id for _ in range(4)]
    org.perform(deactivate_members, membership_ids=tuple(back))
    expire(org, *lapsed)
    org.limit_seats(8)
    assert in_use(org) == 7
    wanted: list[tuple[Any, dict[str, Any]]] = [
        *((reactivate_member, {"membership_id": i}) for i in back),
        *((resend_invitation, {"membership_id": i}) for i in lapsed[:2]),
        *((copy_invitation_link, {"membership_id": i}) for i in lapsed[2:]),
        *((invite_member, {"email": f"{unique('crowd')}@example.test", "role_id": role}) for _ in range(3)),
    ]
    results = together(*(call(org, action, by=crowd[i % 6], **params) for i, (action, params) in enumerate(wanted)))
    refused = failures(results, AtSeatLimit)
    assert len(refused) == len(results) - 1
    assert in_use(org) == 8


def test_an_expired_invitation_holds_no_seat_and_is_sent_again_only_when_one_is_free():
    org = make_organization(seats=2)
    pending = org.invite()
    with pytest.raises(AtSeatLimit):
        org.invite()
    expire(org, pending.membership_id)
    taken = org.invite()
    with pytest.raises(AtSeatLimit) as refusal:
        org.perform(resend_invitation, membership_id=pending.membership_id)
    assert refusal.value.facts() == {"in_use": 2, "limit": 2, "free": 0}
    with scope.tenant(org.id), reading():
        assert Invitation.objects.get(membership_id=pending.membership_id).sent_count == 1
    expire(org, taken.membership_id)
    org.perform(resend_invitation, membership_id=pending.membership_id)
    assert in_use(org) == 2


def test_an_excess_throws_nobody_out_and_only_stops_adding():
    org = make_organization()
    for _ in range(2):
        org.person()
    org.limit_seats(1)
    assert in_use(org) == 3
    with pytest.raises(AtSeatLimit):
        org.invite()


def test_the_same_address_invited_by_ten_at_once_is_one_person():
    org = make_organization(seats=50)
    email = f"{unique('twin')}@example.test"
    role = org.role("member")
    crowd = [org.person("people_administrator") for _ in range(5)]
    results = together(*(call(org, invite_member, by=crowd[i % 5], email=email, role_id=role) for i in range(10)))
    assert len(failures(results, AlreadyInvited)) == 9
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(email=email).count() == 1
        assert Invitation.objects.filter(membership__email=email).count() == 1


def test_a_known_address_is_answered_before_the_seats_are_counted():
    org = make_organization(seats=2)
    pending = org.invite()
    with pytest.raises(AlreadyInvited) as refusal:
        org.invite(email=pending.email)
    assert refusal.value.params["membership_id"] == str(pending.membership_id)


def test_seats_are_given_back_and_bought_while_people_come():
    customer = Customer("standard")
    customer.card()
    customer.subscribe("team", seats=2)
    customer.act(buy_seats, count=2)
    org, role = customer.org, customer.org.role("member")
    coming = [org.invite()]
    links = [org.token_for(coming[0].membership_id)]

    def accept() -> Any:
        return org.accept(links[0])

    invitations = [call(org, invite_member, email=f"{unique('crowd')}@example.test", role_id=role) for _ in range(5)]
    with selling():
        results = together(call(org, reduce_seats, seats=2), accept, *invitations, call(org, buy_seats, count=1))
    refused = [one for one in results if isinstance(one, Exception)]
    assert all(isinstance(one, AtSeatLimit | SeatsInUse) for one in refused), refused
    limit = customer.entitlements["seats"]
    came = len([one for one in results[2:7] if not isinstance(one, Exception)])
    assert in_use(org) == 2 + came <= (limit or 0)
    # Whoever gave back after the other bought gave back that one too.
    assert customer.row.seats == limit
    assert limit in ((2, 3) if not isinstance(results[0], Exception) else (5,))

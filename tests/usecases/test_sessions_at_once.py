"""Deactivation ends access for good, also against a sign-in of the same moment."""

from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, Person, make_organization
from support.races import failures, together
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.security.actions import end_sessions
from tenantry.security.gate import Inside, enter
from tenantry.security.models import SessionEntry
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members
from tenantry.usecases.signing_in import enter_organization


def signing_in(org: Organization, person: Person) -> Any:
    def run() -> Any:
        with scope.tenant(org.id):
            return perform(enter_organization, actor=Actor.guest(org.id), user_id=person.user_id)

    return run


def gate(person: Person, entry_id: UUID) -> Inside:
    return enter(
        organization_id=person.organization_id,
        entry_id=entry_id,
        user_id=person.user_id,
        address="192.0.2.1",
        agent="test",
        request_id="r",
        now=clock.now(),
    )


def living(person: Person) -> int:
    """Sessions that the gate would let in, by the gate's own rule."""
    with scope.tenant(person.organization_id), reading():
        ids = list(SessionEntry.objects.filter(membership_id=person.membership_id).values_list("id", flat=True))
    count = 0
    for entry_id in ids:
        try:
            gate(person, entry_id)
        except NoLongerIn:
            continue
        count += 1
    return count


@pytest.mark.parametrize("leaving", [deactivate_members, remove_members, end_sessions], ids=lambda a: a.__name__)
def test_ending_against_signing_in(leaving: Any):
    org = make_organization()
    person = org.person()
    actor = org.owner.actor
    ids = (
        {"membership_id": person.membership_id}
        if leaving is end_sessions
        else {"membership_ids": (person.membership_id,)}
    )

    def end() -> Any:
        with scope.tenant(org.id):
            return perform(leaving, actor=actor, **ids)

    for _ in range(1 if leaving is remove_members else 8):
        results = together(signing_in(org, person), end, signing_in(org, person))
        failures(results[:1] + results[2:], NotFound)
        failures(results[1:2])
        if leaving is not end_sessions:
            assert living(person) == 0
        if leaving is deactivate_members:
            org.perform(reactivate_member, membership_id=person.membership_id)
            assert living(person) == 0, "a session of before came back"


def test_twenty_sign_ins_against_a_deactivation():
    org = make_organization()
    person = org.person()
    actor = org.owner.actor

    def end() -> Any:
        with scope.tenant(org.id):
            return perform(deactivate_members, actor=actor, membership_ids=(person.membership_id,))

    results = together(*(signing_in(org, person) for _ in range(20)), end)
    failures(results, NotFound)
    assert living(person) == 0


def test_reactivation_at_the_same_moment_as_another_is_one():
    org = make_organization()
    person = org.person()
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    actor = org.owner.actor

    def back() -> Any:
        with scope.tenant(org.id):
            return perform(reactivate_member, actor=actor, membership_id=person.membership_id)

    results = together(back, back, back)
    assert sorted(type(r).__name__ for r in results) == ["NotDeactivated", "NotDeactivated", "Reactivated"]
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=person.membership_id).status == "active"

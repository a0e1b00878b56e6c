"""The gate of every request: in another process's connection, at once (design: five, access)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import Organization, Person, make_organization
from support.races import together
from tenantry.access.actions.assigning import change_role
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, PermissionMissing
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations.models import PolicyValue
from tenantry.security.actions import end_own_session, end_sessions
from tenantry.security.gate import Inside, enter
from tenantry.security.models import SessionEntry
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.signing_in import enter_organization


def sign_in(person: Person) -> UUID:
    with scope.tenant(person.organization_id):
        made = perform(enter_organization, actor=Actor.guest(person.organization_id), user_id=person.user_id)
    return made.entry_id


def gate(person: Person, entry_id: UUID, **other: Any) -> Inside:
    asked: dict[str, Any] = {
        "organization_id": person.organization_id,
        "entry_id": entry_id,
        "user_id": person.user_id,
        "address": "192.0.2.1",
        "agent": "test",
        "request_id": "r",
        "now": clock.now(),
    }
    return enter(**{**asked, **other})


def elsewhere(person: Person, entry_id: UUID, **other: Any) -> Inside | Exception:
    """As another server process would answer: a connection of its own."""
    return together(lambda: gate(person, entry_id, **other))[0]


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def test_it_lets_in_who_belongs_there(org):
    person = org.person("people_administrator")
    inside = gate(person, sign_in(person))
    assert inside.membership.id == person.membership_id
    assert inside.organization.id == org.id
    assert inside.actor.may("people.invite")
    assert not inside.actor.may("billing.view")


@pytest.mark.parametrize("action", [deactivate_members, remove_members], ids=lambda a: a.__name__)
def test_the_next_request_is_refused_after(org, action):
    person = org.person()
    entry = sign_in(person)
    gate(person, entry)
    org.perform(action, membership_ids=(person.membership_id,))
    assert isinstance(elsewhere(person, entry), NoLongerIn)


def test_the_next_request_is_refused_after_all_sessions_were_ended(org):
    person = org.person()
    entry = sign_in(person)
    org.perform(end_sessions, membership_id=person.membership_id)
    assert isinstance(elsewhere(person, entry), NoLongerIn)
    assert isinstance(elsewhere(person, sign_in(person)), Inside)


def test_ending_one_session_leaves_the_others(org):
    person = org.person()
    one, other = sign_in(person), sign_in(person)
    org.perform(end_own_session, by=person, entry_id=one)
    assert isinstance(elsewhere(person, one), NoLongerIn)
    assert isinstance(elsewhere(person, other), Inside)


def test_a_session_is_good_for_its_person_and_organization_only(org):
    person, stranger = org.person(), org.person()
    entry = sign_in(person)
    there = make_organization()
    for other in (
        {"user_id": stranger.user_id},
        {"organization_id": there.id},
        {"organization_id": there.id, "user_id": there.owner.user_id},
        {"entry_id": new_id()},
    ):
        with pytest.raises(NoLongerIn):
            gate(person, **{"entry_id": entry, **other})


@pytest.mark.parametrize(
    ("column", "policy", "value", "allowed", "refused"),
    [
        ("seen_at", "session.idle_hours", 12, timedelta(hours=11, minutes=59), timedelta(hours=12, minutes=1)),
        ("seen_at", "session.idle_hours", 1, timedelta(minutes=59), timedelta(minutes=61)),
        ("entered_at", "session.absolute_days", 14, timedelta(days=13, hours=23), timedelta(days=14, minutes=1)),
        ("entered_at", "session.absolute_days", 1, timedelta(hours=23), timedelta(hours=25)),
    ],
)
def test_idle_and_long_sessions_end(org, column, policy, value, allowed, refused):
    person = org.person()
    entry = sign_in(person)
    now = clock.now()
    with scope.platform("demo", org.id), writing():
        PolicyValue.objects.filter(code=policy).update(value=value)
    for age, is_in in ((allowed, True), (refused, False)):
        with scope.tenant(org.id), writing():
            SessionEntry.objects.filter(id=entry).update(**{column: now - age})
        assert isinstance(elsewhere(person, entry), Inside) == is_in
    with scope.platform("demo", org.id), writing():
        PolicyValue.objects.filter(code="session.idle_hours").update(value=12)
        PolicyValue.objects.filter(code="session.absolute_days").update(value=14)


def test_cached_grants_follow_a_change_of_role_at_the_next_request(org):
    person = org.person("people_administrator")
    entry = sign_in(person)
    assert gate(person, entry).actor.may("people.invite")
    together(lambda: org.perform(change_role, membership_id=person.membership_id, role_id=org.role("member")))
    assert not gate(person, entry).actor.may("people.invite")
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("manager"))
    assert gate(person, entry).actor.may("teams.manage")


def test_an_actor_built_before_the_change_acts_with_the_rights_of_now(org):
    person = org.person("people_administrator")
    stale = gate(person, sign_in(person)).actor
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("member"))
    assert stale.may("people.invite")
    with scope.tenant(org.id), pytest.raises(PermissionMissing):
        perform(invite_member, actor=stale, email="x@example.test", role_id=org.role("member"))


def test_it_takes_two_queries_and_three_when_grants_are_new(org):
    person = org.person()
    entry = sign_in(person)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            gate(person, entry)
        counts.append(len([q for q in queries if q["sql"].lstrip().upper().startswith("SELECT")]))
    assert counts == [3, 2]

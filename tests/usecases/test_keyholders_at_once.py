"""At least one keyholder, whatever happens at the same moment (product.md §3, invariants)."""

from collections.abc import Callable
from typing import Any

import pytest

from factories.organizations import Organization, Person, make_organization
from support.races import failures, together
from tenantry.access.actions.assigning import change_role
from tenantry.access.errors import LastKeyholder
from tenantry.access.selectors import keyholder_ids
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, PermissionMissing, Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.errors import AlreadyRemoved, NotActive
from tenantry.security.actions import create_key
from tenantry.security.keys import find_key
from tenantry.usecases.offboarding import deactivate_members, reactivate_member, remove_members

REPETITIONS = 20
Attack = Callable[[Organization, Actor, Person], Callable[[], Any]]


def demote(org: Organization, actor: Actor, target: Person) -> Callable[[], Any]:
    role = org.role("member")
    return lambda: act(org, change_role, actor, membership_id=target.membership_id, role_id=role)


def deactivate(org: Organization, actor: Actor, target: Person) -> Callable[[], Any]:
    return lambda: act(org, deactivate_members, actor, membership_ids=(target.membership_id,))


def remove(org: Organization, actor: Actor, target: Person) -> Callable[[], Any]:
    return lambda: act(org, remove_members, actor, membership_ids=(target.membership_id,))


def act(org: Organization, action: Any, actor: Actor, **params: Any) -> Any:
    with scope.tenant(org.id):
        return perform(action, actor=actor, **params)


def keyholders(org: Organization) -> list[Any]:
    with scope.tenant(org.id), reading():
        return keyholder_ids()


def restored(org: Organization, survivor: Person, lost: Person) -> Person:
    """A second keyholder again."""
    status = org.status(lost.membership_id)
    if status == "removed":
        return org.person("owner", by=survivor)
    if status == "deactivated":
        org.perform(reactivate_member, by=survivor, membership_id=lost.membership_id)
    else:
        org.perform(change_role, by=survivor, membership_id=lost.membership_id, role_id=org.role("owner"))
    return lost


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        pytest.param(demote, demote, REPETITIONS, id="each demotes the other"),
        pytest.param(deactivate, deactivate, REPETITIONS, id="each deactivates the other"),
        pytest.param(remove, remove, REPETITIONS, id="each removes the other"),
        pytest.param(demote, deactivate, REPETITIONS, id="one demotes, one deactivates"),
        pytest.param(deactivate, remove, 5, id="one deactivates, one removes"),
        pytest.param(demote, remove, 5, id="one demotes, one removes"),
    ],
)
def test_of_two_keyholders_who_end_each_other_one_stays(first: Attack, second: Attack, times: int):
    org = make_organization()
    one, other = org.owner, org.person("owner")
    for _ in range(times):
        results = together(first(org, one.actor, other), second(org, other.actor, one))
        refused = failures(results, NoLongerIn, PermissionMissing)
        assert len(refused) == 1
        [left] = keyholders(org)
        one, lost = (one, other) if left == one.membership_id else (other, one)
        other = restored(org, one, lost)
    with scope.tenant(org.id), reading():
        assert verify().sound


@pytest.mark.parametrize("attack", [demote, deactivate, remove], ids=lambda a: a.__name__)
def test_keys_with_every_right_leave_one_keyholder(attack: Attack):
    """Keys act on everybody and are nobody: here only the lock of the keyholders keeps one."""
    org = make_organization()
    people = [org.owner, org.person("owner")]
    made = org.perform(create_key, name="deploy", role_id=org.role("owner"))
    actor, _organization = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
    for _ in range(6):
        results = together(*(attack(org, actor, person) for person in people))
        [refusal] = failures(results, LastKeyholder)
        assert str(refusal)
        [left] = keyholders(org)
        survivor = next(p for p in people if p.membership_id == left)
        people = [survivor, org.person("owner", by=survivor)]


def test_the_only_keyholder_is_kept_on_every_path():
    org = make_organization()
    made = org.perform(create_key, name="deploy", role_id=org.role("owner"))
    actor, _organization = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
    for attack in (demote, deactivate, remove):
        with pytest.raises(LastKeyholder):
            attack(org, actor, org.owner)()
    assert keyholders(org) == [org.owner.membership_id]


def test_a_crowd_of_keyholders_against_each_other():
    org = make_organization()
    crowd = [org.owner, *(org.person("owner") for _ in range(4))]
    attacks = []
    for i, person in enumerate(crowd):
        for j, target in enumerate(crowd):
            if i != j:
                kind = (demote, deactivate, remove)[(i + j) % 3]
                attacks.append(kind(org, person.actor, target))
    results = together(*attacks)
    failures(results, Refusal)
    assert len(keyholders(org)) == 1
    assert not any(isinstance(r, AlreadyRemoved | NotActive) and not str(r) for r in results)


def test_a_deactivated_keyholder_does_not_count():
    org = make_organization()
    second = org.person("owner")
    org.perform(deactivate_members, membership_ids=(second.membership_id,))
    assert keyholders(org) == [org.owner.membership_id]


def test_an_invited_keyholder_does_not_count():
    org = make_organization()
    org.invite("owner")
    assert keyholders(org) == [org.owner.membership_id]

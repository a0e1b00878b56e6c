"""Ownership changes hands whole: confirmed or at once, never to nobody, never to too many (product.md §3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import PASSWORD, Organization, Person, make_organization
from support.catalogue import change
from support.holding import held_by, make_role
from support.races import failures, together
from support.visitors import mail_to
from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.restricting import set_restrictions
from tenantry.access.errors import FollowerNeeded, LastKeyholder
from tenantry.access.models import OwnershipTransfer
from tenantry.access.selectors import keyholder_ids
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.audit.outbox import dispatch
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn, NotFound, PermissionMissing, PlanChanged, Refusal
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded
from tenantry.organizations.models import PolicyValue
from tenantry.people.errors import NotActive, NotOnOneself
from tenantry.security.actions import create_key
from tenantry.security.errors import SignInRefused
from tenantry.security.keys import find_key
from tenantry.usecases.offboarding import (
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    remove_members,
)
from tenantry.usecases.ownership_errors import (
    HolderAlready,
    HolderNoMore,
    PeopleOnly,
    TransferOver,
    TransferWaiting,
)
from tenantry.usecases.transferring import (
    LIFE,
    accept_ownership,
    decline_ownership,
    plan_accept_ownership,
    plan_transfer_ownership,
    transfer_ownership,
    withdraw_ownership,
)
from usecases.test_handing_over_undone import newest, undo


@pytest.fixture
def org() -> Organization:
    return make_organization()


def put_policy(org: Organization, code: str, value: Any) -> None:
    with scope.tenant(org.id), writing():
        PolicyValue.objects.update_or_create(code=code, defaults={"value": value})


def holders(org: Organization) -> set[Any]:
    with scope.tenant(org.id), reading():
        return set(keyholder_ids())


def offer(org: Organization, to: Person, *, by: Person | None = None, then: str = "administrator", **more: Any) -> Any:
    given = {"recipient_id": to.membership_id, "then_role_id": org.role(then), "password": PASSWORD, **more}
    return org.perform(transfer_ownership, by=by, **given)


def accept(org: Organization, transfer_id: Any, by: Person, **more: Any) -> Any:
    giver = more.pop("giver_id", org.owner.membership_id)
    given = {"transfer_id": transfer_id, "giver_id": giver, "password": PASSWORD, **more}
    return org.perform(accept_ownership, by=by, **given)


def told(org: Organization, person: Person) -> list[str]:
    with scope.tenant(org.id):
        dispatch(org.id)
        with reading():
            rows = Notification.objects.filter(membership_id=person.membership_id).order_by("created_at", "id")
            return [notice.sentence for notice in worded(list(rows))]


def base_key(org: Organization, person: Person) -> str:
    return held_by(org, person.membership_id)[0].role.key


def test_an_offer_changes_nothing_until_it_is_accepted(org):
    person = org.person()
    made = offer(org, person)
    assert holders(org) == {org.owner.membership_id}
    mail = mail_to(person.email, "access.ownership_offer")
    assert f"/ownership/{made.transfer_id}" in mail["text"]
    assert "Maren Holt becomes Administrator" in mail["text"]
    assert "Maren Holt wants to hand the role Owner to you. You decide." in told(org, person)
    accept(org, made.transfer_id, person)
    assert holders(org) == {person.membership_id}
    assert base_key(org, org.owner) == "administrator"
    assert "Pat Example is now Owner." in told(org, org.owner)
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_the_preview_is_the_effect(org):
    person = org.person("manager")
    beside = make_role(org, "addition", beside=[org.role("manager")])
    org.perform(give_role, membership_id=person.membership_id, role_id=beside)
    org.perform(set_restrictions, membership_id=person.membership_id, values={"contacts.seen": "own"})
    org.perform(
        change_role,
        membership_id=person.membership_id,
        role_id=org.role("manager"),
        ends_at=clock.now() + timedelta(days=9),
        then_role_id=org.role("member"),
    )
    with scope.tenant(org.id), reading():
        plan = plan_transfer_ownership(
            actor=org.owner.actor,
            recipient_id=person.membership_id,
            then_role_id=org.role("member"),
            now=clock.now(),
        )
    assert (plan.role, plan.then, plan.before) == ("Owner", "Member", "Manager")
    assert (plan.restrictions, plan.ends_lifted) == (("contacts.seen",), True)
    assert len(plan.recipient_ends) == 1
    assert "ownership.transfer" in plan.gains
    assert "ownership.transfer" in plan.loses
    made = offer(org, person, then="member", digest=plan.digest)
    accept(org, made.transfer_id, person)
    [base] = held_by(org, person.membership_id)
    assert (base.role.key, base.ends_at) == ("owner", None)
    assert holders(org) == {person.membership_id}


def test_a_plan_that_grew_old_confirms_nothing(org):
    person = org.person()
    made = offer(org, person)
    with scope.tenant(org.id), reading():
        plan = plan_accept_ownership(actor=person.actor, transfer_id=made.transfer_id, now=clock.now())
    org.perform(set_restrictions, membership_id=person.membership_id, values={"data.no_export": "yes"})
    with pytest.raises(PlanChanged):
        accept(org, made.transfer_id, person, digest=plan.digest)
    assert holders(org) == {org.owner.membership_id}


def test_immediate_signs_the_giver_out_and_takes_the_mark(org):
    put_policy(org, "ownership.transfer", "immediate")
    person, before = org.person(), org.owner.actor
    made = offer(org, person, then="member")
    assert made.transfer_id is None
    assert holders(org) == {person.membership_id}
    assert base_key(org, org.owner) == "member"
    with scope.tenant(org.id), pytest.raises(NoLongerIn):
        perform(withdraw_ownership, actor=before, transfer_id=person.membership_id)
    assert "Pat Example is now Owner." in told(org, person)


def test_where_only_one_may_hold_it_one_holds_it(org):
    put_policy(org, "keyholders.maximum", 1)
    person = org.person()
    accept(org, offer(org, person).transfer_id, person)
    assert holders(org) == {person.membership_id}


def test_who_may_not_start_one(org):
    administrator, person = org.person("administrator"), org.person()
    with pytest.raises(PermissionMissing):
        offer(org, person, by=administrator)
    second = org.person("owner")
    restricted = org.person("owner")
    org.perform(set_restrictions, membership_id=restricted.membership_id, values={"data.no_export": "yes"})
    with pytest.raises(HolderNoMore):
        offer(org, person, by=restricted)
    with pytest.raises(HolderAlready):
        offer(org, second)
    with pytest.raises(NotOnOneself):
        offer(org, org.owner)
    with pytest.raises(FollowerNeeded):
        offer(org, person, then="owner")
    pending = org.invite()
    with pytest.raises(NotActive):
        org.perform(
            transfer_ownership,
            recipient_id=pending.membership_id,
            then_role_id=org.role("member"),
            password=PASSWORD,
        )
    elsewhere = make_organization().person()
    with pytest.raises(NotFound):
        offer(org, elsewhere)


def test_a_key_with_all_permissions_never_does(org):
    person = org.person()
    made = org.perform(create_key, name="deploy", role_id=org.role("owner"))
    key, _organization = find_key(made.secret, address="", agent="", request_id="", now=clock.now())
    with scope.tenant(org.id), pytest.raises(PeopleOnly):
        perform(
            transfer_ownership,
            actor=key,
            recipient_id=person.membership_id,
            then_role_id=org.role("member"),
            password=PASSWORD,
        )


def test_the_own_password_is_asked_on_both_sides(org):
    person = org.person()
    with pytest.raises(SignInRefused):
        offer(org, person, password="something else 1")
    made = offer(org, person)
    with pytest.raises(SignInRefused):
        accept(org, made.transfer_id, person, password="something else 1")
    assert holders(org) == {org.owner.membership_id}


def test_an_offer_is_the_recipients_alone(org):
    person, other = org.person(), org.person("administrator")
    made = offer(org, person)
    with pytest.raises(NotFound):
        org.perform(decline_ownership, by=other, transfer_id=made.transfer_id)
    with pytest.raises(NotFound):
        accept(org, made.transfer_id, other)
    with pytest.raises(NotFound):
        accept(org, made.transfer_id, person, giver_id=other.membership_id)
    with pytest.raises(NotFound):
        org.perform(withdraw_ownership, by=person, transfer_id=made.transfer_id)
    foreign = make_organization()
    with pytest.raises(NotFound):
        foreign.perform(withdraw_ownership, transfer_id=made.transfer_id)


@pytest.mark.parametrize("settle", ["decline", "withdraw", "expire"])
def test_a_settled_offer_opens_nothing(org, settle):
    person = org.person()
    made = offer(org, person)
    if settle == "decline":
        org.perform(decline_ownership, by=person, transfer_id=made.transfer_id)
        assert "Pat Example declined to become Owner." in told(org, org.owner)
    elif settle == "withdraw":
        org.perform(withdraw_ownership, transfer_id=made.transfer_id)
        assert "Maren Holt does not hand the role Owner to you any more." in told(org, person)
    else:
        change("UPDATE access_ownershiptransfer SET expires_at = now() WHERE id = %s", made.transfer_id)
    for attempt in (
        lambda: accept(org, made.transfer_id, person),
        lambda: org.perform(decline_ownership, by=person, transfer_id=made.transfer_id),
        lambda: org.perform(withdraw_ownership, transfer_id=made.transfer_id),
    ):
        with pytest.raises(TransferOver):
            attempt()
    assert holders(org) == {org.owner.membership_id}
    assert offer(org, person).transfer_id != made.transfer_id


def test_one_offer_waits_at_a_time(org):
    offer(org, org.person())
    with pytest.raises(TransferWaiting):
        offer(org, org.person())


def test_an_offer_lives_a_week(org):
    made = offer(org, org.person())
    with scope.tenant(org.id), reading():
        transfer = OwnershipTransfer.objects.get(id=made.transfer_id)
    assert transfer.expires_at - transfer.created_at == LIFE == timedelta(days=7)


def test_what_changed_meanwhile_is_asked_again(org):
    second, person = org.person("owner"), org.person()
    made = offer(org, person, by=second)
    org.perform(change_role, membership_id=second.membership_id, role_id=org.role("member"))
    with pytest.raises(HolderNoMore):
        accept(org, made.transfer_id, person, giver_id=second.membership_id)
    third = org.person("owner")
    made = offer(org, person, by=third)
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("owner"))
    with pytest.raises(HolderAlready):
        accept(org, made.transfer_id, person, giver_id=third.membership_id)


# --- At the same moment -------------------------------------------------------------------


def act(org: Organization, action: Any, actor: Actor, **params: Any) -> Callable[[], Any]:
    def call() -> Any:
        with scope.tenant(org.id):
            return perform(action, actor=actor, **params)

    return call


def keyed(org: Organization) -> Actor:
    made = org.perform(create_key, name="deploy", role_id=org.role("owner"))
    return find_key(made.secret, address="", agent="", request_id="", now=clock.now())[0]


@pytest.mark.parametrize("round_", range(3))
def test_twenty_at_once_leave_exactly_one_keyholder(round_):
    """Acceptances, withdrawals, declines, deactivations and demotions of the same two people, on real connections."""
    org = make_organization()
    put_policy(org, "keyholders.maximum", 1)
    person, key = org.person(), keyed(org)
    made = offer(org, person)
    owner_id, person_id = org.owner.membership_id, person.membership_id
    taking = {"transfer_id": made.transfer_id, "giver_id": owner_id, "password": PASSWORD}
    owner, recipient = org.owner.actor, person.actor
    calls = [
        *(act(org, accept_ownership, recipient, **taking) for _ in range(6)),
        *(act(org, withdraw_ownership, owner, transfer_id=made.transfer_id) for _ in range(3)),
        *(act(org, decline_ownership, recipient, transfer_id=made.transfer_id) for _ in range(2)),
        *(act(org, deactivate_members, key, membership_ids=(owner_id,)) for _ in range(3)),
        *(act(org, deactivate_members, key, membership_ids=(person_id,)) for _ in range(2)),
        *(act(org, change_role, key, membership_id=owner_id, role_id=org.role("member")) for _ in range(2)),
        *(act(org, remove_members, key, membership_ids=(owner_id,)) for _ in range(2)),
    ]
    assert len(calls) == 20
    failures(together(*calls), Refusal)
    assert len(holders(org)) == 1
    with scope.tenant(org.id), reading():
        assert verify().sound


@pytest.mark.parametrize("attack", ["end", "restrict", "demote", "deactivate", "remove"])
def test_the_last_keyholder_is_lost_in_no_way(org, attack):
    key, owner_id = keyed(org), org.owner.membership_id
    attacks: dict[str, tuple[Any, dict[str, Any]]] = {
        "end": (
            change_role,
            {
                "membership_id": owner_id,
                "role_id": org.role("owner"),
                "ends_at": clock.now() + timedelta(days=1),
                "then_role_id": org.role("member"),
            },
        ),
        "restrict": (set_restrictions, {"membership_id": owner_id, "values": {"data.no_export": "yes"}}),
        "demote": (change_role, {"membership_id": owner_id, "role_id": org.role("member")}),
        "deactivate": (deactivate_members, {"membership_ids": (owner_id,)}),
        "remove": (remove_members, {"membership_ids": (owner_id,)}),
    }
    action, params = attacks[attack]
    with pytest.raises(LastKeyholder):
        act(org, action, key, **params)()
    assert holders(org) == {owner_id}


def test_two_keyholders_lost_in_two_ways_at_once_leave_one():
    org = make_organization()
    second, key = org.person("owner"), keyed(org)
    ids = [org.owner.membership_id, second.membership_id]
    for _ in range(6):
        calls = [
            act(org, set_restrictions, key, membership_id=ids[0], values={"data.no_export": "yes"}),
            act(
                org,
                change_role,
                key,
                membership_id=ids[1],
                role_id=org.role("owner"),
                ends_at=clock.now() + timedelta(days=1),
                then_role_id=org.role("member"),
            ),
        ]
        [refused] = failures(together(*calls), LastKeyholder)
        assert isinstance(refused, LastKeyholder)
        assert len(holders(org)) == 1
        for i in ids:
            change("DELETE FROM access_restrictionset WHERE membership_id = %s", i)
            change("UPDATE access_assignment SET ends_at = NULL, then_role_id = NULL WHERE membership_id = %s", i)
        assert len(holders(org)) == 2


@pytest.mark.parametrize("leaves", ["giver", "recipient"])
@pytest.mark.parametrize("act", ["deactivate", "remove"])
def test_an_offer_ends_when_one_of_both_leaves(org, leaves, act):
    """What an account offered that was shut out does not come back with the account."""
    giver, person = org.person("owner"), org.person()
    made = offer(org, person, by=giver)
    gone = giver if leaves == "giver" else person
    plans, acts = (
        (plan_deactivate_members, deactivate_members) if act == "deactivate" else (plan_remove_members, remove_members)
    )
    with scope.tenant(org.id), reading():
        plan = plans(actor=org.owner.actor, membership_ids=[gone.membership_id], now=clock.now())
    assert dict(plan.ends)["offers"] == 1
    told_before = told(org, person)
    org.perform(acts, membership_ids=(gone.membership_id,), digest=plan.digest)
    if leaves == "giver":
        assert "Pat Example does not hand the role Owner to you any more." in told(org, person)[len(told_before) :]
    number = newest(org, "people.removed" if act == "remove" else "people.deactivated")
    undo(org, number)
    assert org.status(gone.membership_id) == "active"
    with pytest.raises(TransferOver):
        accept(org, made.transfer_id, person, giver_id=giver.membership_id)
    assert offer(org, person, by=giver).transfer_id != made.transfer_id

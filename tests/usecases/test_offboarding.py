import pytest

from factories.organizations import make_organization
from tenantry.access.actions.assigning import change_role
from tenantry.access.errors import LastKeyholder, MemberOutOfHand
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.errors import NoLongerIn, PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import NotOnOneself
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import (
    deactivate_members,
    plan_deactivate_members,
    reactivate_member,
    remove_members,
)


def test_deactivation_ends_access_and_comes_back_with_the_same_role():
    org = make_organization()
    rep = org.person("manager")
    left = org.perform(deactivate_members, membership_ids=(rep.membership_id,))
    assert left.sessions == 1
    assert org.status(rep.membership_id) == "deactivated"
    org.perform(reactivate_member, membership_id=rep.membership_id)
    assert org.status(rep.membership_id) == "active"
    assert rep.actor.may("teams.manage")


def test_nobody_deactivates_themselves_and_the_last_owner_stays():
    org = make_organization()
    with pytest.raises(NotOnOneself):
        org.perform(deactivate_members, membership_ids=(org.owner.membership_id,))
    admin = org.person("administrator")
    with pytest.raises(MemberOutOfHand):
        org.perform(deactivate_members, by=admin, membership_ids=(org.owner.membership_id,))
    assert org.status(org.owner.membership_id) == "active"


def test_two_owners_demote_each_other_only_one_can():
    org = make_organization()
    second = org.person("owner")
    org.perform(change_role, by=second, membership_id=org.owner.membership_id, role_id=org.role("member"))
    with pytest.raises(PermissionMissing):
        org.perform(change_role, membership_id=second.membership_id, role_id=org.role("member"))


def test_reactivation_at_the_limit_is_refused_and_changes_nothing():
    org = make_organization()
    rep = org.person()
    org.perform(deactivate_members, membership_ids=(rep.membership_id,))
    org.limit_seats(1)
    with pytest.raises(AtSeatLimit):
        org.perform(reactivate_member, membership_id=rep.membership_id)
    assert org.status(rep.membership_id) == "deactivated"


def test_an_action_begun_before_the_deactivation_is_refused_after_it():
    org = make_organization()
    admin = org.person("administrator")
    actor = admin.actor
    org.perform(deactivate_members, membership_ids=(admin.membership_id,))
    with scope.tenant(org.id), pytest.raises(NoLongerIn):
        perform(invite_member, actor=actor, email="x@example.test", role_id=org.role("member"))


def test_removal_and_verified_chain():
    org = make_organization()
    rep = org.person()
    with scope.tenant(org.id), reading():
        plan = plan_deactivate_members(actor=org.owner.actor, membership_ids=[rep.membership_id], now=clock.now())
    assert plan.seats_freed == 1
    org.perform(remove_members, membership_ids=(rep.membership_id,))
    again = org.invite("read_only", email=rep.email)
    assert again.membership_id != rep.membership_id
    with scope.tenant(org.id), reading():
        assert verify().sound


def test_the_last_keyholder_is_found_in_a_selection():
    org = make_organization()
    second = org.person("owner")
    third = org.person("owner")
    left = org.perform(deactivate_members, by=third, membership_ids=(org.owner.membership_id, second.membership_id))
    assert len(left.members) == 2
    assert LastKeyholder.code == "last_keyholder"

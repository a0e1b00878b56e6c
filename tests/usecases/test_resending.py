from datetime import timedelta

import pytest

from factories.organizations import make_organization
from tenantry.acting.plans import PlanChanged
from tenantry.core import clock
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.errors import LinkReplaced, NotInvited
from tenantry.people.models import Invitation, InvitationLink, Membership
from tenantry.usecases.resending import plan_resend_invitations, resend_invitations


def expire(org, *invited) -> None:
    past = clock.now() - timedelta(hours=1)
    ids = [one.membership_id for one in invited]
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id__in=ids).update(invited_until=past)
        Invitation.objects.filter(membership_id__in=ids).update(expires_at=past)


def plan(org, *people):
    with scope.tenant(org.id), reading():
        ids = [person.membership_id for person in people]
        return plan_resend_invitations(actor=org.owner.actor, membership_ids=ids, now=clock.now())


def test_every_link_is_new_and_the_old_ones_are_dead():
    org = make_organization()
    one, two = org.invite(), org.invite()
    old = org.token_for(one.membership_id)
    done = org.perform(resend_invitations, membership_ids=(one.membership_id, two.membership_id))
    assert len(done.members) == 2
    with pytest.raises(LinkReplaced):
        org.accept(old)
    assert org.accept(org.token_for(one.membership_id)).membership_id == one.membership_id
    with scope.tenant(org.id), reading():
        open_links = InvitationLink.objects.filter(used_at=None, ended_at=None)
        assert open_links.count() == 1


def test_expired_ones_take_their_seats_again_as_far_as_there_are_some():
    org = make_organization(seats=3)
    one, two = org.invite(given_name="A"), org.invite(given_name="B")
    expire(org, one, two)
    org.limit_seats(2)
    planned = plan(org, one, two)
    assert (planned.members, planned.seats_taken) == ((one.membership_id,), 1)
    assert [refused.code for refused in planned.refused] == ["at_seat_limit"]
    org.perform(resend_invitations, membership_ids=(one.membership_id, two.membership_id), digest=planned.digest)
    with scope.tenant(org.id), reading():
        now = clock.now()
        assert not Membership.objects.get(id=one.membership_id).is_expired(now)
        assert Membership.objects.get(id=two.membership_id).is_expired(now)


def test_who_does_not_wait_is_left_out_and_old_plans_are_refused():
    org = make_organization()
    pending, active = org.invite(), org.person()
    planned = plan(org, pending, active)
    assert [refused.code for refused in planned.refused] == ["not_invited"]
    org.accept(org.token_for(pending.membership_id))
    ids = (pending.membership_id, active.membership_id)
    with pytest.raises(PlanChanged):
        org.perform(resend_invitations, membership_ids=ids, digest=planned.digest)
    with pytest.raises(NotInvited):
        org.perform(resend_invitations, membership_ids=ids)
    with pytest.raises(NotFound):
        org.perform(resend_invitations, membership_ids=(make_organization().owner.membership_id,))

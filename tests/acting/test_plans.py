from uuid import UUID

import pytest

from factories.organizations import make_organization
from tenantry.access.actions.assigning import change_role, plan_change_role
from tenantry.access.models import Role
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership
from tenantry.usecases.offboarding import (
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    remove_members,
)
from tenantry.usecases.person import edit_person


def test_a_plan_that_grew_old_answers_with_the_new_one_and_does_nothing():
    org = make_organization()
    person = org.person()
    with scope.tenant(org.id), reading():
        plan = plan_deactivate_members(actor=org.owner.actor, membership_ids=[person.membership_id], now=clock.now())
    org.perform(edit_person, membership_id=person.membership_id, given_name="Other", family_name="Name")
    with pytest.raises(PlanChanged) as refusal:
        org.perform(deactivate_members, membership_ids=(person.membership_id,), digest=plan.digest)
    assert org.status(person.membership_id) == "active"
    assert refusal.value.plan.names == ("Other Name",)
    org.perform(deactivate_members, membership_ids=(person.membership_id,), digest=refusal.value.plan.digest)
    assert org.status(person.membership_id) == "deactivated"


def test_a_preview_is_what_happens():
    org = make_organization()
    people = [org.person() for _ in range(3)]
    pending = org.invite().membership_id
    ids = (*(p.membership_id for p in people), pending, org.owner.membership_id)
    with scope.tenant(org.id), reading():
        plan = plan_remove_members(actor=org.owner.actor, membership_ids=ids, now=clock.now())
        before = Membership.objects.filter(status__in=["active", "invited"]).count()
    assert [r.code for r in plan.refused] == ["not_on_oneself"]
    left = org.perform(remove_members, membership_ids=ids, digest=plan.digest)
    assert (left.members, left.names, left.refused) == (plan.members, plan.names, plan.refused)
    assert left.sessions == plan.sessions
    with scope.tenant(org.id), reading():
        after = Membership.objects.filter(status__in=["active", "invited"]).count()
    assert before - after == plan.seats_freed == 4


def test_digests_tell_plans_apart():
    org = make_organization()
    people = [org.person(), org.person()]
    with scope.tenant(org.id), reading():
        plans = [
            plan_change_role(actor=org.owner.actor, membership_id=p.membership_id, role_id=org_role, now=clock.now())
            for p in people
            for org_role in role_ids()
        ]
    assert len({plan.digest for plan in plans}) == len(plans)
    again = plans[0]
    org.perform(change_role, membership_id=people[0].membership_id, role_id=again.after_id, digest=again.digest)


def role_ids() -> list[UUID]:
    return [Role.objects.get(key=key).id for key in ("manager", "administrator")]

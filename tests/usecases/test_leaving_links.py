"""Every link to a member has its declared answer, and after a removal each has come true (product.md §3)."""

from datetime import timedelta
from typing import Any

import pytest

from factories.organizations import make_organization
from factories.records import make_each, make_record, make_workflow, stages_of
from support.structure import set_policy
from tenantry.access.actions.profiles import create_profile
from tenantry.access.contents import ProfileContent
from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fields import Leaving
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Deal, DealApproval, DealMember, Mentorship
from tenantry.notifications.models import Notification
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import Membership, PlannedChange, SavedView, TemporaryPassword
from tenantry.security.actions import create_key
from tenantry.security.models import ApiKey
from tenantry.usecases.leaving.errors import SuccessorNotOffered, SuccessorRequired
from tenantry.usecases.leaving.links import declared, links, of_records
from tenantry.usecases.offboarding import plan_remove_members, remove_members
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace


def test_no_link_is_without_its_answer():
    known = declared()
    assert set(known) == set(links()) | of_records()
    assert None not in known.values()


def linked(org: Any, leaver: Any, heir: Any) -> None:
    """Something behind every link that says something about the present."""
    now = clock.now()
    who = leaver.membership_id
    colleague = org.person("member").membership_id
    team = org.perform(create_team, name="Field sales").id
    org.perform(add_to_team, team_id=team, membership_ids=(who, colleague), is_lead=True)
    flow = make_workflow(org)
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(who, colleague))
    space = org.perform(create_workspace, name="Trade fairs").id
    level = org.role("workspace_manager")
    org.perform(add_to_workspace, workspace_id=space, membership_ids=(who, colleague), role_id=level)
    profile = org.perform(create_profile, content=ProfileContent("Bounded")).id
    deal = make_record(org, "deal", colleague)
    key = org.perform(create_key, name="reporting-hamburg", role_id=org.role("member"))
    with scope.tenant(org.id), writing():
        ApiKey.objects.filter(id=key.id).update(created_by=who)
        ProfileAssignment.objects.create(profile_id=profile, membership_id=who, given_at=now)
        RestrictionSet.objects.create(membership_id=who, code="data.no_export", set_at=now)
        Membership.objects.filter(id=colleague).update(manager_id=who)
        for name, shared in (("Mine", False), ("Ours", True)):
            SavedView.objects.create(owner_id=who, name=name, sort_name=name.lower(), is_shared=shared, created_at=now)
        SavedView.objects.create(
            owner_id=heir.membership_id, name="Ours", sort_name="ours", is_shared=False, created_at=now
        )
        PlannedChange.objects.create(
            membership_id=who,
            kind="deactivation",
            day=now.date(),
            zone="UTC",
            due_at=now + timedelta(days=9),
            planned_at=now,
        )
        PlannedChange.objects.create(
            membership_id=colleague,
            kind="deactivation",
            day=now.date(),
            zone="UTC",
            due_at=now + timedelta(days=9),
            planned_by_id=who,
            planned_at=now,
        )
        TemporaryPassword.objects.create(membership_id=who, created_at=now, expires_at=now + timedelta(days=1))
        Notification.objects.create(membership_id=who, kind="role_changed", number=1, created_at=now)
        DealMember.objects.create(deal_id=deal, membership_id=who, added_at=now)
        Mentorship.objects.create(mentor_id=who, mentee_id=colleague, since=now)
        Mentorship.objects.create(mentor_id=org.owner.membership_id, mentee_id=who, since=now)
        stage = stages_of(org, Deal.objects.get(id=deal).workflow_id)[0]
        DealApproval.objects.create(deal_id=deal, stage_id=stage, asked_by_id=colleague, mentor_id=who, asked_at=now)


def rows_of(org: Any, membership_id: Any) -> dict[str, int]:
    with scope.tenant(org.id), reading():
        return {key: link.rows().filter(**{link.field: membership_id}).count() for key, link in links().items()}


@pytest.mark.parametrize("mentors", [True, False])
def test_after_a_removal_each_answer_has_come_true(mentors):
    org = make_organization(seats=20)
    leaver = org.person("manager")
    heir = org.person("owner" if mentors else "member")
    make_each(org, leaver)
    linked(org, leaver, heir)
    before, had = rows_of(org, leaver.membership_id), rows_of(org, heir.membership_id)
    told = ("people.plannedchange.membership", "notifications.notification.membership", "crm.mentorship.mentee")
    assert all(before[key] for key in told)
    with scope.tenant(org.id), reading():
        plan = plan_remove_members(
            actor=org.owner.actor,
            membership_ids=[leaver.membership_id],
            now=clock.now(),
            successor_id=heir.membership_id,
        )
    assert plan.mentors_on == mentors
    assert {one.kind for one in plan.matters} == {"mentees", "approvals", "keys", "shared_views"}
    org.perform(
        remove_members,
        membership_ids=(leaver.membership_id,),
        successor_id=heir.membership_id,
        digest=plan.digest,
    )
    after, has = rows_of(org, leaver.membership_id), rows_of(org, heir.membership_id)
    for key, link in links().items():
        if link.answer is Leaving.KEPT:
            assert after[key] == before[key], key
            continue
        assert after[key] == 0, key
        if link.answer is Leaving.MOVED:
            assert has[key] == had[key] + (before[key] if mentors else 0), key
    with scope.tenant(org.id), reading():
        names = set(SavedView.objects.filter(owner_id=heir.membership_id).values_list("name", flat=True))
        assert names == {"Ours", "Ours 2"}
        assert not Assignment.objects.filter(membership_id=leaver.membership_id).exists()
        for one in owned_types().values():
            assert not one.model.objects.filter(owner_id=leaver.membership_id).exists()
            assert one.model.objects.filter(owner_id=heir.membership_id).exists()
        assert verify().sound


def test_without_a_successor_nobody_waits_for_a_word_that_never_comes():
    org = make_organization(seats=20)
    leaver, heir = org.person("manager"), org.person("member")
    linked(org, leaver, heir)
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    with scope.tenant(org.id), reading():
        assert DealApproval.objects.get().state == "canceled"
        assert not Mentorship.objects.exists()
        assert list(SavedView.objects.values_list("owner_id", flat=True)) == [heir.membership_id]


def test_policies_say_whether_somebody_goes_on():
    org = make_organization(seats=20)
    leaver, heir = org.person("member"), org.person("member")
    make_each(org, leaver)
    set_policy(org, "people.removal_records", "successor_required")
    with pytest.raises(SuccessorRequired):
        org.perform(remove_members, membership_ids=(leaver.membership_id,))
    set_policy(org, "people.removal_records", "unassign")
    with pytest.raises(SuccessorNotOffered):
        org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    with scope.tenant(org.id), reading():
        assert set(Deal.objects.values_list("owner_id", flat=True)) == {None}

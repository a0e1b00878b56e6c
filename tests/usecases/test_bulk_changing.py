"""Doing something to a selection: what the plan says is what happens, at once or batch by batch."""

import random
from datetime import timedelta

import pytest

from factories.organizations import make_organization, unique
from support.many import crowd, lines, plan, run, state_of
from support.races import failures, together
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.profiles import create_profile
from tenantry.access.actions.roles import create_role
from tenantry.access.contents import ProfileContent, RoleContent
from tenantry.access.models import Assignment, ProfileAssignment
from tenantry.access.selectors import DirectoryFilter, keyholder_ids
from tenantry.acting.actions import perform
from tenantry.acting.operations import cancel_operation
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.actions import create_team
from tenantry.people.models import Department, Membership, TeamMember
from tenantry.security.models import SessionEntry
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.errors import NobodyToChange
from tenantry.usecases.bulk_changing.kinds import KINDS
from tenantry.usecases.bulk_changing.reasons import CODES
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.units import create_unit

EVERYBODY = DirectoryFilter(statuses=("active", "pending", "expired", "deactivated", "removed"))


def department(org, name: str):
    with scope.tenant(org.id), writing():
        return Department.objects.create(name=name, sort_name=name.lower(), created_at=clock.now()).id


def values(org) -> dict:
    return {
        "deactivation": None,
        "removal": None,
        "resend": None,
        "team": org.perform(create_team, name=unique("team")).id,
        "unit": org.perform(create_unit, name=unique("unit")).id,
        "role": org.role("read_only"),
        "profile": org.perform(create_profile, content=ProfileContent(unique("profile"))).id,
        "department": department(org, unique("department")),
    }


def mixed():
    """An organization with somebody in every state, and two actors: its keyholder and a manager."""
    org = make_organization(seats=40)
    people = [org.person(role) for role in ("owner", "administrator", "manager", "member", "member")]
    people += [org.invite() for _ in range(3)]
    gone = org.person()
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=people[-1].membership_id).update(invited_until=clock.now() - timedelta(days=1))
    return org, people, [person.membership_id for person in (*people, gone, org.owner)]


@pytest.mark.parametrize("do", KINDS)
def test_the_plan_is_the_effect_for_any_selection(do):
    """Selections drawn at random, by actors who may some, more and all of it."""
    org, people, ids = mixed()
    rng = random.Random(do)
    value = values(org)[do]
    for actor in (people[2], people[1], org.owner):
        chosen = tuple(rng.sample(ids, rng.randint(2, len(ids))))
        try:
            planned = plan(org, do, chosen, value, by=actor)
        except PermissionMissing:
            with pytest.raises(PermissionMissing):
                org.perform(change_people, by=actor, do=do, value_id=value, membership_ids=chosen)
            continue
        except NotFound:
            continue
        assert planned.total == len(chosen)
        assert {reason.code for reason in planned.reasons} <= CODES
        if not planned.done:
            with pytest.raises(NobodyToChange):
                org.perform(change_people, by=actor, do=do, value_id=value, membership_ids=chosen)
            continue
        done = org.perform(change_people, by=actor, do=do, value_id=value, membership_ids=chosen, digest=planned.digest)
        assert (done.done, done.refused, done.finished) == (planned.done, planned.refused, True)
        settled = lines(org, done.operation_id)
        assert [one.target_id for one in settled if one.state == "waiting"] == []
        for reason in planned.reasons:
            assert sum(one.code == reason.code for one in settled) == reason.number
    with scope.tenant(org.id), reading():
        assert verify().sound
        assert keyholder_ids()


def test_batches_do_what_the_plan_of_the_whole_says():
    """More people than fit into one: keyholders and seats are as scarce in the plan as in the batches."""
    org = make_organization()
    extra = org.person("owner")
    crowd(org, 1203)
    wanted = DirectoryFilter(statuses=("active",))
    planned = plan(org, "deactivation", None, None, by=extra, wanted=wanted)
    assert (planned.total, planned.refused) == (1205, 1)
    assert [(reason.code, reason.number) for reason in planned.reasons] == [("not_on_oneself", 1)]
    begun = org.perform(change_people, by=extra, do="deactivation", wanted=wanted, digest=planned.digest)
    assert (begun.finished, begun.total, begun.done) == (False, 1205, 0)
    run(org, begun.operation_id)
    after = state_of(org, begun.operation_id)
    assert (after.state, after.done, after.refused) == ("done", planned.done, 1)
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(status="active").values_list("id", flat=True).get() == extra.membership_id
        batches = Entry.objects.filter(action="people.deactivated")
        assert sorted(len(one.values["members"]) for one in batches) in ([204, 500, 500], [205, 499, 500])
        # One event a batch, not one a person.
        assert OutboxEvent.objects.filter(name="MembersDeactivated").count() == 3
        assert verify().sound


def test_the_last_keyholder_stays_across_batches():
    org = make_organization()
    # Another actor, who may remove keyholders but is none: the house itself.
    crowd(org, 600)
    others = [org.person("owner", given_name=name) for name in ("Aaa", "Zzz")]
    clerk = org.person("owner", given_name="Mid")
    planned = plan(
        org, "role", None, org.role("member"), by=clerk, wanted=DirectoryFilter(role_ids=(org.role("owner"),))
    )
    assert planned.done == 3
    done = org.perform(
        change_people,
        by=clerk,
        do="role",
        value_id=org.role("member"),
        wanted=DirectoryFilter(role_ids=(org.role("owner"),)),
        digest=planned.digest,
    )
    assert done.done == 3
    with scope.tenant(org.id), reading():
        assert keyholder_ids() == [clerk.membership_id]
    assert others


def demotion(org, by, whom):
    actor, role = by.actor, org.role("member")

    def call():
        with scope.tenant(org.id):
            ids = (whom.membership_id,)
            return perform(change_people, actor=actor, do="role", value_id=role, membership_ids=ids)

    return call


@pytest.mark.parametrize("_time", range(5))
def test_two_demote_each_other_at_once_and_one_owner_stays(_time):
    org = make_organization()
    one, two = org.person("owner"), org.person("owner")
    org.perform(change_people, by=one, **given(org, org.owner))
    results = together(demotion(org, one, two), demotion(org, two, one))
    assert len(failures(results, NobodyToChange, PermissionMissing)) == 1
    with scope.tenant(org.id), reading():
        assert len(keyholder_ids()) == 1


def given(org, whom) -> dict:
    return {"do": "role", "value_id": org.role("member"), "membership_ids": (whom.membership_id,)}


def test_no_more_keyholders_than_the_policy_allows():
    org = make_organization()
    people = [org.person() for _ in range(4)]
    org.perform(change_policy, code="keyholders.maximum", value=3)
    ids = tuple(person.membership_id for person in people)
    planned = plan(org, "role", ids, org.role("owner"))
    assert (planned.done, [(r.code, r.number) for r in planned.reasons]) == (2, [("too_many_keyholders", 2)])
    org.perform(change_people, do="role", value_id=org.role("owner"), membership_ids=ids, digest=planned.digest)
    with scope.tenant(org.id), reading():
        assert len(keyholder_ids()) == 3


def test_what_may_not_stand_beside_the_new_role_ends():
    org = make_organization()
    rep, other = org.person(), org.person()
    beside = (org.role("member"),)
    content = RoleContent(unique("role"), beside_ids=beside)
    addition = org.perform(create_role, kind="addition", content=content).id
    org.perform(give_role, membership_id=rep.membership_id, role_id=addition)
    ids = (rep.membership_id, other.membership_id)
    planned = plan(org, "role", ids, org.role("read_only"))
    assert planned.number("ended") == 1
    org.perform(change_people, do="role", value_id=org.role("read_only"), membership_ids=ids, digest=planned.digest)
    with scope.tenant(org.id), reading():
        held = Assignment.objects.filter(membership_id__in=ids).values_list("role_id", flat=True)
        assert list(held) == [org.role("read_only")] * 2


def test_gains_and_losses_are_counted_by_person():
    org = make_organization()
    ids = tuple(org.person().membership_id for _ in range(3))
    planned = plan(org, "role", ids, org.role("administrator"))
    assert dict(planned.gains)["people.invite"] == 3
    profile = org.perform(create_profile, content=ProfileContent(unique("profile"))).id
    bound = plan(org, "profile", ids, profile)
    assert set(dict(bound.loses).values()) == {3}
    org.perform(change_people, do="profile", value_id=profile, membership_ids=ids)
    with scope.tenant(org.id), reading():
        assert ProfileAssignment.objects.filter(profile_id=profile).count() == 3
    freed = plan(org, "profile", ids, None)
    assert freed.gains == bound.loses
    org.perform(change_people, do="profile", value_id=None, membership_ids=ids, digest=freed.digest)
    with scope.tenant(org.id), reading():
        assert not ProfileAssignment.objects.exists()


def test_seats_run_out_in_the_same_place_in_plan_and_batches():
    org = make_organization(seats=10)
    crowd(org, 520, status="invited", until=clock.now() - timedelta(days=1))
    wanted = DirectoryFilter(statuses=("expired",))
    planned = plan(org, "resend", None, None, wanted=wanted)
    assert (planned.done, planned.number("seats_taken")) == (9, 9)
    begun = org.perform(change_people, do="resend", wanted=wanted, digest=planned.digest)
    run(org, begun.operation_id)
    after = state_of(org, begun.operation_id)
    assert (after.state, after.done, after.refused) == ("done", 9, 511)


def test_a_world_that_moved_on_is_planned_again():
    org = make_organization()
    people = [org.person() for _ in range(2)]
    ids = tuple(person.membership_id for person in people)
    planned = plan(org, "deactivation", ids, None)
    org.perform(deactivate_members, membership_ids=ids[:1])
    with pytest.raises(PlanChanged) as changed:
        org.perform(change_people, do="deactivation", membership_ids=ids, digest=planned.digest)
    assert changed.value.plan.done == 1
    crowd(org, 600)
    wanted = DirectoryFilter(statuses=("active",))
    planned = plan(org, "removal", None, None, wanted=wanted)
    org.person()
    with pytest.raises(PlanChanged):
        org.perform(change_people, do="removal", wanted=wanted, digest=planned.digest)


def test_who_changed_after_the_confirmation_is_refused_line_by_line():
    org = make_organization()
    rep = org.person()
    crowd(org, 600)
    team = org.perform(create_team, name="Field").id
    wanted = DirectoryFilter(statuses=("active",))
    begun = org.perform(change_people, do="team", value_id=team, wanted=wanted)
    org.perform(change_people, do="removal", membership_ids=(rep.membership_id,))
    run(org, begun.operation_id)
    after = state_of(org, begun.operation_id)
    assert (after.done, after.refused) == (601, 1)
    [line] = [one for one in lines(org, begun.operation_id) if one.state == "refused"]
    assert (line.target_id, line.code) == (rep.membership_id, "already_removed")
    with scope.tenant(org.id), reading():
        assert TeamMember.objects.filter(team_id=team).count() == 601


def test_canceled_between_two_batches_what_was_done_stays_done():
    org = make_organization()
    crowd(org, 1200)
    wanted = DirectoryFilter(query="crowd")
    begun = org.perform(change_people, do="removal", wanted=wanted)
    run(org, begun.operation_id, batches=1)
    org.perform(cancel_operation, operation_id=begun.operation_id)
    run(org, begun.operation_id)
    after = state_of(org, begun.operation_id)
    assert (after.state, after.done) == ("canceled", 500)
    with scope.tenant(org.id), reading():
        assert Membership.objects.filter(status="removed").count() == 500


def test_whoever_loses_the_permission_meanwhile_goes_no_further():
    org = make_organization()
    admin = org.person("administrator")
    crowd(org, 1100)
    wanted = DirectoryFilter(query="crowd")
    begun = org.perform(change_people, by=admin, do="removal", wanted=wanted)
    run(org, begun.operation_id, batches=1)
    org.perform(change_people, do="role", value_id=org.role("member"), membership_ids=(admin.membership_id,))
    run(org, begun.operation_id)
    after = state_of(org, begun.operation_id)
    assert (after.state, after.error, after.done) == ("failed", "permission_missing", 500)


def test_numbers_of_a_plan_over_everybody():
    org, _people, ids = mixed()
    with scope.tenant(org.id), reading():
        sessions = SessionEntry.objects.filter(ended_at=None).count()
    planned = plan(org, "removal", None, None, wanted=EVERYBODY)
    assert planned.total == len(ids)
    assert planned.number("invitations") == 3
    assert planned.number("sessions") <= sessions


def test_nothing_selected_and_nothing_chosen_are_refused():
    org = make_organization()
    with pytest.raises(InvalidInput):
        plan(org, "removal", (), None)
    with pytest.raises(InvalidInput):
        plan(org, "role", (org.person().membership_id,), None)
    with pytest.raises(NotFound):
        plan(org, "nonsense", (org.owner.membership_id,), None)
    with pytest.raises(NotFound):
        plan(org, "removal", (make_organization().owner.membership_id,), None)

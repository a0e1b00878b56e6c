"""What the plan of a changed policy foretells is what happens."""

from datetime import timedelta

import pytest

from factories.organizations import make_organization
from support.policies import by_operator, operator_actor, planned
from tenantry.access.errors import TooManyKeyholders
from tenantry.core import clock
from tenantry.core.errors import PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy, plan_change_policy
from tenantry.organizations.errors import AtSeatLimit, OrganizationNameAsked
from tenantry.organizations.models import Workspace
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.errors import NotOfferedHere, OneTeamOnly
from tenantry.people.models import Invitation
from tenantry.people.seats import seats
from tenantry.security.models import SessionEntry
from tenantry.security.selectors import presence
from tenantry.usecases.offboarding import deactivate_members, reactivate_member
from tenantry.usecases.person import change_own_profile

DEACTIVATION = "people.deactivation_by"


def figures(found):
    """Text -> number of the effects that have one."""
    return {one.text: one.number for one in found.effects if one.number is not None}


def sentences(found):
    return [one.text for one in found.effects if one.number is None]


def operators_plan(org, code, value):
    actor = operator_actor()
    with scope.platform("console", org.id), reading():
        return plan_change_policy(actor=actor, code=code, value=value, now=clock.now())


def called(org, role, name):
    person = org.person(role)
    org.perform(change_own_profile, by=person, given_name=name, family_name="")
    return person


def test_seats_in_use_before_and_after_are_the_meters():
    org = make_organization(seats=3)
    left = org.person("member")
    org.perform(deactivate_members, membership_ids=(left.membership_id,))
    org.person("member")
    org.invite()
    value = ["active", "invited", "deactivated"]
    found = figures(operators_plan(org, "seats.counted_statuses", value))
    assert found == {
        "seats in use before": 3,
        "seats in use afterwards": 4,
        "seats more than the organization has: nobody is thrown out, only adding stops": 1,
    }
    by_operator(org, code="seats.counted_statuses", value=value, reason="Contract 17")
    with scope.tenant(org.id), reading():
        assert seats(clock.now()).in_use == 4
    with pytest.raises(AtSeatLimit):
        org.invite()


def test_who_can_deactivate_is_told_by_name_and_is_so():
    org = make_organization("Halden Supply")
    admin, people = called(org, "administrator", "Ada"), called(org, "people_administrator", "Kofi")
    one, two, three = (org.person("member") for _n in range(3))
    found = planned(org, DEACTIVATION, "owner")
    assert [(e.number, e.names, e.warning) for e in found.effects if e.names] == [(2, ("Ada", "Kofi"), True)]
    org.perform(change_policy, code=DEACTIVATION, value="owner")
    for who in (admin, people):
        with pytest.raises(PermissionMissing):
            org.perform(
                deactivate_members, by=who, membership_ids=(one.membership_id,), organization_name="Halden Supply"
            )
    for typed in ("", "halden", "HALDEN SUPPLY", "Halden Supply!"):
        with pytest.raises(OrganizationNameAsked, match="Halden Supply"):
            org.perform(deactivate_members, membership_ids=(one.membership_id,), organization_name=typed)
    assert org.status(one.membership_id) == "active"
    org.perform(deactivate_members, membership_ids=(one.membership_id,), organization_name=" Halden  Supply ")
    assert org.status(one.membership_id) == "deactivated"
    found = planned(org, DEACTIVATION, "nobody")
    assert [(e.number, e.names) for e in found.effects if e.names] == [(1, ("Maren Holt",))]
    assert figures(found)["deactivated person stays so"] == 1
    org.perform(change_policy, code=DEACTIVATION, value="nobody")
    with pytest.raises(NotOfferedHere):
        org.perform(deactivate_members, membership_ids=(two.membership_id,), organization_name="Halden Supply")
    with pytest.raises(NotOfferedHere):
        org.perform(reactivate_member, membership_id=one.membership_id)
    found = planned(org, DEACTIVATION, "permission")
    assert [(e.number, e.names) for e in found.effects if e.names] == [(3, ("Ada", "Kofi", "Maren Holt"))]
    org.perform(change_policy, code=DEACTIVATION, value="permission")
    org.perform(deactivate_members, by=people, membership_ids=(three.membership_id,))
    assert org.status(three.membership_id) == "deactivated"


def test_too_many_keyholders_keep_it_and_nobody_else_gets_it():
    org = make_organization()
    called(org, "owner", "Ada")
    found = planned(org, "keyholders.maximum", 1)
    assert figures(found) == {
        "people hold all permissions now": 2,
        "more than that: they keep it, and nobody else gets it": 1,
    }
    assert found.effects[0].names == ("Ada", "Maren Holt")
    org.perform(change_policy, code="keyholders.maximum", value=1)
    with pytest.raises(TooManyKeyholders):
        org.invite("owner")
    assert sentences(planned(org, "keyholders.maximum", 2)) == ["Nobody else can get it until one of them gives it up."]
    org.perform(change_policy, code="keyholders.maximum", value=3)
    org.invite("owner")


def test_who_is_in_several_teams_stays_and_comes_into_no_further_one():
    org = make_organization()
    ada = called(org, "member", "Ada")
    one, two, three = (org.perform(create_team, name=name).id for name in ("North", "South", "West"))
    for team in (one, two):
        org.perform(add_to_team, team_id=team, membership_ids=(ada.membership_id,))
    found = planned(org, "teams.per_person", "one")
    assert [(e.number, e.names) for e in found.effects] == [(1, ("Ada",))]
    org.perform(change_policy, code="teams.per_person", value="one")
    with pytest.raises(OneTeamOnly):
        org.perform(add_to_team, team_id=three, membership_ids=(ada.membership_id,))
    assert planned(org, "teams.per_person", "many").effects[0].names == ()


@pytest.mark.parametrize(
    ("code", "value", "column", "age"),
    [
        ("session.idle_hours", 2, "seen_at", timedelta(hours=3)),
        ("session.absolute_days", 1, "entered_at", timedelta(days=2)),
    ],
)
def test_sessions_that_would_end_are_those_that_end(code, value, column, age):
    org = make_organization()
    people = [org.person("member") for _n in range(3)]
    with scope.tenant(org.id), writing():
        old = [p.membership_id for p in people[:2]]
        SessionEntry.objects.filter(membership_id__in=old).update(**{column: clock.now() - age})
        before = presence(clock.now()).sessions
    found = planned(org, code, value)
    assert figures(found) == {"open sessions end at once": 2}
    org.perform(change_policy, code=code, value=value)
    with scope.tenant(org.id), reading():
        assert presence(clock.now()).sessions == before - 2


def test_a_session_that_comes_or_goes_makes_no_plan_an_old_one():
    org = make_organization()
    found = planned(org, "session.idle_hours", 2)
    with scope.tenant(org.id), writing():
        SessionEntry.objects.update(seen_at=clock.now() - timedelta(hours=3))
    assert figures(planned(org, "session.idle_hours", 2)) != figures(found)
    org.perform(change_policy, code="session.idle_hours", value=2, digest=found.digest)


def test_open_invitations_keep_their_end():
    org = make_organization()
    first = org.invite()
    found = planned(org, "people.invitation_days", 1)
    assert figures(found) == {"open invitation keeps its end": 1}
    assert sentences(found) == ["An invitation sent from now on lives 1 day."]
    with scope.tenant(org.id), reading():
        end = Invitation.objects.get(membership_id=first.membership_id).expires_at
    org.perform(change_policy, code="people.invitation_days", value=1)
    second = org.invite()
    with scope.tenant(org.id), reading():
        ends = dict(Invitation.objects.values_list("membership_id", "expires_at"))
    assert ends[first.membership_id] == end
    assert ends[second.membership_id] - clock.now() <= timedelta(days=1)


def test_what_is_hidden_though_it_exists_is_counted():
    org = make_organization()
    org.perform(change_policy, code="organization.structure", value=["workspaces", "workflows"])
    with scope.tenant(org.id), writing():
        Workspace.objects.bulk_create([Workspace(name="Oslo", sort_name="oslo", created_at=clock.now())])
    found = planned(org, "organization.structure", ["units"])
    assert sentences(found) == ["Shown from now on: Units.", "Not shown any more: Workspaces, workflows."]
    assert figures(found) == {
        "Workspaces exist: they go on working, and nobody sees them": 1,
        # The one that every organization begins with.
        "Workflows exist: they go on working, and nobody sees them": 1,
    }


def test_locking_names_the_rules_that_it_locks():
    org = make_organization()
    (effect,) = operators_plan(org, "password.locked", True).effects
    assert effect.number == len(effect.names) == 6
    assert "Shortest password" in effect.names


def test_nothing_is_foretold_of_what_does_not_change():
    org = make_organization()
    assert planned(org, "people.invitation_days", 7).effects == ()

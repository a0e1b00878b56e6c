"""Who may put whom into a team (product.md §3: `teams.manage` for anybody but oneself; policy `teams.per_person`)."""

from typing import Any
from uuid import UUID

import pytest

from factories.organizations import Organization, make_organization, unique
from support.races import failures, together
from support.structure import set_policy
from tenantry.acting.actions import perform
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import PolicyValue
from tenantry.people.actions import add_to_team, create_team, delete_team, edit_team, join_team, remove_from_team
from tenantry.people.errors import AlreadyInTeam, NotOnOneself, OneTeamOnly, TeamNameTaken
from tenantry.people.models import TeamMember
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.workspaces import create_workspace


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


def team(org: Organization) -> UUID:
    return org.perform(create_team, name=unique("Team")).id


def members(org: Organization, team_id: UUID) -> set[UUID]:
    with scope.tenant(org.id), reading():
        return set(TeamMember.objects.filter(team_id=team_id).values_list("membership_id", flat=True))


@pytest.mark.parametrize("role", ["administrator", "people_administrator"])
def test_nobody_puts_themselves_into_a_team_or_out_of_it(org, role):
    person, north = org.person(role), team(org)
    with pytest.raises(NotOnOneself):
        org.perform(add_to_team, by=person, team_id=north, membership_ids=(person.membership_id,))
    with pytest.raises((NotOnOneself, AlreadyInTeam)):
        org.perform(join_team, by=person, team_id=north, membership_ids=(person.membership_id,))
    assert members(org, north) == set()
    org.perform(add_to_team, team_id=north, membership_ids=(person.membership_id,))
    with pytest.raises(NotOnOneself):
        org.perform(remove_from_team, by=person, team_id=north, membership_id=person.membership_id)
    assert members(org, north) == {person.membership_id}


def test_in_a_selection_oneself_is_left_out_and_named(org):
    person, other, north = org.person("administrator"), org.person(), team(org)
    made = org.perform(join_team, by=person, team_id=north, membership_ids=(person.membership_id, other.membership_id))
    assert made.members == (other.membership_id,)
    assert [r.code for r in made.refused] == ["not_on_oneself"]
    assert members(org, north) == {other.membership_id}


def test_a_manager_handles_own_teams_and_people_in_sight_only(org):
    manager, colleague, stranger = org.person("manager"), org.person(), org.person()
    own, foreign = team(org), team(org)
    both = (manager.membership_id, colleague.membership_id)
    org.perform(add_to_team, team_id=own, membership_ids=both)
    with pytest.raises(NotFound):
        org.perform(add_to_team, by=manager, team_id=own, membership_ids=(stranger.membership_id,))
    for team_id in (foreign, new_id()):
        with pytest.raises(NotFound):
            org.perform(add_to_team, by=manager, team_id=team_id, membership_ids=(colleague.membership_id,))
        with pytest.raises(NotFound):
            org.perform(remove_from_team, by=manager, team_id=team_id, membership_id=colleague.membership_id)
    for action, params in ((edit_team, {"name": "x"}), (delete_team, {})):
        with pytest.raises(PermissionMissing):
            org.perform(action, by=manager, team_id=own, **params)
    org.perform(remove_from_team, by=manager, team_id=own, membership_id=colleague.membership_id)
    assert members(org, own) == {manager.membership_id}


def test_one_team_a_person_holds_against_two_at_once():
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        PolicyValue.objects.filter(code="teams.per_person").update(value="one")
    first, second = org.owner.actor, org.person("administrator").actor
    for _ in range(5):
        person, teams = org.person(), [team(org), team(org)]

        def add(actor: Any, team_id: UUID, member_id: UUID = person.membership_id) -> Any:
            def run() -> Any:
                with scope.tenant(org.id):
                    return perform(add_to_team, actor=actor, team_id=team_id, membership_ids=(member_id,))

            return run

        results = together(add(first, teams[0]), add(second, teams[1]))
        assert len(failures(results, OneTeamOnly)) == 1
        assert len(members(org, teams[0]) | members(org, teams[1])) == 1
    with pytest.raises(OneTeamOnly):
        org.invite(team_ids=tuple(teams))


def test_team_names_are_one_whatever_their_capitals_also_at_once(org):
    name = unique("Name")
    actors = [org.owner.actor, *(org.person("administrator").actor for _ in range(4))]

    def create(actor: Any, spelling: str) -> Any:
        def run() -> Any:
            with scope.tenant(org.id):
                return perform(create_team, actor=actor, name=spelling)

        return run

    spellings = (name, name.upper(), name.lower(), name.swapcase(), name)
    results = together(*(create(a, s) for a, s in zip(actors, spellings, strict=True)))
    assert len(failures(results, TeamNameTaken)) == 4


def test_a_removed_person_is_in_no_team(org):
    person, north = org.person(), team(org)
    org.perform(add_to_team, team_id=north, membership_ids=(person.membership_id,))
    org.perform(remove_members, membership_ids=(person.membership_id,))
    assert members(org, north) == set()
    with pytest.raises(NotFound):
        org.perform(add_to_team, team_id=north, membership_ids=(person.membership_id,))


def test_a_team_may_belong_to_a_workspace_and_people_to_one_team_of_each():
    org = make_organization()
    set_policy(org, "teams.per_person", "one_per_workspace")
    fairs, shows = (org.perform(create_workspace, name=name).id for name in ("Fairs", "Shows"))
    first, second = (org.perform(create_team, name=unique("T"), workspace_id=fairs).id for _ in range(2))
    other, free = org.perform(create_team, name=unique("T"), workspace_id=shows).id, team(org)
    person = org.person()
    everywhere = (person.membership_id,)
    for place in (first, other, free, team(org)):
        org.perform(add_to_team, team_id=place, membership_ids=everywhere)
    with pytest.raises(OneTeamOnly):
        org.perform(add_to_team, team_id=second, membership_ids=everywhere)
    # Nor by moving a team that somebody is in already.
    with pytest.raises(OneTeamOnly):
        org.perform(edit_team, team_id=free, name=unique("T"), workspace_id=fairs)
    org.perform(edit_team, team_id=first, name=unique("T"), workspace_id=None)
    org.perform(add_to_team, team_id=second, membership_ids=everywhere)
    for unknown in (new_id(), make_organization().perform(create_workspace, name="Theirs").id):
        with pytest.raises(NotFound):
            org.perform(create_team, name=unique("T"), workspace_id=unknown)

"""`tenantry demo --scale`: whole organizations, however many; here a few."""

import pytest
from rich.console import Console

from support import catalogue
from tenantry.access.directory import directory_page
from tenantry.access.models import Assignment, ProfileAssignment, Role
from tenantry.access.selectors import DirectoryFilter, keyholder_ids
from tenantry.billing.selectors import subscription
from tenantry.cli.demo_scale import load_scale
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Organization, PolicyValue, UnitLink
from tenantry.people.census import census_of
from tenantry.people.models import Membership, TeamMember
from tenantry.people.seats import seats

PEOPLE, SMALL = 400, 3


@pytest.fixture(scope="module")
def loaded(database):
    with scope.platform("demo"), reading():
        before = set(Organization.objects.values_list("id", flat=True))
    made = load_scale(PEOPLE, SMALL, "!", clock.now(), Console(quiet=True))
    with scope.platform("demo"), reading():
        new = set(Organization.objects.values_list("id", flat=True)) - before
    return made, new


def test_the_large_one_has_people_everywhere(loaded):
    made, _new = loaded
    with scope.tenant(made.organization_id), reading():
        people = list(Membership.objects.all())
        assert len(people) == PEOPLE + 40
        for person in people:
            kept = person.sort_name, person.search_text
            person.refresh_search()
            assert (person.sort_name, person.search_text) == kept
        assert {person.status for person in people} == {"active", "invited", "deactivated", "removed"}
        assert sum(person.unit_id is not None for person in people) == PEOPLE
        assert UnitLink.objects.filter(depth=3).count() == 1000
        assert TeamMember.objects.count() > PEOPLE / 3
        assert ProfileAssignment.objects.count() > PEOPLE / 3
        assert Assignment.objects.exclude(workspace=None).exists()
        state = seats(clock.now())
        by_status = [person.status for person in people]
        assert state.active == by_status.count("active")
        assert state.pending + state.expired == by_status.count("invited")
        held = subscription()
        assert (held.state, held.terms["plan"], held.demonstrates) == ("active", "business", True)
        assert state.limit == held.seats > state.in_use


def test_whoever_founded_it_finds_its_people(loaded):
    made, _new = loaded
    actor = Actor.system("demo", made.organization_id)
    with scope.tenant(made.organization_id), reading():
        page = directory_page(actor, DirectoryFilter(query="maren"), clock.now())
        assert made.email in {row.email for row in page.rows}


def test_the_small_ones_are_whole_organizations(loaded):
    made, new = loaded
    assert len(new) == SMALL + 2, "the large one, the pattern, and its copies"
    with scope.platform("demo"), reading():
        pattern = Organization.objects.exclude(id=made.organization_id).filter(id__in=new, name="Small").get().id
        figures = census_of(new, clock.now())
    copies = new - {made.organization_id, pattern}
    for organization_id in copies:
        assert figures[organization_id].people == figures[organization_id].in_use == 1
        with scope.tenant(organization_id), reading():
            assert len(keyholder_ids()) == 1
            roles = {str(i): role for role in Role.objects.all() for i in [role.id]}
            assert all(set(role.assignable_roles or ()) <= set(roles) for role in roles.values())
            assert PolicyValue.objects.exists()
    counted = catalogue.rows(
        "SELECT count(*) FROM access_role WHERE organization_id = %s OR organization_id = %s GROUP BY organization_id",
        pattern,
        next(iter(copies)),
    )
    assert counted[0] == counted[1]

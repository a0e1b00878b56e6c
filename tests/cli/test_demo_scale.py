"""`tenantry demo --scale`: whole organizations, however many; here a few."""

import time
from threading import Event

import pytest
from rich.console import Console

from factories.organizations import make_organization
from support import catalogue
from support.races import failures, together
from tenantry.access.directory import directory_page
from tenantry.access.models import Assignment, ProfileAssignment, Role
from tenantry.access.searching import keeping
from tenantry.access.selectors import DirectoryFilter, keyholder_ids
from tenantry.billing.selectors import subscription
from tenantry.cli import demo_pace
from tenantry.cli.demo_scale import OWNER, load_scale
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
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


# --- At a pace that the search can follow ----------------------------------------------------


@pytest.fixture
def behind(monkeypatch):
    """An organization whose people wait for search rows, more than may."""
    monkeypatch.setattr(demo_pace, "MOST_BEHIND", 2)
    org = make_organization()
    with scope.tenant(org.id), writing():
        keeping.begin(clock.now())
    for _ in range(3):
        org.invite()
    return org


def test_a_load_waits_until_the_search_has_followed(behind):
    pace, over = demo_pace.Pace(OWNER, behind.id), Event()

    def waits():
        pace.keep()
        over.set()

    def folds():
        assert not over.wait(1.5), "many wait"
        with scope.tenant(behind.id), writing():
            assert keeping.fold_waiting(keeping.locked_state(), clock.now())
        assert over.wait(30)

    assert failures(together(waits, folds)) == []
    assert pace.is_followed


def test_a_load_without_a_worker_goes_on(behind, monkeypatch):
    monkeypatch.setattr(demo_pace, "PATIENCE", 1.0)
    pace = demo_pace.Pace(OWNER, behind.id)
    pace.keep()
    assert not pace.is_followed
    started = time.monotonic()
    pace.keep()
    assert time.monotonic() - started < 0.5, "and does not wait again"

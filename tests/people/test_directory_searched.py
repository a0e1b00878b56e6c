"""Large organizations are searched by tables, and the plain way says the same, whatever changed since."""

import random
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories.organizations import Organization, make_organization, make_user
from support.processes import wait_for
from support.races import failures, together
from tenantry.access import tasks
from tenantry.access.directory import DirectoryPage, directory_page
from tenantry.access.models import Assignment, Profile, ProfileAssignment, Role
from tenantry.access.searching import asking, keeping
from tenantry.access.searching.clauses import Clause
from tenantry.access.searching.folding import STATUS_TERMS
from tenantry.access.selectors import SORTS, STATUSES, DirectoryFilter
from tenantry.core import clock
from tenantry.core.actor import ALL_GRANTS, Actor, Grants, Held
from tenantry.core.ids import new_id
from tenantry.core.permissions import Reach, ScopeKind
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Unit, UnitLink, Workspace
from tenantry.people.models import (
    Department,
    Membership,
    SearchPerson,
    SearchState,
    SearchToken,
    SearchWaiting,
    Team,
    TeamMember,
)
from tenantry.people.permissions import VIEW
from tenantry.people.seats import seats

NOW = clock.now()
PEOPLE = 160
GIVEN = ("Ann", "Anna", "Annabel", "Bo", "Zoë", "Ørjan", "Mary Ann", "O’Hara", "李", "Jo-Ann", "100%", "A_b")
FAMILY = ("Berg", "Bergman", "van Berg", "Ek", "", "St. John", "Ångström", "Ann", "Ba")
WORDS = (
    *(
        "a",
        "an",
        "ann",
        "anna",
        "annab",
        "b",
        "be",
        "ber",
        "berg",
        "bergm",
        "z",
        "zoe",
        "zoë",
        "ø",
        "jo",
        "john",
        "@ex",
    ),
    *("@example.test", "ann.berg", "hara", "李", "100%", "%", "_", "a_b", "van", "nobody", "x" * 90, "e", "ek"),
)


@dataclass(frozen=True)
class Ground:
    org: Organization
    ids: list[UUID]
    roles: list[UUID]
    teams: list[UUID]
    units: list[UUID]
    departments: list[UUID]
    workspaces: list[UUID]
    profiles: list[UUID]
    actors: list[Actor]


def _place(dice: random.Random, member: Membership, number: int) -> None:
    known = ("active", "active", "active", "deactivated") if member.user_id else ()
    status = dice.choice((*known, "invited", "removed"))
    member.given_name, member.family_name = dice.choice(GIVEN), dice.choice(FAMILY)
    stem = f"{member.given_name}.{member.family_name}".lower().replace(" ", "-")
    member.email = f"{stem}{number}@example.test"
    member.status = status
    member.invited_until = NOW + timedelta(hours=dice.randrange(-50, 50)) if status == "invited" else None
    member.last_sign_in_at = None if dice.random() < 0.2 else NOW - timedelta(hours=dice.randrange(24 * 100))
    member.refresh_search()


def _tree(org: Organization) -> list[UUID]:
    units: list[Unit] = []
    for number, parent in enumerate((None, 0, 0, 1, 1, 3)):
        unit = Unit(name=f"U{number}", sort_name=f"u{number}", created_at=NOW)
        unit.parent_id = units[parent].id if parent is not None else None
        units.append(unit)
    Unit.objects.bulk_create(units)
    parents = {unit.id: unit.parent_id for unit in units}
    for unit in units:
        above, depth = unit.id, 0
        while above is not None:
            UnitLink.objects.create(above_id=above, below_id=unit.id, depth=depth)
            above, depth = parents[above], depth + 1
    return [unit.id for unit in units]


def _member(org: Organization, membership_id: UUID, held: Held, **more: Any) -> Actor:
    return Actor(
        kind="member", organization_id=org.id, membership_id=membership_id, grants=Grants((held,), **more), label="x"
    )


@pytest.fixture(scope="module")
def ground(database) -> Ground:
    org, dice = make_organization(seats=None), random.Random(4)
    with scope.tenant(org.id), writing():
        keeping.begin(NOW - timedelta(minutes=1))
        units = _tree(org)
        teams = [Team.objects.create(name=f"T{n}", sort_name=f"t{n}", created_at=NOW).id for n in range(4)]
        departments = [Department.objects.create(name=f"D{n}", sort_name=f"d{n}", created_at=NOW).id for n in range(3)]
        spaces = [Workspace.objects.create(name=f"W{n}", sort_name=f"w{n}", created_at=NOW).id for n in range(2)]
        profiles = [
            Profile.objects.create(key=f"p{n}", name=f"P{n}", sort_name=f"p{n}", is_system=False).id for n in range(2)
        ]
        roles = list(Role.objects.filter(kind="base").values_list("id", flat=True))
        level = Role.objects.filter(kind="workspace").values_list("id", flat=True)[0]
    members = []
    for number in range(PEOPLE):
        member = Membership(organization_id=org.id, id=new_id(), created_at=NOW - timedelta(hours=dice.randrange(9000)))
        member.user_id = make_user() if dice.random() < 0.7 else None
        _place(dice, member, number)
        member.unit_id = dice.choice([None, *units])
        member.department_id = dice.choice([None, *departments])
        members.append(member)
    ids = [member.id for member in members]
    with scope.tenant(org.id), writing():
        Membership.objects.bulk_create(members)
        for i in ids:
            if dice.random() < 0.9:
                Assignment.objects.create(membership_id=i, role_id=dice.choice(roles), is_base=True, given_at=NOW)
            for team in dice.sample(teams, dice.randrange(3)):
                TeamMember.objects.create(membership_id=i, team_id=team, added_at=NOW)
            for space in dice.sample(spaces, dice.randrange(2)):
                Assignment.objects.create(
                    membership_id=i, role_id=level, is_base=False, workspace_id=space, given_at=NOW
                )
            if dice.random() < 0.5:
                ProfileAssignment.objects.create(membership_id=i, profile_id=dice.choice(profiles), given_at=NOW)
    _tend(org)
    view = {reach: Held(MappingProxyType({VIEW: reach})) for reach in (Reach.OWN, Reach.TEAM, Reach.UNIT, Reach.ALL)}
    at_unit = Held(MappingProxyType({VIEW: Reach.ALL}), scope=ScopeKind.UNIT, scope_id=units[1])
    actors = [
        Actor(kind="member", organization_id=org.id, membership_id=None, grants=ALL_GRANTS, label="x"),
        _member(org, ids[0], view[Reach.TEAM], teams=_teams_of(org, ids[0])),
        _member(org, ids[1], view[Reach.UNIT], unit_id=units[1], teams=_teams_of(org, ids[1])),
        _member(org, ids[2], at_unit, teams=_teams_of(org, ids[2])),
        _member(org, ids[3], view[Reach.OWN]),
        _member(org, ids[4], Held(MappingProxyType({VIEW: Reach.TEAM | Reach.UNIT})), unit_id=units[2],
                teams=_teams_of(org, ids[4])),
    ]  # fmt: skip
    return Ground(org, ids, roles, teams, units, departments, spaces, profiles, actors)


def _teams_of(org: Organization, membership_id: UUID) -> frozenset[UUID]:
    with scope.tenant(org.id), reading():
        return frozenset(TeamMember.objects.filter(membership_id=membership_id).values_list("team_id", flat=True))


def _of_now(actor: Actor, org: Organization) -> Actor:
    """As the next request makes it: the teams of actors change, too."""
    if actor.membership_id is None:
        return actor
    return replace(actor, grants=replace(actor.grants, teams=_teams_of(org, actor.membership_id)))


def _tend(org: Organization) -> None:
    """What the job does until nothing is left. Waits before for whatever began earlier, in other tests, too."""
    with scope.tenant(org.id):
        wait_for(_may_fill, seconds=60, what="everybody who began before has ended")
        for _ in range(1000):
            with writing():
                state = keeping.locked_state()
                assert state is not None
                more = keeping.tend(state, NOW) if state.ready_at is None else keeping.fold_waiting(state, NOW)
            if not more:
                return
    raise AssertionError("there is always more to do")


def _may_fill() -> bool:
    with writing():
        return keeping.may_fill(keeping.locked_state())


def _pages(ground: Ground, actor: Actor, wanted: DirectoryFilter, **how: Any) -> Any:
    """Every page onwards, then every page back."""
    found: list[tuple[list[UUID], bool, bool, int, bool]] = []
    cursor: str | None = None
    direction = "next"
    for _ in range(80):
        with scope.tenant(ground.org.id), reading():
            page: DirectoryPage = directory_page(actor, wanted, NOW, cursor=cursor, **how)
        found.append(
            ([row.id for row in page.rows], bool(page.next), bool(page.previous), page.total, page.total_is_exact)
        )
        cursor = getattr(page, direction)
        if cursor is None and direction == "next":
            direction, cursor = "previous", page.previous
        if cursor is None:
            break
    return found


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    def some(name: str, most: int, likely: int = 3) -> list[int]:
        return draw(st.lists(st.integers(0, most), min_size=1, max_size=3)) if draw(st.integers(0, likely)) == 0 else []

    return {
        "query": " ".join(draw(st.lists(st.sampled_from(WORDS), max_size=3))),
        "statuses": tuple(draw(st.lists(st.sampled_from(STATUSES), max_size=3))),
        "roles": some("roles", 9),
        "teams": some("teams", 4),
        "units": some("units", 6),
        "departments": some("departments", 3),
        "workspaces": some("workspaces", 2),
        "profiles": some("profiles", 2),
        "below": draw(st.booleans()),
        "last_sign_in": draw(st.sampled_from(("", "", "7", "30", "3", "never", "9999", "0", "٧", "nonsense"))),
        "actor": draw(st.sampled_from((0, 0, 0, 1, 2, 3, 4, 5))),
        "order": draw(st.sampled_from(sorted(SORTS.values()))),
        "descending": draw(st.booleans()),
        "size": draw(st.sampled_from((1000, 40, 17))),
    }


def _ids(of: list[UUID], chosen: list[int]) -> tuple[UUID, ...]:
    """Beyond the last: an id that nobody has."""
    return tuple(of[n] if n < len(of) else UUID(int=n + 7) for n in chosen)


def _same(ground: Ground, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]) -> None:
    wanted = DirectoryFilter(
        query=asked["query"],
        statuses=asked["statuses"],
        role_ids=_ids(ground.roles, asked["roles"]),
        team_ids=_ids(ground.teams, asked["teams"]),
        last_sign_in=asked["last_sign_in"],
        unit_ids=_ids(ground.units, asked["units"]),
        workspace_ids=_ids(ground.workspaces, asked["workspaces"]),
        department_ids=_ids(ground.departments, asked["departments"]),
        profile_ids=_ids(ground.profiles, asked["profiles"]),
        below=asked["below"],
    )
    how = {name: asked[name] for name in ("order", "descending", "size")}
    actor = _of_now(ground.actors[asked["actor"]], ground.org)
    by_tables = _pages(ground, actor, wanted, **how)
    with monkeypatch.context() as patched:
        patched.setattr("tenantry.access.directory.searched", lambda *_args, **_more: None)
        assert by_tables == _pages(ground, actor, wanted, **how)


SLOWLY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOWLY
@given(asked=questions())
def test_the_plain_way_says_the_same(ground, monkeypatch, asked):
    _same(ground, monkeypatch, asked)


frequent = st.dictionaries(st.sampled_from(("a", "an", "ann", "b", "be", "a b", "\x1f=0")), st.just(50_000))


@SLOWLY
@given(asked=questions(), sizes=frequent, gathered=st.sampled_from((3, 40, 10_000)))
def test_wherever_the_search_begins(ground, monkeypatch, asked, sizes, gathered):
    """Long lists, words counted before, and orders that are walked."""
    with scope.tenant(ground.org.id), writing():
        SearchState.objects.update(sizes=sizes, sized_at=clock.now())
    with monkeypatch.context() as patched:
        patched.setattr("tenantry.access.searching.asking.MOST_GATHERED", gathered)
        patched.setattr("tenantry.access.directory.MOST_COUNTED", gathered)
        _same(ground, monkeypatch, asked)


changes = st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from(("all", "team", "role", "unit", "profile"))),
                   min_size=1, max_size=8)  # fmt: skip


@SLOWLY
@given(asked=questions(), changed=changes, seed=st.integers(0, 10_000), folded=st.booleans())
def test_whoever_changed_is_found_as_they_are_now(ground, monkeypatch, asked, changed, seed, folded):
    dice = random.Random(seed)
    with scope.tenant(ground.org.id), writing():
        for number, what in changed:
            _change(ground, dice, ground.ids[number], what, number)
    if folded:
        _tend(ground.org)
        with scope.tenant(ground.org.id), reading():
            assert not SearchWaiting.objects.exists()
    _same(ground, monkeypatch, asked)


def _change(ground: Ground, dice: random.Random, membership_id: UUID, what: str, number: int) -> None:
    if what == "team":
        TeamMember.objects.filter(membership_id=membership_id).delete()
        TeamMember.objects.create(membership_id=membership_id, team_id=dice.choice(ground.teams), added_at=NOW)
    elif what == "role":
        Assignment.objects.filter(membership_id=membership_id, is_base=True).update(role_id=dice.choice(ground.roles))
    elif what == "unit":
        Membership.objects.filter(id=membership_id).update(unit_id=dice.choice(ground.units))
    elif what == "profile":
        ProfileAssignment.objects.filter(membership_id=membership_id).delete()
    else:
        member = Membership.objects.get(id=membership_id)
        _place(dice, member, number)
        member.save()


def test_with_very_many_waiting_nobody_is_shown_who_is_no_longer_meant(ground, monkeypatch):
    monkeypatch.setattr("tenantry.access.searching.knowing.MOST_WAITING", 3)
    _tend(ground.org)
    everybody, active = ground.actors[0], DirectoryFilter(statuses=("active",))
    with scope.tenant(ground.org.id), reading():
        before = directory_page(everybody, active, NOW, size=500)
    gone = {row.id for row in before.rows[:8]}
    with scope.tenant(ground.org.id), writing():
        Membership.objects.filter(id__in=gone).update(status="deactivated", deactivated_at=NOW)
    with scope.tenant(ground.org.id), reading():
        page = directory_page(everybody, active, NOW, size=500)
    assert {row.id for row in page.rows} == {row.id for row in before.rows} - gone
    _tend(ground.org)
    _same(ground, monkeypatch, {**_PLAINLY, "statuses": ("active",)})


_PLAINLY: dict[str, Any] = {
    **{name: [] for name in ("roles", "teams", "units", "departments", "workspaces", "profiles")},
    "query": "",
    "statuses": (),
    "below": True,
    "last_sign_in": "",
    "actor": 0,
    "order": "sort_name",
    "descending": False,
    "size": 40,
}


_VALUES: tuple[dict[str, Any], ...] = (
    *({"statuses": (status,)} for status in STATUSES),
    *({"last_sign_in": days} for days in ("never", "0", "3", "7", "30", "9999")),
    *({name: [0]} for name in ("roles", "departments", "units", "profiles")),
    {"units": [1], "below": False},
    {"statuses": ("removed", "deactivated"), "roles": [0, 1], "last_sign_in": "30"},
)


@pytest.mark.parametrize("most", [3, 10_000])
@pytest.mark.parametrize("query", ["a", "b j", "ø", "ber"])
def test_a_letter_and_a_value_lead_to_the_same(ground, monkeypatch, query, most):
    """By the lists of both: they are the shortest here."""
    _tend(ground.org)
    begun: list[str] = []
    shown: list[str] = []
    count_to, page_ids = asking.count_to, asking.page_ids

    def counted(question: asking.Question, begin: Clause, most: int) -> int:
        begun.append(begin.terms[0] + begin.below)
        return count_to(question, begin, most)

    def paged(question: asking.Question, begin: Clause, *args: Any, **more: Any) -> list[tuple[Any, UUID]]:
        shown.append(begin.terms[0] + begin.below)
        return page_ids(question, begin, *args, **more)

    monkeypatch.setattr(asking, "count_to", counted)
    monkeypatch.setattr(asking, "page_ids", paged)
    monkeypatch.setattr("tenantry.access.directory.MOST_COUNTED", most)
    sizes = dict.fromkeys(("a", "b", "j", "ø", "ber", "\x1f=0"), 9000)
    # Nearly everybody was here in the last days, so that few lists lead to who was not.
    today = int(NOW.timestamp()) // 86_400
    sizes |= {"\x1f~00000": 1, **{f"\x1f~{today - ago:05}": 4000 for ago in range(4)}}
    with scope.tenant(ground.org.id), writing():
        SearchState.objects.update(sizes=sizes, sized_at=clock.now())
    for value in _VALUES:
        for order in ("sort_name", "email"):
            _same(ground, monkeypatch, {**_PLAINLY, "query": query, "order": order, **value})
    assert any(term.startswith(f"{query[0]} \x1f") for term in begun)
    for terms in (begun, shown):
        assert any(term.startswith(f"{query[0]} \x1f~00000{query[0]} \x1f~") for term in terms), "a range of days"


# --- When there are tables -------------------------------------------------------------------


def filled(org) -> bool:
    with scope.tenant(org.id):
        tasks.keep_search(organization_id=org.id)
        with reading():
            return SearchState.objects.get().ready_at is not None


def test_an_organization_that_grows_is_filled_and_one_that_shrinks_is_emptied(monkeypatch):
    org = make_organization()
    people = [org.person() for _ in range(3)]
    monkeypatch.setattr(keeping, "LARGE", 4)
    monkeypatch.setattr(keeping, "SMALL", 2)
    monkeypatch.setattr(keeping, "FILLED_AT_ONCE", 3)
    grown = keeping.grown
    monkeypatch.setattr(keeping, "grown", lambda: [i for i in grown() if i == org.id])
    tasks.find_large()
    with scope.tenant(org.id), reading():
        state = SearchState.objects.get()
        assert state.ready_at is None, "until it is filled, the plain way answers"
        assert not SearchPerson.objects.exists()
    wait_for(lambda: filled(org), seconds=60, what="transactions of other tests, and then the fill")
    with scope.tenant(org.id), reading():
        assert SearchPerson.objects.count() == 4
        assert SearchToken.objects.filter(term=people[0].email).exists()
    monkeypatch.setattr(keeping, "SMALL", 50)
    with scope.tenant(org.id):
        tasks.keep_search(organization_id=org.id)
    with scope.tenant(org.id), reading():
        assert not SearchState.objects.exists()
        assert not SearchPerson.objects.exists()
        assert not SearchToken.objects.exists()


def test_a_fill_that_was_killed_goes_on_where_it_was(monkeypatch):
    org = make_organization()
    for _ in range(6):
        org.invite()
    monkeypatch.setattr(keeping, "FILLED_AT_ONCE", 2)
    with scope.tenant(org.id):
        with writing():
            keeping.begin(NOW - timedelta(minutes=1))
        with writing():
            keeping.fill(keeping.locked_state(), NOW)
        with pytest.raises(KeyError), writing():
            keeping.fill(keeping.locked_state(), NOW)
            raise KeyError
        with reading():
            assert SearchPerson.objects.count() == 2
    _tend(org)
    with scope.tenant(org.id), reading():
        assert SearchPerson.objects.count() == Membership.objects.count() == 7


def test_whoever_began_to_write_before_is_waited_for(monkeypatch):
    """Somebody comes before there is a state that would note it down, and is seen by others after."""
    org = make_organization()
    monkeypatch.setattr(keeping, "SMALL", 0)
    user, written, looked = make_user(), Event(), Event()

    def bring() -> UUID:
        with scope.tenant(org.id), writing():
            came = Membership.objects.create(user_id=user, email="early@example.test", created_at=NOW, status="active")
            written.set()
            assert looked.wait(60)
        return came.id

    def fill() -> None:
        assert written.wait(60)
        with scope.tenant(org.id), writing():
            keeping.begin(clock.now())
        for _ in range(3):
            with scope.tenant(org.id), writing():
                keeping.tend(keeping.locked_state(), clock.now())
        with scope.tenant(org.id), reading():
            assert SearchState.objects.get().after_id is None
            assert not SearchPerson.objects.exists(), "nobody is filled while somebody may be missed"
        looked.set()

    failures(results := together(bring, fill))
    wait_for(lambda: filled(org), seconds=60, what="transactions of other tests, and then the fill")
    with scope.tenant(org.id), reading():
        assert SearchPerson.objects.filter(id=results[0]).exists()


def test_a_fill_goes_on_in_a_database_that_was_restored_elsewhere(monkeypatch):
    """There transactions are counted anew: those of before would be waited for until there have been as many."""
    org = make_organization()
    monkeypatch.setattr(keeping, "SMALL", 0)
    with scope.tenant(org.id), writing():
        keeping.begin(clock.now())
        SearchState.objects.update(known_from=10**15)
    wait_for(lambda: filled(org), seconds=60, what="transactions of other tests, and then the fill")


def test_whoever_comes_while_it_is_filled_is_looked_at_once(monkeypatch):
    """And not once for each of their role, teams and so on."""
    org = make_organization()
    people = [org.person(given_name=name) for name in ("Alva", "Berit", "Cato", "Dag")]
    monkeypatch.setattr(keeping, "FILLED_AT_ONCE", 2)
    looked: list[UUID] = []
    fold = keeping.fold
    monkeypatch.setattr(keeping, "fold", lambda ids: looked.extend(ids) or fold(ids))
    with scope.tenant(org.id), writing():
        keeping.begin(NOW)
    with scope.tenant(org.id), writing():
        keeping.fill(keeping.locked_state(), NOW)
    late = [org.person(given_name=name) for name in ("Aaron", "Zoran")]
    with scope.tenant(org.id), reading():
        assert SearchWaiting.objects.filter(member_id__in=[one.membership_id for one in late]).count() > len(late)
    _tend(org)
    assert sorted(looked) == sorted({*looked}), "nobody twice"
    assert {one.membership_id for one in (*people, *late)} <= set(looked)
    with scope.tenant(org.id), reading():
        assert not SearchWaiting.objects.exists()


def test_where_very_many_wait_everybody_is_gone_through_by_name(monkeypatch):
    """Whoever was taken out meanwhile, too, and a turn that was cut off goes on where it was."""
    org = make_organization()
    people = [org.person(given_name=name) for name in ("Dag", "Cato", "Berit", "Alva")]
    monkeypatch.setattr(keeping, "SMALL", 0)
    with scope.tenant(org.id), writing():
        keeping.begin(NOW)
    wait_for(lambda: filled(org), seconds=60, what="transactions of other tests, and then the fill")
    monkeypatch.setattr(keeping, "LARGE", 4)
    monkeypatch.setattr(keeping, "FILLED_AT_ONCE", 2)
    looked: list[UUID] = []
    fold = keeping.fold
    monkeypatch.setattr(keeping, "fold", lambda ids: looked.extend(ids) or fold(ids))
    user = make_user()
    with scope.tenant(org.id), writing():
        gone = Membership.objects.create(user_id=user, email="gone@example.test", created_at=NOW, status="active")
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id__in=[one.membership_id for one in people]).update(status="deactivated")
        Membership.objects.filter(id=gone.id)._raw_delete("default")
    for turn in range(9):
        with scope.tenant(org.id):
            with pytest.raises(KeyError) if turn == 1 else nullcontext(), writing():
                more = keeping.tend(keeping.locked_state(), clock.now())
                if turn == 1:
                    raise KeyError
            if turn == 1:
                del looked[-2:]
            if not more:
                break
    with scope.tenant(org.id), reading():
        assert not SearchWaiting.objects.exists()
        assert not SearchPerson.objects.filter(id=gone.id).exists()
        assert SearchPerson.objects.filter(status=2).count() == len(people)
        names = dict(Membership.objects.values_list("id", "sort_name"))
        assert not keeping.is_passing(SearchState.objects.get())
    assert looked[-1] == gone.id
    assert [names[one] for one in looked[:-1]] == sorted(names.values()), "by name, each once"


def test_after_a_load_lists_are_measured_anew(monkeypatch):
    """What was counted when half of them had come would lead to the wrong lists for hours."""
    org = make_organization()
    monkeypatch.setattr(keeping, "SMALL", 1)
    monkeypatch.setattr(keeping, "LARGE", 2)
    monkeypatch.setattr(keeping, "FREQUENT", 0)
    with scope.tenant(org.id), writing():
        keeping.begin(NOW)

    def sized() -> int:
        assert filled(org)
        with scope.tenant(org.id), reading():
            return sum(SearchState.objects.get().sizes.get(term, 0) for term in STATUS_TERMS)

    wait_for(lambda: filled(org), seconds=60, what="transactions of other tests, and then the fill")
    assert sized() == 1
    for _ in range(3):
        org.person()
    assert sized() == 4


def test_a_small_organization_writes_nothing_for_the_search():
    org = make_organization()
    org.person()
    with scope.tenant(org.id), reading():
        assert not SearchWaiting.objects.exists()
        assert seats(clock.now()).active == 2

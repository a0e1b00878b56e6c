"""How many records each receiver gets: the numbers that a plan names are those of giving them out one by one."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tenantry.usecases.handing_over.spreads import (
    Candidates,
    Group,
    Pool,
    Sharing,
    Spread,
    numbers_of,
    shared,
)

MEMBERS = [UUID(int=n) for n in range(1, 8)]
loads = st.lists(st.integers(0, 40), min_size=1, max_size=7)
pools = loads.map(lambda found: Pool(tuple(MEMBERS[: len(found)]), tuple(found)))


def one_by_one(pool: Pool, number: int) -> list[UUID]:
    has = dict(zip(pool.members, pool.loads, strict=True))
    found = []
    for _n in range(number):
        least = min(pool.members, key=lambda one: (has[one], pool.members.index(one)))
        has[least] += 1
        found.append(least)
    return found


@given(pools, st.integers(0, 120))
def test_gifts_are_those_of_giving_to_whoever_has_least(pool, number):
    turns = one_by_one(pool, number)
    assert pool.gifts(number) == [turns.count(one) for one in pool.members]


@given(pools, st.integers(0, 80), st.integers(0, 60))
def test_turns_go_on_where_the_last_batch_stopped(pool, after, number):
    assert pool.turns(after, number) == one_by_one(pool, after + number)[after:]


def test_those_who_have_equally_much_take_turns():
    pool = Pool(tuple(MEMBERS[:3]), (0, 0, 0))
    assert pool.turns(0, 7) == [*MEMBERS[:3], *MEMBERS[:3], MEMBERS[0]]


@given(
    st.lists(st.tuples(st.sampled_from(MEMBERS[:3]), st.sampled_from([None, *MEMBERS[3:6]]), st.integers(0, 9))),
    st.dictionaries(st.sampled_from(MEMBERS[:3]), st.sets(st.sampled_from(MEMBERS[3:])), max_size=3),
    st.dictionaries(st.sampled_from(MEMBERS[3:6]), st.sets(st.sampled_from(MEMBERS[3:]), min_size=1), max_size=3),
    st.dictionaries(st.sampled_from(MEMBERS), st.integers(0, 9)),
)
def test_numbers_add_up_and_survive_being_kept(rows, by_owner, by_workflow, has):
    groups = [Group("deal", owner, workflow, number) for owner, workflow, number in rows]
    sorts = [{key: tuple(sorted(ones)) for key, ones in table.items()} for table in (by_owner, by_workflow)]
    sharing = shared(groups, Candidates(*sorts, has))
    numbers = numbers_of(sharing, groups)
    assert sum(numbers.values()) == sum(group.number for group in groups)
    kept = Sharing.of(sharing.plain())
    assert numbers_of(kept, groups) == numbers
    # Nobody receives who is in none of the places that the records belong to.
    for one in numbers:
        assert one is None or any(
            one in sorts[1].get(group.workflow, ()) or one in sorts[0].get(group.owner, ()) for group in groups
        )


def test_a_spread_survives_being_kept():
    spread = Spread("team", (MEMBERS[0],))
    assert Spread.of(spread.plain()) == spread

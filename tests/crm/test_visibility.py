"""One filter: whatever is listed, counted, searched, reported or on a timeline is what `decide` allows, row by row.

Generated organizations (product.md §4). Doors are asked the same in `test_visibility_at_doors.py`.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from factories.organizations import make_organization, make_user
from support.crm_worlds import SUBJECTS, WORD, Maker, World
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find, visible
from tenantry.core.errors import NotFound
from tenantry.core.lists import visible_page
from tenantry.core.permissions import Reach
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.crm import reports
from tenantry.crm.searching import search
from tenantry.crm.selectors import names_seen, unassigned
from tenantry.crm.timeline import attached, timeline

PEOPLE = 3


@pytest.fixture(scope="module")
def place(database) -> Iterator[tuple[UUID, list[UUID]]]:
    return make_organization().id, [make_user() for _n in range(PEOPLE)]


def compare(rnd: Random, place: tuple[UUID, list[UUID]]) -> None:
    organization_id, users = place
    with scope.tenant(organization_id), writing():
        world = Maker(rnd, organization_id, users).make()
        for member in world.members:
            actor = world.actor(member)
            lists_are_decisions(world, actor)
            searches_are_decisions(world, actor)
            reports_are_decisions(world, actor)
            timelines_are_decisions(world, actor)
        transaction.set_rollback(True)


@pytest.mark.brief
@pytest.mark.parametrize("seed", range(5))
def test_every_reading_is_the_decision(place, seed):
    compare(Random(seed), place)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_every_reading_is_the_decision_for_long(place, seed):
    compare(Random(seed), place)


def lists_are_decisions(world: World, actor: Actor) -> None:
    for key, record_type in owned_types().items():
        mine = world.rows[key]
        for verb, code in record_type.permissions.items():
            allowed = world.allowed(actor, code, record_type)
            found = list(visible(actor, code, record_type).values_list("pk", flat=True))
            assert len(found) == len(set(found)), f"a row came twice: {verb} {key}"
            assert set(found) == allowed, f"{verb} {key}"
        seen = world.seen(actor, record_type)
        assert visible(actor, record_type.permissions["view"], record_type).count() == len(seen), key
        page = visible_page(actor, record_type.permissions["view"], record_type, order="created_at", descending=True)
        expected = sorted(seen, key=lambda pk: (mine[pk].created_at, pk), reverse=True)
        assert [row.pk for row in page.rows] == expected, key
        queue = set(unassigned(actor, record_type).values_list("pk", flat=True))
        assert queue == {pk for pk in world.listed(actor, record_type) if mine[pk].owner_id is None}, key
        assert set(names_seen(actor, record_type, mine)) == seen, key
        for pk in list(mine)[:2]:
            assert found_by_id(actor, record_type, pk) == (pk in seen), key


def found_by_id(actor: Actor, record_type: Any, pk: UUID) -> bool:
    try:
        find(actor, record_type, pk)
    except NotFound:
        return False
    return True


def searches_are_decisions(world: World, actor: Actor) -> None:
    found = {one.record_type.key: {row.pk for row in one.rows} for one in search(actor, WORD, each=50)}
    expected = {key: world.listed(actor, record_type) for key, record_type in owned_types().items()}
    assert found == {key: ids for key, ids in expected.items() if ids}


def reports_are_decisions(world: World, actor: Actor) -> None:
    types = owned_types()
    if not actor.may("reports.view"):
        return
    asked = reports.period(world.now, ZoneInfo("UTC"), 24)
    deals, leads = (world.counted(actor, types[key]) for key in ("deal", "lead"))
    with_value = bool(decide(actor, "reports.view", field="deals.value"))
    found: Counter[Any] = Counter()
    for line in reports.pipeline(actor):
        assert with_value or (line.value is None and line.weighted is None and not line.currency)
        found[line.stage_id, line.currency] += line.deals
        found[line.stage_id, line.currency, "value"] += line.value or 0
    expected: Counter[Any] = Counter()
    for row in deals:
        if row.state == "open" and row.archived_at is None:
            money = row.currency if with_value else ""
            expected[row.stage_id, money] += 1
            expected[row.stage_id, money, "value"] += row.value if with_value else 0
    assert +found == +expected
    closed: Counter[Any] = Counter()
    for line in reports.won(actor, asked):
        closed[line.owner_id, "won"] += line.won
        closed[line.owner_id, "lost"] += line.lost
    assert +closed == Counter((row.owner_id, row.state) for row in deals if row.state != "open")
    made = Counter({line.owner_id: 0 for line in reports.conversion(actor, asked)})
    for line in reports.conversion(actor, asked):
        made[line.owner_id] += line.leads
    assert made == Counter(row.owner_id for row in leads)
    assert sum(line.leads for line in reports.conversion_by_source(actor, asked)) == len(leads)
    done: Counter[Any] = Counter()
    for line in reports.activity(actor, asked):
        done[line.owner_id, line.kind] += line.number
    expected = Counter((row.owner_id, row.kind) for row in world.counted(actor, types["activity"]))
    expected += Counter((row.owner_id, "note") for row in world.counted(actor, types["note"]))
    expected += Counter((row.owner_id, "task") for row in world.counted(actor, types["task"]) if row.done_at)
    assert done == expected


def timelines_are_decisions(world: World, actor: Actor) -> None:
    """Whoever has found a subject sees what hangs on it, of types they may view at all; where a restriction narrows a
    type, what they see of it."""
    types = owned_types()
    hanging = {key: one for key, one in types.items() if hasattr(one.model, "subject")}
    for subject in SUBJECTS:
        for pk in world.seen(actor, types[subject]):
            expected = set()
            for key, record_type in hanging.items():
                code = record_type.permissions["view"]
                here = {row.pk for row in world.rows[key].values() if row.subject == (subject, pk)}
                places = (None, *actor.grants.taken_in)
                if not decide(actor, code):
                    here = set()
                elif any(actor.grants.left(code, one) != Reach.ALL for one in places):
                    here &= world.seen(actor, record_type)
                found = set(attached(actor, record_type, types[subject], pk).values_list("pk", flat=True))
                assert found == here, (key, subject)
                expected |= {one for one in here if world.rows[key][one].archived_at is None}
            shown = timeline(actor, types[subject], pk, size=200)
            assert [moment.record.pk for moment in shown.moments if moment.record.pk not in expected] == []
            assert {moment.record.pk for moment in shown.moments} == expected

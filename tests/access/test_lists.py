"""Pages of lists: what `visible_page` gives is what `visible` would give, put in order and cut."""

import random
from datetime import datetime
from typing import Any

import pytest

from factories.organizations import make_organization
from support import cerbos_rows
from support.cerbos_worlds import Maker, Sizes, World
from support.probes import CREATE, DELETE, EDIT, NO_EDIT, PROBE, SEEN, TYPES, VIEW, probes
from tenantry.access import grants
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.lists import visible_page
from tenantry.core.records import RecordType
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

__all__ = ["probes"]
pytestmark = pytest.mark.usefixtures("probes")

SIZE = 4
ORDERS = (("created_at", True), ("created_at", False), ("name", False))


def _actors(world: World, organization_id: Any) -> list[Actor]:
    granted = grants.of_members(world.members, world.now)
    return [
        Actor(kind="member", organization_id=organization_id, grants=granted[member], membership_id=member)
        for member in world.members
    ]


def _walked(actor: Actor, code: str, record_type: RecordType, order: str, *, descending: bool) -> list[Any]:
    """All ids page after page, and the page before the last once more."""
    ids: list[Any] = []
    cursor, pages = None, []
    while True:
        page = visible_page(actor, code, record_type, order=order, descending=descending, cursor=cursor, size=SIZE)
        pages.append(page)
        ids += [row.id for row in page.rows]
        if page.next is None:
            break
        cursor = page.next
    if len(pages) > 1:
        back = visible_page(
            actor, code, record_type, order=order, descending=descending, cursor=pages[-1].previous, size=SIZE
        )
        assert [row.id for row in back.rows] == [row.id for row in pages[-2].rows]
    return ids


@pytest.mark.parametrize("seed", [1, 2])
def test_a_page_is_what_visible_gives_in_order(seed: int) -> None:
    organization = make_organization()
    world = Maker(seed, (VIEW, CREATE, EDIT, DELETE), restricting=(NO_EDIT, SEEN)).world(Sizes(gives=3, members=8))
    cerbos_rows.store(world, organization.id)
    cerbos_rows.store_probes(world, organization.id)
    rnd = random.Random(seed)
    lengths = set()
    with scope.tenant(organization.id), reading():
        for actor in _actors(world, organization.id):
            for record_type in TYPES:
                code = rnd.choice((VIEW, EDIT, DELETE))
                order, descending = rnd.choice(ORDERS)
                rows = list(visible(actor, code, record_type))
                expected = sorted(rows, key=lambda row: (getattr(row, order), row.id), reverse=descending)
                walked = _walked(actor, code, record_type, order, descending=descending)
                assert walked == [row.id for row in expected], (code, record_type.key, order)
                lengths.add(len(walked))
    # Nothing, less than a page, and several pages.
    assert 0 in lengths
    assert len(lengths) > 5
    assert max(lengths) > 2 * SIZE


def test_a_page_takes_only_the_rows_that_it_is_asked_of() -> None:
    organization = make_organization()
    world = Maker(3, (VIEW,)).world(Sizes(gives=1))
    cerbos_rows.store(world, organization.id)
    cerbos_rows.store_probes(world, organization.id)
    later: datetime = world.now.replace(hour=6)
    with scope.tenant(organization.id), reading():
        rows = PROBE.model.objects.filter(created_at__gte=later).only("created_at")
        for actor in _actors(world, organization.id):
            page = visible_page(actor, VIEW, PROBE, rows, order="created_at", size=100)
            assert {row.id for row in page.rows} == {
                row.id for row in visible(actor, VIEW, PROBE) if row.created_at >= later
            }

"""The tree of units with its people and managing agents, and one unit."""

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse

from tenantry.access.directory import listed
from tenantry.access.places import Node, path_to, tree
from tenantry.access.selectors import DirectoryFilter
from tenantry.core import clock
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound
from tenantry.core.named import is_called
from tenantry.core.records import NOWHERE
from tenantry.organizations.units import place_of
from tenantry.people.permissions import EDIT, UNITS_MANAGE, UNITS_VIEW, VIEW
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

PAGE_SIZE = 50
# Deeper rows are not indented further: a phone has no room for them.
DEEPEST = 8
MOST_ROWS = 500


def indented(nodes: Sequence[Node], top: int = 0) -> list[tuple[Node, int]]:
    """Each with how far it is indented; `top`: the depth of the highest."""
    return [(node, min(node.depth - top, DEEPEST)) for node in nodes[:MOST_ROWS]]


@screen(UNITS_VIEW, UNITS_MANAGE)
def unit_list(request: MemberRequest) -> HttpResponse:
    nodes = tree(request.actor)
    query = request.GET.get("q", "").strip()[:200]
    shown = matching(nodes, query) if query else nodes
    context = {
        "rows": indented(shown),
        "total": len(nodes),
        "cut": len(shown) > MOST_ROWS,
        "filtered": bool(query),
        "creates": any(node.manages for node in nodes) or decide(request.actor, UNITS_MANAGE, NOWHERE).allowed,
    }
    return page(request, "units/list.html", context)


def matching(nodes: Sequence[Node], query: str) -> list[Node]:
    """Those whose name holds the words, and the units above them, which say where they are."""
    by_id = {node.id: node for node in nodes}
    kept: set[UUID] = set()
    for node in nodes:
        if is_called(node.name, query):
            above: Node | None = node
            while above is not None and above.id not in kept:
                kept.add(above.id)
                above = by_id.get(above.parent_id) if above.parent_id else None
    return [node for node in nodes if node.id in kept]


@screen(UNITS_VIEW, UNITS_MANAGE)
def unit_detail(request: MemberRequest, unit_id: UUID) -> HttpResponse:
    nodes = tree(request.actor, below=unit_id)
    # Of a unit out of sight, what is seen below it comes first.
    if not nodes or nodes[0].id != unit_id:
        raise NotFound
    people = []
    if request.actor.may(VIEW):
        rows = listed(request.actor, DirectoryFilter(unit_ids=(unit_id,), below=False), clock.now())
        people = list(rows.order_by("sort_name", "id")[: PAGE_SIZE + 1])
    path = path_to(request.actor, unit_id)
    context = {
        "unit": nodes[0],
        "node": nodes[0],
        "below": indented(nodes[1:], top=1),
        "cut": len(nodes) - 1 > MOST_ROWS,
        "path": path[:-1],
        "people": people[:PAGE_SIZE],
        "more": len(people) > PAGE_SIZE,
        "fills": bool(decide(request.actor, EDIT, NOWHERE) or decide(request.actor, EDIT, place_of(unit_id))),
    }
    return page(request, "units/detail.html", context)

"""What is known of an organization's search rows before they are asked; for small ones, that there are none."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from tenantry.access.searching.clauses import Known
from tenantry.core.tenancy import scope
from tenantry.people.models import SearchState

# More than this many wait after something was done to very many at once; then their rows are as old as the queue.
MOST_WAITING = 500

# By organization: when frequent terms were counted, and what came out.
_sizes: dict[UUID, tuple[datetime | None, Mapping[str, int]]] = {}

# Lists are read in order, row by row: plans that gather first are what makes one question in a hundred slow; and other
# processes take longer to begin than ten thousand rows to read.
_PLANS = {
    **dict.fromkeys(("enable_bitmapscan", "enable_hashjoin", "enable_mergejoin", "enable_sort", "jit"), "off"),
    "max_parallel_workers_per_gather": "0",
}
_SET = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in _PLANS.items())
_RESET = "SELECT " + ", ".join(f"set_config('{name}', NULL, true)" for name in _PLANS)
_BELOW = """
CROSS JOIN LATERAL (SELECT ARRAY(
  SELECT v.code FROM organizations_unitlink l
  JOIN people_searchvalue v ON v.organization_id = l.organization_id AND v.id = l.below_id
  WHERE l.organization_id = %(organization)s AND l.above_id = ANY(%({units})s)
  GROUP BY v.code
) AS codes) AS {units}
"""
_STATE = f"""
SELECT s.sized_at, units.codes, roots.codes,
  ARRAY(SELECT member_id FROM people_searchwaiting w WHERE w.organization_id = %(organization)s LIMIT %(most)s),
  (SELECT jsonb_object_agg(v.id, v.code) FROM people_searchvalue v
    WHERE v.organization_id = %(organization)s AND v.id = ANY(%(ids)s)),
  {_SET}
FROM people_searchstate s
{_BELOW.format(units="units")} {_BELOW.format(units="roots")}
WHERE s.organization_id = %(organization)s AND s.ready_at IS NOT NULL
"""  # noqa: S608 names of settings


@dataclass(frozen=True, slots=True)
class State:
    """Codes of units: `units`, those asked for with all below, and `seen`, the actor's reach with all below. `is_late`:
    more wait than are asked for apart."""

    known: Known
    units: tuple[int, ...]
    seen: tuple[int, ...]
    is_late: bool


def state_for(ids: Iterable[UUID], units: Iterable[UUID], roots: Iterable[UUID]) -> State | None:
    """None: the plain way. Otherwise the transaction is planned for reading lists from here to `planned_again`."""
    here = scope.organization_id()
    asked: dict[str, Any] = {
        "organization": here,
        "ids": list(ids),
        "units": list(units),
        "roots": list(roots),
        "most": MOST_WAITING + 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STATE, asked)
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        return None
    sized_at, below, seen, waiting, codes = row[:5]
    is_late = len(waiting) > MOST_WAITING
    known = Known(
        sizes=_sizes_of(here, sized_at),
        codes={UUID(value): code for value, code in json.loads(codes or "{}").items()},
        waiting=() if is_late else tuple(sorted(set(waiting))),
    )
    return State(known, tuple(below), tuple(seen), is_late)


def planned_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RESET)


def _sizes_of(organization_id: UUID, sized_at: datetime | None) -> Mapping[str, int]:
    kept = _sizes.get(organization_id)
    if kept is None or kept[0] != sized_at:
        if len(_sizes) > 100:
            _sizes.clear()
        found = SearchState.objects.values_list("sizes", flat=True).first() or {}
        kept = _sizes[organization_id] = (sized_at, found)
    return kept[1]

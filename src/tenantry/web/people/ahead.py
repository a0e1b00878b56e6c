"""What stands in the way of what is planned for somebody, on their page: in words, and the way to settle it there."""

from collections.abc import Iterable
from typing import Any

from tenantry.core import clock
from tenantry.people.planned import reason_in_words
from tenantry.usecases.planned_ahead import LEAVING, outlook
from tenantry.web.people.closed import closed_context
from tenantry.web.people.matters import matter_lines, with_pickers
from tenantry.web.requests import MemberRequest

# Settled by choosing somebody else, where the day is chosen.
OF_THE_SUCCESSOR = frozenset({"successor_required", "successor_not_offered", "receiver_not_active"})
# Everything else that is said in words of its own.
WORDED = frozenset({"settle_first", "successor_cannot_open"})
# What is asked again here; who planned it is asked on the day alone.
ASKED = WORDED | OF_THE_SUCCESSOR | {"last_keyholder", "not_offered_here"}


def ahead_context(request: MemberRequest, rows: Iterable[Any]) -> dict[str, Any]:
    """For `people/planned_card.html`; `rows`: what is planned for one person."""
    row = next((one for one in rows if one.kind in LEAVING), None)
    if row is None:
        return {}
    found = outlook(request.actor, row, clock.now())
    lines = matter_lines(request.actor, found.matters, request.organization.labels)
    lines = with_pickers(request.actor, lines, request.GET, [row.membership_id])
    return {
        **closed_context(request.actor, found.closed, anyway=False),
        "removing": row.kind == "removal",
        "musts": [line for line in lines if line.must],
        "shoulds": [line for line in lines if not line.must],
        # What was refused on the day is said already.
        "ahead": reason_in_words(found.code) if found.code not in (WORDED | {row.refused}) else "",
        "another": found.code in OF_THE_SUCCESSOR,
        # It was refused, and would not be any more.
        "free": row.refused in ASKED and not found.code,
    }

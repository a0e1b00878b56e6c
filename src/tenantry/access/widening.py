"""Whether somebody would come to reach more by moving something into another unit (product.md §3).

Compared are the permissions held over the moved place before and after: by roles in the whole organization, by roles
at units above it, and by reach `unit` from one's own unit.
"""

from uuid import UUID

from tenantry.access.errors import MoveWidensReach
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach, ScopeKind, catalogue


def held_over(actor: Actor, code: str, units: frozenset[UUID]) -> Reach:
    """How far a permission goes over whatever stands below all of `units`."""
    found = Reach.NONE
    for line in actor.grants.lines(code):
        if line.scope is ScopeKind.WORKSPACE or (line.scope is ScopeKind.UNIT and line.scope_id not in units):
            continue
        found |= line.reach & actor.grants.left(code)
    if found & Reach.UNIT == Reach.UNIT and actor.grants.unit_id in units:
        return Reach.ALL
    # Reach `unit` without that counts as one's own only: it goes nowhere here.
    return found if found == Reach.ALL else found & (Reach.TEAM | Reach.WORKFLOW)


def widens(actor: Actor, before: frozenset[UUID], after: frozenset[UUID]) -> bool:
    """`before`, `after`: the units above the moved thing, then and now."""
    if after <= before or actor.grants.everything:
        return False
    if any(held_over(actor, code, after) & ~held_over(actor, code, before) for code in catalogue()):
        return True
    had, has = _assignable(actor, before), _assignable(actor, after)
    return had is not None and (has is None or not has <= had)


def _assignable(actor: Actor, units: frozenset[UUID]) -> frozenset[UUID] | None:
    """Roles that the actor may give to somebody who stands there; None is every role."""
    found: frozenset[UUID] = frozenset()
    for held in actor.grants.held:
        here = held.scope is ScopeKind.ORGANIZATION or (held.scope is ScopeKind.UNIT and held.scope_id in units)
        if here and held.assignable is None:
            return None
        if here and held.assignable is not None:
            found |= held.assignable
    return found


def refuse_widening(actor: Actor, before: frozenset[UUID], after: frozenset[UUID]) -> None:
    """:raises MoveWidensReach: see `widens`."""
    if widens(actor, before, after):
        raise MoveWidensReach

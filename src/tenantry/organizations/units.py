"""Reads of the tree of units."""

from uuid import UUID

from tenantry.core.errors import NotFound
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.models import UnitLink


def place_of(unit_id: UUID | None) -> Target:
    """Somebody or something in this unit, as decisions see it; nowhere without one.

    :raises NotFound: no such unit.
    """
    if unit_id is None:
        return NOWHERE
    above = frozenset(UnitLink.objects.filter(below_id=unit_id).values_list("above_id", flat=True))
    if not above:
        raise NotFound
    return Target(units=above)

"""Reads of the tree of units."""

from collections.abc import Iterable
from uuid import UUID

from tenantry.core.errors import NotFound
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.models import Unit, UnitLink


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


def path_of(unit_id: UUID) -> list[Unit]:
    """The units above this one and itself, the root first."""
    links = UnitLink.objects.filter(below_id=unit_id).order_by("-depth").select_related("above")
    return [link.above for link in links]


def ids_below(unit_ids: Iterable[UUID]) -> list[UUID]:
    """These units and everything below them."""
    return list(UnitLink.objects.filter(above_id__in=list(unit_ids)).values_list("below_id", flat=True).distinct())


def unit_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    return dict(Unit.objects.filter(id__in={i for i in ids if i}).values_list("id", "name"))

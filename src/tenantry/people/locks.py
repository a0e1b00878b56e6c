"""Locks on memberships: the first of an action's locks, always in the order of their ids."""

from collections.abc import Iterable
from uuid import UUID

from tenantry.core.transactions import assert_in_transaction
from tenantry.people.models import Membership


def lock_members(ids: Iterable[UUID]) -> dict[UUID, Membership]:
    """Locks rows of the open scope by id; unknown ids are left out."""
    assert_in_transaction()
    rows = Membership.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return {row.id: row for row in rows}

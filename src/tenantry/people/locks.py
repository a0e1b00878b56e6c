"""Locks on people, the first of an action's, and on teams; always in the order of their ids."""

from collections.abc import Iterable
from uuid import UUID

from tenantry.core.transactions import assert_in_transaction
from tenantry.people.models import Membership, Team


def lock_members(ids: Iterable[UUID]) -> dict[UUID, Membership]:
    """Locks rows of the open scope by id; unknown ids are left out."""
    assert_in_transaction()
    rows = Membership.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return {row.id: row for row in rows}


def lock_statuses(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The same for whoever asks for nothing but who is active: id -> status."""
    assert_in_transaction()
    rows = Membership.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return dict(rows.values_list("id", "status"))


def lock_teams(ids: Iterable[UUID]) -> dict[UUID, Team]:
    """Keeps teams from being deleted under a new link to them: the link itself is checked at the commit only, when the
    audit head is held already. Unknown ids are left out."""
    assert_in_transaction()
    rows = Team.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return {row.id: row for row in rows}

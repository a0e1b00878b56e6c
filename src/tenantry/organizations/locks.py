"""Locks of an organization, always in this order, after memberships and before the audit head (design.md §3)."""

from tenantry.core.transactions import assert_in_transaction
from tenantry.organizations.models import LockRow

ORDER = (LockRow.Name.STRUCTURE, LockRow.Name.SEATS, LockRow.Name.KEYHOLDERS)


def lock(*names: LockRow.Name) -> None:
    """Takes the named rows in the documented order."""
    assert_in_transaction()
    for name in sorted(names, key=ORDER.index):
        LockRow.objects.select_for_update(no_key=True).get(name=name)

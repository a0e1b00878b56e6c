"""One address, one organization (policy `people.exclusive_email`): who can't come in.

The rule itself is the database's (migration `0005_addresses`): what is asked here answers first, by name and by row.
"""

from collections.abc import Iterable

from django.db import connection

from tenantry.acting.actions import register_violation
from tenantry.people.errors import AddressElsewhere

RULE = "people.exclusive_email"

register_violation("people_address_exclusive", AddressElsewhere)


def taken_elsewhere(emails: Iterable[str]) -> set[str]:
    """Those of these addresses that can't come into the organization of the open scope: they are used in another one,
    and one of both excludes that. One query."""
    asked = list(emails)
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_addresses_taken(%s)", [asked])
        return {email for (email,) in cursor.fetchall()}


def refuse_taken(email: str) -> None:
    """:raises AddressElsewhere: see `taken_elsewhere`."""
    if taken_elsewhere([email]):
        raise AddressElsewhere


def shared_elsewhere() -> set[str]:
    """Addresses of people here that are used in other organizations too; for operators (platform scope)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_addresses_shared()")
        return {email for (email,) in cursor.fetchall()}

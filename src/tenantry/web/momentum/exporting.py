"""Cells of files: the columns that a type declares for exports, as text."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tenantry.core.money import major

# Written in the main unit of the row's currency, as people write amounts.
_AMOUNTS = frozenset({"value", "commission"})


def headings(columns: Iterable[str]) -> list[str]:
    """An owner is told by name too."""
    return [name for column in columns for name in ((column, "owner") if column == "owner_id" else (column,))]


def cells(
    row: Any,
    columns: Iterable[str],
    owners: Mapping[UUID, str],
    links: Collection[str] = (),
    seen: Collection[UUID] = (),
) -> list[str]:
    """`links`: columns that name other records; those that are not `seen` by whoever takes the file out are empty."""
    written = []
    for column in columns:
        value = getattr(row, column)
        if column in links and value not in seen:
            value = None
        if column in _AMOUNTS and value is not None:
            value = major(value, row.currency)
        written.append(_plain(value))
        if column == "owner_id":
            written.append(owners.get(row.owner_id, ""))
    return written


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)

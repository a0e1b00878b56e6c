"""Keyset pages: page 1,000 costs what page 1 costs, and rows that come or go move nobody to another page."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from tenantry.core.errors import InvalidInput

Row = TypeVar("Row", bound=Model)
LONGEST_CURSOR = 2000
Take = Callable[[QuerySet[Any], int], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`next` and `previous` are opaque cursors, None at the ends."""

    rows: Sequence[Row]
    next: str | None
    previous: str | None


def cursor_at(value: Any, row_id: Any, direction: str) -> str:
    """A cursor behind (`n`) or before (`p`) the row with this value of the order and this id."""
    plain = value.isoformat() if isinstance(value, datetime) else value
    kind = "t" if isinstance(value, datetime) else "v"
    raw = json.dumps([direction, kind, plain, str(row_id)], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(cursor: str) -> tuple[str, Any, UUID]:
    """Direction, value and id of `cursor_at`.

    :raises InvalidInput: not one of our cursors.
    """
    try:
        if len(cursor) > LONGEST_CURSOR:
            raise ValueError
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        direction, kind, value, row_id = json.loads(raw)
        if direction not in ("n", "p") or kind not in ("t", "v"):
            raise ValueError
        return direction, _moment(value) if kind == "t" else _plain(value), UUID(row_id)
    # A list as a direction can't be looked for, and brackets in brackets end the reader's patience.
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise foreign_cursor() from None


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)


def _plain(value: Any) -> str | int:
    """What the database can compare: text that is UTF-8 without NUL, or a whole number of eight bytes."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError
        value.encode()
        return value
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def foreign_cursor() -> InvalidInput:
    return InvalidInput({"cursor": "Not a cursor of this list."})


def keyset_page(
    rows: QuerySet[Row],
    *,
    order: str,
    descending: bool = False,
    cursor: str | None = None,
    size: int = 50,
    take: Take | None = None,
) -> Page[Row]:
    """One page of `rows` by a never-null column `order` and the id. `take` takes the first so many of ordered rows.

    :raises InvalidInput: a cursor that was not made here.
    """
    backwards, value, row_id = False, None, None
    if cursor:
        direction, value, row_id = read_cursor(cursor)
        backwards = direction == "p"
    down = descending != backwards
    step = "lt" if down else "gt"
    if row_id is not None:
        try:
            # The first condition says nothing new, and lets an index begin at the cursor.
            rows = rows.filter(**{f"{order}__{step}e": value})
            rows = rows.filter(Q(**{f"{order}__{step}": value}) | Q(**{f"id__{step}": row_id}))
        except (ValueError, TypeError, ValidationError):
            raise foreign_cursor() from None
    sign = "-" if down else ""
    ordered = rows.order_by(f"{sign}{order}", f"{sign}id")
    found = list(take(ordered, size + 1) if take else ordered[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_next = more if not backwards else True
    has_previous = bool(cursor) if not backwards else more
    first, last = found[0], found[-1]
    return Page(
        found,
        cursor_at(getattr(last, order), last.pk, "n") if has_next else None,
        cursor_at(getattr(first, order), first.pk, "p") if has_previous else None,
    )


def number_page(rows: QuerySet[Row], *, by: str, cursor: str | None = None, size: int = 50) -> Page[Row]:
    """One page, newest first, of rows counted by a unique whole number in column `by`.

    :raises InvalidInput: a cursor that was not made here.
    """
    backwards = False
    if cursor:
        digits = cursor[1:]
        if cursor[0] not in "np" or not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
            raise foreign_cursor()
        backwards = cursor[0] == "p"
        rows = rows.filter(**{f"{by}__{'gt' if backwards else 'lt'}": int(digits)})
    found = list(rows.order_by(by if backwards else f"-{by}")[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_next, has_previous = (True, more) if backwards else (more, bool(cursor))
    return Page(
        found,
        f"n{getattr(found[-1], by)}" if has_next else None,
        f"p{getattr(found[0], by)}" if has_previous else None,
    )

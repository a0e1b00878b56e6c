"""Which test walks which row: the decorator is what docs/develop/blueprints.md is made of."""

from collections.abc import Callable
from typing import Any

WALKED: dict[tuple[str, str], list[str]] = {}


def walks(table: str, *rows: str) -> Callable[[Any], Any]:
    """The decorated test walks these rows, in every blueprint that has them."""

    def note(test: Any) -> Any:
        place = f"{test.__module__.rpartition('.')[2]}.py::{test.__name__}"
        for row in rows:
            places = WALKED.setdefault((table, row), [])
            # pytest reads a module under a name of its own, the map under another one.
            if place not in places:
                places.append(place)
        return test

    return note

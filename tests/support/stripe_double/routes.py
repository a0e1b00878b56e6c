"""The operations that the double knows, what each heeds, and how answers are shown."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.stripe_double.forms import leaves
from support.stripe_double.refusals import Refused, missing, unheeded
from support.stripe_double.world import Object, World, listed, public

PAGING = "limit starting_after ending_before"
CREATED = "created created.gt created.gte created.lt created.lte"


@dataclass
class Call:
    """One request that the document has let through."""

    world: World
    params: dict[str, Any]
    ids: tuple[str, ...] = ()
    path: str = ""

    @property
    def id(self) -> str:
        return self.ids[0]

    def get(self, name: str, default: Any = None) -> Any:
        """A value by its dotted name; an empty text counts as none."""
        value: Any = self.params
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return default if value is None or value == "" else value

    def given(self, name: str) -> bool:
        return name in self.params


Handler = Callable[[Call], Object]


@dataclass(frozen=True)
class Operation:
    method: str
    pattern: re.Pattern[str]
    heeds: frozenset[str]
    handler: Handler

    def unheeded(self, params: dict[str, Any]) -> str | None:
        """The first parameter that would have to be ignored."""
        return next((name for name in leaves(params) if name and not self._heeds(name)), None)

    def _heeds(self, name: str) -> bool:
        parts = name.split(".")
        above = {".".join(parts[:depth]) + ".*" for depth in range(1, len(parts) + 1)}
        return name in self.heeds or name == "expand" or bool(above & self.heeds)


@dataclass
class Operations:
    known: list[Operation] = field(default_factory=list)

    def add(self, line: str, heeds: str = "") -> Callable[[Handler], Handler]:
        """`line`: "POST /v1/customers/{}"; `heeds`: dotted names of parameters, `metadata.*` for all below."""
        method, path = line.split()
        pattern = re.compile(path.replace("{}", "([^/]+)") + "$")

        def keep(handler: Handler) -> Handler:
            self.known.append(Operation(method, pattern, frozenset(heeds.split()), handler))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
        """:raises Refused: the double has none."""
        found = [
            (one, match.groups()) for one in self.known if one.method == method and (match := one.pattern.match(path))
        ]
        if not found:
            raise unheeded(f"{method} {path}")
        # A fixed word comes before an id in the same place.
        return min(found, key=lambda pair: len(pair[1]))


OPERATIONS = Operations()
operation = OPERATIONS.add


def page(call: Call, rows: list[Object]) -> Object:
    """Newest first, as Stripe pages."""
    newest = list(reversed(rows))
    places = {row["id"]: place for place, row in enumerate(newest)}
    limit = call.get("limit", 10)
    for name in ("starting_after", "ending_before"):
        if (key := call.get(name)) is not None and key not in places:
            raise missing(newest[0]["object"] if newest else "object", key, param=name)
    if before := call.get("ending_before"):
        window = newest[: places[before]]
        return listed(window[-limit:], call.path, has_more=len(window) > limit)
    start = places[after] + 1 if (after := call.get("starting_after")) else 0
    return listed(newest[start : start + limit], call.path, has_more=len(newest) > start + limit)


def matching(call: Call, rows: list[Object], *names: str) -> list[Object]:
    """Those whose fields are what was asked for."""
    return [row for row in rows if all(call.get(name) in (None, row.get(name)) for name in names)]


def created(call: Call, rows: list[Object]) -> list[Object]:
    """Those made when it was asked for: at a second, or in a span."""
    span = call.get("created", {})
    if isinstance(span, int):
        return [row for row in rows if row["created"] == span]
    tests = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}
    return [row for row in rows if all(tests[name](row["created"], at) for name, at in span.items())]


def shown(world: World, row: Object, expand: list[str]) -> Object:
    """The object with what was asked to be expanded. :raises Refused: that cannot be."""
    answer: Object = public(row)
    below: dict[str, list[str]] = {}
    for path in expand:
        head, _, rest = path.partition(".")
        below.setdefault(head, []).extend([rest] if rest else [])
    for head, rests in below.items():
        answer[head] = _expanded(world, row, head, rests)
    return answer


def _expanded(world: World, row: Object, head: str, rests: list[str]) -> Any:
    value = row.get(f"+{head}", row.get(head, Refused))
    if isinstance(value, str) and value in world.ids:
        return shown(world, world.ids[value], rests)
    if isinstance(value, list) and head == "data":
        return [shown(world, one, rests) for one in value]
    if value is None:
        return None
    if isinstance(value, dict) and (rests or f"+{head}" in row):
        return shown(world, value, rests)
    raise Refused(f"This property cannot be expanded ({head}).", param="expand")

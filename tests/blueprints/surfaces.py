"""Where a permission can be met: pages and operations that name it, asked with ids that nobody has."""

import re
from dataclasses import dataclass
from functools import cache

from api.callers import Caller
from architecture.routes import routes
from tenantry.api.operations import OPERATIONS
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach

UNKNOWN = "019f0000-0000-7000-8000-000000000000"
_CONVERTER = re.compile(r"<(?:(\w+):)?\w+>")
_SAMPLES = {"uuid": UNKNOWN, "int": "1"}
_PARAMETER = re.compile(r"\{\w+\}")
# A page and two operations say enough of one permission; every route is swept by tests/architecture and tests/api.
MOST = {"page": 2, "api": 2}


@dataclass(frozen=True)
class Surface:
    """`permissions`: any one of them opens it."""

    kind: str
    name: str
    method: str
    path: str
    permissions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def status(self, caller: Caller) -> int:
        if self.kind == "api":
            return caller.call(self.method, self.path, None if self.method == "GET" else {}).status
        # A form that carries no organization is refused as one of another organization, after permissions were asked.
        return caller.client.generic(self.method, self.path).status_code

    def opens(self, actor: Actor) -> bool | None:
        """None: it opens, and what is on it follows the reach."""
        if not actor.may_any(*self.permissions):
            return False
        return True if any(actor.reach(code) == Reach.ALL for code in self.permissions) else None


def _address(path: str) -> str:
    return "/" + _CONVERTER.sub(lambda found: _SAMPLES.get(found[1] or "", "x"), path)


def _pages() -> list[Surface]:
    return [
        Surface("page", route.name, route.methods[0], _address(route.path), route.permissions)
        for route in routes()
        if route.kind == "page" and route.permissions
    ]


def _operations() -> list[Surface]:
    return [
        Surface("api", one.name, one.method, _PARAMETER.sub(UNKNOWN, one.path), one.permissions)
        for one in OPERATIONS.values()
    ]


@cache
def surfaces() -> dict[str, tuple[Surface, ...]]:
    """By permission; those that name it alone first."""
    found: dict[str, list[Surface]] = {}
    for one in [*_pages(), *_operations()]:
        for code in one.permissions:
            found.setdefault(code, []).append(one)
    return {code: tuple(sorted(rows, key=lambda s: (len(s.permissions), s.name))) for code, rows in found.items()}


def asked(code: str) -> list[Surface]:
    """Some of the surfaces of a permission: of each kind, those that name it alone first."""
    rows = surfaces().get(code, ())
    return [one for kind, most in MOST.items() for one in [s for s in rows if s.kind == kind][:most]]


def page_names() -> set[str]:
    return {route.name for route in routes()}


def operation_names() -> set[str]:
    return set(OPERATIONS)

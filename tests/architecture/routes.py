"""Every route of the installation, with what it declares."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, get_resolver

from tenantry.api.operations import OPERATIONS


@dataclass(frozen=True)
class Route:
    """`path` as the resolver has it; `parameters`: names of its converters."""

    path: str
    name: str
    callback: Any
    parameters: tuple[str, ...]

    @property
    def kind(self) -> str:
        """`page`, `console`, `api`, or empty when it declares nothing."""
        if hasattr(self.callback, "screen"):
            return "page"
        if hasattr(self.callback, "operator_screen"):
            return "console"
        return "api" if self.name.removeprefix("api_") in OPERATIONS else ""

    @property
    def public(self) -> str:
        """Why nobody is asked who they are; empty where somebody is."""
        if self.kind == "page":
            return str(self.callback.screen.public)
        return str(self.callback.operator_screen.public) if self.kind == "console" else ""

    @property
    def permissions(self) -> tuple[str, ...]:
        if self.kind == "page":
            return tuple(self.callback.screen.permissions)
        return tuple(OPERATIONS[self.name.removeprefix("api_")].permissions) if self.kind == "api" else ()

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(self.callback.screen.methods) if self.kind == "page" else ()


def _walk(patterns: list[Any], prefix: str = "", taken: tuple[str, ...] = ()) -> Iterator[Route]:
    for one in patterns:
        path = f"{prefix}{one.pattern}"
        names = (*taken, *one.pattern.converters)
        if isinstance(one, URLPattern):
            yield Route(path, one.name or "", one.callback, names)
        else:
            yield from _walk(one.url_patterns, path, names)


def routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns))

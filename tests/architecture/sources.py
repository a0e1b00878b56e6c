"""The product's own source files as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tenantry

ROOT = Path(tenantry.__file__).parent
INTERFACES = ("web", "api", "console", "cli")


@dataclass(frozen=True)
class Source:
    """`name` is relative to the package: `people/actions.py`."""

    name: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition("/")[0]

    @property
    def module(self) -> str:
        return "tenantry." + self.name.removesuffix(".py").replace("/", ".").removesuffix(".__init__")

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """(what is called: the last name, call)."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield called(node), node


def called(node: ast.Call) -> str:
    function = node.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def sources() -> list[Source]:
    return [
        Source(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8")))
        for path in sorted(ROOT.rglob("*.py"))
        if "migrations" not in path.parts
    ]


SOURCES = sources()

"""What a policy's value may be: flag, number, choice, set, ordered set. Each knows its bounds and its words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

KindName = Literal["flag", "number", "choice", "set", "ordered_set"]
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Choice:
    """`title`: how it is called inside of a sentence; `sentence`: what choosing it means."""

    code: str
    title: Text
    sentence: Text


class Kind(Protocol):
    """`holds`: whether this is a value, type and all; `settled`: one way to write a value that may be written in
    several; `in_words`: begins with a capital letter."""

    name: ClassVar[KindName]

    def holds(self, value: Any) -> bool: ...
    def settled(self, value: Any) -> Any: ...
    def in_words(self, value: Any) -> str: ...


@dataclass(frozen=True, slots=True)
class Flag:
    """`on` and `off` say what either means."""

    on: Text
    off: Text
    name: ClassVar[KindName] = "flag"

    def holds(self, value: Any) -> bool:
        return isinstance(value, bool)

    def settled(self, value: Any) -> Any:
        return value

    def in_words(self, value: Any) -> str:
        return _("On") if value else _("Off")


@dataclass(frozen=True, slots=True)
class Number:
    """Whole, `low` and `high` included. `none`: what no number means; empty where there has to be one."""

    low: int
    high: int
    unit: Callable[[int], str]
    none: Text = ""
    name: ClassVar[KindName] = "number"

    def holds(self, value: Any) -> bool:
        if value is None:
            return bool(self.none)
        return isinstance(value, int) and not isinstance(value, bool) and self.low <= value <= self.high

    def settled(self, value: Any) -> Any:
        return value

    def in_words(self, value: Any) -> str:
        return str(self.none) if value is None else self.unit(value)


@dataclass(frozen=True, slots=True)
class One:
    """Exactly one of the choices."""

    choices: tuple[Choice, ...]
    name: ClassVar[KindName] = "choice"

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) and any(value == choice.code for choice in self.choices)

    def settled(self, value: Any) -> Any:
        return value

    def in_words(self, value: Any) -> str:
        return _listed(self.choices, [value])


@dataclass(frozen=True, slots=True)
class Some:
    """Several of the choices, in no order. `empty`: what none of them means; empty where there has to be one."""

    choices: tuple[Choice, ...]
    empty: Text = ""
    name: ClassVar[KindName] = "set"

    def holds(self, value: Any) -> bool:
        return _distinct(self.choices, value) and (bool(value) or bool(self.empty))

    def settled(self, value: Any) -> Any:
        return [choice.code for choice in self.choices if choice.code in value]

    def in_words(self, value: Any) -> str:
        return _listed(self.choices, value) if value else str(self.empty)


@dataclass(frozen=True, slots=True)
class Ordered:
    """At least one of the choices, the first one first. `needed`: codes that can't be left out; `apart`: pairs that
    say the same and don't go together."""

    choices: tuple[Choice, ...]
    needed: frozenset[str] = frozenset()
    apart: tuple[frozenset[str], ...] = ()
    name: ClassVar[KindName] = "ordered_set"

    def holds(self, value: Any) -> bool:
        if not _distinct(self.choices, value) or not value or not self.needed <= set(value):
            return False
        return not any(pair <= set(value) for pair in self.apart)

    def settled(self, value: Any) -> Any:
        return list(value)

    def in_words(self, value: Any) -> str:
        return _listed(self.choices, value)


AnyKind = Flag | Number | One | Some | Ordered


def _distinct(choices: Sequence[Choice], value: Any) -> bool:
    known = {choice.code for choice in choices}
    if not isinstance(value, list) or not all(isinstance(one, str) and one in known for one in value):
        return False
    return len(set(value)) == len(value)


def _listed(choices: Sequence[Choice], codes: Sequence[str]) -> str:
    titles = {choice.code: str(choice.title) for choice in choices}
    text = ", ".join(titles.get(code, code) for code in codes)
    return text[:1].upper() + text[1:]


def days(number: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


def hours(number: int) -> str:
    return ngettext("%(n)s hour", "%(n)s hours", number) % {"n": number}


def characters(number: int) -> str:
    return ngettext("%(n)s character", "%(n)s characters", number) % {"n": number}


def people(number: int) -> str:
    return ngettext("%(n)s person", "%(n)s people", number) % {"n": number}


def workspaces(number: int) -> str:
    return ngettext("%(n)s workspace", "%(n)s workspaces", number) % {"n": number}


def passwords(number: int) -> str:
    """Of a history: zero is none."""
    if number == 0:
        return _("Any earlier one may come back")
    return ngettext("The last one", "The last %(n)s", number) % {"n": number}


NO_LIMIT = gettext_lazy("No limit")

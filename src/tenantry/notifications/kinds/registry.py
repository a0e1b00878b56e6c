"""Kinds of notices: each declares what it is called, what it says, where it goes by default and who ever gets it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import catalogue

if TYPE_CHECKING:
    from tenantry.notifications.models import Notification


class Mail(StrEnum):
    AT_ONCE = "at_once"
    DIGEST = "digest"
    NEVER = "never"


MAILS: Mapping[Mail, Any] = {
    Mail.AT_ONCE: _("At once"),
    Mail.DIGEST: _("Once a day"),
    Mail.NEVER: _("Never"),
}
# In the order in which preferences show them.
GROUPS: Mapping[str, Any] = {
    "ownership": _("Ownership"),
    "access": _("Your access"),
    "people": _("People"),
    "deals": _("Deals"),
    "work": _("Long work"),
    "billing": _("Plan and billing"),
}

# Of a row: the template of its sentence, where one text is not enough, and where its reader can do something about it.
Says = Callable[["Notification"], str]


Words = Callable[[Mapping[str, str]], Mapping[str, str]]


def nowhere(_row: "Notification") -> str:
    return ""


def no_words(_values: Mapping[str, str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Kind:
    """`sentence`: a template with named places (`wording.PLACES`), or what writes it for a row; `words`: what more
    places say, from the values of a row. `mail`: unless somebody chose otherwise. `fixed`: security, ownership: never
    switched off. `permission`: of whoever is told. `mailed_apart`: its action sends a mail of its own."""

    code: str
    title: Any
    group: str
    sentence: Any
    mail: Mail = Mail.AT_ONCE
    fixed: bool = False
    permission: str = ""
    mailed_apart: bool = False
    url: Says = nowhere
    words: Words = no_words

    def __post_init__(self) -> None:
        if self.group not in GROUPS or not self.title or not self.sentence:
            raise ValueError(f"{self.code} declares no title, sentence or known group")
        if self.permission and self.permission not in catalogue():
            raise ValueError(f"{self.code} names an unknown permission")


@dataclass(frozen=True, slots=True)
class Channels:
    """Where notices of one kind go for one person."""

    centre: bool
    mail: Mail


_kinds: dict[str, Kind] = {}


def declare(kinds: Iterable[Kind]) -> None:
    for kind in kinds:
        if _kinds.setdefault(kind.code, kind) is not kind:
            raise ValueError(f"two kinds of notices are called {kind.code}")


def kind_of(code: str) -> Kind:
    """:raises KeyError: nobody declared it."""
    return _kinds[code]


def kinds() -> list[Kind]:
    """In the order of their groups."""
    order = list(GROUPS)
    return sorted(_kinds.values(), key=lambda kind: order.index(kind.group))


def channels(kind: Kind, chosen: Mapping[str, Any]) -> Channels:
    """`chosen`: what somebody chose, by kind (`models.Reader.choices`)."""
    own = {} if kind.fixed else chosen.get(kind.code, {})
    return Channels(bool(own.get("centre", True)), Mail(own.get("mail", kind.mail)))

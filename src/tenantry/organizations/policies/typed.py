"""A policy's value as a form sends it, and as a form shows it; members' pages and the console ask alike."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tenantry.core.text import InvalidText
from tenantry.organizations.policies.catalogue import Policy
from tenantry.organizations.policies.kinds import Choice, Flag, KindName, Number, Ordered

VALUE = "value"
PLACE = "place."
ON, OFF = "on", "off"
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose. `place`: of ordered sets, from 1; empty is not used."""

    name: str
    code: str
    title: str
    sentence: str
    chosen: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Widget:
    """What a form shows. `number`: as typed; `none`: what leaving it empty means, empty where it can't be."""

    kind: KindName
    options: tuple[Option, ...] = ()
    number: str = ""
    low: int = 0
    high: int = 0
    none: str = ""


def fields_of(known: Policy, value: Any) -> dict[str, list[str]]:
    """A value as a form would send it."""
    if isinstance(known.kind, Flag):
        return {VALUE: [ON if value else OFF]}
    if isinstance(known.kind, Number):
        return {VALUE: ["" if value is None else str(value)]}
    if isinstance(known.kind, Ordered):
        return {f"{PLACE}{code}": [str(place)] for place, code in enumerate(value, 1)}
    return {VALUE: list(value) if isinstance(value, list) else [value]}


def typed(known: Policy, fields: Fields) -> Any:
    """The value that was sent.

    :raises InvalidText: it is none, with a sentence that says what one is.
    """
    sent = list(fields.get(VALUE, ()))
    if isinstance(known.kind, Flag):
        value: Any = {ON: True, OFF: False}.get(sent[0]) if len(sent) == 1 else None
    elif isinstance(known.kind, Number):
        value = _number(sent)
    elif isinstance(known.kind, Ordered):
        value = _placed(known.kind, fields)
    elif known.kind.name == "choice":
        value = sent[0] if len(sent) == 1 else None
    else:
        value = sent
    if not known.check(value):
        raise InvalidText("invalid_value", expected(known))
    return known.validate(value)


def _number(sent: list[str]) -> Any:
    text = sent[0].strip() if len(sent) == 1 else "?"
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else text


def _placed(kind: Ordered, fields: Fields) -> Any:
    places: dict[int, str] = {}
    for choice in kind.choices:
        text = "".join(fields.get(f"{PLACE}{choice.code}", ())).strip()
        if not text:
            continue
        if not (text.isascii() and text.isdigit() and len(text) <= 3) or int(text) in places:
            return None
        places[int(text)] = choice.code
    return [places[place] for place in sorted(places)]


def expected(known: Policy) -> str:
    """What a value has to be, for whoever typed another one."""
    kind = known.kind
    if isinstance(kind, Number):
        words = _("A whole number from %(low)s to %(high)s.") % {"low": kind.low, "high": kind.high}
        return f"{words} {_('Or nothing: %(none)s.') % {'none': kind.none}}" if kind.none else words
    if isinstance(kind, Ordered):
        words = _("Give everything that is used a place of its own.")
        if kind.needed:
            words += " " + _("Never left out: %(needed)s.") % {"needed": _titles(kind, kind.needed)}
        for pair in kind.apart:
            words += " " + _("Not together: %(pair)s.") % {"pair": _titles(kind, pair)}
        return words
    if kind.name == "set":
        return _("Choose at least one.")
    return _("Choose one.")


def _titles(kind: Ordered, codes: Collection[str]) -> str:
    return ", ".join(str(choice.title) for choice in kind.choices if choice.code in codes)


def widget(known: Policy, fields: Fields) -> Widget:
    """The policy's own control with what was sent, or with `fields_of` its value."""
    kind, sent = known.kind, list(fields.get(VALUE, ()))
    if isinstance(kind, Number):
        return Widget(kind.name, number=sent[0] if sent else "", low=kind.low, high=kind.high, none=str(kind.none))
    if isinstance(kind, Flag):
        choices: tuple[Choice, ...] = (Choice(ON, _("On"), kind.on), Choice(OFF, _("Off"), kind.off))
    else:
        choices = kind.choices
    return Widget(kind.name, tuple(_option(kind.name, choice, sent, fields) for choice in choices))


def _option(kind: KindName, choice: Choice, sent: list[str], fields: Fields) -> Option:
    ordered = kind == "ordered_set"
    name = f"{PLACE}{choice.code}" if ordered else VALUE
    place = "".join(fields.get(name, ())) if ordered else ""
    title = str(choice.title)
    chosen = bool(place) if ordered else choice.code in sent
    return Option(name, choice.code, title[:1].upper() + title[1:], str(choice.sentence), chosen, place)

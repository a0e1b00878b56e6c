"""Roles and profiles in words: what the audit says of them, and who gains and loses what."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.access.simulating import Affected, Consequence
from tenantry.core.permissions import REACH_TITLES, ScopeKind, catalogue, record_fields
from tenantry.organizations.policies.effects import Effect

TITLES: Mapping[str, Any] = {
    "access.role_created": gettext_lazy("Role created"),
    "access.role_edited": gettext_lazy("Role edited"),
    "access.role_deleted": gettext_lazy("Role deleted"),
    "access.profile_created": gettext_lazy("Profile created"),
    "access.profile_edited": gettext_lazy("Profile edited"),
    "access.profile_deleted": gettext_lazy("Profile deleted"),
    "access.release_followed": gettext_lazy("Roles brought up to a release"),
}
SENTENCES: Mapping[str, Any] = {
    "access.role_created": gettext_lazy("%(who)s created the role “%(name)s”."),
    "access.role_edited": gettext_lazy("%(who)s edited the role “%(name)s”."),
    "access.role_deleted": gettext_lazy("%(who)s deleted the role “%(name)s”."),
    "access.profile_created": gettext_lazy("%(who)s created the profile “%(name)s”."),
    "access.profile_edited": gettext_lazy("%(who)s edited the profile “%(name)s”."),
    "access.profile_deleted": gettext_lazy("%(who)s deleted the profile “%(name)s”."),
    "access.release_followed": gettext_lazy("A new release changed what ready-made roles hold."),
}
# The sentence where the entry holds a value of that name.
VARIANTS: Mapping[str, Mapping[str, Any]] = {
    "access.role_created": {
        "copied_from": gettext_lazy("%(who)s created the role “%(name)s” as a copy of “%(copied_from)s”.")
    },
    "access.profile_created": {
        "copied_from": gettext_lazy("%(who)s created the profile “%(name)s” as a copy of “%(copied_from)s”.")
    },
    "access.role_edited": {
        "undoes": gettext_lazy("%(who)s took entry %(undoes)s back: the role “%(name)s” is what it was before.")
    },
    "access.profile_edited": {
        "undoes": gettext_lazy("%(who)s took entry %(undoes)s back: the profile “%(name)s” is what it was before.")
    },
    "access.role_deleted": {
        "successor": gettext_lazy("%(who)s deleted the role “%(name)s”; “%(successor)s” took its place.")
    },
    "access.profile_deleted": {
        "successor": gettext_lazy("%(who)s deleted the profile “%(name)s”; “%(successor)s” took its place.")
    },
}
PLACES = ("copied_from", "undoes", "successor")

LEVELS: Mapping[str, Any] = {
    "hidden": gettext_lazy("Hidden"),
    "view": gettext_lazy("View only"),
    "edit": gettext_lazy("Open"),
}


# --- Entries of the audit ------------------------------------------------------------------


def called(name: str) -> str:
    """The title of a permission or field by its code."""
    declared = catalogue().get(name) or record_fields().get(name)
    return str(declared.title) if declared else ""


def laid_out(side: Mapping[str, Any]) -> dict[str, Any]:
    """One side of an entry with what is nested spread out, in words, and without ids that stand there by name, too."""
    found: dict[str, Any] = {}
    for name, value in side.items():
        if isinstance(value, Mapping):
            found |= {code: worded(str(level)) for code, level in value.items()}
        elif name == "gives":
            found[name] = _("every role") if value is None else value
        elif not name.endswith("_ids"):
            found[name] = value
    return found


def worded(level: str) -> str:
    """A reach code, `yes` or a level of a field as people read it; nothing of nothing."""
    if level == "yes":
        return _("Given")
    return str(REACH_TITLES.get(level) or LEVELS.get(level) or level)


# --- Simulations ---------------------------------------------------------------------------


def effects_of(lines: Iterable[Consequence]) -> tuple[Effect, ...]:
    """In words: how many gain, lose or keep what, with the first by name."""
    return tuple(
        Effect(sentence(one), one.number, tuple(shown(p) for p in one.people), one.kind in ("loses", "changes"))
        for one in lines
    )


def shown(person: Affected) -> str:
    return f"{person.name} ({person.through})" if person.through else person.name


def sentence(one: Consequence) -> str:
    """Follows the number of people."""
    places = {"what": _what(one), "before": _list(one.before), "after": _list(one.after)}
    return _frame(one) % places + _where(one.scope)


def _what(one: Consequence) -> str:
    if one.subject == "role":
        return _("give the role “%(role)s”") % {"role": one.title}
    if one.subject == "field":
        return called(one.code) or one.code
    declared = catalogue().get(one.code)
    return str(declared.sentence) if declared else one.code


def _list(words: tuple[str, ...]) -> str:
    return " + ".join(worded(word) for word in words) or _("none")


def _where(scope: ScopeKind) -> str:
    if scope is ScopeKind.UNIT:
        return " " + _("(at their unit)")
    return " " + _("(in their workspace)") if scope is ScopeKind.WORKSPACE else ""


def _frame(one: Consequence) -> str:
    n, plain = one.number, set(one.before + one.after) == {"yes"}
    if one.kind == "gains" and plain:
        return ngettext("person gains: %(what)s", "people gain: %(what)s", n)
    if one.kind == "gains" and not one.before:
        return ngettext("person gains: %(what)s – %(after)s", "people gain: %(what)s – %(after)s", n)
    if one.kind == "gains":
        return ngettext(
            "person gains: %(what)s – %(after)s, was %(before)s",
            "people gain: %(what)s – %(after)s, was %(before)s",
            n,
        )
    if one.kind == "loses" and plain:
        return ngettext("person loses: %(what)s", "people lose: %(what)s", n)
    if one.kind == "loses" and not one.after:
        return ngettext("person loses: %(what)s – was %(before)s", "people lose: %(what)s – was %(before)s", n)
    if one.kind == "loses":
        return ngettext(
            "person loses: %(what)s – %(before)s, now %(after)s",
            "people lose: %(what)s – %(before)s, now %(after)s",
            n,
        )
    return _other(one.kind, n)


def _other(kind: str, n: int) -> str:
    if kind == "changes":
        return ngettext(
            "person reaches others: %(what)s – %(after)s, was %(before)s",
            "people reach others: %(what)s – %(after)s, was %(before)s",
            n,
        )
    if kind == "keeps":
        return ngettext(
            "person keeps it through another role: %(what)s", "people keep it through another role: %(what)s", n
        )
    if kind == "has_already":
        return ngettext("person has it already: %(what)s", "people have it already: %(what)s", n)
    return ngettext(
        "person does not get it, a profile or restriction holds it back: %(what)s",
        "people do not get it, a profile or restriction holds it back: %(what)s",
        n,
    )

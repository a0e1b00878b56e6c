"""Policies and entitlements in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.organizations.selectors import PolicyState

# Choices of policies by their code, over all policies: one code never means two things.
CHOICES: Mapping[str, Any] = {
    "invitation_link": gettext_lazy("an invitation link by mail"),
    "temporary_password": gettext_lazy("a temporary password by mail"),
    "administrator_password": gettext_lazy("a password that the administrator sets"),
    "names": gettext_lazy("names"),
    "given_name": gettext_lazy("given name"),
    "family_name": gettext_lazy("family name"),
    "email": gettext_lazy("e-mail"),
    "password": gettext_lazy("password"),
    "role": gettext_lazy("role"),
    "profile": gettext_lazy("permission profile"),
    "teams": gettext_lazy("teams"),
    "unit": gettext_lazy("unit"),
    "workspaces": gettext_lazy("workspaces"),
    "active": gettext_lazy("active people"),
    "invited": gettext_lazy("pending invitations"),
    "deactivated": gettext_lazy("deactivated people"),
    "licensed": gettext_lazy("Adding stops at the licensed number"),
    "per_person": gettext_lazy("Every added person is charged"),
    "permission": gettext_lazy("Whoever has the permission"),
    "owner": gettext_lazy("Whoever has all permissions"),
    "nobody": gettext_lazy("Nobody; people are removed instead"),
    "successor_required": gettext_lazy("A successor must be named"),
    "successor_optional": gettext_lazy("A successor may be named, else records become unassigned"),
    "unassign": gettext_lazy("Records become unassigned"),
    "verified": gettext_lazy("After a mail to the new address"),
    "forbidden": gettext_lazy("Not possible; the person is added anew"),
    "recipient_confirms": gettext_lazy("The new holder confirms first"),
    "immediate": gettext_lazy("The new holder takes over at once"),
    "self_service": gettext_lazy("Without an operator"),
    "support_only": gettext_lazy("An operator confirms the request"),
    "many": gettext_lazy("Any number"),
    "one": gettext_lazy("One"),
    "one_per_workspace": gettext_lazy("One in each workspace"),
    "second": gettext_lazy("By the second"),
    "month": gettext_lazy("By whole months"),
    "lower": gettext_lazy("small letters"),
    "upper": gettext_lazy("capital letters"),
    "digit": gettext_lazy("digits"),
    "symbol": gettext_lazy("symbols"),
}


def _days(number: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", number) % {"n": number}


def _hours(number: int) -> str:
    return ngettext("%(n)s hour", "%(n)s hours", number) % {"n": number}


def _characters(number: int) -> str:
    return ngettext("%(n)s character", "%(n)s characters", number) % {"n": number}


NUMBERS: Mapping[str, Callable[[int], str]] = {
    "people.invitation_days": _days,
    "session.absolute_days": _days,
    "session.idle_hours": _hours,
    "password.minimum_length": _characters,
}


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """`who`: who may change it, in words."""

    code: str
    title: str
    effect: str
    value: str
    who: str
    is_default: bool


def value_in_words(code: str, value: Any) -> str:
    if value is None:
        return _("No limit")
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, int):
        return NUMBERS[code](value) if code in NUMBERS else str(value)
    if isinstance(value, list):
        return _first_upper(", ".join(str(CHOICES.get(one, one)) for one in value)) or _("Any")
    return str(CHOICES.get(value, value))


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def policy_lines(states: list[PolicyState]) -> list[PolicyLine]:
    return [
        PolicyLine(
            state.policy.code,
            str(state.policy.title),
            str(state.policy.effect),
            value_in_words(state.policy.code, state.value),
            _("Whoever runs this installation") if state.policy.operator_only else _("Who may edit policies"),
            state.value == state.policy.default,
        )
        for state in states
    ]


ENTITLEMENTS: Mapping[str, Any] = {"seats": gettext_lazy("Seats")}
SOURCES: Mapping[str, Any] = {
    "plan": gettext_lazy("Included in this installation"),
    "operator": gettext_lazy("Granted by whoever runs this installation"),
}

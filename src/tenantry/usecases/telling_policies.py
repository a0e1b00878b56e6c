"""Policies and what changing them does, in words. Below the interfaces, because the console tells them too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.core.errors import PermissionMissing, Refusal
from tenantry.organizations.actions.policies import PolicyStanding
from tenantry.organizations.policies import GROUPS
from tenantry.organizations.policies.effects import Effect

FEW = 8


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """`locked`: why the reader can't change it, in words; empty where they can, or where they may change none.
    `differs`: from what the organization's blueprint says, which is `blueprint`."""

    code: str
    title: str
    effect: str
    value: str
    changeable: bool
    locked: str
    operator_only: bool
    differs: bool
    blueprint: str


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    code: str
    title: str
    lines: tuple[PolicyLine, ...]


def policy_groups(
    standings: Iterable[PolicyStanding], blueprint: Mapping[str, Any], groups: Iterable[str] = GROUPS
) -> list[PolicyGroup]:
    """`blueprint`: the values the organization began with, by code; `groups`: which, in this order."""
    lines: dict[str, list[PolicyLine]] = {code: [] for code in groups}
    for standing in standings:
        if standing.state.policy.group in lines:
            lines[standing.state.policy.group].append(policy_line(standing, blueprint))
    return [PolicyGroup(code, str(GROUPS[code]), tuple(found)) for code, found in lines.items()]


def policy_line(standing: PolicyStanding, blueprint: Mapping[str, Any]) -> PolicyLine:
    known = standing.state.policy
    first = blueprint.get(known.code, known.default)
    # A blueprint of an earlier release may say what this one does not know.
    first = known.validate(first) if known.check(first) else known.default
    return PolicyLine(
        known.code,
        known.title_in_words,
        str(known.effect),
        known.in_words(standing.state.value),
        standing.refusal is None,
        _why(standing.refusal),
        known.operator_only,
        standing.state.value != first,
        known.in_words(first),
    )


def _why(refusal: Refusal | None) -> str:
    """Short: it stands beside every such policy. A missing permission is one for all of them."""
    if refusal is None or isinstance(refusal, PermissionMissing):
        return ""
    return _("Only the operator of this installation changes this")


def effect_lines(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """Figures with their sentences and names."""
    return [
        {"number": one.number, "text": one.text, "detail": _names(one.names), "warning": one.warning}
        for one in effects
        if one.number is not None
    ]


def effect_sentences(effects: Iterable[Effect]) -> list[Effect]:
    """Those without a figure."""
    return [one for one in effects if one.number is None]


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - FEW
    if more <= 0:
        return ", ".join(names)
    words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return words % {"names": ", ".join(names[:FEW]), "count": more}

"""Whether what was given covers this record: where it holds, and by which rule of `core.decisions.RULES`."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from tenantry.access.explaining.names import Names
from tenantry.access.explaining.situation import Assigned, Situation
from tenantry.access.explaining.words import Evidence, place_words
from tenantry.core.actor import Line
from tenantry.core.decisions import in_scope, rules_met
from tenantry.core.permissions import Reach, ScopeKind
from tenantry.core.records import Target


def reach_evidence(situation: Situation, names: Names) -> tuple[bool, list[Evidence]]:
    found = [_one(one, one.line, situation, names) for one in situation.assigned() if one.line and one.line.reach]
    return any(one.holds for one in found), found


def covering(situation: Situation, one: Assigned) -> tuple[str, ...]:
    """The rules by which this assignment covers the record; none where it does not."""
    target, line = situation.target, one.line
    if target is None or line is None or not in_scope(line, target):
        return ()
    return rules_met(situation.actor(), line.reach, target)


def _one(one: Assigned, line: Line, situation: Situation, names: Names) -> Evidence:
    target = situation.target or Target()
    place = place_words(one.scope, one.scope_id, names, situation.question.organization)
    if not in_scope(line, target):
        said = _outside(one.scope, target, names)
        return Evidence("role", f"{one.role}, {place}: {said}", False)
    met = rules_met(situation.actor(), line.reach, target)
    if met:
        # The narrowest says most.
        said = _said(met[0], situation, target, names)
        return Evidence("role", f"{one.role}, {place}: {said}", True)
    missed = [said for bit, why in _MISSED if line.reach & bit == bit for said in why(situation, target, names)]
    return Evidence("role", f"{one.role}, {place}: {' '.join(missed)}", False)


def _outside(scope: ScopeKind, target: Target, names: Names) -> str:
    if scope is ScopeKind.UNIT:
        if not target.units:
            return _("the record stands in no unit.")
        return _("the record stands in %(units)s, not there.") % {"units": _path(target, names)}
    if target.workspace is None:
        return _("the record belongs to no workspace.")
    return _("the record belongs to %(workspace)s.") % {"workspace": names.of("workspace", target.workspace)}


def _path(target: Target, names: Names) -> str:
    return names.several("unit", target.units)


def _owner(target: Target, names: Names) -> str:
    return names.of("member", target.owner)


_MET: dict[str, Any] = {
    "owner": lazy("the record is their own."),
    "collaborator": lazy("they take part in the record."),
    "teammate": lazy("shares %(teams)s with %(owner)s, who owns it."),
    "team": lazy("the record belongs to their team, %(team)s."),
    "workflow": lazy("takes part in its workflow, %(workflow)s."),
    "unit": lazy("the record stands in their unit, %(unit)s, or below."),
    "all": lazy("reaches everything there."),
}


def _said(rule: str, situation: Situation, target: Target, names: Names) -> str:
    words = {
        "teams": names.several("team", target.owner_teams & situation.grants.teams),
        "owner": _owner(target, names),
        "team": names.of("team", target.team),
        "workflow": names.of("workflow", target.workflow),
        "unit": names.of("unit", situation.grants.unit_id),
    }
    return str(_MET[rule]) % words


def _missed_own(situation: Situation, target: Target, names: Names) -> list[str]:
    if target.owner is None:
        return [_("nobody owns the record.")]
    return [_("its owner is %(owner)s.") % {"owner": _owner(target, names)}]


def _missed_team(situation: Situation, target: Target, names: Names) -> list[str]:
    said = []
    if target.team is not None:
        said.append(_("It belongs to %(team)s, which is not theirs.") % {"team": names.of("team", target.team)})
    if target.owner is not None:
        said.append(_("They share no team with its owner."))
    return said or [_("It belongs to no team.")]


def _missed_workflow(situation: Situation, target: Target, names: Names) -> list[str]:
    if target.workflow is None:
        return [_("It belongs to no workflow.")]
    workflow = names.of("workflow", target.workflow)
    return [_("Its workflow is %(workflow)s, in which they take no part.") % {"workflow": workflow}]


def _missed_unit(situation: Situation, target: Target, names: Names) -> list[str]:
    if not target.units:
        return [_("It stands in no unit.")]
    where = {"units": _path(target, names)}
    if situation.grants.unit_id is None:
        return [_("It stands in %(units)s; they stand in no unit.") % where]
    mine = names.of("unit", situation.grants.unit_id)
    return [_("It stands in %(units)s; their unit is %(mine)s.") % {**where, "mine": mine}]


_MISSED: tuple[tuple[Reach, Callable[[Situation, Target, Names], list[str]]], ...] = (
    (Reach.OWN, _missed_own),
    (Reach.TEAM, _missed_team),
    (Reach.WORKFLOW, _missed_workflow),
    (Reach.UNIT, _missed_unit),
)

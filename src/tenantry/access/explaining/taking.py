"""What restrictions leave of it, and whether the field is open."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.explaining.names import Names
from tenantry.access.explaining.situation import Situation
from tenantry.access.explaining.words import Evidence, place_words, reach_words
from tenantry.core.decisions import in_scope, within_reach
from tenantry.core.permissions import FieldAccess, Reach, ScopeKind, permission, record_fields, restrictions
from tenantry.core.records import Target


def touching(situation: Situation) -> list[dict[str, Any]]:
    """The person's restrictions that say something about this permission where the record is, or about the field."""
    workspace = situation.target.workspace if situation.target else None
    found = []
    for taken in situation.source["taken"]:
        declared = restrictions().get(taken["code"])
        if declared is None:
            continue
        here = not taken["workspace"] or UUID(taken["workspace"]) == workspace
        if here and situation.question.permission in declared.takes:
            found.append(taken)
    return found


def restriction_evidence(situation: Situation, names: Names) -> tuple[bool, list[Evidence]]:
    code = situation.question.permission
    found = [_one(taken, code, names) for taken in touching(situation)]
    holds = _left_over(situation, code)
    if not found:
        return holds, [Evidence("restriction", _("No restriction says anything about it."), True)]
    return holds, [Evidence("restriction", text, holds) for text in found]


def _left_over(situation: Situation, code: str) -> bool:
    """Whether something is left by which the record is covered, or anything at all without a record."""
    actor, target = situation.actor(), situation.target
    left = actor.grants.left(code, target.workspace if target else None)
    lines = actor.grants.lines(code)
    if target is None:
        return any(line.reach & left for line in lines)
    return any(in_scope(line, target) and _covers(situation, line.reach & left, target) for line in lines)


def _covers(situation: Situation, reach: Reach, target: Target) -> bool:
    return within_reach(situation.actor(), reach, target)


def _one(taken: dict[str, Any], code: str, names: Names) -> str:
    declared = restrictions()[taken["code"]]
    words = {"restriction": str(declared.title), "reach": reach_words(declared.leaves(taken["value"]), code)}
    if taken["workspace"]:
        words["workspace"] = place_words(ScopeKind.WORKSPACE, UUID(taken["workspace"]), names, "")
        if declared.choices:
            return _("%(restriction)s, %(workspace)s: leaves it %(reach)s.") % words
        return _("%(restriction)s, %(workspace)s: takes it away.") % words
    if declared.choices:
        return _("%(restriction)s: leaves it %(reach)s.") % words
    return _("%(restriction)s: takes it away.") % words


def field_evidence(situation: Situation, _names: Names) -> tuple[bool, list[Evidence]]:
    name = situation.question.field or ""
    title = str(record_fields()[name].title) if name in record_fields() else name
    needed = FieldAccess.VIEW if permission(situation.question.permission).reads else FieldAccess.EDIT
    level = situation.grants.fields.get(name, FieldAccess.EDIT)
    words = {"field": title, "profile": situation.question.profile}
    hiding = [t for t in situation.source["taken"] if _hides(t["code"], name)]
    if hiding:
        words["restriction"] = ", ".join(str(restrictions()[t["code"]].title) for t in hiding)
        said = _("%(restriction)s hides the field %(field)s.")
    elif level == FieldAccess.EDIT:
        said = _("The field %(field)s is open.")
    elif level == FieldAccess.VIEW:
        said = _("The profile %(profile)s shows the field %(field)s, without changing it.")
    else:
        said = _("The profile %(profile)s hides the field %(field)s.")
    return level >= needed, [Evidence("restriction" if hiding else "field", said % words, level >= needed)]


def _hides(code: str, name: str) -> bool:
    declared = restrictions().get(code)
    return declared is not None and name in declared.hides

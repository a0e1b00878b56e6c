"""The published order, each step with what was found there. The evidence is read from the parts that `decide` reads,
apart from it: that the first refused step is the decision's is a test, not a definition."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from tenantry.access.explaining.names import Names
from tenantry.access.explaining.reaching import reach_evidence
from tenantry.access.explaining.situation import Assigned, Situation
from tenantry.access.explaining.taking import field_evidence, restriction_evidence
from tenantry.access.explaining.words import Evidence, day, place_words, reach_words
from tenantry.core.decisions import ORDER, Step
from tenantry.core.permissions import permission
from tenantry.people.models import Membership

Status = Membership.Status


class Outcome(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    # Something before it refused.
    NOT_REACHED = "not_reached"
    # The question names no record, or no field.
    NOT_ASKED = "not_asked"


TITLES: dict[Step, Any] = {
    Step.STATE: lazy("Organization"),
    Step.SEAT: lazy("Membership"),
    Step.PERMISSION: lazy("Permission"),
    Step.REACH: lazy("Reach"),
    Step.RESTRICTION: lazy("Restrictions"),
    Step.FIELD: lazy("Field"),
}


@dataclass(frozen=True, slots=True)
class StepTaken:
    step: Step
    outcome: Outcome
    evidence: tuple[Evidence, ...]

    @property
    def title(self) -> Any:
        return TITLES[self.step]


Look = Callable[[Situation, Names], tuple[bool, list[Evidence]]]


def state_evidence(situation: Situation, _names: Names) -> tuple[bool, list[Evidence]]:
    name = situation.question.organization
    if situation.state == "active":
        return True, [Evidence("state", _("%(organization)s is active.") % {"organization": name}, True)]
    if permission(situation.question.permission).works(situation.state):
        said = _("%(organization)s is not active, but this permission works all the same.") % {"organization": name}
        return True, [Evidence("state", said, True)]
    said = str(_STATES.get(situation.state, _CLOSED)) % {"organization": name}
    return False, [Evidence("state", said, False)]


_CLOSED = lazy("%(organization)s is closed.")
_STATES: dict[str, Any] = {
    "trial_ended": lazy("The trial of %(organization)s is over: only reading and exporting works."),
    "frozen": lazy("%(organization)s is frozen: only what has to do with paying works."),
    "canceled": lazy("The subscription of %(organization)s has ended: only exporting and coming back works."),
}


def seat_evidence(situation: Situation, _names: Names) -> tuple[bool, list[Evidence]]:
    member = situation.question.member
    said = {
        Status.ACTIVE: _("%(name)s is active here."),
        Status.INVITED: _("%(name)s is invited and has not accepted yet."),
        Status.DEACTIVATED: _("%(name)s is deactivated."),
        Status.REMOVED: _("%(name)s was removed from the organization."),
    }[Status(situation.status)]
    seated = situation.status == Status.ACTIVE
    return seated, [Evidence("seat", said % {"name": member.name}, seated)]


def permission_evidence(situation: Situation, names: Names) -> tuple[bool, list[Evidence]]:
    assigned = situation.assigned()
    found = [_one(one, situation, names) for one in assigned]
    if not assigned:
        found.append(Evidence("role", _("No role is held at all."), False))
    if any(one.given for one in assigned):
        found += _profile(situation)
    return any(one.line and one.line.reach for one in assigned), found


def _one(one: Assigned, situation: Situation, names: Names) -> Evidence:
    words = {"role": one.role, "place": place_words(one.scope, one.scope_id, names, situation.question.organization)}
    words["end"] = day(one.ends_at)
    words["reach"] = reach_words(one.given, situation.question.permission)
    if one.ended and not one.base:
        return Evidence("role", _("%(role)s, %(place)s: ended on %(end)s.") % words, False)
    if not one.given:
        return Evidence("role", _("%(role)s, %(place)s: does not include it.") % words, False)
    if one.ends_at and not one.ended:
        return Evidence("role", _("%(role)s, %(place)s: gives it, %(reach)s; ends on %(end)s.") % words, True)
    return Evidence("role", _("%(role)s, %(place)s: gives it, %(reach)s.") % words, True)


def _profile(situation: Situation) -> list[Evidence]:
    code, name = situation.question.permission, situation.question.profile
    if not name or not permission(code).in_applications:
        return []
    cap = situation.grants.cap(code)
    words = {"profile": name, "reach": reach_words(cap, code)}
    if not cap:
        return [Evidence("profile", _("The profile %(profile)s does not allow it.") % words, False)]
    return [Evidence("profile", _("The profile %(profile)s allows it, %(reach)s.") % words, True)]


_LOOKS: dict[Step, Look] = {
    Step.STATE: state_evidence,
    Step.SEAT: seat_evidence,
    Step.PERMISSION: permission_evidence,
    Step.REACH: reach_evidence,
    Step.RESTRICTION: restriction_evidence,
    Step.FIELD: field_evidence,
}


def steps_of(situation: Situation, names: Names) -> tuple[StepTaken, ...]:
    """Every step of the order; what comes after a refusal is not looked at."""
    found: list[StepTaken] = []
    refused = False
    for step in ORDER:
        asked = (step is not Step.REACH or situation.target is not None) and (
            step is not Step.FIELD or situation.question.field is not None
        )
        if refused or not asked:
            found.append(StepTaken(step, Outcome.NOT_REACHED if refused else Outcome.NOT_ASKED, ()))
            continue
        holds, evidence = _LOOKS[step](situation, names)
        refused = not holds
        found.append(StepTaken(step, Outcome.PASSED if holds else Outcome.REFUSED, tuple(evidence)))
    return tuple(found)


def refused_step(steps: tuple[StepTaken, ...]) -> Step | None:
    return next((one.step for one in steps if one.outcome is Outcome.REFUSED), None)

"""*May this actor do that to this record?* One rule table, read twice: `decide` for one record, `visible` as SQL.

The published order (product.md §4; docs/guide): organization state → seat → permission → reach → restriction → field.
Who is asked for a permission on several records uses `visible` with that permission; nothing else decides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from tenantry.core.actor import Actor, Line
from tenantry.core.errors import NotFound, OrganizationFrozen, PermissionMissing, SubscriptionEnded, TrialEnded
from tenantry.core.permissions import FieldAccess, Reach, ScopeKind, permission
from tenantry.core.records import (
    NOWHERE,
    AnyOf,
    RecordType,
    Target,
    connections,
    everywhere,
    near_target,
    nowhere,
    target_of,
)

Row = TypeVar("Row", bound=Model)


class Step(StrEnum):
    STATE = "organization_state"
    SEAT = "seat"
    PERMISSION = "permission"
    REACH = "reach"
    RESTRICTION = "restriction"
    FIELD = "field"


ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Decision:
    """`step`: where it was refused, None when it is allowed."""

    allowed: bool
    step: Step | None = None

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Decision(True)
_REFUSED = {step: Decision(False, step) for step in Step}


# --- The rule table -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a record is within reach. `holds` reads one record, `rows` says the same in SQL, or None where
    the type declares no such column. `reach`: the bit that opens this way."""

    name: str
    reach: Reach
    holds: Callable[[Actor, Target], bool]
    rows: Callable[[Actor, RecordType], Q | AnyOf | None]


def _owned(actor: Actor, record_type: RecordType) -> Q | None:
    return Q(**{record_type.owner: actor.own_id}) if record_type.owner else None


def _collaborates(actor: Actor, record_type: RecordType) -> AnyOf | None:
    table = record_type.collaborators
    if table is None:
        return None
    return AnyOf("pk", table.model._default_manager.filter(**{table.member: actor.own_id}).values(table.record))


def _of_teammate(actor: Actor, record_type: RecordType) -> AnyOf | None:
    if record_type.owner is None:
        return None
    return AnyOf(record_type.owner, connections().teammates(actor.own_id), few=True)


def _of_team(actor: Actor, record_type: RecordType) -> Q | None:
    return Q(**{f"{record_type.team}__in": sorted(actor.grants.teams)}) if record_type.team else None


def _of_workflow(actor: Actor, record_type: RecordType) -> Q | None:
    return Q(**{f"{record_type.workflow}__in": sorted(actor.grants.workflows)}) if record_type.workflow else None


def _below(unit_id: UUID | None, record_type: RecordType) -> Q | AnyOf | None:
    if unit_id is None:
        return None
    units = connections().units_below([unit_id])
    if record_type.unit:
        return AnyOf(record_type.unit, units)
    return AnyOf(record_type.owner, connections().members_in(units)) if record_type.owner else None


RULES: tuple[Rule, ...] = (
    Rule("owner", Reach.OWN, lambda a, t: t.owner is not None and t.owner == a.membership_id, _owned),
    Rule("collaborator", Reach.OWN, lambda a, t: a.membership_id in t.collaborators, _collaborates),
    Rule("teammate", Reach.TEAM, lambda a, t: not a.grants.teams.isdisjoint(t.owner_teams), _of_teammate),
    Rule("team", Reach.TEAM, lambda a, t: t.team in a.grants.teams, _of_team),
    Rule("workflow", Reach.WORKFLOW, lambda a, t: t.workflow in a.grants.workflows, _of_workflow),
    Rule("unit", Reach.UNIT, lambda a, t: a.grants.unit_id in t.units, lambda a, r: _below(a.grants.unit_id, r)),
    Rule("all", Reach.ALL, lambda _a, _t: True, lambda _a, _r: everywhere()),
)


# Reach -> how its rules read one record. Worked out once: arithmetic on flags would be most of a decision's time.
_HOLDING = tuple(
    tuple(rule.holds for rule in RULES if rule.reach & reach == rule.reach) for reach in range(Reach.ALL + 1)
)


def within_reach(actor: Actor, reach: Reach, target: Target) -> bool:
    for holds in _HOLDING[reach]:  # noqa: SIM110 a generator would be half of a decision's time
        if holds(actor, target):
            return True
    return False


def rules_met(actor: Actor, reach: Reach, target: Target) -> tuple[str, ...]:
    """The names of the rules by which the target is within reach, for Explain."""
    return tuple(r.name for r in RULES if r.reach & reach == r.reach and r.holds(actor, target))


def in_scope(line: Line, target: Target) -> bool:
    """Whether what was given at this scope holds for the target."""
    if line.scope is ScopeKind.ORGANIZATION:
        return True
    if line.scope is ScopeKind.UNIT:
        return line.scope_id in target.units
    return line.scope_id == target.workspace


# --- One record ---------------------------------------------------------------------------


def decide(actor: Actor, code: str, target: Target | None = None, *, field: str | None = None) -> Decision:
    """Whether the actor may do `code`: to `target` when one is given, else anywhere at all. No query.

    `field`: a declared field of the record; seeing it is enough for a permission that reads, others write it.

    :raises KeyError: nothing declares the permission.
    """
    declared = permission(code)
    if actor.state != "active" and not declared.works(actor.state):
        return _REFUSED[Step.STATE]
    if not actor.seated:
        return _REFUSED[Step.SEAT]
    grants = actor.grants
    lines = grants.lines(code)
    if not any(line.reach for line in lines):
        return _REFUSED[Step.PERMISSION]
    if target is None:
        return _REFUSED[Step.RESTRICTION] if not grants.anywhere(code) else _field(actor, code, field)
    left = grants.left(code, target.workspace)
    cut = False
    for line in lines:
        if not in_scope(line, target) or not within_reach(actor, line.reach, target):
            continue
        cut = True
        if left == Reach.ALL or within_reach(actor, line.reach & left, target):
            return _field(actor, code, field)
    return _REFUSED[Step.RESTRICTION if cut else Step.REACH]


def _field(actor: Actor, code: str, field: str | None) -> Decision:
    if field is None:
        return ALLOWED
    needed = FieldAccess.VIEW if permission(code).reads else FieldAccess.EDIT
    return ALLOWED if actor.grants.fields.get(field, FieldAccess.EDIT) >= needed else _REFUSED[Step.FIELD]


# --- Many records -------------------------------------------------------------------------


def visible(actor: Actor, code: str, record_type: RecordType, rows: QuerySet[Row] | None = None) -> QuerySet[Row]:
    """Exactly those `rows` (default: all of the type) for which `decide` says yes, as SQL; nobody is asked before.

    Not ordered, not cut, without joins: each record comes once. It is `rows` itself where all of them are visible.
    """
    if rows is None:
        rows = record_type.model._default_manager.all()
    if not decide(actor, code):
        return rows.none()
    condition = _condition(actor, code, record_type)
    return rows if condition is None else rows.filter(condition)


def _condition(actor: Actor, code: str, record_type: RecordType) -> Any:
    """None: every row."""
    grants = actor.grants
    general = _of_lines(actor, code, record_type, None)
    special = [w for w in sorted(grants.taken_in) if grants.left(code, w) != grants.left(code)]
    if not special or record_type.workspace is None:
        return None if general is True else general
    elsewhere = ~Q(**{f"{record_type.workspace}__in": special})
    parts = [elsewhere if general is True else elsewhere & general]
    for workspace_id in special:
        inside = _of_lines(actor, code, record_type, workspace_id)
        here = Q(**{record_type.workspace: workspace_id})
        parts.append(here if inside is True else here & inside)
    return reduce(or_, parts)


def ways(actor: Actor, code: str, record_type: RecordType) -> list[Any] | None:
    """The conditions whose union `visible` is, for lists that read each apart. None: it is one condition."""
    if any(actor.grants.left(code, place) != actor.grants.left(code) for place in actor.grants.taken_in):
        return None
    found = _ways(actor, code, record_type, None)
    return None if found is True else found


def _of_lines(actor: Actor, code: str, record_type: RecordType, workspace_id: UUID | None) -> Any:
    """The union over what was given, where these restrictions hold. True: every row."""
    found = _ways(actor, code, record_type, workspace_id)
    if found is True:
        return True
    return reduce(or_, map(Q, found)) if found else nowhere()


def _ways(actor: Actor, code: str, record_type: RecordType, workspace_id: UUID | None) -> Any:
    """A list of conditions, or True. What several roles give at one scope is one reach: no way comes twice."""
    left = actor.grants.left(code, workspace_id)
    given: dict[tuple[ScopeKind, UUID | None], Reach] = {}
    for line in actor.grants.lines(code):
        place = (line.scope, line.scope_id)
        given[place] = given.get(place, Reach.NONE) | (line.reach & left)
    if given.get((ScopeKind.ORGANIZATION, None)) == Reach.ALL:
        return True
    found: list[Any] = []
    for (scope, scope_id), reach in given.items():
        inside = _of_scope(scope, scope_id, record_type)
        if not reach or inside is None:
            continue
        parts = _of_reach(actor, reach, record_type)
        found.extend(parts if inside is True else [inside & Q(part) for part in parts])
    return found


def _of_scope(scope: ScopeKind, scope_id: UUID | None, record_type: RecordType) -> Any:
    """True: the whole organization; None: records of this type stand in no such place."""
    if scope is ScopeKind.ORGANIZATION:
        return True
    if scope is ScopeKind.UNIT:
        below = _below(scope_id, record_type)
        return None if below is None else Q(below)
    return Q(**{record_type.workspace: scope_id}) if record_type.workspace else None


def _of_reach(actor: Actor, reach: Reach, record_type: RecordType) -> list[Q | AnyOf]:
    if reach == Reach.ALL:
        return [everywhere()]
    rows = [rule.rows(actor, record_type) for rule in RULES if rule.reach & reach == rule.reach]
    return [part for part in rows if part is not None]


def kept_back(state: str) -> OrganizationFrozen:
    """Why nobody may, whatever they hold."""
    return {"trial_ended": TrialEnded, "canceled": SubscriptionEnded}.get(state, OrganizationFrozen)()


# --- What actions and pages ask ------------------------------------------------------------


def require_any(actor: Actor, *codes: str) -> None:
    """Any one of them, anywhere at all: what opens a page or an action.

    :raises PermissionMissing: none is given. :raises OrganizationFrozen: or the organization's state keeps it back.
    """
    if actor.may_any(*codes):
        return
    decision = decide(actor, codes[0])
    if decision.step is Step.STATE:
        raise kept_back(actor.state)
    raise PermissionMissing(codes[0], decision.step or "")


def require(actor: Actor, code: str, target: Target = NOWHERE) -> None:
    """:raises PermissionMissing: with the step at which it is refused."""
    decision = decide(actor, code, target)
    if not decision:
        raise PermissionMissing(code, decision.step or "")


def decide_on(actor: Actor, code: str, record_type: RecordType, row: Any, *, field: str | None = None) -> Decision:
    """`decide` for a record that was found; asks the database only where its own columns do not decide."""
    near = decide(actor, code, near_target(record_type, row), field=field)
    return near or decide(actor, code, target_of(record_type, row), field=field)


def require_on(actor: Actor, code: str, record_type: RecordType, row: Any) -> None:
    """`require` for a record that was found; asks the database only where its own columns do not decide.

    :raises PermissionMissing: see there."""
    decision = decide_on(actor, code, record_type, row)
    if not decision:
        raise PermissionMissing(code, decision.step or "")


def find(actor: Actor, record_type: RecordType, record_id: UUID, code: str | None = None) -> Any:
    """One record, which may be viewed and, when `code` names a permission, be acted on.

    :raises NotFound: unknown, of another organization, or out of one's reach.
    :raises PermissionMissing: within reach, but the action is not allowed (product.md §4).
    """
    row = visible(actor, record_type.permissions["view"], record_type).filter(pk=record_id).first()
    if row is None:
        raise NotFound
    if code is not None and code != record_type.permissions["view"]:
        require_on(actor, code, record_type, row)
    return row

"""Taking back who is in a team, a workspace or a workflow, and at which level."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.models import Assignment, RestrictionSet, Role
from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL, parse_id
from tenantry.core.together import Wanted, wanted
from tenantry.organizations.models import Workflow, Workspace
from tenantry.people.actions import add_to_team, remove_from_team
from tenantry.people.models import Team, TeamMember, WorkflowMember
from tenantry.people.permissions import TEAMS_MANAGE, WORKFLOWS_MANAGE, WORKSPACES_MANAGE
from tenantry.people.records import TEAM, WORKFLOW, WORKSPACE
from tenantry.people.selectors import names_of
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer
from tenantry.usecases.workflows import add_to_workflow, remove_from_workflow
from tenantry.usecases.workspaces import add_to_workspace, change_level, remove_from_workspace

Refusals = Mapping[int, Refusal]
Found = Mapping[str, list[dict[str, Any]]]


def _members(row: Entry) -> tuple[UUID, ...]:
    """Whom an entry about a place names."""
    return tuple(UUID(str(one)) for one in row.values.get("members") or [])


def _id(row: Entry, name: str) -> UUID | None:
    return parse_id(str(row.values.get(name) or ""))


def _sorted(rows: Sequence[Entry], why_not: Callable[[Entry], type[Refusal] | None]) -> Refusals:
    return {row.number: refusal() for row in rows if (refusal := why_not(row)) is not None}


def _everybody(rows: Sequence[Entry]) -> set[UUID]:
    return {one for row in rows for one in _members(row)}


def _places(rows: Sequence[Entry]) -> list[UUID]:
    return [row.target_id or NIL for row in rows]


def _together(row: Entry, outcomes: Iterable[Outcome[Any]]) -> Outcome[Any]:
    """One entry for what was done to each of them."""
    done = list(outcomes)
    if not done or done[0].entry is None:
        raise UndoOvertaken
    entry = done[0].entry
    values = {**entry.values, "members": [str(i) for i in _members(row)]}
    return replace(done[0], entry=replace(entry, values=values))


def _reversal_of(record_type: Any, permission: str, *, before: str, after: str) -> Callable[..., Reversal]:
    """`before`, `after`: whether they are in (`in`, `out`), or the name of the value that says at which level."""

    def said(row: Entry, side: str) -> str:
        if row.values.get("inside"):
            return _("lead") if row.values["is_lead"] == (side == "in") else _("not a lead")
        fixed = {"in": _("taking part"), "out": _("not taking part")}
        return fixed.get(side) or str(row.values.get(side) or "")

    def reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
        place = find(actor, record_type, row.target_id or NIL, permission)
        names = ", ".join(sorted(names_of(_members(row)).values()))
        return Reversal(
            _("%(names)s in %(place)s") % {"names": names, "place": place.name}, said(row, before), said(row, after)
        )

    return reversal


# --- Teams --------------------------------------------------------------------------------


def reads_of_teams(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = TeamMember.objects.filter(team_id__in=_places(rows), membership_id__in=_everybody(rows))
    return {
        "held": wanted(held, "team_id", "membership_id", "is_lead"),
        "known": wanted(Team.objects.filter(id__in=_places(rows)), "id"),
    }


def _leads(found: Found) -> dict[tuple[UUID, UUID], bool]:
    """Whether each is a lead, by (team, member)."""
    return {(one["team_id"], one["membership_id"]): one["is_lead"] for one in found["held"]}


def _were_inside(row: Entry) -> set[bool]:
    """Leads and not leads among those who were in the team before."""
    return set((row.values.get("inside") or {}).values())


def refusals_of_joined(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Teams whose people left or lead it by now; and acts that did several things at once."""
    present = _leads(found)

    def why_not(row: Entry) -> type[Refusal] | None:
        if any(present.get((row.target_id or NIL, one)) != bool(row.values["is_lead"]) for one in _members(row)):
            return UndoOvertaken
        inside = row.values.get("inside") or {}
        return None if not inside or (len(inside) == len(_members(row)) == 1) else UndoNotPossible

    return _sorted(rows, why_not)


def _undo_joined(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    team_id, members = row.target_id or NIL, _members(row)
    for was_lead in _were_inside(row):
        return add_to_team(actor=actor, now=now, team_id=team_id, membership_ids=members, is_lead=was_lead)
    done = [remove_from_team(actor=actor, now=now, team_id=team_id, membership_id=one) for one in members]
    return _together(row, done)


def refusals_of_left(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Teams that are gone, and those whose people came back since."""
    present = _leads(found)
    teams = {one["id"] for one in found["known"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        if row.target_id not in teams or "is_lead" not in row.values:
            return UndoNotPossible
        return UndoOvertaken if any((row.target_id, one) in present for one in _members(row)) else None

    return _sorted(rows, why_not)


def _undo_left(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    return add_to_team(
        actor=actor,
        now=now,
        team_id=row.target_id or NIL,
        membership_ids=_members(row),
        is_lead=bool(row.values["is_lead"]),
    )


# --- Workspaces ---------------------------------------------------------------------------


def reads_of_levels(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = Assignment.objects.filter(workspace_id__in=_places(rows), membership_id__in=_everybody(rows))
    return {
        "held": wanted(held, "workspace_id", "membership_id", "role_id", "ends_at"),
        "levels": wanted(Role.objects.filter(kind=Role.Kind.WORKSPACE), "id"),
    }


def _levels(found: Found) -> dict[tuple[UUID | None, UUID], tuple[UUID, datetime | None]]:
    """(level, end) by (workspace, member)."""
    return {(one["workspace_id"], one["membership_id"]): (one["role_id"], one["ends_at"]) for one in found["held"]}


def refusals_of_levels(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """People whose level is another one by now; and levels that had an end, which is not given back for good."""
    present = _levels(found)
    known = {one["id"] for one in found["levels"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        after = (_id(row, "after_id"), None)
        if any(present.get((row.target_id, one)) != after for one in _members(row)):
            return UndoOvertaken
        return UndoNotPossible if row.values.get("before_ends_at") or _id(row, "before_id") not in known else None

    return _sorted(rows, why_not)


def _undo_level(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    [member] = _members(row)
    level = _id(row, "before_id") or NIL
    return change_level(actor=actor, now=now, workspace_id=row.target_id or NIL, membership_id=member, role_id=level)


def reads_of_added(rows: Sequence[Entry]) -> dict[str, Wanted]:
    everybody, places = _everybody(rows), _places(rows)
    restricted = RestrictionSet.objects.filter(workspace_id__in=places, membership_id__in=everybody)
    teams = TeamMember.objects.filter(team__workspace_id__in=places, membership_id__in=everybody)
    return {
        **reads_of_levels(rows),
        "restricted": wanted(restricted, "workspace_id", "membership_id"),
        "teams": wanted(teams, "team__workspace_id", "membership_id"),
    }


def refusals_of_added(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """People who are not there any more at that level, and those who got restrictions or teams there since."""
    present = _levels(found)
    later = {(one["workspace_id"], one["membership_id"]) for one in found["restricted"]}
    later |= {(one["team__workspace_id"], one["membership_id"]) for one in found["teams"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        here = [(row.target_id, one) for one in _members(row)]
        level = (_id(row, "level_id"), None)
        return UndoOvertaken if any(one in later or present.get(one) != level for one in here) else None

    return _sorted(rows, why_not)


def _undo_added(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    place = row.target_id or NIL
    done = [remove_from_workspace(actor=actor, now=now, workspace_id=place, membership_id=one) for one in _members(row)]
    return _together(row, done)


def reads_of_removed(rows: Sequence[Entry]) -> dict[str, Wanted]:
    return {**reads_of_levels(rows), "places": wanted(Workspace.objects.filter(id__in=_places(rows)), "id")}


def refusals_of_removed(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Workspaces and levels that are gone, people who came back since, and places that had more than a level: an end,
    restrictions or teams are not brought back."""
    present = _levels(found)
    known = {one["id"] for one in [*found["places"], *found["levels"]]}

    def why_not(row: Entry) -> type[Refusal] | None:
        if row.values.get("lost") or row.target_id not in known or _id(row, "level_id") not in known:
            return UndoNotPossible
        return UndoOvertaken if any((row.target_id, one) in present for one in _members(row)) else None

    return _sorted(rows, why_not)


def _undo_removed(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    level, members = _id(row, "level_id") or NIL, _members(row)
    return add_to_workspace(
        actor=actor, now=now, workspace_id=row.target_id or NIL, membership_ids=members, role_id=level
    )


# --- Workflows ----------------------------------------------------------------------------


def reads_of_workflows(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = WorkflowMember.objects.filter(workflow_id__in=_places(rows), membership_id__in=_everybody(rows))
    return {
        "held": wanted(held, "workflow_id", "membership_id"),
        "known": wanted(Workflow.objects.filter(id__in=_places(rows)), "id"),
    }


def _taking_part(found: Found) -> set[tuple[UUID, UUID]]:
    return {(one["workflow_id"], one["membership_id"]) for one in found["held"]}


def refusals_of_came(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Workflows whose people left by now."""
    present = _taking_part(found)

    def why_not(row: Entry) -> type[Refusal] | None:
        return None if all((row.target_id, one) in present for one in _members(row)) else UndoOvertaken

    return _sorted(rows, why_not)


def _undo_came(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    place = row.target_id or NIL
    done = [remove_from_workflow(actor=actor, now=now, workflow_id=place, membership_id=one) for one in _members(row)]
    return _together(row, done)


def refusals_of_went(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Workflows that are gone, and those whose people came back since."""
    present = _taking_part(found)
    known = {one["id"] for one in found["known"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        if row.target_id not in known:
            return UndoNotPossible
        return UndoOvertaken if any((row.target_id, one) in present for one in _members(row)) else None

    return _sorted(rows, why_not)


def _undo_went(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    return add_to_workflow(actor=actor, now=now, workflow_id=row.target_id or NIL, membership_ids=_members(row))


def _register(code: str, kind: Any, permission: str, sides: tuple[str, str], asks: Any, carry_out: Any) -> None:
    """`asks`: what it reads, and what it refuses."""
    reads, refusals = asks
    reversal = _reversal_of(kind, permission, before=sides[0], after=sides[1])
    register_undoer(code, Undoer(permission, refusals, reversal, carry_out, reads))


MEMBERS_ADDED = "teams.members_added"
IN_OUT, OUT_IN = ("in", "out"), ("out", "in")
_register(MEMBERS_ADDED, TEAM, TEAMS_MANAGE, IN_OUT, (reads_of_teams, refusals_of_joined), _undo_joined)
_register("teams.member_removed", TEAM, TEAMS_MANAGE, OUT_IN, (reads_of_teams, refusals_of_left), _undo_left)
_register(
    "structure.workspace_level_changed",
    WORKSPACE,
    WORKSPACES_MANAGE,
    ("after", "before"),
    (reads_of_levels, refusals_of_levels),
    _undo_level,
)
_register(
    "structure.workspace_members_added",
    WORKSPACE,
    WORKSPACES_MANAGE,
    ("level", "out"),
    (reads_of_added, refusals_of_added),
    _undo_added,
)
_register(
    "structure.workspace_member_removed",
    WORKSPACE,
    WORKSPACES_MANAGE,
    ("out", "level"),
    (reads_of_removed, refusals_of_removed),
    _undo_removed,
)
_register(
    "structure.workflow_members_added",
    WORKFLOW,
    WORKFLOWS_MANAGE,
    IN_OUT,
    (reads_of_workflows, refusals_of_came),
    _undo_came,
)
_register(
    "structure.workflow_member_removed",
    WORKFLOW,
    WORKFLOWS_MANAGE,
    OUT_IN,
    (reads_of_workflows, refusals_of_went),
    _undo_went,
)

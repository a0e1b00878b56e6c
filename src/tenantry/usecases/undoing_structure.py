"""Taking back a changed tree of units, where people stand in it, and edited workspaces, workflows and teams."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL
from tenantry.core.together import Wanted, wanted
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.actions import edit_team
from tenantry.people.models import Team
from tenantry.people.permissions import TEAMS_MANAGE, UNITS_MANAGE, WORKFLOWS_MANAGE, WORKSPACES_EDIT
from tenantry.usecases.placing import move_to_unit, plan_move_to_unit
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer
from tenantry.usecases.undoing_places import Found, Places, Refusals, id_of
from tenantry.usecases.units import move_unit, plan_move_unit, rename_unit
from tenantry.usecases.workflows import edit_workflow
from tenantry.usecases.workspaces import edit_workspace

UNIT_MOVED = "structure.unit_moved"
UNIT_RENAMED = "structure.unit_renamed"
PEOPLE_MOVED = "people.moved_to_unit"


def _targets(rows: Sequence[Entry]) -> list[UUID]:
    return [row.target_id or NIL for row in rows]


# --- The tree -----------------------------------------------------------------------------


def reads_of_moved(rows: Sequence[Entry]) -> dict[str, Wanted]:
    ids = [*_targets(rows), *(id_of(row.values["before_id"]) or NIL for row in rows)]
    return {"units": wanted(Unit.objects.filter(id__in=ids), "id", "parent_id")}


def refusals_of_moved(actor: Actor, rows: Sequence[Entry], known: Found) -> Refusals:
    """Units that hang elsewhere by now or are gone, and those whose old place is gone."""
    present = {one["id"]: one["parent_id"] for one in known["units"]}
    found: dict[int, Refusal] = {}
    for row in rows:
        origin = id_of(row.values["before_id"]) or NIL
        if present.get(row.target_id or NIL) != id_of(row.values["after_id"]):
            found[row.number] = UndoOvertaken()
        elif origin not in present:
            found[row.number] = UndoNotPossible()
    return found


def _back(row: Entry) -> dict[str, Any]:
    return {"unit_id": row.target_id, "parent_id": id_of(row.values["before_id"])}


def _moved_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_move_unit(actor=actor, **_back(row))
    return Reversal(_("Place of %(name)s") % {"name": plan.name}, plan.before, plan.after)


def _undo_moved(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    outcome = move_unit(actor=actor, now=now, **_back(row))
    # The structure is locked from here to the commit: what it reads stands.
    if outcome.entry is None or outcome.entry.values["before_id"] != id_of(row.values["after_id"]):
        raise UndoOvertaken
    return outcome


# --- Names and descriptions ---------------------------------------------------------------

_Edit = Callable[[Actor, datetime, UUID | None, Mapping[str, Any]], Outcome[Any]]


def undoer_of_edits(permission: str, model: Any, fields: tuple[str, ...], edit: _Edit) -> Undoer:
    """For entries that keep `fields` of their target before and after."""

    def reads(rows: Sequence[Entry]) -> dict[str, Wanted]:
        return {"held": wanted(model.objects.filter(id__in=_targets(rows)), "id", *fields)}

    def refusals(actor: Actor, rows: Sequence[Entry], known: Found) -> Refusals:
        present = {one["id"]: _written({name: one[name] for name in fields}) for one in known["held"]}
        stale = (row for row in rows if present.get(row.target_id) != _written(row.values["after"]))
        return {row.number: UndoOvertaken() for row in stale}

    def reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
        before, after = row.values["before"], row.values["after"]
        differs = "description" if before["name"] == after["name"] and "description" in before else "name"
        titles = {"name": _("Name of %(name)s"), "description": _("Description of %(name)s")}
        return Reversal(titles[differs] % {"name": after["name"]}, after[differs], before[differs])

    def carry_out(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
        outcome = edit(actor, now, row.target_id, row.values["before"])
        # The action holds its lock from here to the commit: what it reads stands.
        if outcome.entry is None or _written(outcome.entry.values["before"]) != _written(row.values["after"]):
            raise UndoOvertaken
        return outcome

    return Undoer(permission, refusals, reversal, carry_out, reads)


def _written(side: Mapping[str, Any]) -> dict[str, str]:
    """Ids as the audit writes them."""
    return {name: "" if value is None else str(value) for name, value in side.items()}


def _edit_team(actor: Actor, now: datetime, team_id: UUID | None, side: Mapping[str, Any]) -> Outcome[Any]:
    workspace_id = id_of(side["workspace_id"])
    if workspace_id and not Workspace.objects.filter(id=workspace_id).exists():
        raise UndoNotPossible
    return edit_team(
        actor=actor,
        now=now,
        team_id=team_id or NIL,
        name=side["name"],
        description=side["description"],
        workspace_id=workspace_id,
    )


register_undoer(UNIT_MOVED, Undoer(UNITS_MANAGE, refusals_of_moved, _moved_reversal, _undo_moved, reads_of_moved))
register_undoer(
    PEOPLE_MOVED, Places("unit", Unit, gettext_lazy("Place of %(name)s"), plan_move_to_unit, move_to_unit).undoer()
)
register_undoer(
    UNIT_RENAMED,
    undoer_of_edits(
        UNITS_MANAGE,
        Unit,
        ("name",),
        lambda a, now, i, side: rename_unit(actor=a, now=now, unit_id=i or NIL, name=side["name"]),
    ),
)
register_undoer(
    "structure.workspace_edited",
    undoer_of_edits(
        WORKSPACES_EDIT,
        Workspace,
        ("name", "description"),
        lambda a, now, i, side: edit_workspace(actor=a, now=now, workspace_id=i or NIL, **side),
    ),
)
register_undoer(
    "structure.workflow_edited",
    undoer_of_edits(
        WORKFLOWS_MANAGE,
        Workflow,
        ("name", "description"),
        lambda a, now, i, side: edit_workflow(actor=a, now=now, workflow_id=i or NIL, **side),
    ),
)
register_undoer(
    "teams.edited", undoer_of_edits(TEAMS_MANAGE, Team, ("name", "description", "workspace_id"), _edit_team)
)

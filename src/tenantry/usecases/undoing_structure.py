"""Taking back a changed tree of units, where people stand in it, and edited workspaces, workflows and teams."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL, parse_id
from tenantry.core.together import Wanted, wanted
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.actions import edit_team
from tenantry.people.models import Membership, Team
from tenantry.people.permissions import EDIT, TEAMS_MANAGE, UNITS_MANAGE, WORKFLOWS_MANAGE, WORKSPACES_EDIT
from tenantry.people.selectors import names_of
from tenantry.usecases.placing import move_to_unit, plan_move_to_unit
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer
from tenantry.usecases.units import move_unit, plan_move_unit, rename_unit
from tenantry.usecases.workflows import edit_workflow
from tenantry.usecases.workspaces import edit_workspace

UNIT_MOVED = "structure.unit_moved"
UNIT_RENAMED = "structure.unit_renamed"
PEOPLE_MOVED = "people.moved_to_unit"
Refusals = Mapping[int, Refusal]
Found = Mapping[str, list[dict[str, Any]]]


def _id(value: Any) -> UUID | None:
    return parse_id(str(value or ""))


def _targets(rows: Sequence[Entry]) -> list[UUID]:
    return [row.target_id or NIL for row in rows]


# --- The tree -----------------------------------------------------------------------------


def reads_of_moved(rows: Sequence[Entry]) -> dict[str, Wanted]:
    ids = [*_targets(rows), *(_id(row.values["before_id"]) or NIL for row in rows)]
    return {"units": wanted(Unit.objects.filter(id__in=ids), "id", "parent_id")}


def refusals_of_moved(actor: Actor, rows: Sequence[Entry], known: Found) -> Refusals:
    """Units that hang elsewhere by now or are gone, and those whose old place is gone."""
    present = {one["id"]: one["parent_id"] for one in known["units"]}
    found: dict[int, Refusal] = {}
    for row in rows:
        origin = _id(row.values["before_id"]) or NIL
        if present.get(row.target_id or NIL) != _id(row.values["after_id"]):
            found[row.number] = UndoOvertaken()
        elif origin not in present:
            found[row.number] = UndoNotPossible()
    return found


def _back(row: Entry) -> dict[str, Any]:
    return {"unit_id": row.target_id, "parent_id": _id(row.values["before_id"])}


def _moved_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_move_unit(actor=actor, **_back(row))
    return Reversal(_("Place of %(name)s") % {"name": plan.name}, plan.before, plan.after)


def _undo_moved(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    outcome = move_unit(actor=actor, now=now, **_back(row))
    # The structure is locked from here to the commit: what it reads stands.
    if outcome.entry is None or outcome.entry.values["before_id"] != _id(row.values["after_id"]):
        raise UndoOvertaken
    return outcome


# --- Names and descriptions ---------------------------------------------------------------

_Edit = Callable[[Actor, datetime, UUID | None, Mapping[str, Any]], Outcome[Any]]


def _undoer_of_edits(permission: str, model: Any, fields: tuple[str, ...], edit: _Edit) -> Undoer:
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
    workspace_id = _id(side["workspace_id"])
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


# --- Where people stand -------------------------------------------------------------------


def _stood(row: Entry) -> dict[UUID, UUID | None]:
    """Where each of them stood before."""
    return {UUID(one): _id(unit_id) for one, unit_id in row.values["before_ids"].items()}


def _stand(row: Entry) -> dict[UUID, UUID | None]:
    """Where the act put each of them; an undo may have put them into several units."""
    after = row.values.get("after_ids") or dict.fromkeys(row.values["before_ids"], row.values["unit_id"])
    return {UUID(one): _id(unit_id) for one, unit_id in after.items()}


def reads_of_people_moved(rows: Sequence[Entry]) -> dict[str, Wanted]:
    everybody = {one for row in rows for one in _stand(row)}
    origins = {origin for row in rows for origin in _stood(row).values() if origin}
    return {
        "people": wanted(Membership.objects.filter(id__in=everybody), "id", "unit_id"),
        "units": wanted(Unit.objects.filter(id__in=origins), "id"),
    }


def refusals_of_people_moved(actor: Actor, rows: Sequence[Entry], read: Found) -> Refusals:
    """People who stand elsewhere by now, and those whose old unit is gone."""
    present = {one["id"]: one["unit_id"] for one in read["people"]}
    known = {one["id"] for one in read["units"]}
    found: dict[int, Refusal] = {}
    for row in rows:
        if any(present.get(one, NIL) != unit_id for one, unit_id in _stand(row).items()):
            found[row.number] = UndoOvertaken()
        elif any(origin and origin not in known for origin in _stood(row).values()):
            found[row.number] = UndoNotPossible()
    return found


def _groups(row: Entry) -> list[tuple[UUID | None, tuple[UUID, ...]]]:
    """(unit, the people who go back there), in a fixed order."""
    stood = _stood(row)
    origins = sorted(set(stood.values()), key=str)
    return [(unit_id, tuple(one for one, origin in stood.items() if origin == unit_id)) for unit_id in origins]


def _people_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    names: dict[str, None] = {}
    for unit_id, people in _groups(row):
        plan = plan_move_to_unit(actor=actor, membership_ids=people, unit_id=unit_id)
        if plan.refused:
            raise UndoNotPossible
        names[plan.unit or _("none")] = None
    called = names_of(_stood(row))
    what = _("Place of %(name)s") % {"name": ", ".join(sorted(called.values()))}
    return Reversal(what, row.values["name"] or _("none"), ", ".join(names))


def _undo_people(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    merged: dict[str, Any] = {"before_ids": {}, "after_ids": {}}
    names: list[str] = []
    outcome: Outcome[Any] | None = None
    for unit_id, people in _groups(row):
        outcome = move_to_unit(actor=actor, now=now, membership_ids=people, unit_id=unit_id)
        if outcome.entry is None or outcome.result.refused:
            raise UndoNotPossible
        names += [outcome.result.unit] if outcome.result.unit else []
        merged["before_ids"] |= outcome.entry.values["before_ids"]
        merged["after_ids"] |= {str(one): unit_id for one in people}
    # They are locked from the beginning to the commit: what was read stands.
    stood = {UUID(one): unit_id for one, unit_id in merged["before_ids"].items()}
    if outcome is None or outcome.entry is None or stood != _stand(row):
        raise UndoOvertaken
    values = {"name": ", ".join(names), "members": list(row.values["members"]), **merged}
    return replace(
        outcome,
        entry=replace(outcome.entry, target_type=row.target_type, target_id=row.target_id, values=values),
    )


register_undoer(UNIT_MOVED, Undoer(UNITS_MANAGE, refusals_of_moved, _moved_reversal, _undo_moved, reads_of_moved))
register_undoer(
    PEOPLE_MOVED, Undoer(EDIT, refusals_of_people_moved, _people_reversal, _undo_people, reads_of_people_moved)
)
register_undoer(
    UNIT_RENAMED,
    _undoer_of_edits(
        UNITS_MANAGE,
        Unit,
        ("name",),
        lambda a, now, i, side: rename_unit(actor=a, now=now, unit_id=i or NIL, name=side["name"]),
    ),
)
register_undoer(
    "structure.workspace_edited",
    _undoer_of_edits(
        WORKSPACES_EDIT,
        Workspace,
        ("name", "description"),
        lambda a, now, i, side: edit_workspace(actor=a, now=now, workspace_id=i or NIL, **side),
    ),
)
register_undoer(
    "structure.workflow_edited",
    _undoer_of_edits(
        WORKFLOWS_MANAGE,
        Workflow,
        ("name", "description"),
        lambda a, now, i, side: edit_workflow(actor=a, now=now, workflow_id=i or NIL, **side),
    ),
)
register_undoer(
    "teams.edited", _undoer_of_edits(TEAMS_MANAGE, Team, ("name", "description", "workspace_id"), _edit_team)
)

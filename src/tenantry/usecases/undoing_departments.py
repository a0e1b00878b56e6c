"""Taking back renamed and merged departments, and who was put into one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import Outcome
from tenantry.audit.chain import Entry as AuditEntry
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL
from tenantry.core.together import Wanted, wanted
from tenantry.people.locks import lock_members
from tenantry.people.models import Department, Membership
from tenantry.people.permissions import EDIT
from tenantry.usecases.departments import (
    DissolvingPlan,
    plan_set_department,
    rename_department,
    save_department,
    set_department,
)
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer
from tenantry.usecases.undoing_places import Found, Places, Refusals, id_of
from tenantry.usecases.undoing_structure import undoer_of_edits

DEPARTMENT_SET = "people.department_set"


def _people(row: Entry) -> list[UUID]:
    return [UUID(str(one)) for one in row.values.get("members") or []]


# --- Merged and deleted -------------------------------------------------------------------


def reads_of_dissolved(rows: Sequence[Entry]) -> dict[str, Wanted]:
    everybody = {one for row in rows for one in _people(row)}
    names = [str(row.values["name"]).lower() for row in rows]
    return {
        "people": wanted(Membership.objects.filter(id__in=everybody), "id", "department_id"),
        "named": wanted(Department.objects.filter(sort_name__in=names), "id", "sort_name"),
    }


def refusals_of_dissolved(actor: Actor, rows: Sequence[Entry], known: Found) -> Refusals:
    """Too many people to be named; people who went on since; a new department of the name."""
    present = {one["id"]: one["department_id"] for one in known["people"]}
    taken = {one["sort_name"] for one in known["named"]}
    found: dict[int, Refusal] = {}
    for row in rows:
        if "members" not in row.values:
            found[row.number] = UndoNotPossible()
            continue
        went_on = any(present.get(one, NIL) != id_of(row.values["to_id"]) for one in _people(row))
        if went_on or str(row.values["name"]).lower() in taken:
            found[row.number] = UndoOvertaken()
    return found


def _dissolved_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    require(actor, EDIT)
    name = str(row.values["name"])
    return Reversal(_("Department %(name)s") % {"name": name}, str(row.values["to"]) or _("none"), name)


def _undo_dissolved(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    require(actor, EDIT)
    name, to_id, people = str(row.values["name"]), id_of(row.values["to_id"]), _people(row)
    held = lock_members(people)
    if len(held) != len(people) or any(member.department_id != to_id for member in held.values()):
        raise UndoOvertaken
    back = Department(id=row.target_id or NIL, name=name, sort_name=name.lower(), created_at=now)
    save_department(back, insert=True)
    Membership.objects.filter(id__in=people).update(department=back)
    values = {"name": name, "members": [str(one) for one in people], "count": len(people)}
    plan = DissolvingPlan(back.id, name, to_id, str(row.values["to"]), len(people))
    return Outcome(plan, AuditEntry("people.department_restored", "department", back.id, values))


_DISSOLVED = Undoer(EDIT, refusals_of_dissolved, _dissolved_reversal, _undo_dissolved, reads_of_dissolved)
register_undoer("people.department_merged", _DISSOLVED)
register_undoer("people.department_deleted", _DISSOLVED)
_IN_DEPARTMENT = Places(
    "department", Department, gettext_lazy("Department of %(name)s"), plan_set_department, set_department
)
register_undoer(DEPARTMENT_SET, _IN_DEPARTMENT.undoer())
register_undoer(
    "people.department_renamed",
    undoer_of_edits(
        EDIT,
        Department,
        ("name",),
        lambda a, now, i, side: rename_department(actor=a, now=now, department_id=i or NIL, name=side["name"]),
    ),
)

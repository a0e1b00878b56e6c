"""Taking back a change of what one person holds: the base role, a further role, profile, restrictions."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.actions.assigning import change_role, plan_change_role
from tenantry.access.actions.giving import end_role, give_role, plan_end_role, plan_give_role
from tenantry.access.actions.restricting import (
    plan_set_profile,
    plan_set_restrictions,
    set_profile,
    set_restrictions,
)
from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet
from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL, parse_id
from tenantry.core.together import Wanted, wanted
from tenantry.people.errors import NotOnOneself
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

ROLE_CHANGED = "people.role_changed"
ROLE_GIVEN = "people.role_given"
ROLE_ENDED = "people.role_ended"
PROFILE_SET = "people.profile_set"
RESTRICTED = "people.restricted"
Refusals = Mapping[int, Refusal]
Found = Mapping[str, list[dict[str, Any]]]


def _id(row: Entry, name: str) -> UUID | None:
    return parse_id(str(row.values.get(name) or ""))


def _moment(row: Entry, name: str) -> datetime | None:
    written = row.values.get(name)
    return datetime.fromisoformat(written) if written else None


def _asked(actor: Actor, rows: Sequence[Entry], why_not: Callable[[Entry], type[Refusal] | None]) -> dict[int, Refusal]:
    """Nobody takes back what concerns themselves; the rest the act itself asks."""
    found: dict[int, Refusal] = {}
    for row in rows:
        refusal = NotOnOneself if row.target_id == actor.membership_id else why_not(row)
        if refusal is not None:
            found[row.number] = refusal()
    return found


def _targets(rows: Sequence[Entry]) -> list[UUID]:
    return [row.target_id or NIL for row in rows]


# --- The base role ------------------------------------------------------------------------


def reads_of_roles(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = Assignment.objects.filter(membership_id__in=_targets(rows), is_base=True)
    return {"held": wanted(held, "membership_id", "role_id", "ends_at", "then_role_id")}


def refusals_of_roles(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """People whose role was changed again since, or had none before."""
    present = {one["membership_id"]: (one["role_id"], one["ends_at"], one["then_role_id"]) for one in found["held"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        if present.get(row.target_id or NIL) != (_id(row, "after_id"), _moment(row, "ends_at"), _id(row, "then_id")):
            return UndoOvertaken
        return None if _id(row, "before_id") else UndoNotPossible

    return _asked(actor, rows, why_not)


def _before(row: Entry, now: datetime) -> dict[str, Any]:
    """:raises UndoNotPossible: it would have ended by now."""
    ends_at = _moment(row, "before_ends_at")
    if ends_at is not None and ends_at <= now:
        raise UndoNotPossible
    return {
        "membership_id": row.target_id,
        "role_id": _id(row, "before_id"),
        "ends_at": ends_at,
        "then_role_id": _id(row, "before_then_id"),
    }


def _role_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_change_role(actor=actor, now=now, **_before(row, now))
    return Reversal(_("Role of %(name)s") % {"name": plan.name}, plan.before, plan.after)


def _undo_role(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    outcome = change_role(actor=actor, now=now, **_before(row, now))
    # The person is locked from the beginning to the commit: what it reads stands.
    if outcome.entry is None or outcome.entry.values["before_id"] != _id(row, "after_id"):
        raise UndoOvertaken
    return outcome


# --- Roles beside it ----------------------------------------------------------------------


def reads_of_given(rows: Sequence[Entry]) -> dict[str, Wanted]:
    ids = [_id(row, "assignment_id") or NIL for row in rows]
    return {"held": wanted(Assignment.objects.filter(id__in=ids), "id")}


def refusals_of_given(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Roles that were taken since."""
    present = {one["id"] for one in found["held"]}
    return _asked(actor, rows, lambda row: None if _id(row, "assignment_id") in present else UndoOvertaken)


def _given_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_end_role(actor=actor, now=now, **_given(row))
    return Reversal(_("Roles of %(name)s") % {"name": plan.name}, plan.role, _("not held"))


def _given(row: Entry) -> dict[str, Any]:
    return {"membership_id": row.target_id, "assignment_id": _id(row, "assignment_id")}


def reads_of_ended(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = Assignment.objects.filter(membership_id__in=_targets(rows), is_base=False)
    return {"held": wanted(held, "membership_id", "role_id", "unit_id")}


def refusals_of_ended(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """Roles that were given again since."""
    present = {(one["membership_id"], one["role_id"], one["unit_id"]) for one in found["held"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        return UndoOvertaken if (row.target_id, _id(row, "role_id"), _id(row, "unit_id")) in present else None

    return _asked(actor, rows, why_not)


def _ended(row: Entry) -> dict[str, Any]:
    return {
        "membership_id": row.target_id,
        "role_id": _id(row, "role_id"),
        "unit_id": _id(row, "unit_id"),
        "ends_at": _moment(row, "ends_at"),
    }


def _ended_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_give_role(actor=actor, now=now, **_ended(row))
    return Reversal(_("Roles of %(name)s") % {"name": plan.name}, _("not held"), plan.role)


# --- Profile and restrictions -------------------------------------------------------------


def reads_of_profiles(rows: Sequence[Entry]) -> dict[str, Wanted]:
    held = ProfileAssignment.objects.filter(membership_id__in=_targets(rows))
    return {"held": wanted(held, "membership_id", "profile_id")}


def refusals_of_profiles(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """People whose profile was changed again since."""
    present = {one["membership_id"]: one["profile_id"] for one in found["held"]}

    def why_not(row: Entry) -> type[Refusal] | None:
        return None if present.get(row.target_id or NIL) == _id(row, "after_id") else UndoOvertaken

    return _asked(actor, rows, why_not)


def _profile(row: Entry) -> dict[str, Any]:
    return {"membership_id": row.target_id, "profile_id": _id(row, "before_id")}


def _profile_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_set_profile(actor=actor, now=now, **_profile(row))
    return Reversal(_("Profile of %(name)s") % {"name": plan.name}, plan.before or _("none"), plan.after or _("none"))


def reads_of_restrictions(rows: Sequence[Entry]) -> dict[str, Wanted]:
    taken = RestrictionSet.objects.filter(membership_id__in=_targets(rows))
    return {"taken": wanted(taken, "membership_id", "workspace_id", "code", "value")}


def refusals_of_restrictions(actor: Actor, rows: Sequence[Entry], found: Found) -> Refusals:
    """People whose restrictions there were set again since."""
    present: dict[tuple[UUID, UUID | None], dict[str, str]] = {}
    for one in found["taken"]:
        present.setdefault((one["membership_id"], one["workspace_id"]), {})[one["code"]] = one["value"]

    def why_not(row: Entry) -> type[Refusal] | None:
        now = present.get((row.target_id or NIL, _id(row, "workspace_id")), {})
        return None if now == row.values["after"] else UndoOvertaken

    return _asked(actor, rows, why_not)


def _restrictions(row: Entry) -> dict[str, Any]:
    return {
        "membership_id": row.target_id,
        "values": row.values["before"],
        "workspace_id": _id(row, "workspace_id"),
    }


def _restrictions_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    plan = plan_set_restrictions(actor=actor, now=now, **_restrictions(row))
    what = _("Restrictions of %(name)s") % {"name": plan.name}
    return Reversal(what, _count(len(plan.before)), _count(len(plan.after)))


def _count(number: int) -> str:
    return ngettext("%(n)s restriction", "%(n)s restrictions", number) % {"n": number}


register_undoer(ROLE_CHANGED, Undoer(ASSIGN, refusals_of_roles, _role_reversal, _undo_role, reads_of_roles))
register_undoer(
    ROLE_GIVEN,
    Undoer(
        ASSIGN,
        refusals_of_given,
        _given_reversal,
        lambda a, row, now: end_role(actor=a, now=now, **_given(row)),
        reads_of_given,
    ),
)
register_undoer(
    ROLE_ENDED,
    Undoer(
        ASSIGN,
        refusals_of_ended,
        _ended_reversal,
        lambda a, row, now: give_role(actor=a, now=now, **_ended(row)),
        reads_of_ended,
    ),
)
register_undoer(
    PROFILE_SET,
    Undoer(
        RESTRICT,
        refusals_of_profiles,
        _profile_reversal,
        lambda a, row, now: set_profile(actor=a, now=now, **_profile(row)),
        reads_of_profiles,
    ),
)
register_undoer(
    RESTRICTED,
    Undoer(
        RESTRICT,
        refusals_of_restrictions,
        _restrictions_reversal,
        lambda a, row, now: set_restrictions(actor=a, now=now, **_restrictions(row)),
        reads_of_restrictions,
    ),
)

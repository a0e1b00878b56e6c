"""Taking back an edit of a role or profile: written again as it stood before, by whoever holds everything put in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.actions import profiles as writing_profiles
from tenantry.access.actions import roles as writing_roles
from tenantry.access.actions.profiles import ProfileWritten, edit_profile, plan_edit_profile
from tenantry.access.actions.roles import RoleWritten, ask_editable, edit_role, plan_edit_role
from tenantry.access.contents import ask_profile_covered, ask_reach, content_of, profile_content_of
from tenantry.access.models import Profile, Role
from tenantry.access.permissions import PROFILES_EDIT, ROLES_EDIT
from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL
from tenantry.core.permissions import catalogue, record_fields
from tenantry.core.together import Wanted, wanted
from tenantry.usecases.telling_roles import effects_of
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

ROLE_EDITED = "access.role_edited"
PROFILE_EDITED = "access.profile_edited"
Found = Mapping[str, list[dict[str, Any]]]


def reads_of_roles(rows: Sequence[Entry]) -> dict[str, Wanted]:
    """Every role: lists name others."""
    return {"roles": wanted(Role.objects.all(), *_columns(Role))}


def _columns(model: type[Role] | type[Profile]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def refusals_of_roles(actor: Actor, rows: Sequence[Entry], known: Found) -> Mapping[int, Refusal]:
    """Roles that are gone, that were written since, or into which the actor may not put what stood there. The rest the
    act itself asks."""
    roles = {one["id"]: Role(**one) for one in known["roles"]}
    found = {row.number: _why_not_role(actor, row, roles) for row in rows}
    return {number: refusal for number, refusal in found.items() if refusal is not None}


def _why_not_role(actor: Actor, row: Entry, roles: Mapping[UUID, Role]) -> Refusal | None:
    role, before = roles.get(row.target_id or NIL), writing_roles.content_from(row.values["before"])
    if role is None or content_of(role) != writing_roles.content_from(row.values["after"]):
        return UndoOvertaken()
    listed = [*(before.assignable_ids or ()), *(before.beside_ids or ())]
    # What a release does not know any more, or a role that is gone from a list, can't be written again.
    if any(i not in roles for i in listed) or before.permissions.keys() - catalogue().keys():
        return UndoNotPossible()
    try:
        ask_editable(actor, role)
        ask_reach(actor, role.permissions, before.permissions)
    except Refusal as refusal:
        return refusal
    return None


def _role_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    before = writing_roles.content_from(row.values["before"])
    plan = plan_edit_role(actor=actor, role_id=row.target_id or NIL, content=before, now=now)
    what = _("Role “%(name)s”") % {"name": plan.before.name}
    return Reversal(what, _count(plan.changes), _("as before"), effects_of(plan.consequences))


def _count(changes: Sequence[str]) -> str:
    return ngettext("%(n)s change", "%(n)s changes", len(changes)) % {"n": len(changes)}


def _undo_role(actor: Actor, row: Entry, now: datetime) -> Outcome[RoleWritten]:
    role_id = row.target_id or NIL
    outcome = edit_role(actor=actor, now=now, role_id=role_id, content=writing_roles.content_from(row.values["before"]))
    # Asked under the lock that `edit_role` holds from its beginning to the commit.
    return _as_recorded(outcome, row, writing_roles.content_from)


def _as_recorded(outcome: Outcome[Any], row: Entry, read: Callable[[Mapping[str, Any]], Any]) -> Outcome[Any]:
    if outcome.entry is None or read(outcome.entry.values["before"]) != read(row.values["after"]):
        raise UndoOvertaken
    return outcome


def reads_of_profiles(rows: Sequence[Entry]) -> dict[str, Wanted]:
    written = Profile.objects.filter(id__in=[row.target_id or NIL for row in rows])
    return {"profiles": wanted(written, *_columns(Profile))}


def refusals_of_profiles(actor: Actor, rows: Sequence[Entry], known: Found) -> Mapping[int, Refusal]:
    """As for roles."""
    present = {one["id"]: Profile(**one) for one in known["profiles"]}
    found = {row.number: _why_not_profile(actor, row, present) for row in rows}
    return {number: refusal for number, refusal in found.items() if refusal is not None}


def _why_not_profile(actor: Actor, row: Entry, present: Mapping[UUID, Profile]) -> Refusal | None:
    profile, before = present.get(row.target_id or NIL), writing_profiles.content_from(row.values["before"])
    if profile is None or profile_content_of(profile) != writing_profiles.content_from(row.values["after"]):
        return UndoOvertaken()
    if before.permissions.keys() - catalogue().keys() or before.fields.keys() - record_fields().keys():
        return UndoNotPossible()
    try:
        ask_profile_covered(actor, profile_content_of(profile), before)
    except Refusal as refusal:
        return refusal
    return None


def _profile_reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    before = writing_profiles.content_from(row.values["before"])
    plan = plan_edit_profile(actor=actor, profile_id=row.target_id or NIL, content=before, now=now)
    what = _("Profile “%(name)s”") % {"name": plan.before.name}
    return Reversal(what, _count(plan.changes), _("as before"), effects_of(plan.consequences))


def _undo_profile(actor: Actor, row: Entry, now: datetime) -> Outcome[ProfileWritten]:
    before = writing_profiles.content_from(row.values["before"])
    outcome = edit_profile(actor=actor, now=now, profile_id=row.target_id or NIL, content=before)
    return _as_recorded(outcome, row, writing_profiles.content_from)


register_undoer(ROLE_EDITED, Undoer(ROLES_EDIT, refusals_of_roles, _role_reversal, _undo_role, reads_of_roles))
register_undoer(
    PROFILE_EDITED,
    Undoer(PROFILES_EDIT, refusals_of_profiles, _profile_reversal, _undo_profile, reads_of_profiles),
)

"""Settling what is to be settled before somebody leaves, on the spot: somebody else looks after it from now on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.models import Assignment
from tenantry.access.workspaces import levels_for
from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.ids import NIL
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.models import Mentorship
from tenantry.people.actions import add_to_team
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.people.selectors import get_member, visible_members
from tenantry.usecases.leaving.facts import OWNS
from tenantry.usecases.workflows import add_to_workflow
from tenantry.usecases.workspaces import add_to_workspace, change_level


def concerned(actor: Actor, kind: str, ids: Any) -> tuple[UUID, ...]:
    """With whom of these people a matter is settled: mentees with each of their mentors, a place with any of them.
    `ids`: a collection, or a query of ids."""
    rows = visible_members(actor).filter(id__in=ids).order_by("id")
    if kind != "mentees":
        return tuple(rows.values_list("id", flat=True)[:1])
    theirs = Mentorship.objects.filter(mentor_id__in=ids).exclude(mentee_id__in=ids)
    return tuple(rows.filter(id__in=theirs.values("mentor_id")).values_list("id", flat=True))


@action(open_to="each matter asks what the act that settles it asks", targets=("membership_id", "person_id"))
def settle_matter(
    *,
    actor: Actor,
    now: datetime,
    membership_id: UUID,
    kind: str,
    person_id: UUID,
    place_id: UUID | None = None,
    level_id: UUID | None = None,
) -> Outcome[Any]:
    """`person_id` takes part in the workflow, owns the workspace, leads the team, or is mentor of the mentees of
    `membership_id`; or comes into the workspace at `level_id`, to open what they are to be given there (`opening`).

    :raises NotFound: unknown, out of reach, or nothing that is settled like that. :raises Refusal: see the acts.
    """
    get_member(actor, membership_id)
    place = place_id or NIL
    if kind == "workflow":
        return add_to_workflow(actor=actor, now=now, workflow_id=place, membership_ids=(person_id,))
    if kind == "team":
        return add_to_team(actor=actor, now=now, team_id=place, membership_ids=(person_id,), is_lead=True)
    if kind == "workspace":
        return _own(actor, place, person_id, now)
    if kind == "mentees":
        return _mentor(actor, membership_id, person_id, now)
    if kind == "opening" and level_id is not None:
        return _at_level(actor, place, person_id, level_id, now)
    raise NotFound


def _own(actor: Actor, workspace_id: UUID, person_id: UUID, now: datetime) -> Outcome[Any]:
    levels = [role for role in levels_for(actor, workspace_id) if all(code in role.permissions for code in OWNS)]
    if not levels:
        raise PermissionMissing(WORKSPACES_MANAGE)
    return _at_level(actor, workspace_id, person_id, levels[0].id, now)


def _at_level(actor: Actor, workspace_id: UUID, person_id: UUID, role_id: UUID, now: datetime) -> Outcome[Any]:
    if Assignment.objects.filter(workspace_id=workspace_id, membership_id=person_id).exists():
        return change_level(actor=actor, now=now, workspace_id=workspace_id, membership_id=person_id, role_id=role_id)
    return add_to_workspace(
        actor=actor, now=now, workspace_id=workspace_id, membership_ids=(person_id,), role_id=role_id
    )


def _mentor(actor: Actor, membership_id: UUID, person_id: UUID, now: datetime) -> Outcome[Any]:
    mentees = list(Mentorship.objects.filter(mentor_id=membership_id).order_by("mentee_id"))
    done = [
        set_mentor(actor=actor, now=now, membership_id=one.mentee_id, mentor_id=person_id)
        for one in mentees
        if one.mentee_id != person_id
    ]
    if not done:
        raise NotFound
    values = {"to_id": person_id, "members": [str(one.mentee_id) for one in mentees if one.mentee_id != person_id]}
    entry = Entry("people.mentees_moved", "member", membership_id, values)
    return Outcome(done[0].result, entry, tuple(event for one in done for event in one.events))

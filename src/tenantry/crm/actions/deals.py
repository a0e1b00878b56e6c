"""Deals: made, edited, moved from stage to stage, won, lost, opened again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound
from tenantry.core.fields import hidden
from tenantry.core.ids import NIL
from tenantry.core.records import target_of
from tenantry.crm.approving import (
    ask,
    cancel_waiting,
    keep_word,
    note_on,
    refuse_without_word,
    told,
    whose_word,
)
from tenantry.crm.deal_errors import AlreadyInStage, DealMovedOn, DealOpen, WordNeeded
from tenantry.crm.deals import checked, plain_ids, refuse_closed_deal
from tenantry.crm.models import Deal, Stage
from tenantry.crm.permissions import DEALS_MOVE
from tenantry.crm.pipelines import find_open_workflow, lock_stage, stages_of
from tenantry.crm.records import DEAL
from tenantry.crm.selectors import workspaces_for
from tenantry.crm.steps import change_record, entry_of, locked_record, new_record
from tenantry.organizations.selectors import current_organization

CREATE, EDIT = DEAL.permissions["create"], DEAL.permissions["edit"]


@dataclass(frozen=True, slots=True)
class DealCreated:
    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Moved:
    """`stage`: the name of the stage that was meant. `asked`: the deal stays where it was until the mentor has
    answered. `before_id`: the stage it was in."""

    id: UUID
    name: str
    stage_id: UUID
    stage: str
    before_id: UUID
    asked: bool = False
    mentor: str = ""


@action(CREATE, targets=("owner_id",))
def create_deal(
    *,
    actor: Actor,
    now: datetime,
    name: str,
    workflow_id: UUID,
    stage_id: UUID | None = None,
    owner_id: UUID | None = NIL,
    workspace_id: UUID | None = None,
    values: Mapping[str, Any] | None = None,
    anyway: bool = False,
) -> Outcome[DealCreated]:
    """A deal in a workflow that is open to the actor, in its first stage unless told. `values`: columns of `EDITABLE`;
    `owner_id`: oneself unless told, None for the queue *Unassigned*.

    :raises NotFound, InvalidInput, PermissionMissing, ReceiverNotActive, ReceiverCannotOpen: see there.
    :raises WordNeeded: it would begin where its owner's mentor has a say.
    """
    workflow = find_open_workflow(actor, workflow_id)
    stage = lock_stage(stage_id or _first_stage(workflow.id))
    if stage.workflow_id != workflow.id:
        raise NotFound
    if workspace_id is not None and not workspaces_for(actor, CREATE).filter(id=workspace_id).exists():
        raise NotFound
    columns = {"currency": current_organization().currency, **checked(actor, values or {}, "create"), "name": name}
    if owner_id != NIL:
        columns["owner_id"] = owner_id
    owner = columns.get("owner_id", actor.membership_id)
    word = refuse_without_word(actor, Deal(name=name, owner_id=owner, workflow=workflow, stage=stage), stage)
    columns |= {"workflow": workflow, "stage": stage, "workspace_id": workspace_id, "stage_since": now}
    deal = new_record(Deal, actor, now, anyway=anyway, **columns)
    keep_word(word, deal, now)
    entry = entry_of("records.created", DEAL, deal, plain_ids(workflow_id=workflow.id, stage_id=stage.id))
    made = Event("DealCreated", plain_ids(deal_id=deal.id, owner_id=deal.owner_id, by=actor.membership_id))
    return Outcome(DealCreated(deal.id, name), entry, (made,))


def _first_stage(workflow_id: UUID) -> UUID:
    return stages_of(workflow_id)[0].id


@action(EDIT)
def edit_deal(
    *, actor: Actor, now: datetime, deal_id: UUID, changes: Mapping[str, Any], version: int | None = None
) -> Outcome[Done]:
    """Changes what is given and leaves the rest. `changes`: columns of `EDITABLE`; `version`: what the actor saw.

    :raises VersionChanged, RecordArchived, NotFound, InvalidInput, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, EDIT, version=version)
    # What is hidden is refused even where it would stay as it is: the answer would tell it.
    unseen = hidden(actor, DEAL)
    differing = {name: value for name, value in changes.items() if name in unseen or getattr(deal, name) != value}
    changed = change_record(deal, now, **checked(actor, differing, "edit"))
    if not changed:
        return Outcome(Done(deal_id), None)
    return Outcome(Done(deal_id), entry_of("records.edited", DEAL, deal, changed=changed))


# --- Through the stages -------------------------------------------------------------------


@action(DEALS_MOVE)
def move_deal(
    *, actor: Actor, now: datetime, deal_id: UUID, stage_id: UUID, from_stage_id: UUID | None = None
) -> Outcome[Moved]:
    """Puts an open deal into another stage; into one of another workflow for whoever edits it and has that workflow.
    A mentee's deal before lodgement stays, and the mentor is asked; so they are about one that came to a mentee in the
    stage where it stands, for whoever moves it there again. `from_stage_id`: where the actor saw it.

    :raises DealMovedOn, AlreadyInStage, DealClosed, WordAwaited, WordNeeded, MentorUnable: it can't be moved there now.
    :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    stage = lock_stage(stage_id)
    deal = locked_record(actor, DEAL, deal_id, DEALS_MOVE)
    refuse_closed_deal(deal)
    before = deal.stage
    if from_stage_id is not None and from_stage_id != before.id:
        raise DealMovedOn(name=deal.name, stage=before.name)
    if stage.workflow_id != deal.workflow_id:
        require(actor, EDIT, target_of(DEAL, deal))
        find_open_workflow(actor, stage.workflow_id)
    word = whose_word(actor, deal, stage)
    if before.id == stage.id and (word is None or word.own):
        raise AlreadyInStage(name=deal.name, stage=stage.name)
    if word is not None and not word.own:
        if word.stage.id != stage.id:
            raise WordNeeded(mentor=word.mentor.name, name=deal.name, stage=word.stage.name)
        return _asked(actor, deal, stage, word.mentor, now)
    keep_word(word, deal, now)
    ended = cancel_waiting(actor, deal, now)
    step = put_into(actor, deal, stage, now)
    return Outcome(step.moved, entry_of("deals.moved", DEAL, deal, step.values), (step.event, *ended))


def _asked(actor: Actor, deal: Deal, stage: Stage, mentor: Any, now: datetime) -> Outcome[Moved]:
    request = ask(actor, deal, stage, mentor, now)
    note_on(
        actor,
        deal,
        _("Asked %(mentor)s for approval of “%(stage)s”.") % {"mentor": mentor.name, "stage": stage.name},
        now,
    )
    values = {"stage": stage.name, "members": [str(mentor.id)], **plain_ids(stage_id=stage.id, approval_id=request.id)}
    more = {"stage": stage.name, "approval_id": str(request.id)}
    events = tuple(Event("DealApprovalAsked", one) for one in told(deal, request.asked_by_id, [mentor.id], **more))
    moved = Moved(deal.id, deal.name, stage.id, stage.name, deal.stage_id, True, mentor.name)
    return Outcome(moved, entry_of("deals.approval_asked", DEAL, deal, values), events)


@dataclass(frozen=True, slots=True)
class Step:
    """A deal in its new stage: the makings of an outcome."""

    deal: Deal
    moved: Moved
    values: Mapping[str, Any]
    event: Event


def put_into(actor: Actor, deal: Deal, stage: Stage, now: datetime) -> Step:
    """A step of the actions that move a locked deal."""
    before = deal.stage
    forward = stage.position - before.position if stage.workflow_id == before.workflow_id else 0
    change_record(deal, now, stage_id=stage.id, workflow_id=stage.workflow_id, stage_since=now)
    ids = plain_ids(from_id=before.id, to_id=stage.id, workflow_id=stage.workflow_id)
    people = plain_ids(deal_id=deal.id, owner_id=deal.owner_id, by=actor.membership_id)
    moved = Moved(deal.id, deal.name, stage.id, stage.name, before.id)
    event = Event("DealMoved", {**ids, **people, "forward": forward})
    return Step(deal, moved, {"before": before.name, "after": stage.name, **ids}, event)


@action(DEALS_MOVE)
def win_deal(*, actor: Actor, now: datetime, deal_id: UUID) -> Outcome[Done]:
    """:raises DealClosed, WordNeeded, RecordArchived, NotFound, PermissionMissing: see there."""
    deal = locked_record(actor, DEAL, deal_id, DEALS_MOVE)
    refuse_closed_deal(deal)
    keep_word(refuse_without_word(actor, deal, None), deal, now)
    return _closed(actor, deal, Deal.State.WON, "", now)


@action(DEALS_MOVE)
def lose_deal(*, actor: Actor, now: datetime, deal_id: UUID, reason: str = "") -> Outcome[Done]:
    """:raises DealClosed, RecordArchived, NotFound, PermissionMissing: see there."""
    deal = locked_record(actor, DEAL, deal_id, DEALS_MOVE)
    refuse_closed_deal(deal)
    return _closed(actor, deal, Deal.State.LOST, reason, now)


def _closed(actor: Actor, deal: Deal, state: Deal.State, reason: str, now: datetime) -> Outcome[Done]:
    change_record(deal, now, state=state, closed_at=now, lost_reason=reason)
    ended = cancel_waiting(actor, deal, now)
    won = state == Deal.State.WON
    ids = plain_ids(workflow_id=deal.workflow_id, stage_id=deal.stage_id)
    values = {"value": deal.value, "currency": deal.currency, **ids}
    people = plain_ids(deal_id=deal.id, owner_id=deal.owner_id, by=actor.membership_id)
    event = Event("DealWon" if won else "DealLost", {**people, **values})
    if won:
        return Outcome(Done(deal.id), entry_of("deals.won", DEAL, deal, values), (event, *ended))
    return Outcome(Done(deal.id), entry_of("deals.lost", DEAL, deal, {**values, "reason": reason}), (event, *ended))


@action(DEALS_MOVE)
def reopen_deal(*, actor: Actor, now: datetime, deal_id: UUID) -> Outcome[Done]:
    """Back into the stage it was closed in.

    :raises DealOpen, RecordArchived, NotFound, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, DEALS_MOVE)
    if deal.state == Deal.State.OPEN:
        raise DealOpen(name=deal.name)
    was = deal.state
    change_record(deal, now, state=Deal.State.OPEN, closed_at=None, lost_reason="", stage_since=now)
    people = plain_ids(deal_id=deal.id, owner_id=deal.owner_id, by=actor.membership_id)
    event = Event("DealReopened", {**people, "was": was})
    return Outcome(Done(deal.id), entry_of("deals.reopened", DEAL, deal, {"was": was}), (event,))

"""A mentor answers about a mentee's deal; whoever asked may take the question back."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.crm.actions.deals import Moved, put_into
from tenantry.crm.approving import State, note_on, told, waiting, withdrawn
from tenantry.crm.deal_errors import WordGiven
from tenantry.crm.deals import plain_ids, refuse_closed_deal
from tenantry.crm.models import Deal, DealApproval, Stage
from tenantry.crm.permissions import DEALS_APPROVE, DEALS_MOVE
from tenantry.crm.pipelines import lock_stages
from tenantry.crm.records import DEAL
from tenantry.crm.steps import entry_of, locked_record, refuse_archived


def _asked_of(actor: Actor, approval_id: UUID) -> tuple[DealApproval, Deal, Stage]:
    """The request with its deal and stage, locked in the order of moves.

    :raises NotFound: not asked of this actor. :raises WordGiven: not waiting any more.
    """
    asked = DealApproval.objects.filter(id=approval_id, mentor_id=actor.own_id).first()
    if asked is None:
        raise NotFound
    stage = lock_stages([asked.stage_id]).get(asked.stage_id)
    # Being asked is what opens this deal to the mentor, as far as the answer goes.
    deal = Deal.objects.select_for_update(no_key=True).filter(id=asked.deal_id).first()
    row = DealApproval.objects.select_for_update(no_key=True).filter(id=approval_id).first()
    if row is None or stage is None or deal is None or row.mentor_id != actor.own_id or row.state != State.WAITING:
        raise WordGiven
    return row, deal, stage


def _settle(row: DealApproval, state: DealApproval.State, comment: str, now: datetime) -> None:
    row.state, row.comment, row.settled_at = state, comment, now
    row.save(update_fields=["state", "comment", "settled_at"])


@action(DEALS_APPROVE)
def approve_deal(*, actor: Actor, now: datetime, approval_id: UUID, comment: str = "") -> Outcome[Moved]:
    """The mentor says yes: the deal enters the stage at once, and whoever asked is told.

    :raises WordGiven, NotFound, DealClosed, RecordArchived: there is nothing to answer any more.
    """
    row, deal, stage = _asked_of(actor, approval_id)
    refuse_archived(deal)
    refuse_closed_deal(deal)
    _settle(row, State.APPROVED, comment, now)
    step = put_into(actor, deal, stage, now)
    note_on(actor, deal, _said(_("Approved for “%(stage)s”.") % {"stage": stage.name}, comment), now)
    values = {**step.values, "comment": comment, **plain_ids(approval_id=row.id), "members": [str(row.asked_by_id)]}
    people = [row.asked_by_id, deal.owner_id]
    events = tuple(Event("DealApproved", one) for one in told(deal, actor.membership_id, people, stage=stage.name))
    return Outcome(step.moved, entry_of("deals.approved", DEAL, deal, values), (step.event, *events))


@action(DEALS_APPROVE)
def decline_deal(*, actor: Actor, now: datetime, approval_id: UUID, comment: str = "") -> Outcome[Done]:
    """The mentor says no: the deal stays where it is, and whoever asked is told why.

    :raises WordGiven, NotFound: there is nothing to answer any more.
    """
    row, deal, stage = _asked_of(actor, approval_id)
    _settle(row, State.DECLINED, comment, now)
    note_on(actor, deal, _said(_("Not approved for “%(stage)s”.") % {"stage": stage.name}, comment), now)
    ids = plain_ids(approval_id=row.id)
    values = {"stage": stage.name, "comment": comment, **ids, "members": [str(row.asked_by_id)]}
    people = [row.asked_by_id, deal.owner_id]
    events = tuple(Event("DealDeclined", one) for one in told(deal, actor.membership_id, people, stage=stage.name))
    return Outcome(Done(deal.id), entry_of("deals.declined", DEAL, deal, values), events)


def _said(text: str, comment: str) -> str:
    return f"{text}\n\n{comment}" if comment else text


@action(DEALS_MOVE)
def withdraw_approval(*, actor: Actor, now: datetime, deal_id: UUID) -> Outcome[Done]:
    """Whoever may move the deal takes the question back.

    :raises WordGiven: nobody is asked. :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, DEALS_MOVE)
    row = waiting(deal.id).first()
    if row is None:
        raise WordGiven
    _settle(row, State.CANCELED, "", now)
    note_on(actor, deal, _("Took the question about “%(stage)s” back.") % {"stage": row.stage.name}, now)
    values = {"stage": row.stage.name, **plain_ids(approval_id=row.id), "members": [str(row.mentor_id)]}
    told_off = withdrawn(actor, row, deal, [row.mentor_id, row.asked_by_id])
    return Outcome(Done(deal.id), entry_of("deals.approval_withdrawn", DEAL, deal, values), told_off)

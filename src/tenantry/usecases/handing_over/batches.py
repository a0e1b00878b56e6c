"""Handing much over: batch after batch, oldest records first, each with the rights that its asker holds by then."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.access.selectors import keyholder_ids
from tenantry.acting.actions import Outcome, action
from tenantry.acting.models import Operation
from tenantry.acting.operations import Batch, OperationKind, advance, finish, lock_operation, register_operation
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.crm.questions import follow_words
from tenantry.people.models import Membership
from tenantry.people.permissions import EDIT
from tenantry.usecases.handing_over.giving import ask_again
from tenantry.usecases.handing_over.moving import Moved, entry_of, settle_links
from tenantry.usecases.handing_over.picking import Handover, Reached, move_some

# Records of a batch: so few that whoever waits for its locks does not notice.
RECORDS: Final = 1500


@action(open_to="the runner of operations, with the actor who asked; it asks for their rights over the givers inside")
def reassign_batch(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """The next records of a confirmed handing over. Those that changed hands meanwhile are left alone. Those that
    nobody can open any more who was to receive them stay, unless it was meant, and their lines say so.

    :raises PermissionMissing, MemberOutOfHand: the asker has lost the right. :raises NobodyReceives: see there.
    """
    operation = lock_operation(operation_id)
    handover = Handover.of(operation.params)
    ask_again(actor, handover.from_ids, handover.queue)
    moved = Moved()
    reached, over = move_some(handover, Reached.of(operation.cursor), operation, moved, now, most=RECORDS)
    if over:
        return _finished(operation, now)
    settle_links()
    entry = entry_of(operation, moved) if moved.count else None
    batch = advance(operation, Batch(moved.count, moved.kept), now, cursor=reached.plain())
    return Outcome(batch, entry, follow_words(actor, now))


def _finished(operation: Operation, now: datetime) -> Outcome[Batch]:
    """What changed hands on its way was not left out by us: it counts no more."""
    operation.total = operation.done + operation.refused
    operation.save(update_fields=["total"])
    part = finish(operation, now)
    return Outcome(part.result, part.entry, (*reassigned(operation), *part.events))


def reassigned(operation: Operation) -> tuple[Event, ...]:
    """Once, at the end: which records is in the lines."""
    if not operation.done:
        return ()
    return (Event("RecordsReassigned", {"operation_id": operation.id, "count": operation.done}),)


def _stopped(operation: Operation, now: datetime) -> tuple[Event, ...]:
    """Where nobody is here who asked for it, those with all permissions hear that records stayed where they were."""
    asker = operation.actor_id if operation.actor_kind == "member" else None
    present = asker is not None and Membership.objects.filter(id=asker, status=Membership.Status.ACTIVE).exists()
    if present or operation.state != Operation.State.FAILED:
        return ()
    told = keyholder_ids()
    if not told:
        return ()
    figures = {"done": operation.done, "refused": operation.refused, "state": operation.state}
    about = {"operation_id": operation.id, "operation": operation.kind, "membership_id": told[0]}
    return (Event("OperationEnded", {**about, **figures, "tell": [str(one) for one in told]}),)


HANDOVER = register_operation(
    OperationKind("records.handover", _("Hand over records"), EDIT, reassign_batch, stopped=_stopped)
)

"""Handing records over as it was planned: at once where it is little, else by an operation."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Outcome, Part, action, in_action
from tenantry.acting.models import Operation
from tenantry.acting.operations import Batch, advance, open_operation
from tenantry.acting.plans import confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.crm.opening import total_of
from tenantry.crm.opening_errors import refuse_closed
from tenantry.crm.questions import follow_words
from tenantry.usecases.handing_over.batches import HANDOVER, reassigned
from tenantry.usecases.handing_over.errors import NothingToHandOver
from tenantry.usecases.handing_over.giving import queue_of
from tenantry.usecases.handing_over.moving import about, entry_of, settle_links
from tenantry.usecases.handing_over.picking import Handover, move_all
from tenantry.usecases.handing_over.planning import AT_ONCE, HandoverPlan, plan_reassign_records
from tenantry.usecases.handing_over.portions import Portion
from tenantry.usecases.handing_over.spreads import Spread


@dataclass(frozen=True, slots=True)
class HandedOver:
    """`moved`: so far. `operation_id`: what goes on with it, None when all is done. `handover_id`: what the audit's
    entries are about and the lines belong to, large or small."""

    moved: int
    handover_id: UUID
    operation_id: UUID | None
    plan: HandoverPlan


@action(open_to="whoever may edit, deactivate or remove those whose records they are", targets=("from_ids",))
def reassign_records(
    *,
    actor: Actor,
    now: datetime,
    from_ids: tuple[UUID, ...],
    spread: Spread,
    portion: Portion = Portion(),  # noqa: B008 frozen
    digest: str | None = None,
    anyway: bool = False,
) -> Outcome[HandedOver]:
    """Others go on with somebody's records, whether they stay or leave. `from_ids` may hold nil, the queue; `anyway`:
    also what whoever receives it could not open.

    :raises PlanChanged: `digest` is of an older plan. :raises NothingToHandOver: nothing of it is theirs.
    :raises ReceiverCannotOpen: some of it, and `anyway` was not said. :raises Refusal: see `plan_reassign_records`.
    """
    plan = confirm(
        plan_reassign_records(actor=actor, from_ids=from_ids, spread=spread, now=now, portion=portion, locking=True),
        digest,
    )
    if not plan.total:
        raise NothingToHandOver
    refuse_closed(plan.closed, anyway=anyway)
    return hand_over(actor, plan, now, anyway=anyway).outcome


def hand_over(actor: Actor, plan: HandoverPlan, now: datetime, *, anyway: bool = False) -> Part[HandedOver]:
    """A step for use cases that asked everything: carries out a plan that was made with `locking` in the same
    transaction, or opens the operation that does (its job is among the part's). Its batches ask again whether who
    receives can open it, unless it was meant: by `anyway`, or because there were such records already."""
    in_action()
    queue = tuple(sorted(queue_of(actor, plan.portion))) if NIL in plan.from_ids else ()
    # Whoever made something while this waited for the locks was counted, too.
    until = max(filter(None, (now, plan.sharing.until))) if plan.large else None
    asks = plan.large and not plan.closed and not anyway
    handover = Handover(plan.from_ids, queue, plan.spread, plan.portion, plan.sharing, until, asks)
    closed = total_of(plan.closed)
    params = {**handover.plain(), "closed": closed}
    operation, job = open_operation(actor, HANDOVER, now, total=plan.total, params=params)
    told = replace(plan, sharing=None)
    if plan.large:
        return Part(HandedOver(0, operation.id, operation.id, told), _started(plan, operation), jobs=(job,))
    moved = move_all(handover, operation, now, at_once=AT_ONCE)
    settle_links()
    entry = entry_of(operation, moved, closed=closed)
    advance(operation, Batch(moved.count, finished=True), now)
    events = (*reassigned(operation), *follow_words(actor, now))
    return Part(HandedOver(moved.count, operation.id, None, told), entry, events)


def _started(plan: HandoverPlan, operation: Operation) -> Entry:
    receivers = {one: n for one, _name, n in plan.receivers}
    if plan.unassigned:
        receivers[NIL] = plan.unassigned
    values: dict[str, object] = about(operation.id, dict(plan.counts), plan.from_ids, receivers)
    values["spread"] = plan.spread.kind
    if plan.closed:
        values["closed"] = total_of(plan.closed)
    return Entry("records.handover_started", "operation", operation.id, values)

"""What somebody owns, and handing it over: the plan first, the act with its digest; and receipts of who left."""

from ninja import Router

from tenantry.access.errors import MemberOutOfHand
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import operation
from tenantry.api.people.leaving import closed_out
from tenantry.api.people.leaving_schemas import (
    Amount,
    ConfirmedReassignment,
    ErasedOut,
    ErasurePlanOut,
    HandedOverOut,
    OwnedOut,
    OwnedRecords,
    Reassigned,
    ReassignmentPlanOut,
    ReceiptOut,
    Received,
)
from tenantry.api.people.schemas import Confirmation
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.audit.permissions import VIEW as AUDIT_VIEW
from tenantry.audit.permissions import VIEW_PEOPLE as AUDIT_PEOPLE
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.crm.errors import ReceiverNotActive
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import DEACTIVATE, EDIT, REMOVE
from tenantry.usecases.erasing import Erased, erase_person, plan_erase_person
from tenantry.usecases.erasing_errors import AlreadyErased, NotRemoved
from tenantry.usecases.handing_over import (
    HandedOver,
    HandoverPlan,
    NothingToHandOver,
    Portion,
    ReceiverCannotOpen,
    Spread,
    owned_counts,
    plan_reassign_records,
    reassign_records,
)
from tenantry.usecases.leaving.receipts import get_receipt, latest_receipt

router = Router(tags=["Leaving"])
HANDS = (EDIT, DEACTIVATE, REMOVE)
REFUSALS = (NotOnOneself, MemberOutOfHand, ReceiverNotActive)
ERASING_REFUSALS = (NotRemoved, AlreadyErased, MemberOutOfHand)


def _spread(body: Reassigned) -> Spread:
    return Spread(body.spread, tuple(body.to))


def _portion(body: Reassigned) -> Portion:
    return Portion(tuple(body.types), body.workflow_id, body.state, body.created_before)


def _plan_out(plan: HandoverPlan) -> ReassignmentPlanOut:
    return ReassignmentPlanOut(
        digest=plan.digest,
        records=[OwnedOut(type=key, number=number) for key, number in plan.counts],
        total=plan.total,
        open_deals=plan.open_deals,
        open_value=[Amount(currency=currency, minor=minor) for currency, minor in plan.open_value],
        receivers=[Received(id=one, name=name, number=number) for one, name, number in plan.receivers],
        closed=closed_out(plan.closed),
        unassigned=plan.unassigned,
        large=plan.large,
    )


@operation(router, "GET", "/people/{person_id}/records", *HANDS, answer=OwnedRecords)
def person_records(request: ApiRequest, person_id: Id) -> OwnedRecords:
    """How many records of each type somebody owns, archived ones too."""
    counts = owned_counts(request.actor, [person_id])
    if person_id not in counts:
        raise NotFound
    items = [OwnedOut(type=key, number=number) for key, number in counts[person_id].items()]
    return OwnedRecords(items=items, total=sum(one.number for one in items))


@operation(
    router,
    "POST",
    "/people/{person_id}/records/reassignment/plan",
    *HANDS,
    answer=ReassignmentPlanOut,
    reads=True,
    refuses=REFUSALS,
)
def reassignment_plan(request: ApiRequest, person_id: Id, body: Reassigned) -> ReassignmentPlanOut:
    """What handing these records over would do; changes nothing."""
    plan = plan_reassign_records(
        actor=request.actor, from_ids=[person_id], spread=_spread(body), portion=_portion(body), now=clock.now()
    )
    return _plan_out(plan)


@operation(
    router,
    "POST",
    "/people/{person_id}/records/reassignment",
    *HANDS,
    answer=HandedOverOut,
    refuses=(*REFUSALS, NothingToHandOver, ReceiverCannotOpen, PlanChanged),
)
def reassignment_create(request: ApiRequest, person_id: Id, body: ConfirmedReassignment) -> HandedOverOut:
    """Others go on with somebody's records, whether they stay, are deactivated, or leave later."""
    done: HandedOver = carry_out(
        request,
        reassign_records,
        from_ids=(person_id,),
        spread=_spread(body),
        portion=_portion(body),
        digest=body.digest,
        anyway=body.anyway,
    )
    closed = sum(one.number for one in done.plan.closed)
    return HandedOverOut(moved=done.moved, closed=closed, operation_id=done.operation_id)


@operation(router, "GET", "/people/{person_id}/erasure/plan", REMOVE, answer=ErasurePlanOut, refuses=ERASING_REFUSALS)
def erasure_plan(request: ApiRequest, person_id: Id) -> ErasurePlanOut:
    """What erasing this removed person would do."""
    plan = plan_erase_person(actor=request.actor, membership_id=person_id)
    return ErasurePlanOut(
        digest=plan.digest, pseudonym=plan.pseudonym, audit=plan.audit, sessions=plan.sessions, mails=plan.mails
    )


@operation(
    router,
    "POST",
    "/people/{person_id}/erasure",
    REMOVE,
    answer=ErasedOut,
    refuses=(*ERASING_REFUSALS, PlanChanged),
)
def erasure_create(request: ApiRequest, person_id: Id, body: Confirmation = Confirmation()) -> ErasedOut:  # noqa: B008 frozen
    """A pseudonym takes the place of everything personal, in the audit too, which still verifies. For good."""
    done: Erased = carry_out(request, erase_person, membership_id=person_id, digest=body.digest)
    return ErasedOut(pseudonym=done.pseudonym)


@operation(
    router, "GET", "/people/{person_id}/receipt", DEACTIVATE, REMOVE, AUDIT_VIEW, AUDIT_PEOPLE, answer=ReceiptOut
)
def person_receipt(request: ApiRequest, person_id: Id) -> ReceiptOut:
    """The receipt of the last time that somebody was deactivated or removed."""
    receipt = get_receipt(request.actor, person_id, latest_receipt(request.actor, person_id))
    return ReceiptOut(
        number=receipt.number,
        code=receipt.code,
        at=receipt.at,
        name=receipt.name,
        by=receipt.by,
        numbers=dict(receipt.numbers),
        records=[OwnedOut(type=key, number=number) for key, number in receipt.records],
        successor=receipt.successor,
        operation_id=receipt.operation_id,
        keys=list(receipt.keys),
        later=[kind for kind, _number in receipt.later],
        hash=receipt.hash,
    )

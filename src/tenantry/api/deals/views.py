"""Deals: made, edited, moved, closed; who works on them, what each earns, whose word they wait for."""

from typing import Any

from django.db.models import QuerySet
from ninja import Query, Router

from tenantry.access.errors import MemberOutOfHand
from tenantry.access.permissions import ASSIGN
from tenantry.api.deals.schemas import (
    AddDealMembers,
    AnswerApproval,
    ApprovalOut,
    ApprovalPage,
    ApprovalQuery,
    ApprovalsOut,
    CloseDeal,
    CommissionOut,
    DealMemberOut,
    DealMembersOut,
    DealOut,
    DealPage,
    DealQuery,
    EditDeal,
    MentorOut,
    MoveDeal,
    MovedOut,
    NewDeal,
    SetMentor,
    ShareOut,
    SplitCommission,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Named
from tenantry.api.records.rows import Shape, record_router, version_asked
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find
from tenantry.core.errors import PermissionMissing, VersionChanged
from tenantry.core.paging import keyset_page
from tenantry.core.records import target_of
from tenantry.core.transactions import reading
from tenantry.crm.actions.approvals import approve_deal, decline_deal, withdraw_approval
from tenantry.crm.actions.deal_members import Share, add_deal_members, remove_deal_member, split_commission
from tenantry.crm.actions.deals import create_deal, edit_deal, lose_deal, move_deal, reopen_deal, win_deal
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.deal_errors import (
    AlreadyInDeal,
    AlreadyInStage,
    DealClosed,
    DealMovedOn,
    DealOpen,
    MentorUnable,
    NoMentor,
    WordAwaited,
    WordGiven,
    WordNeeded,
)
from tenantry.crm.deal_pages import last_words, splits_of
from tenantry.crm.deals import EDITABLE
from tenantry.crm.errors import ReceiverNotActive, RecordArchived
from tenantry.crm.mentoring import asked_of, mentor_seen, refuse_no_mentee
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.crm.permissions import COMMISSION_VIEW, DEALS_APPROVE, DEALS_MOVE
from tenantry.crm.pipelines import DEALS_VIEW
from tenantry.crm.records import COMMISSION, DEAL
from tenantry.people.errors import NotOnOneself
from tenantry.people.selectors import get_member

CREATE, EDIT = DEAL.permissions["create"], DEAL.permissions["edit"]
APPROVALS_OF_A_DEAL = 50


def _narrowed(_actor: Actor, rows: QuerySet[Any], query: DealQuery) -> QuerySet[Any]:
    rows = rows.filter(state__in=query.state) if query.state else rows
    rows = rows.filter(workflow_id=query.workflow_id) if query.workflow_id else rows
    return rows.filter(stage_id=query.stage_id) if query.stage_id else rows


SHAPE = Shape(DEAL, "/deals", "deal", DealOut, DealPage, DealQuery, _narrowed)
router = record_router(SHAPE, "Deals")
approval_router = Router(tags=["Approvals"])


@operation(
    router,
    "POST",
    "/deals",
    CREATE,
    answer=DealOut,
    status=201,
    refuses=(ReceiverNotActive, ReceiverCannotOpen, WordNeeded),
)
def deal_create(request: ApiRequest, body: NewDeal) -> Answer:
    """A new deal, in a workflow that the caller may put deals into."""
    given = body.model_dump(exclude_unset=True)
    columns = {name: given.pop(name) for name in EDITABLE if name != "name" and name in given}
    values = {name: value for name, value in columns.items() if value is not None}
    return SHAPE.made(request, carry_out(request, create_deal, values=values, **given).id)


@operation(
    router,
    "PATCH",
    "/deals/{record_id}",
    EDIT,
    answer=DealOut,
    refuses=(RecordArchived, VersionChanged),
)
def deal_edit(request: ApiRequest, record_id: Id, body: EditDeal) -> Answer:
    """Changes what is given. With If-Match only while nobody else has."""
    version = version_asked(request, SHAPE, record_id)
    given = body.model_dump(exclude_unset=True)
    changes = {name: value for name, value in given.items() if value is not None or name in _EMPTY}
    carry_out(request, edit_deal, deal_id=record_id, changes=changes, version=version)
    with reading():
        return SHAPE.found(request.actor, record_id)


# What null empties.
_EMPTY = frozenset({"company_id", "contact_id", "closes_on"})


@operation(
    router,
    "POST",
    "/deals/{record_id}/stage",
    DEALS_MOVE,
    answer=MovedOut,
    refuses=(AlreadyInStage, DealClosed, DealMovedOn, MentorUnable, RecordArchived, WordAwaited, WordNeeded),
)
def deal_move(request: ApiRequest, record_id: Id, body: MoveDeal) -> MovedOut:
    """Puts it into another stage. A mentee's deal before lodgement stays, and the mentor is asked."""
    moved = carry_out(request, move_deal, deal_id=record_id, stage_id=body.stage_id, from_stage_id=body.from_stage_id)
    return MovedOut(deal_id=moved.id, stage_id=moved.stage_id, before_id=moved.before_id, asked=moved.asked)


@operation(
    router,
    "POST",
    "/deals/{record_id}/state",
    DEALS_MOVE,
    answer=DealOut,
    refuses=(DealClosed, DealOpen, RecordArchived, WordNeeded),
)
def deal_close(request: ApiRequest, record_id: Id, body: CloseDeal) -> Answer:
    """Won, lost, or open again."""
    if body.state == "lost":
        carry_out(request, lose_deal, deal_id=record_id, reason=body.reason)
    else:
        carry_out(request, win_deal if body.state == "won" else reopen_deal, deal_id=record_id)
    with reading():
        return SHAPE.found(request.actor, record_id)


# --- Who works on it ----------------------------------------------------------------------


def _members(deal: Any) -> DealMembersOut:
    return DealMembersOut(items=[DealMemberOut(id=one.id, name=one.name) for one in splits_of(deal).rows])


@operation(router, "GET", "/deals/{record_id}/members", DEALS_VIEW, answer=DealMembersOut)
def deal_member_list(request: ApiRequest, record_id: Id) -> DealMembersOut:
    """Who works on it beside its owner."""
    return _members(find(request.actor, DEAL, record_id))


@operation(
    router,
    "POST",
    "/deals/{record_id}/members",
    EDIT,
    answer=DealMembersOut,
    refuses=(AlreadyInDeal, RecordArchived),
)
def deal_member_add(request: ApiRequest, record_id: Id, body: AddDealMembers) -> DealMembersOut:
    """Adds people, who see the deal like their own from then on."""
    carry_out(request, add_deal_members, deal_id=record_id, membership_ids=tuple(body.person_ids))
    with reading():
        return _members(find(request.actor, DEAL, record_id))


@operation(router, "DELETE", "/deals/{record_id}/members/{person_id}", EDIT, refuses=(RecordArchived,))
def deal_member_remove(request: ApiRequest, record_id: Id, person_id: Id) -> None:
    """Takes somebody out of it, with their share."""
    carry_out(request, remove_deal_member, deal_id=record_id, membership_id=person_id)


def _commission(actor: Actor, record_id: Any) -> CommissionOut:
    deal = find(actor, DEAL, record_id)
    decision = decide(actor, COMMISSION_VIEW, target_of(DEAL, deal), field=COMMISSION.code)
    if not decision:
        raise PermissionMissing(COMMISSION_VIEW, decision.step or "")
    splits = splits_of(deal)
    shares = [
        ShareOut(person=Named(id=one.id, name=one.name), share=one.share, amount=amount)
        for one, amount in splits.amounts
    ]
    return CommissionOut(commission=deal.commission, currency=deal.currency, shares=shares, rest=splits.rest)


@operation(router, "GET", "/deals/{record_id}/commission", COMMISSION_VIEW, answer=CommissionOut)
def deal_commission(request: ApiRequest, record_id: Id) -> CommissionOut:
    """How its commission is split."""
    return _commission(request.actor, record_id)


@operation(
    router, "PUT", "/deals/{record_id}/commission", COMMISSION_VIEW, answer=CommissionOut, refuses=(RecordArchived,)
)
def deal_split(request: ApiRequest, record_id: Id, body: SplitCommission) -> CommissionOut:
    """Splits it anew. Also needs the permission to edit the deal."""
    shares = tuple(Share(one.person_id, one.share) for one in body.shares)
    carry_out(request, split_commission, deal_id=record_id, commission=body.commission, shares=shares)
    with reading():
        return _commission(request.actor, record_id)


# --- A mentor's word ----------------------------------------------------------------------


def _approval(row: Any) -> ApprovalOut:
    return ApprovalOut(
        id=row.id,
        deal=Named(id=row.deal_id, name=row.deal.name),
        stage=Named(id=row.stage_id, name=row.stage.name),
        asked_by=Named(id=row.asked_by_id, name=row.asked_by.name),
        mentor=Named(id=row.mentor_id, name=row.mentor.name),
        state=row.state,
        comment=row.comment,
        asked_at=row.asked_at,
        settled_at=row.settled_at,
    )


@operation(router, "GET", "/deals/{record_id}/approvals", DEALS_VIEW, answer=ApprovalsOut)
def deal_approvals(request: ApiRequest, record_id: Id) -> ApprovalsOut:
    """What mentors were asked about it, the latest first."""
    find(request.actor, DEAL, record_id)
    return ApprovalsOut(items=[_approval(row) for row in last_words(record_id, APPROVALS_OF_A_DEAL)])


@operation(router, "POST", "/deals/{record_id}/approvals/withdrawal", DEALS_MOVE, refuses=(RecordArchived, WordGiven))
def deal_approval_withdraw(request: ApiRequest, record_id: Id) -> None:
    """Takes the question to the mentor back."""
    carry_out(request, withdraw_approval, deal_id=record_id)


@operation(approval_router, "GET", "/approvals", DEALS_APPROVE, answer=ApprovalPage)
def approval_list(request: ApiRequest, query: Query[ApprovalQuery]) -> Answer:
    """What the caller was asked as a mentor."""
    page = keyset_page(
        asked_of(request.actor, settled=query.state == "settled"),
        order="asked_at",
        descending=query.sort == "-asked",
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, ApprovalPage, page, [_approval(row) for row in page.rows])


@operation(
    approval_router,
    "POST",
    "/approvals/{approval_id}/answer",
    DEALS_APPROVE,
    refuses=(DealClosed, RecordArchived, WordGiven),
)
def approval_answer(request: ApiRequest, approval_id: Id, body: AnswerApproval) -> None:
    """Yes: the deal enters its stage at once. No: it stays. Whoever asked is told."""
    answer: Any = approve_deal if body.answer == "approve" else decline_deal
    carry_out(request, answer, approval_id=approval_id, comment=body.comment)


@operation(approval_router, "GET", "/people/{person_id}/mentor", ASSIGN, answer=MentorOut)
def person_mentor(request: ApiRequest, person_id: Id) -> MentorOut:
    """Whose word this person's deals need before lodgement."""
    refuse_no_mentee(request.actor, get_member(request.actor, person_id))
    mentor = mentor_seen(person_id)
    return MentorOut(mentor=Named(id=mentor.id, name=mentor.name) if mentor else None)


@operation(
    approval_router,
    "PUT",
    "/people/{person_id}/mentor",
    ASSIGN,
    refuses=(MemberOutOfHand, NoMentor, NotOnOneself),
)
def person_mentor_set(request: ApiRequest, person_id: Id, body: SetMentor) -> None:
    """Gives a mentor, another one, or none."""
    carry_out(request, set_mentor, membership_id=person_id, mentor_id=body.mentor_id)

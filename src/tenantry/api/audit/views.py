"""Who did what to whom, when, from where."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from ninja import Query, Router

from tenantry.api.audit.schemas import (
    AuditActor,
    AuditEntryOut,
    AuditPage,
    AuditQuery,
    AuditTarget,
    EntryNumber,
    FaultOut,
    UndoneOut,
    UndoPlanOut,
    UndoState,
    VerificationOut,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Confirmation
from tenantry.api.policies.schemas import effects_out
from tenantry.api.requests import ApiRequest
from tenantry.audit.chain import verify
from tenantry.audit.permissions import VIEW, VIEW_BILLING, VIEW_PEOPLE
from tenantry.audit.selectors import AuditFilter, entries, personal_of
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.paging import number_page
from tenantry.core.transactions import reading
from tenantry.people.selectors import names_of
from tenantry.usecases.telling_fields import Reader, Said, said_to
from tenantry.usecases.undoing import (
    UndoneAlready,
    UndoNotPossible,
    UndoOvertaken,
    UndoTooLate,
    members_of,
    plan_undo_entry,
    standings,
    undo_entry,
    with_undone,
)

router = Router(tags=["Audit"])
MOST_FAULTS = 100


@operation(router, "GET", "/audit", VIEW, VIEW_PEOPLE, VIEW_BILLING, answer=AuditPage)
def audit_list(request: ApiRequest, query: Query[AuditQuery]) -> Answer:
    """Entries that the caller may read, the latest first."""
    wanted = AuditFilter(
        areas=tuple(query.area),
        action=query.action,
        actor_id=query.actor,
        target_id=query.target,
        person_ids=(query.person,) if query.person else None,
        since=query.since,
        until=query.until,
    )
    page = number_page(with_undone(entries(request.actor, wanted)), by="number", cursor=query.cursor, size=query.limit)
    personal = personal_of(row.number for row in page.rows)
    names = names_of(i for row in page.rows for i in (row.actor_id, row.target_id))
    undoable = standings(request.actor, page.rows, clock.now())
    reader = Reader(request.actor)
    items = [
        _entry(row, said_to(reader, row, personal.get(row.number, {})), names, _undo(row.number, undoable))
        for row in page.rows
    ]
    return listed(request, AuditPage, page, items)


def _undo(number: int, undoable: Mapping[int, Refusal | None]) -> UndoState | None:
    if number not in undoable:
        return None
    refusal = undoable[number]
    return UndoState(possible=refusal is None, refusal=refusal.code if refusal else None)


def _entry(row: Any, said: Said, names: Mapping[UUID, str], undo: UndoState | None) -> AuditEntryOut:
    target = None
    if row.target_type:
        target = AuditTarget(type=row.target_type, id=row.target_id, name=names.get(row.target_id, ""))
    return AuditEntryOut(
        number=row.number,
        at=row.at,
        action=row.action,
        area=row.area,
        actor=AuditActor(kind=row.actor_kind, id=row.actor_id, name=names.get(row.actor_id, row.actor_label)),
        target=target,
        values=said.values,
        personal=said.personal,
        hidden=list(said.changed),
        undo=undo,
    )


@operation(router, "GET", "/audit/verification", VIEW, answer=VerificationOut)
def audit_verify(request: ApiRequest) -> VerificationOut:
    """Walks the whole chain: whether an entry was changed, removed, reordered or added. Takes time on a long one."""
    found = verify()
    return VerificationOut(
        sound=found.sound,
        checked=found.checked,
        erased=found.erased,
        faults=[FaultOut(number=f.number, what=f.what) for f in found.faults[:MOST_FAULTS]],
    )


UNDO_REFUSALS = (UndoNotPossible, UndoneAlready, UndoTooLate, UndoOvertaken)


@operation(
    router,
    "GET",
    "/audit/{number}/undo/plan",
    open_to="the act that is taken back says which permission it asks for",
    answer=UndoPlanOut,
    refuses=UNDO_REFUSALS,
)
def undo_plan(request: ApiRequest, number: EntryNumber) -> UndoPlanOut:
    """What taking one entry back would do."""
    plan = plan_undo_entry(actor=request.actor, number=number, now=clock.now())
    return UndoPlanOut(
        digest=plan.digest,
        number=plan.number,
        action=plan.action,
        what=plan.what,
        before=plan.before,
        after=plan.after,
        effects=effects_out(plan.effects),
    )


@operation(
    router,
    "POST",
    "/audit/{number}/undo",
    open_to="the act that is taken back says which permission it asks for",
    answer=UndoneOut,
    refuses=(*UNDO_REFUSALS, PlanChanged),
)
def undo_create(request: ApiRequest, number: EntryNumber, body: Confirmation = Confirmation()) -> UndoneOut:  # noqa: B008 frozen
    """Takes one act back within 30 days, while nothing came after it. The undo is an entry of its own."""
    with reading():
        members = members_of(number)
    undone = carry_out(request, undo_entry, number=number, membership_ids=members, digest=body.digest)
    return UndoneOut(number=undone.number, what=undone.what)

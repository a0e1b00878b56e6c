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
    FaultOut,
    VerificationOut,
)
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.requests import ApiRequest
from tenantry.audit.chain import verify
from tenantry.audit.permissions import VIEW, VIEW_BILLING, VIEW_PEOPLE
from tenantry.audit.selectors import AuditFilter, entries, personal_of
from tenantry.core.paging import number_page
from tenantry.people.selectors import names_of

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
    page = number_page(entries(request.actor, wanted), by="number", cursor=query.cursor, size=query.limit)
    personal = personal_of(row.number for row in page.rows)
    names = names_of(i for row in page.rows for i in (row.actor_id, row.target_id))
    items = [_entry(row, personal.get(row.number, {}), names) for row in page.rows]
    return listed(request, AuditPage, page, items)


def _entry(row: Any, personal: dict[str, Any], names: Mapping[UUID, str]) -> AuditEntryOut:
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
        values=row.values,
        personal=personal,
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

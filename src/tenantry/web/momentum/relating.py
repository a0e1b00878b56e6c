"""What names a record: the contacts of a company, the deals of a contact, the lead that it was."""

from typing import Any
from uuid import UUID

from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import RecordType
from tenantry.crm.selectors import related
from tenantry.web.momentum.listing import record_url
from tenantry.web.requests import MemberRequest


def related_context(request: MemberRequest, record_type: RecordType, record_id: UUID) -> dict[str, Any]:
    """`related`: cards beside the timeline, one a type."""
    cards = []
    for one in related(request.actor, record_type, record_id):
        unseen = hidden(request.actor, one.record_type)
        rows = [
            {"name": name_shown(one.record_type, row, unseen), "url": record_url(one.record_type.key, row.pk)}
            for row in one.rows
        ]
        cards.append({"type": one.record_type, "rows": rows, "more": one.more})
    return {"related": cards}

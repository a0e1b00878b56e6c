"""One search over records of every type."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from tenantry.api.operations import operation
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Out, QueryIn
from tenantry.core.fields import hidden, name_shown
from tenantry.core.records import view_codes
from tenantry.crm.searching import search

router = Router(tags=["Records"])


class SearchQuery(QueryIn):
    q: Annotated[str, Field(max_length=200, description="Words, each of which begins a word of the record.")]


class HitOut(Out):
    type: str
    id: UUID
    name: str


class HitsOut(Out):
    """By type, and by name within it; `more`: types of which there are others."""

    items: list[HitOut]
    more: list[str]


@operation(router, "GET", "/search", *view_codes(), answer=HitsOut)
def record_search(request: ApiRequest, query: Query[SearchQuery]) -> HitsOut:
    """Records within the caller's reach that are called so, archived ones aside."""
    found = search(request.actor, query.q)
    items = [
        HitOut(
            type=one.record_type.key,
            id=row.pk,
            name=name_shown(one.record_type, row, hidden(request.actor, one.record_type)),
        )
        for one in found
        for row in one.rows
    ]
    return HitsOut(items=items, more=[one.record_type.key for one in found if one.more])

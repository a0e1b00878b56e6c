"""Keyset pages in the body and as links (RFC 8288)."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from django.http import HttpRequest
from pydantic import Field

from tenantry.api.operations import Answer
from tenantry.api.schemas import Cursor, Limit, Out, QueryIn

Item = TypeVar("Item", bound=Out)


class PageOf(Out, Generic[Item]):
    """`next` and `previous` are opaque; send one back as `cursor` with the same filters."""

    items: list[Item]
    next: str | None = Field(description="Cursor of the following page, null at the end.")
    previous: str | None = Field(description="Cursor of the page before, null at the beginning.")


class PageQuery(QueryIn):
    limit: Limit = 50
    cursor: Cursor = ""


AnyPage = TypeVar("AnyPage", bound=PageOf)  # type: ignore[type-arg]


class Paged(Protocol):
    """What a page of any list says."""

    @property
    def next(self) -> str | None: ...
    @property
    def previous(self) -> str | None: ...


def listed(request: HttpRequest, kind: type[AnyPage], page: Paged, items: Sequence[Out]) -> Answer:
    """One page with its links."""
    links = [
        f'<{_address(request, cursor)}>; rel="{name}"'
        for name, cursor in (("next", page.next), ("prev", page.previous))
        if cursor
    ]
    body = kind(items=list(items), next=page.next, previous=page.previous)
    return Answer(body, {"Link": ", ".join(links)} if links else {})


def _address(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"

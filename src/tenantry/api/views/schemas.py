"""Saved views, as the interface shows and takes them."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Bounded, In, Out
from tenantry.core.bounds import LABEL
from tenantry.usecases.saving_views import QUERY

ViewName = Annotated[str, Bounded(LABEL)]
ViewQuery = Annotated[
    str, Bounded(QUERY, "Filter, order and columns as the address of the list writes them: `state=new&sort=-added`.")
]


class ViewOut(Out):
    id: UUID
    name: str
    query: str
    is_shared: bool
    owner: Named = Field(description="Whose it is. Others use what is shared.")
    version: int


class Views(Out):
    items: list[ViewOut]


class NewView(In):
    name: ViewName
    query: ViewQuery = ""
    is_shared: bool = False


class EditView(In):
    """What is left out stays as it is."""

    name: ViewName | None = None
    query: ViewQuery | None = None
    is_shared: bool | None = None

"""Units as the interface shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named, RefusedPerson
from tenantry.api.schemas import Bounded, Digest, Id, Ids, In, Out, QueryIn
from tenantry.core import bounds

PlaceName = Annotated[str, Bounded(bounds.LABEL)]
Purpose = Annotated[str, Bounded(bounds.LINE)]


class UnitOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the unit is called.")
    name: str
    parent_id: UUID | None = Field(description="Null for the first unit, which stands for the organization.")
    created_at: datetime


class UnitPage(PageOf[UnitOut]):
    pass


class UnitQuery(PageQuery):
    parent: Annotated[Id | None, Field(description="Only what stands directly below this unit.")] = None
    sort: Literal["name", "-name", "created", "-created"] = "name"


class CreateUnit(In):
    """Without `parent_id` it comes below the unit that stands for the organization."""

    name: PlaceName
    parent_id: Id | None = None


class RenameUnit(In):
    name: PlaceName


class UnitMoveQuery(QueryIn):
    parent_id: Id


class MoveUnit(In):
    parent_id: Id
    digest: Digest | None = None


class UnitMovePlanOut(Out):
    """`units`, `people`: in the whole subtree. `losing`, `gaining`: whose role at a unit ends or begins to reach it."""

    digest: str
    unit: Named
    before: Named
    after: Named
    units: int
    people: int
    losing: list[str]
    gaining: list[str]


class UnitDeletionQuery(QueryIn):
    """`to`: where people and units go, the parent when left out; `keep_agents`: roles held here are held there then."""

    to: Id | None = None
    keep_agents: Annotated[Literal["true", "false"], Field()] = "false"


class UnitDeletion(UnitDeletionQuery):
    digest: Annotated[Digest | None, Field()] = None


class UnitDeletionPlanOut(Out):
    digest: str
    unit: Named
    to: Named
    people: int
    sub_units: list[str]
    agents: list[str]
    keeps_agents: bool


class UnitAgentOut(Out):
    """Somebody who holds a role at the unit, for everything below it too."""

    person: Named
    role: str
    ends_at: datetime | None


class UnitAgents(Out):
    items: list[UnitAgentOut]


class PlacePeople(In):
    person_ids: Ids
    digest: Digest | None = None


class PlacingSelection(In):
    person_ids: Ids


class PlacingPlanOut(Out):
    digest: str
    people: list[Named]
    refused: list[RefusedPerson]


class PlacedOut(Out):
    person_ids: list[UUID]
    refused: list[RefusedPerson]

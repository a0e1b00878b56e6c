from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import ConfirmedSelection, Named, RefusedPerson, Selection
from tenantry.api.schemas import Bounded, Digest, Id, Out, QueryIn
from tenantry.api.schemas import In as Body
from tenantry.core import bounds

DepartmentName = Annotated[str, Bounded(bounds.LABEL)]


class DepartmentOut(Out):
    id: UUID
    key: UUID = Field(description="Stays the same whatever the department is called.")
    name: str
    size: int = Field(description="Its people, removed ones aside.")
    created_at: datetime


class DepartmentPage(PageOf[DepartmentOut]):
    pass


class DepartmentQuery(PageQuery):
    q: Annotated[str, Field(max_length=200, description="A part of the name.")] = ""
    sort: Literal["name", "-name", "created", "-created"] = "name"


class PutDepartment(Body):
    name: DepartmentName


class Whereto(QueryIn):
    """`to`: the department that its people come into; left out, they come into none."""

    to: Id | None = None


class Dissolution(Whereto):
    digest: Annotated[Digest | None, Field()] = None


class DissolvingPlanOut(Out):
    """What deleting it does: how many people come into `to`, or into none."""

    digest: str
    department: Named
    to: Named | None
    people: int


class DepartmentOfSelection(Selection):
    department_id: Id | None = Field(description="Null: out of every department.")


class ConfirmedDepartment(ConfirmedSelection):
    department_id: Id | None = Field(description="Null: out of every department.")


class DepartmentPlanOut(Out):
    """Who of a selection would come into the department, and who not."""

    digest: str
    people: list[Named]
    refused: list[RefusedPerson]

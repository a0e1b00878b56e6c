"""What one person holds, as the interface shows and takes it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from tenantry.access.holding import Holding
from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Digest, Id, In, Moment, Out, QueryIn

Code = Annotated[str, Field(max_length=64, pattern=r"^[a-z_.]+$")]
Value = Annotated[str, Field(max_length=16, pattern=r"^[a-z]+$", description="`yes`, or a reach.")]


class HeldRole(Out):
    """One role that somebody holds, and where: `unit` and `workspace` are null for the whole organization."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "01890a5d-ac96-774b-bcce-b302099a8057",
                "role": {"id": "01890a5d-ac96-774b-bcce-b302099a8001", "name": "Manager"},
                "is_base": True,
                "unit": None,
                "workspace": None,
                "ends_at": "2027-03-28T22:00:00Z",
                "then": {"id": "01890a5d-ac96-774b-bcce-b302099a8002", "name": "Member"},
                "given_by": {"id": "01890a5d-ac96-774b-bcce-b302099a8003", "name": "Maren Holt"},
                "given_at": "2026-05-04T08:00:00Z",
            }
        }
    )

    id: UUID
    role: Named
    is_base: bool
    unit: Named | None
    workspace: Named | None
    ends_at: datetime | None = Field(description="It ends by itself at this moment.")
    then: Named | None = Field(description="What a base role with an end gives way to.")
    given_by: Named | None
    given_at: datetime


class HeldRoles(Out):
    items: list[HeldRole]


class GiveFurtherRole(In):
    """An addition, or, with `unit_id`, a role at that unit and in everything below."""

    role_id: Id
    unit_id: Id | None = None
    ends_at: Moment | None = None


class ConfirmedFurtherRole(GiveFurtherRole):
    digest: Digest | None = None


class MoveEnd(In):
    ends_at: Moment | None = Field(description="Null: for good.")


class RoleEnding(QueryIn):
    digest: Digest | None = None


class AccessPlanOut(Out):
    """What a change would do: codes of permissions gained and lost, bounded by the profile and cut by restrictions."""

    digest: str
    person: Named
    gains: list[str]
    loses: list[str]


class GivePlanOut(AccessPlanOut):
    ends_at: datetime | None = Field(description="Sooner than asked where it can't stand beside the role that follows.")


class HeldProfileOut(Out):
    profile: Named | None


class ChooseProfile(In):
    profile_id: Id | None


class ConfirmedProfile(ChooseProfile):
    digest: Digest | None = None


class RestrictionOut(Out):
    code: str
    value: str
    workspace: str | None = Field(description="Its name; null is everywhere.")
    set_by: str | None
    set_at: datetime


class Restrictions(Out):
    items: list[RestrictionOut]


class PutRestrictions(In):
    """Exactly these from now on, everywhere or in one workspace."""

    values: Annotated[dict[Code, Value], Field(max_length=50)]
    workspace_id: Id | None = None


class ConfirmedRestrictions(PutRestrictions):
    digest: Digest | None = None


def _named(row: Any) -> Named | None:
    return Named(id=row.id, name=row.name) if row is not None else None


def held_role(row: Any) -> HeldRole:
    return HeldRole(
        id=row.id,
        role=Named(id=row.role_id, name=row.role.name),
        is_base=row.is_base,
        unit=_named(row.unit),
        workspace=_named(row.workspace),
        ends_at=row.ends_at,
        then=_named(row.then_role),
        given_by=_named(row.given_by),
        given_at=row.given_at,
    )


def held_roles(held: Holding) -> HeldRoles:
    base = [held.base] if held.base else []
    return HeldRoles(items=[held_role(row) for row in (*base, *held.beside, *held.levels)])


def restrictions_out(held: Holding) -> Restrictions:
    return Restrictions(
        items=[
            RestrictionOut(
                code=row.code,
                value=row.value,
                workspace=row.workspace or None,
                set_by=row.set_by or None,
                set_at=row.since,
            )
            for row in held.restrictions
        ]
    )


def access_plan(plan: Any) -> AccessPlanOut:
    return AccessPlanOut(
        digest=plan.digest,
        person=Named(id=plan.membership_id, name=plan.name),
        gains=list(plan.gains),
        loses=list(plan.loses),
    )

from uuid import UUID

from pydantic import Field

from tenantry.api.schemas import Out


class RoleOut(Out):
    id: UUID
    key: str
    name: str
    description: str
    is_system: bool
    holds_everything: bool = Field(description="Every permission, those of later releases included.")
    permissions: dict[str, str] = Field(description="Code -> reach (own, team, workflow, unit, all), or yes.")
    assignable_role_ids: list[UUID] | None = Field(description="Roles its holders may give; null is every role.")


class HeldRoleOut(RoleOut):
    holders: int


class Roles(Out):
    items: list[HeldRoleOut]


class AssignableRoles(Out):
    items: list[RoleOut]


class PermissionOut(Out):
    code: str
    title: str
    sentence: str = Field(description="Finishes “May …”.")
    area: str
    has_reach: bool


class Permissions(Out):
    items: list[PermissionOut]

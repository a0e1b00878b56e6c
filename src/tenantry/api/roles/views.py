"""Roles as data, permissions as the catalogue has them."""

from typing import Any
from uuid import UUID

from ninja import Router

from tenantry.access.permissions import ASSIGN, ROLES_VIEW
from tenantry.access.selectors import assignable_roles, permissions_of, roles
from tenantry.api.operations import operation
from tenantry.api.requests import ApiRequest
from tenantry.api.roles.schemas import (
    AssignableRoles,
    HeldRoleOut,
    PermissionOut,
    Permissions,
    RoleOut,
    Roles,
)
from tenantry.api.schemas import Id
from tenantry.core.errors import NotFound
from tenantry.core.permissions import catalogue
from tenantry.people.permissions import INVITE

router = Router(tags=["Roles"])


def _fields(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": row.key,
        "name": row.name,
        "description": row.description,
        "is_system": row.is_system,
        "holds_everything": row.is_keyholder,
        "permissions": {line.code: line.reach for line in permissions_of(row) if line.reach},
        "assignable_role_ids": None if row.assignable_roles is None else [UUID(i) for i in row.assignable_roles],
    }


def _held(row: Any) -> HeldRoleOut:
    return HeldRoleOut(**_fields(row), holders=row.holders)


@operation(router, "GET", "/roles", ROLES_VIEW, answer=Roles)
def role_list(request: ApiRequest) -> Roles:
    """Every role, strongest first, with how many people hold it."""
    return Roles(items=[_held(row) for row in roles(request.actor)])


@operation(router, "GET", "/roles/assignable", INVITE, ASSIGN, answer=AssignableRoles)
def role_assignable_list(request: ApiRequest) -> AssignableRoles:
    """The roles that the caller may give to somebody."""
    return AssignableRoles(items=[RoleOut(**_fields(row)) for row in assignable_roles(request.actor)])


@operation(router, "GET", "/roles/{role_id}", ROLES_VIEW, answer=HeldRoleOut)
def role_get(request: ApiRequest, role_id: Id) -> HeldRoleOut:
    """One role."""
    row = roles(request.actor).filter(id=role_id).first()
    if row is None:
        raise NotFound
    return _held(row)


@operation(
    router,
    "GET",
    "/permissions",
    open_to="the catalogue is the same for every organization and says nothing about one",
    answer=Permissions,
)
def permission_list(request: ApiRequest) -> Permissions:
    """Every permission that exists."""
    return Permissions(
        items=[
            PermissionOut(code=p.code, title=str(p.title), sentence=str(p.sentence), area=p.area, has_reach=p.has_reach)
            for p in catalogue().values()
        ]
    )

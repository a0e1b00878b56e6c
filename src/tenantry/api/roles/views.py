"""Roles as data, permissions as the catalogue has them."""

from typing import Any
from uuid import UUID

from ninja import Query, Router

from tenantry.access.actions.deleting_roles import delete_role, plan_delete_role
from tenantry.access.actions.roles import copy_role, create_role, edit_role, plan_edit_role
from tenantry.access.contents import RoleContent, content_of
from tenantry.access.errors import (
    FromTheBlueprint,
    MemberOutOfHand,
    NotYoursToGive,
    RoleNameTaken,
    RoleNotAssignable,
    SuccessorNeeded,
)
from tenantry.access.permissions import ASSIGN, ROLES_EDIT, ROLES_VIEW
from tenantry.access.selectors import assignable_roles, find_role_seen, permissions_of, roles
from tenantry.api.conditions import require_version, tag
from tenantry.api.errors import StateChanged, StateNotNamed
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.requests import ApiRequest
from tenantry.api.roles.schemas import (
    AssignableRoles,
    CreateRole,
    EditRole,
    HeldRoleOut,
    PermissionOut,
    Permissions,
    RoleDeletion,
    RoleDeletionPlanOut,
    RoleOut,
    RolePlanOut,
    Roles,
    RoleSuccessor,
    consequences_out,
)
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, VersionChanged
from tenantry.core.permissions import catalogue
from tenantry.core.transactions import reading
from tenantry.organizations.errors import NotInPlan
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import INVITE
from tenantry.usecases.telling_roles import effects_of

router = Router(tags=["Roles"])
WRITING = (InvalidInput, NotYoursToGive, RoleNameTaken)
EDITING = (*WRITING, FromTheBlueprint, RoleNotAssignable)
DELETING = (FromTheBlueprint, RoleNotAssignable, NotOnOneself, MemberOutOfHand)


def _fields(row: Any) -> dict[str, Any]:
    content = content_of(row)
    return {
        "id": row.id,
        "key": row.key,
        "kind": row.kind,
        "name": row.name,
        "description": row.description,
        "is_system": row.is_system,
        "holds_everything": row.is_keyholder,
        "permissions": {line.code: line.reach for line in permissions_of(row) if line.reach},
        "assignable_role_ids": _listed(content.assignable_ids),
        "beside_role_ids": _listed(content.beside_ids),
        "version": row.version,
    }


def _listed(ids: tuple[UUID, ...] | None) -> list[UUID] | None:
    return None if ids is None else list(ids)


def _held(row: Any) -> HeldRoleOut:
    return HeldRoleOut(**_fields(row), holders=row.holders)


def _tagged(request: ApiRequest, role_id: UUID, **headers: str) -> Answer:
    row = find_role_seen(request.actor, role_id)
    return Answer(_held(row), {**tag(row.version), **headers})


@operation(router, "GET", "/roles", ROLES_VIEW, ROLES_EDIT, answer=Roles)
def role_list(request: ApiRequest) -> Roles:
    """Every role, strongest first, with how many people hold it."""
    return Roles(items=[_held(row) for row in roles(request.actor)])


@operation(router, "GET", "/roles/assignable", INVITE, ASSIGN, answer=AssignableRoles)
def role_assignable_list(request: ApiRequest) -> AssignableRoles:
    """The roles that the caller may give to somebody."""
    return AssignableRoles(items=[RoleOut(**_fields(row)) for row in assignable_roles(request.actor)])


@operation(router, "POST", "/roles", ROLES_EDIT, answer=HeldRoleOut, status=201, refuses=(*WRITING, NotInPlan))
def role_create(request: ApiRequest, body: CreateRole) -> Answer:
    """A custom role, or a copy. What is put in the caller holds."""
    if body.copy_of is not None:
        made = carry_out(request, copy_role, role_id=body.copy_of, name=body.name)
    else:
        content = RoleContent(
            body.name,
            body.description,
            dict(body.permissions),
            _ids(body.assignable_role_ids),
            _ids(body.beside_role_ids),
        )
        made = carry_out(request, create_role, kind=body.kind, content=content)
    with reading():
        return _tagged(request, made.id, Location=f"/api/v1/roles/{made.id}")


def _ids(ids: list[UUID] | None) -> tuple[UUID, ...] | None:
    return None if ids is None else tuple(ids)


@operation(router, "GET", "/roles/{role_id}", ROLES_VIEW, ROLES_EDIT, answer=HeldRoleOut)
def role_get(request: ApiRequest, role_id: Id) -> Answer:
    """One role, with its ETag."""
    return _tagged(request, role_id)


def _edited(row: Any, body: EditRole) -> RoleContent:
    """What stands, with what was sent."""
    stands, sent = content_of(row), body.model_fields_set
    return RoleContent(
        body.name if "name" in sent else stands.name,
        body.description if "description" in sent else stands.description,
        dict(body.permissions) if "permissions" in sent else stands.permissions,
        _ids(body.assignable_role_ids) if "assignable_role_ids" in sent else stands.assignable_ids,
        _ids(body.beside_role_ids) if "beside_role_ids" in sent else stands.beside_ids,
    )


@operation(
    router,
    "PATCH",
    "/roles/{role_id}",
    ROLES_EDIT,
    answer=HeldRoleOut,
    refuses=(*EDITING, PlanChanged, StateNotNamed, StateChanged),
)
def role_edit(request: ApiRequest, role_id: Id, body: EditRole) -> Answer:
    """Writes a custom role, acting at everybody's next call. Needs If-Match with the ETag that was read; 412 when
    somebody else was faster."""
    with reading():
        row = find_role_seen(request.actor, role_id)
    require_version(request, row.version)
    try:
        carry_out(
            request, edit_role, role_id=role_id, content=_edited(row, body), version=row.version, digest=body.digest
        )
    except VersionChanged:
        raise StateChanged from None
    with reading():
        return _tagged(request, role_id)


@operation(router, "POST", "/roles/{role_id}/plan", ROLES_EDIT, answer=RolePlanOut, reads=True, refuses=EDITING)
def role_edit_plan(request: ApiRequest, role_id: Id, body: EditRole) -> RolePlanOut:
    """Who would gain and lose what, by name; changes nothing."""
    row = find_role_seen(request.actor, role_id)
    plan = plan_edit_role(actor=request.actor, role_id=role_id, content=_edited(row, body), now=clock.now())
    return RolePlanOut(
        digest=plan.digest,
        version=plan.version,
        changes=list(plan.changes),
        consequences=consequences_out(plan.consequences, effects_of(plan.consequences)),
        api_keys=list(plan.keys),
        given_by=list(plan.giving),
        no_longer_given_by=list(plan.no_longer_giving),
    )


@operation(router, "GET", "/roles/{role_id}/deletion/plan", ROLES_EDIT, answer=RoleDeletionPlanOut, refuses=DELETING)
def role_deletion_plan(request: ApiRequest, role_id: Id, query: Query[RoleSuccessor]) -> RoleDeletionPlanOut:
    """What deleting a role would do, once `successor_id` takes its place."""
    plan = plan_delete_role(actor=request.actor, role_id=role_id, successor_id=query.successor_id, now=clock.now())
    return RoleDeletionPlanOut(
        digest=plan.digest,
        name=plan.name,
        holders=plan.holders,
        successor_needed=plan.needed and not plan.may_end,
        successor=plan.successor,
        api_keys=list(plan.keys),
        consequences=consequences_out(plan.consequences, effects_of(plan.consequences)),
        roles_that_end=plan.ends_besides,
    )


@operation(router, "DELETE", "/roles/{role_id}", ROLES_EDIT, refuses=(*DELETING, SuccessorNeeded, PlanChanged))
def role_delete(request: ApiRequest, role_id: Id, query: Query[RoleDeletion]) -> None:
    """Its people and keys go to `successor_id`; an addition, or a role at units, may just end. `digest` of the plan
    that was shown, or nothing."""
    carry_out(request, delete_role, role_id=role_id, successor_id=query.successor_id, digest=query.digest)


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
            PermissionOut(
                code=p.code,
                title=str(p.title),
                sentence=str(p.sentence),
                area=p.area,
                has_reach=p.has_reach,
                scopes=sorted(str(one) for one in p.scopes),
                bounded_by_profiles=p.in_applications,
                keyholders_only=p.keyholders_only,
            )
            for p in catalogue().values()
        ]
    )

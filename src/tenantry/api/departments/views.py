"""Departments: the managed list, and who is in which."""

from typing import Any

from ninja import Query, Router

from tenantry.access.errors import MemberOutOfHand
from tenantry.api.departments.schemas import (
    ConfirmedDepartment,
    DepartmentOfSelection,
    DepartmentOut,
    DepartmentPage,
    DepartmentPlanOut,
    DepartmentQuery,
    Dissolution,
    DissolvingPlanOut,
    PutDepartment,
    Whereto,
)
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Named, named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core.errors import PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.people.departments import counted_departments, get_department
from tenantry.people.errors import AlreadyInDepartment, AlreadyRemoved, DepartmentNameTaken, NotOnOneself
from tenantry.people.permissions import EDIT, INVITE, VIEW
from tenantry.usecases.departments import (
    DepartmentPlan,
    create_department,
    dissolve_department,
    plan_dissolve_department,
    plan_set_department,
    rename_department,
    set_department,
)

router = Router(tags=["Departments"])
SORTS = {"name": "sort_name", "created": "created_at"}


def _department(row: Any) -> DepartmentOut:
    return DepartmentOut(id=row.id, key=row.key, name=row.name, size=row.size, created_at=row.created_at)


@operation(router, "GET", "/departments", VIEW, EDIT, INVITE, answer=DepartmentPage)
def department_list(request: ApiRequest, query: Query[DepartmentQuery]) -> Answer:
    """The organization's departments with how many people each has."""
    page = keyset_page(
        counted_departments(request.actor, query.q),
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, DepartmentPage, page, [_department(row) for row in page.rows])


@operation(router, "POST", "/departments", EDIT, answer=DepartmentOut, status=201, refuses=(DepartmentNameTaken,))
def department_create(request: ApiRequest, body: PutDepartment) -> Answer:
    """A new department without people. Needs the permission in the whole organization, as all changes of the list."""
    made = carry_out(request, create_department, name=body.name)
    with reading():
        department = _department(get_department(made.id))
    return Answer(department, {"Location": f"/api/v1/departments/{department.id}"})


@operation(router, "GET", "/departments/{department_id}", VIEW, EDIT, INVITE, answer=DepartmentOut)
def department_get(request: ApiRequest, department_id: Id) -> DepartmentOut:
    """One department."""
    return _department(get_department(department_id))


@operation(router, "PATCH", "/departments/{department_id}", EDIT, answer=DepartmentOut, refuses=(DepartmentNameTaken,))
def department_rename(request: ApiRequest, department_id: Id, body: PutDepartment) -> DepartmentOut:
    """Changes its name."""
    carry_out(request, rename_department, department_id=department_id, name=body.name)
    with reading():
        return _department(get_department(department_id))


@operation(router, "GET", "/departments/{department_id}/deletion/plan", EDIT, answer=DissolvingPlanOut)
def department_deletion_plan(request: ApiRequest, department_id: Id, query: Query[Whereto]) -> DissolvingPlanOut:
    """What deleting it, or merging it into another, would do."""
    plan = plan_dissolve_department(actor=request.actor, department_id=department_id, to_id=query.to)
    return DissolvingPlanOut(
        digest=plan.digest,
        department=Named(id=plan.department_id, name=plan.name),
        to=Named(id=plan.to_id, name=plan.to) if plan.to_id else None,
        people=plan.people,
    )


@operation(router, "DELETE", "/departments/{department_id}", EDIT, refuses=(PlanChanged,))
def department_delete(request: ApiRequest, department_id: Id, query: Query[Dissolution]) -> None:
    """Deletes it; its people come into `to` (a merge), or into none. `digest`: of the plan that was shown."""
    carry_out(request, dissolve_department, department_id=department_id, to_id=query.to, digest=query.digest)


def _plan(plan: DepartmentPlan) -> DepartmentPlanOut:
    return DepartmentPlanOut(
        digest=plan.digest, people=named(plan.members, plan.names), refused=refused_people(plan.refused)
    )


@operation(router, "POST", "/people/departments/plan", EDIT, answer=DepartmentPlanOut, reads=True)
def department_set_plan(request: ApiRequest, body: DepartmentOfSelection) -> DepartmentPlanOut:
    """Who of a selection would come into a department; changes nothing."""
    return _plan(
        plan_set_department(actor=request.actor, membership_ids=body.person_ids, department_id=body.department_id)
    )


@operation(
    router,
    "POST",
    "/people/departments",
    EDIT,
    answer=DepartmentPlanOut,
    refuses=(AlreadyInDepartment, AlreadyRemoved, MemberOutOfHand, NotOnOneself, PlanChanged),
)
def department_set(request: ApiRequest, body: ConfirmedDepartment) -> DepartmentPlanOut:
    """Puts those of a selection who can be into a department; the others are left out and named."""
    ids = tuple(body.person_ids)
    return _plan(
        carry_out(request, set_department, membership_ids=ids, department_id=body.department_id, digest=body.digest)
    )

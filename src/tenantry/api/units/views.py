"""The tree of units, who manages them, and who stands in them."""

from typing import Any

from ninja import Query, Router

from tenantry.access.errors import MemberOutOfHand, MoveWidensReach, RoleNotAssignable
from tenantry.access.places import agents_at, get_unit, visible_units
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import Named, named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.units.schemas import (
    CreateUnit,
    MoveUnit,
    PlacedOut,
    PlacePeople,
    PlacingPlanOut,
    PlacingSelection,
    RenameUnit,
    UnitAgentOut,
    UnitAgents,
    UnitDeletion,
    UnitDeletionPlanOut,
    UnitDeletionQuery,
    UnitMovePlanOut,
    UnitMoveQuery,
    UnitOut,
    UnitPage,
    UnitQuery,
)
from tenantry.core.errors import PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import RootUnitStays, UnitBelowItself, UnitNameTaken
from tenantry.people.errors import AlreadyInUnit, AlreadyRemoved, NotOnOneself
from tenantry.people.permissions import EDIT, UNITS_MANAGE, UNITS_VIEW
from tenantry.usecases.placing import move_to_unit, plan_move_to_unit
from tenantry.usecases.units import (
    create_unit,
    delete_unit,
    move_unit,
    plan_delete_unit,
    plan_move_unit,
    rename_unit,
)

router = Router(tags=["Units"])
SORTS = {"name": "sort_name", "created": "created_at"}
MOVING = (UnitBelowItself, RootUnitStays, UnitNameTaken, MoveWidensReach)
DELETING = (*MOVING, NotOnOneself, RoleNotAssignable)
PLACING = (AlreadyInUnit, AlreadyRemoved, NotOnOneself, MemberOutOfHand, MoveWidensReach)


def _unit(row: Any) -> UnitOut:
    return UnitOut(id=row.id, key=row.key, name=row.name, parent_id=row.parent_id, created_at=row.created_at)


@operation(router, "GET", "/units", UNITS_VIEW, UNITS_MANAGE, answer=UnitPage)
def unit_list(request: ApiRequest, query: Query[UnitQuery]) -> Answer:
    """Units that the caller sees, as a flat list with their parents."""
    rows = visible_units(request.actor)
    if query.parent is not None:
        rows = rows.filter(parent_id=query.parent)
    page = keyset_page(
        rows,
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, UnitPage, page, [_unit(row) for row in page.rows])


@operation(router, "POST", "/units", UNITS_MANAGE, answer=UnitOut, status=201, refuses=(UnitNameTaken,))
def unit_create(request: ApiRequest, body: CreateUnit) -> Answer:
    """A new unit. Needs the permission on the parent."""
    made = carry_out(request, create_unit, name=body.name, parent_id=body.parent_id)
    with reading():
        unit = _unit(get_unit(request.actor, made.id))
    return Answer(unit, {"Location": f"/api/v1/units/{unit.id}"})


@operation(router, "GET", "/units/{unit_id}", UNITS_VIEW, UNITS_MANAGE, answer=UnitOut)
def unit_get(request: ApiRequest, unit_id: Id) -> UnitOut:
    """One unit."""
    return _unit(get_unit(request.actor, unit_id))


@operation(router, "PATCH", "/units/{unit_id}", UNITS_MANAGE, answer=UnitOut, refuses=(UnitNameTaken, RootUnitStays))
def unit_rename(request: ApiRequest, unit_id: Id, body: RenameUnit) -> UnitOut:
    """Gives a unit another name."""
    carry_out(request, rename_unit, unit_id=unit_id, name=body.name)
    with reading():
        return _unit(get_unit(request.actor, unit_id))


@operation(router, "GET", "/units/{unit_id}/move/plan", UNITS_MANAGE, answer=UnitMovePlanOut, refuses=MOVING)
def unit_move_plan(request: ApiRequest, unit_id: Id, query: Query[UnitMoveQuery]) -> UnitMovePlanOut:
    """What moving a unit with everything below it would do."""
    plan = plan_move_unit(actor=request.actor, unit_id=unit_id, parent_id=query.parent_id)
    return UnitMovePlanOut(
        digest=plan.digest,
        unit=Named(id=plan.unit_id, name=plan.name),
        before=Named(id=plan.before_id, name=plan.before),
        after=Named(id=plan.after_id, name=plan.after),
        units=plan.units,
        people=plan.people,
        losing=list(plan.losing),
        gaining=list(plan.gaining),
    )


@operation(router, "POST", "/units/{unit_id}/move", UNITS_MANAGE, answer=UnitOut, refuses=(*MOVING, PlanChanged))
def unit_move(request: ApiRequest, unit_id: Id, body: MoveUnit) -> UnitOut:
    """Hangs a unit with everything below it under another parent. Needs the permission on it and on both parents."""
    carry_out(request, move_unit, unit_id=unit_id, parent_id=body.parent_id, digest=body.digest)
    with reading():
        return _unit(get_unit(request.actor, unit_id))


@operation(router, "GET", "/units/{unit_id}/deletion/plan", UNITS_MANAGE, answer=UnitDeletionPlanOut, refuses=DELETING)
def unit_deletion_plan(request: ApiRequest, unit_id: Id, query: Query[UnitDeletionQuery]) -> UnitDeletionPlanOut:
    """What deleting a unit would do: where its people, units and managing agents go."""
    plan = plan_delete_unit(
        actor=request.actor, unit_id=unit_id, to_id=query.to, keep_agents=query.keep_agents == "true"
    )
    return UnitDeletionPlanOut(
        digest=plan.digest,
        unit=Named(id=plan.unit_id, name=plan.name),
        to=Named(id=plan.to_id, name=plan.to),
        people=plan.people,
        sub_units=list(plan.sub_units),
        agents=list(plan.agents),
        keeps_agents=plan.keeps_agents,
    )


@operation(router, "DELETE", "/units/{unit_id}", UNITS_MANAGE, refuses=(*DELETING, PlanChanged))
def unit_delete(request: ApiRequest, unit_id: Id, query: Query[UnitDeletion]) -> None:
    """Its people and units go to `to`, or to the parent. `digest` of the plan that was shown, or nothing."""
    keep = query.keep_agents == "true"
    carry_out(request, delete_unit, unit_id=unit_id, to_id=query.to, keep_agents=keep, digest=query.digest)


@operation(router, "GET", "/units/{unit_id}/agents", UNITS_VIEW, UNITS_MANAGE, answer=UnitAgents)
def unit_agent_list(request: ApiRequest, unit_id: Id) -> UnitAgents:
    """Who holds a role at this unit, for everything below it too."""
    get_unit(request.actor, unit_id)
    return UnitAgents(
        items=[
            UnitAgentOut(person=Named(id=one.membership_id, name=one.name), role=one.role, ends_at=one.ends_at)
            for one in agents_at([unit_id])
        ]
    )


@operation(router, "POST", "/units/{unit_id}/members/plan", EDIT, answer=PlacingPlanOut, reads=True)
def unit_member_plan(request: ApiRequest, unit_id: Id, body: PlacingSelection) -> PlacingPlanOut:
    """Who of a selection would come to stand in the unit; changes nothing."""
    plan = plan_move_to_unit(actor=request.actor, membership_ids=body.person_ids, unit_id=unit_id)
    return PlacingPlanOut(
        digest=plan.digest, people=named(plan.members, plan.names), refused=refused_people(plan.refused)
    )


@operation(router, "POST", "/units/{unit_id}/members", EDIT, answer=PlacedOut, refuses=(*PLACING, PlanChanged))
def unit_member_add(request: ApiRequest, unit_id: Id, body: PlacePeople) -> PlacedOut:
    """Puts those of a selection who can be into the unit; the others are left out and named."""
    placed = carry_out(
        request, move_to_unit, membership_ids=tuple(body.person_ids), unit_id=unit_id, digest=body.digest
    )
    return PlacedOut(person_ids=list(placed.members), refused=refused_people(placed.refused))

"""What one person holds: roles, profile, restrictions."""

from uuid import UUID

from ninja import Query, Router

from tenantry.access.actions.giving import change_end, end_role, give_role, plan_end_role, plan_give_role
from tenantry.access.actions.restricting import (
    plan_set_profile,
    plan_set_restrictions,
    set_profile,
    set_restrictions,
)
from tenantry.access.errors import (
    BaseRoleStays,
    EndPassed,
    LastKeyholder,
    MemberOutOfHand,
    NoBaseRole,
    NotBeside,
    RestrictionUnknown,
    RoleHeldAlready,
    RoleNotAssignable,
    SameEnd,
    SameProfile,
    SameRestrictions,
)
from tenantry.access.holding import holding_of
from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.people.holding_schemas import (
    AccessPlanOut,
    ChooseProfile,
    ConfirmedFurtherRole,
    ConfirmedProfile,
    ConfirmedRestrictions,
    GiveFurtherRole,
    GivePlanOut,
    HeldProfileOut,
    HeldRole,
    HeldRoles,
    MoveEnd,
    PutRestrictions,
    Restrictions,
    RoleEnding,
    access_plan,
    held_role,
    held_roles,
    restrictions_out,
)
from tenantry.api.people.schemas import Named
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.core.transactions import reading
from tenantry.people.errors import AlreadyRemoved, NotOnOneself
from tenantry.people.permissions import VIEW, WORKSPACES_MANAGE
from tenantry.people.selectors import get_member

router = Router(tags=["People"])
OUT_OF_HAND = (NotOnOneself, AlreadyRemoved, MemberOutOfHand)
GIVING = (*OUT_OF_HAND, RoleNotAssignable, NoBaseRole, NotBeside, RoleHeldAlready, EndPassed)
TAKING = (*OUT_OF_HAND, RoleNotAssignable, BaseRoleStays)
RESTRICTING = (*OUT_OF_HAND, RestrictionUnknown, SameRestrictions)


def _held(membership_id: UUID, assignment_id: UUID) -> HeldRole:
    held = holding_of(membership_id)
    row = next((one for one in (*held.beside, *held.levels) if one.id == assignment_id), None)
    if row is None:
        raise NotFound
    return held_role(row)


@operation(router, "GET", "/people/{person_id}/roles", VIEW, answer=HeldRoles)
def person_role_list(request: ApiRequest, person_id: Id) -> HeldRoles:
    """Every role that somebody holds, the base role first, with where and until when."""
    return held_roles(holding_of(get_member(request.actor, person_id).id))


@operation(router, "POST", "/people/{person_id}/roles/plan", ASSIGN, answer=GivePlanOut, reads=True, refuses=GIVING)
def person_role_plan(request: ApiRequest, person_id: Id, body: GiveFurtherRole) -> GivePlanOut:
    """What one more role would give, with the digest that confirms it."""
    plan = plan_give_role(
        actor=request.actor,
        membership_id=person_id,
        role_id=body.role_id,
        unit_id=body.unit_id,
        ends_at=body.ends_at,
        now=clock.now(),
    )
    return GivePlanOut(**access_plan(plan).model_dump(), ends_at=plan.ends_at)


@operation(
    router,
    "POST",
    "/people/{person_id}/roles",
    ASSIGN,
    answer=HeldRole,
    status=201,
    refuses=(*GIVING, PlanChanged),
)
def person_role_give(request: ApiRequest, person_id: Id, body: ConfirmedFurtherRole) -> Answer:
    """Gives somebody one more role, at once."""
    given = carry_out(
        request,
        give_role,
        membership_id=person_id,
        role_id=body.role_id,
        unit_id=body.unit_id,
        ends_at=body.ends_at,
        digest=body.digest,
    )
    with reading():
        role = _held(person_id, given.assignment_id)
    return Answer(role, {"Location": f"/api/v1/people/{person_id}/roles/{role.id}"})


@operation(
    router,
    "PATCH",
    "/people/{person_id}/roles/{assignment_id}",
    ASSIGN,
    answer=HeldRole,
    refuses=(*TAKING, EndPassed, SameEnd, NotBeside),
)
def person_role_move(request: ApiRequest, person_id: Id, assignment_id: Id, body: MoveEnd) -> HeldRole:
    """Moves the end of a role that is held beside the base role."""
    carry_out(request, change_end, membership_id=person_id, assignment_id=assignment_id, ends_at=body.ends_at)
    with reading():
        return _held(person_id, assignment_id)


@operation(
    router,
    "GET",
    "/people/{person_id}/roles/{assignment_id}/ending/plan",
    ASSIGN,
    answer=AccessPlanOut,
    refuses=TAKING,
)
def person_role_end_plan(request: ApiRequest, person_id: Id, assignment_id: Id) -> AccessPlanOut:
    """What taking a role away would cost."""
    return access_plan(
        plan_end_role(actor=request.actor, membership_id=person_id, assignment_id=assignment_id, now=clock.now())
    )


@operation(
    router,
    "DELETE",
    "/people/{person_id}/roles/{assignment_id}",
    ASSIGN,
    refuses=(*TAKING, PlanChanged),
)
def person_role_take(request: ApiRequest, person_id: Id, assignment_id: Id, query: Query[RoleEnding]) -> None:
    """Takes a role away that is held beside the base role. `digest` of the plan that was shown, or nothing."""
    carry_out(request, end_role, membership_id=person_id, assignment_id=assignment_id, digest=query.digest)


# --- Profile ------------------------------------------------------------------------------


def _profile(membership_id: UUID) -> HeldProfileOut:
    held = holding_of(membership_id).profile
    return HeldProfileOut(profile=Named(id=held.id, name=held.name) if held else None)


@operation(router, "GET", "/people/{person_id}/profile", VIEW, answer=HeldProfileOut)
def person_profile_get(request: ApiRequest, person_id: Id) -> HeldProfileOut:
    """The upper bound on what somebody may do in the applications; none bounds nothing."""
    return _profile(get_member(request.actor, person_id).id)


@operation(
    router,
    "POST",
    "/people/{person_id}/profile/plan",
    RESTRICT,
    answer=AccessPlanOut,
    reads=True,
    refuses=(*OUT_OF_HAND, SameProfile),
)
def person_profile_plan(request: ApiRequest, person_id: Id, body: ChooseProfile) -> AccessPlanOut:
    """What another profile, or none, would change."""
    plan = plan_set_profile(actor=request.actor, membership_id=person_id, profile_id=body.profile_id, now=clock.now())
    return access_plan(plan)


@operation(
    router,
    "PUT",
    "/people/{person_id}/profile",
    RESTRICT,
    answer=HeldProfileOut,
    refuses=(*OUT_OF_HAND, SameProfile, PlanChanged),
)
def person_profile_set(request: ApiRequest, person_id: Id, body: ConfirmedProfile) -> HeldProfileOut:
    """Gives somebody a profile in place of the one before; null takes it away."""
    carry_out(request, set_profile, membership_id=person_id, profile_id=body.profile_id, digest=body.digest)
    with reading():
        return _profile(person_id)


# --- Restrictions -------------------------------------------------------------------------


@operation(router, "GET", "/people/{person_id}/restrictions", VIEW, answer=Restrictions)
def person_restriction_list(request: ApiRequest, person_id: Id) -> Restrictions:
    """What is taken from somebody, everywhere and in workspaces."""
    return restrictions_out(holding_of(get_member(request.actor, person_id).id))


@operation(
    router,
    "POST",
    "/people/{person_id}/restrictions/plan",
    RESTRICT,
    WORKSPACES_MANAGE,
    answer=AccessPlanOut,
    reads=True,
    refuses=RESTRICTING,
)
def person_restriction_plan(request: ApiRequest, person_id: Id, body: PutRestrictions) -> AccessPlanOut:
    """What exactly these restrictions would change."""
    plan = plan_set_restrictions(
        actor=request.actor,
        membership_id=person_id,
        values=body.values,
        workspace_id=body.workspace_id,
        now=clock.now(),
    )
    return access_plan(plan)


@operation(
    router,
    "PUT",
    "/people/{person_id}/restrictions",
    RESTRICT,
    WORKSPACES_MANAGE,
    answer=Restrictions,
    refuses=(*RESTRICTING, LastKeyholder, PlanChanged),
)
def person_restriction_set(request: ApiRequest, person_id: Id, body: ConfirmedRestrictions) -> Restrictions:
    """Sets exactly these restrictions, everywhere or in one workspace."""
    carry_out(
        request,
        set_restrictions,
        membership_id=person_id,
        values=body.values,
        workspace_id=body.workspace_id,
        digest=body.digest,
    )
    with reading():
        return restrictions_out(holding_of(person_id))

"""People: the directory, adding, names, roles, sessions."""

from ninja import Query, Router

from tenantry.access.actions.assigning import RoleChangePlan, change_role, plan_change_role
from tenantry.access.directory import with_places
from tenantry.access.errors import (
    EndPassed,
    FollowerNeeded,
    LastKeyholder,
    MemberOutOfHand,
    RoleNotAssignable,
    SameRole,
    TooManyKeyholders,
)
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import SORTS, DirectoryFilter, directory
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.rows import people, person
from tenantry.api.people.schemas import (
    GiveRole,
    InvitePerson,
    Named,
    PeopleQuery,
    Person,
    PersonPage,
    RenamePerson,
    RoleChangePlanOut,
    RoleChoice,
    Sessions,
    session_out,
)
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, TooFast
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import (
    AlreadyInvited,
    AlreadyMember,
    MemberDeactivated,
    NotActive,
    NotOnOneself,
    OneTeamOnly,
)
from tenantry.people.permissions import EDIT, END_SESSIONS, INVITE, RESET_PASSWORD, VIEW
from tenantry.people.selectors import get_member
from tenantry.security.actions import end_sessions
from tenantry.security.selectors import sessions_of
from tenantry.usecases.joining import edit_member, invite_member
from tenantry.usecases.signing_in import send_password_reset

router = Router(tags=["People"])
KNOWN_HERE = (AlreadyMember, AlreadyInvited, MemberDeactivated)
ROLE_REFUSALS = (SameRole, NotOnOneself, RoleNotAssignable, MemberOutOfHand, EndPassed, FollowerNeeded)


@operation(router, "GET", "/people", VIEW, answer=PersonPage)
def person_list(request: ApiRequest, query: Query[PeopleQuery]) -> Answer:
    """People whom the caller may see, filtered and sorted."""
    now = clock.now()
    seen = "never" if query.never_signed_in == "true" else str(query.not_seen_for_days or "")
    wanted = DirectoryFilter(
        query.q,
        tuple(query.status),
        tuple(query.role),
        tuple(query.team),
        seen,
        unit_ids=tuple(query.unit),
        workspace_ids=tuple(query.workspace),
    )
    page = keyset_page(
        with_places(directory(request.actor, wanted, now)),
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, PersonPage, page, people(request.actor, page.rows, now))


@operation(
    router,
    "POST",
    "/people",
    INVITE,
    answer=Person,
    status=201,
    refuses=(*KNOWN_HERE, RoleNotAssignable, AtSeatLimit, TooManyKeyholders, OneTeamOnly),
)
def person_create(request: ApiRequest, body: InvitePerson) -> Answer:
    """Adds somebody: an invitation is mailed, a seat is taken. They are in when they accept."""
    invited = carry_out(
        request,
        invite_member,
        email=body.email,
        role_id=body.role_id,
        given_name=body.given_name,
        family_name=body.family_name,
        team_ids=tuple(body.team_ids),
        unit_id=body.unit_id,
    )
    with reading():
        added = person(request.actor, invited.membership_id)
    return Answer(added, {"Location": f"/api/v1/people/{added.id}"})


@operation(router, "GET", "/people/{person_id}", VIEW, answer=Person)
def person_get(request: ApiRequest, person_id: Id) -> Person:
    """One person, removed ones included."""
    return person(request.actor, person_id)


@operation(router, "PATCH", "/people/{person_id}", EDIT, answer=Person, refuses=(MemberOutOfHand,))
def person_edit(request: ApiRequest, person_id: Id, body: RenamePerson) -> Person:
    """Changes somebody's name in this organization."""
    with reading():
        member = get_member(request.actor, person_id)
    carry_out(
        request,
        edit_member,
        membership_id=person_id,
        given_name=body.given_name if "given_name" in body.model_fields_set else member.given_name,
        family_name=body.family_name if "family_name" in body.model_fields_set else member.family_name,
    )
    with reading():
        return person(request.actor, person_id)


@operation(
    router,
    "GET",
    "/people/{person_id}/role/plan",
    ASSIGN,
    answer=RoleChangePlanOut,
    refuses=ROLE_REFUSALS,
)
def role_plan(request: ApiRequest, person_id: Id, query: Query[RoleChoice]) -> RoleChangePlanOut:
    """What another role would change, with the digest that confirms it."""
    return _role_plan(
        plan_change_role(
            actor=request.actor,
            membership_id=person_id,
            role_id=query.role_id,
            ends_at=query.ends_at,
            then_role_id=query.then_role_id,
            now=clock.now(),
        )
    )


def _role_plan(plan: RoleChangePlan) -> RoleChangePlanOut:
    return RoleChangePlanOut(
        digest=plan.digest,
        person=Named(id=plan.membership_id, name=plan.name),
        before=Named(id=plan.before_id, name=plan.before) if plan.before_id else None,
        after=Named(id=plan.after_id, name=plan.after),
        gains=list(plan.gains),
        loses=list(plan.loses),
        ends_at=plan.ends_at,
        then=Named(id=plan.then_id, name=plan.then) if plan.then_id else None,
        ended_roles=list(plan.ended),
    )


@operation(
    router,
    "PUT",
    "/people/{person_id}/role",
    ASSIGN,
    answer=Person,
    refuses=(*ROLE_REFUSALS, LastKeyholder, TooManyKeyholders, PlanChanged),
)
def role_change(request: ApiRequest, person_id: Id, body: GiveRole) -> Person:
    """Gives somebody another role, at once."""
    carry_out(
        request,
        change_role,
        membership_id=person_id,
        role_id=body.role_id,
        ends_at=body.ends_at,
        then_role_id=body.then_role_id,
        digest=body.digest,
    )
    with reading():
        return person(request.actor, person_id)


@operation(
    router,
    "POST",
    "/people/{person_id}/password-reset",
    RESET_PASSWORD,
    status=202,
    refuses=(NotActive, MemberOutOfHand, TooFast),
)
def password_reset_create(request: ApiRequest, person_id: Id) -> None:
    """Mails somebody a link to choose a new password. Nobody else learns or sets it."""
    carry_out(request, send_password_reset, membership_id=person_id)


@operation(router, "GET", "/people/{person_id}/sessions", END_SESSIONS, answer=Sessions, refuses=(MemberOutOfHand,))
def person_session_list(request: ApiRequest, person_id: Id) -> Sessions:
    """Where somebody is signed in to this organization, the latest first; at most 200."""
    return Sessions(items=[session_out(row) for row in sessions_of(request.actor, person_id, clock.now())[:200]])


@operation(router, "DELETE", "/people/{person_id}/sessions", END_SESSIONS, refuses=(MemberOutOfHand,))
def person_session_end(request: ApiRequest, person_id: Id) -> None:
    """Signs somebody out of this organization everywhere."""
    carry_out(request, end_sessions, membership_id=person_id)

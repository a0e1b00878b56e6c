"""People: the directory, adding, names, roles, sessions."""

from ninja import Query, Router

from tenantry.access.actions.assigning import RoleChangePlan, change_role, plan_change_role
from tenantry.access.directory import directory_page
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
from tenantry.access.selectors import SORTS, DirectoryFilter
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.rows import people, person
from tenantry.api.people.schemas import (
    EditPerson,
    GiveRole,
    InvitePerson,
    Named,
    PeopleQuery,
    Person,
    PersonPage,
    RoleChangePlanOut,
    RoleChoice,
    Sessions,
    SetPassword,
    session_out,
)
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, TooFast
from tenantry.core.transactions import reading
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import (
    AddressElsewhere,
    AlreadyInvited,
    AlreadyMember,
    IdentityElsewhere,
    ManagerCircle,
    ManagerNotActive,
    MemberDeactivated,
    NotActive,
    NotOnOneself,
    OneTeamOnly,
    WayNotOffered,
)
from tenantry.people.permissions import EDIT, END_SESSIONS, INVITE, RESET_PASSWORD, VIEW
from tenantry.security.actions import end_sessions
from tenantry.security.errors import PasswordRefused
from tenantry.security.selectors import sessions_of
from tenantry.usecases.given_passwords import set_member_password
from tenantry.usecases.joining import invite_member
from tenantry.usecases.person import edit_person
from tenantry.usecases.signing_in import send_password_reset
from tenantry.usecases.temporary_passwords import send_temporary_password

router = Router(tags=["People"])
KNOWN_HERE = (AlreadyMember, AlreadyInvited, MemberDeactivated)
NOT_TO_GIVE = (NotActive, NotOnOneself, MemberOutOfHand, WayNotOffered, IdentityElsewhere)
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
        department_ids=tuple(query.department),
        profile_ids=tuple(query.profile),
    )
    page = directory_page(
        request.actor,
        wanted,
        now,
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
    refuses=(
        *(*KNOWN_HERE, AddressElsewhere, RoleNotAssignable, AtSeatLimit, TooManyKeyholders, OneTeamOnly),
        *(WayNotOffered, PasswordRefused, TooFast),
    ),
)
def person_create(request: ApiRequest, body: InvitePerson) -> Answer:
    """Adds somebody by one of the ways in that the organization offers; a seat is taken. By a link or a temporary
    password, mailed, they are pending until they come. With a password they are active at once; an address that has an
    account keeps its own, and its owner is asked by mail."""
    invited = carry_out(
        request,
        invite_member,
        email=body.email,
        role_id=body.role_id,
        given_name=body.given_name,
        family_name=body.family_name,
        team_ids=tuple(body.team_ids),
        unit_id=body.unit_id,
        profile_id=body.profile_id,
        department_id=body.department_id,
        way=body.way or "",
        password=body.password,
        must_change=body.must_change,
    )
    with reading():
        added = person(request.actor, invited.membership_id)
    return Answer(added, {"Location": f"/api/v1/people/{added.id}"})


@operation(router, "GET", "/people/{person_id}", VIEW, answer=Person)
def person_get(request: ApiRequest, person_id: Id) -> Person:
    """One person, removed ones included."""
    return person(request.actor, person_id)


@operation(
    router,
    "PATCH",
    "/people/{person_id}",
    EDIT,
    answer=Person,
    refuses=(MemberOutOfHand, ManagerNotActive, ManagerCircle),
)
def person_edit(request: ApiRequest, person_id: Id, body: EditPerson) -> Person:
    """Changes what is known of somebody in this organization: names, department, manager, phone, language, zone."""
    carry_out(request, edit_person, membership_id=person_id, **body.model_dump(exclude_unset=True))
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


@operation(
    router,
    "POST",
    "/people/{person_id}/temporary-password",
    RESET_PASSWORD,
    status=202,
    refuses=(*NOT_TO_GIVE, TooFast),
)
def temporary_password_create(request: ApiRequest, person_id: Id) -> None:
    """Mails somebody who is in a temporary password: good once, for an hour, beside their own."""
    carry_out(request, send_temporary_password, membership_id=person_id)


@operation(router, "PUT", "/people/{person_id}/password", RESET_PASSWORD, refuses=(*NOT_TO_GIVE, PasswordRefused))
def person_password_set(request: ApiRequest, person_id: Id, body: SetPassword) -> None:
    """Replaces somebody's password, where the account is this organization's alone. Their sessions end."""
    carry_out(
        request, set_member_password, membership_id=person_id, password=body.password, must_change=body.must_change
    )


@operation(router, "GET", "/people/{person_id}/sessions", END_SESSIONS, answer=Sessions, refuses=(MemberOutOfHand,))
def person_session_list(request: ApiRequest, person_id: Id) -> Sessions:
    """Where somebody is signed in to this organization, the latest first; at most 200."""
    return Sessions(items=[session_out(row) for row in sessions_of(request.actor, person_id, clock.now())[:200]])


@operation(router, "DELETE", "/people/{person_id}/sessions", END_SESSIONS, refuses=(MemberOutOfHand,))
def person_session_end(request: ApiRequest, person_id: Id) -> None:
    """Signs somebody out of this organization everywhere."""
    carry_out(request, end_sessions, membership_id=person_id)

"""Profiles: upper bounds of what people may do in the applications."""

from typing import Any
from uuid import UUID

from ninja import Query, Router

from tenantry.access.actions.profiles import (
    copy_profile,
    create_profile,
    delete_profile,
    edit_profile,
    plan_delete_profile,
    plan_edit_profile,
)
from tenantry.access.contents import ProfileContent, profile_content_of
from tenantry.access.errors import FromTheBlueprint, MemberOutOfHand, NotYoursToGive, ProfileNameTaken
from tenantry.access.permissions import PROFILES_EDIT, ROLES_VIEW
from tenantry.access.selectors import find_profile_seen, profiles
from tenantry.api.conditions import require_version, tag
from tenantry.api.errors import StateChanged, StateNotNamed
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.profiles.schemas import (
    CreateProfile,
    EditProfile,
    ProfileDeletion,
    ProfileDeletionPlanOut,
    ProfileOut,
    ProfilePlanOut,
    Profiles,
    ProfileSuccessor,
)
from tenantry.api.requests import ApiRequest
from tenantry.api.roles.schemas import consequences_out
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, VersionChanged
from tenantry.core.transactions import reading
from tenantry.people.errors import NotOnOneself
from tenantry.usecases.telling_roles import effects_of

router = Router(tags=["Profiles"])
WRITING = (InvalidInput, NotYoursToGive, ProfileNameTaken)
EDITING = (*WRITING, FromTheBlueprint)
DELETING = (FromTheBlueprint, NotYoursToGive, NotOnOneself, MemberOutOfHand)


def _profile(row: Any) -> ProfileOut:
    content = profile_content_of(row)
    return ProfileOut(
        id=row.id,
        key=row.key,
        name=row.name,
        description=row.description,
        is_system=row.is_system,
        bounds_nothing=row.is_everything,
        permissions=dict(content.permissions),
        fields=dict(content.fields),
        version=row.version,
        holders=row.holders,
    )


def _tagged(request: ApiRequest, profile_id: UUID, **headers: str) -> Answer:
    row = find_profile_seen(request.actor, profile_id)
    return Answer(_profile(row), {**tag(row.version), **headers})


@operation(router, "GET", "/profiles", ROLES_VIEW, PROFILES_EDIT, answer=Profiles)
def profile_list(request: ApiRequest) -> Profiles:
    """Every profile, with how many people have it."""
    return Profiles(items=[_profile(row) for row in profiles(request.actor)])


@operation(router, "POST", "/profiles", PROFILES_EDIT, answer=ProfileOut, status=201, refuses=WRITING)
def profile_create(request: ApiRequest, body: CreateProfile) -> Answer:
    """A custom profile, or a copy. What it lets through the caller holds."""
    if body.copy_of is not None:
        made = carry_out(request, copy_profile, profile_id=body.copy_of, name=body.name)
    else:
        content = ProfileContent(body.name, body.description, dict(body.permissions), dict(body.fields))
        made = carry_out(request, create_profile, content=content)
    with reading():
        return _tagged(request, made.id, Location=f"/api/v1/profiles/{made.id}")


@operation(router, "GET", "/profiles/{profile_id}", ROLES_VIEW, PROFILES_EDIT, answer=ProfileOut)
def profile_get(request: ApiRequest, profile_id: Id) -> Answer:
    """One profile, with its ETag."""
    return _tagged(request, profile_id)


def _edited(row: Any, body: EditProfile) -> ProfileContent:
    """What stands, with what was sent."""
    stands, sent = profile_content_of(row), body.model_fields_set
    return ProfileContent(
        body.name if "name" in sent else stands.name,
        body.description if "description" in sent else stands.description,
        dict(body.permissions) if "permissions" in sent else stands.permissions,
        dict(body.fields) if "fields" in sent else stands.fields,
    )


@operation(
    router,
    "PATCH",
    "/profiles/{profile_id}",
    PROFILES_EDIT,
    answer=ProfileOut,
    refuses=(*EDITING, PlanChanged, StateNotNamed, StateChanged),
)
def profile_edit(request: ApiRequest, profile_id: Id, body: EditProfile) -> Answer:
    """Writes a custom profile, acting at everybody's next call. Needs If-Match with the ETag that was read; 412 when
    somebody else was faster."""
    with reading():
        row = find_profile_seen(request.actor, profile_id)
    require_version(request, row.version)
    try:
        carry_out(
            request,
            edit_profile,
            profile_id=profile_id,
            content=_edited(row, body),
            version=row.version,
            digest=body.digest,
        )
    except VersionChanged:
        raise StateChanged from None
    with reading():
        return _tagged(request, profile_id)


@operation(
    router, "POST", "/profiles/{profile_id}/plan", PROFILES_EDIT, answer=ProfilePlanOut, reads=True, refuses=EDITING
)
def profile_edit_plan(request: ApiRequest, profile_id: Id, body: EditProfile) -> ProfilePlanOut:
    """Who would gain and lose what, by name; changes nothing."""
    row = find_profile_seen(request.actor, profile_id)
    plan = plan_edit_profile(actor=request.actor, profile_id=profile_id, content=_edited(row, body), now=clock.now())
    return ProfilePlanOut(
        digest=plan.digest,
        version=plan.version,
        changes=list(plan.changes),
        consequences=consequences_out(plan.consequences, effects_of(plan.consequences)),
    )


@operation(
    router, "GET", "/profiles/{profile_id}/deletion/plan", PROFILES_EDIT, answer=ProfileDeletionPlanOut,
    refuses=DELETING,
)  # fmt: skip
def profile_deletion_plan(
    request: ApiRequest, profile_id: Id, query: Query[ProfileSuccessor]
) -> ProfileDeletionPlanOut:
    """What deleting a profile would do, once its people get `successor_id`, or no profile."""
    plan = plan_delete_profile(
        actor=request.actor, profile_id=profile_id, successor_id=query.successor_id, now=clock.now()
    )
    return ProfileDeletionPlanOut(
        digest=plan.digest,
        name=plan.name,
        holders=plan.holders,
        successor=plan.successor,
        consequences=consequences_out(plan.consequences, effects_of(plan.consequences)),
    )


@operation(router, "DELETE", "/profiles/{profile_id}", PROFILES_EDIT, refuses=(*DELETING, PlanChanged))
def profile_delete(request: ApiRequest, profile_id: Id, query: Query[ProfileDeletion]) -> None:
    """Its people get `successor_id`, or no profile. `digest` of the plan that was shown, or nothing."""
    carry_out(request, delete_profile, profile_id=profile_id, successor_id=query.successor_id, digest=query.digest)

"""Profiles as data: upper bounds of what people may do in the applications (product.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, QuerySet

from tenantry.access.contents import (
    ProfileContent,
    ask_profile_covered,
    bounded_by_nothing,
    cleaned_profile,
    profile_content_of,
)
from tenantry.access.errors import FromTheBlueprint, MemberOutOfHand, ProfileNameTaken
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, Profile, ProfileAssignment, Role
from tenantry.access.permissions import PROFILES_EDIT, RESTRICT
from tenantry.access.simulating import Affected, Consequence, Question, consequences, within_sight
from tenantry.access.steps import bump_catalogue
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import NotFound, VersionChanged
from tenantry.core.ids import NIL, new_id
from tenantry.core.permissions import catalogue, reach_of, record_fields
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership

NAMED = 20
MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class ProfileWritten:
    id: UUID
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class ProfileEditPlan(Plan):
    """What saving does to those who have the profile."""

    profile_id: UUID
    version: int
    before: ProfileContent
    after: ProfileContent
    consequences: tuple[Consequence, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """Codes of permissions and fields, and names of other parts, that are not what they were."""
        found: list[str] = []
        for was, will in (
            (self.before.permissions, self.after.permissions),
            (self.before.fields, self.after.fields),
        ):
            found += [code for code in sorted({*was, *will}) if was.get(code) != will.get(code)]
        return (*found, *(p for p in ("name", "description") if getattr(self.before, p) != getattr(self.after, p)))


def get_profile(profile_id: UUID) -> Profile:
    """:raises NotFound: unknown, or of another organization."""
    profile = Profile.objects.filter(id=profile_id).first()
    if profile is None:
        raise NotFound
    return profile


def ask_own_profile(profile: Profile) -> None:
    """:raises FromTheBlueprint: a system profile."""
    if profile.is_system or profile.is_everything:
        raise FromTheBlueprint(name=profile.name)


def _ask_name(name: str, profile_id: UUID | None = None) -> None:
    if Profile.objects.filter(sort_name=name.lower()).exclude(id=profile_id or NIL).exists():
        raise ProfileNameTaken(name=name)


# --- Creating ------------------------------------------------------------------------------


@action(PROFILES_EDIT)
def create_profile(*, actor: Actor, now: datetime, content: ProfileContent) -> Outcome[ProfileWritten]:
    """:raises InvalidInput, NotYoursToGive, ProfileNameTaken: see there."""
    return _created(actor, content, "")


@action(PROFILES_EDIT)
def copy_profile(*, actor: Actor, now: datetime, profile_id: UUID, name: str) -> Outcome[ProfileWritten]:
    """A profile with the bounds of another one; of one that bounds nothing, every permission of today.

    :raises NotFound, InvalidInput, NotYoursToGive, ProfileNameTaken: see there.
    """
    source = get_profile(profile_id)
    content = profile_content_of(source)
    permissions = {c: v for c, v in content.permissions.items() if c in catalogue()}
    fields = {c: v for c, v in content.fields.items() if c in record_fields()}
    return _created(actor, ProfileContent(name, content.description, permissions, fields), source.name)


def _created(actor: Actor, content: ProfileContent, copied_from: str) -> Outcome[ProfileWritten]:
    bump_catalogue()
    after = cleaned_profile(content)
    ask_profile_covered(actor, None, after)
    _ask_name(after.name)
    last = Profile.objects.aggregate(last=Max("position"))["last"]
    profile = Profile(
        key=str(new_id()),
        position=min((last or 0) + 1, 32_000),
        is_system=False,
        copied_from=copied_from,
        **columns(after),
    )
    Profile.objects.bulk_create([profile])
    values = {"name": profile.name, "copied_from": copied_from, "after": plain(after)}
    return Outcome(
        ProfileWritten(profile.id, profile.name, profile.version),
        Entry("access.profile_created", "profile", profile.id, values),
    )


def columns(content: ProfileContent) -> dict[str, Any]:
    return {**plain(content), "sort_name": content.name.lower()}


def plain(content: ProfileContent) -> dict[str, Any]:
    """What audit entries keep of it."""
    return {
        "name": content.name,
        "description": content.description,
        "permissions": dict(content.permissions),
        "fields": dict(content.fields),
    }


def content_from(written: Mapping[str, Any]) -> ProfileContent:
    return ProfileContent(
        written["name"], written["description"], dict(written["permissions"]), dict(written["fields"])
    )


# --- Editing -------------------------------------------------------------------------------


def having(profile_id: UUID) -> QuerySet[Membership]:
    """Who has the profile."""
    rows = ProfileAssignment.objects.filter(profile_id=profile_id)
    return Membership.objects.filter(id__in=rows.values("membership_id"))


def plan_edit_profile(*, actor: Actor, profile_id: UUID, content: ProfileContent, now: datetime) -> ProfileEditPlan:
    """Who gains and loses what, by name.

    :raises NotFound, InvalidInput, FromTheBlueprint, NotYoursToGive, ProfileNameTaken: see there.
    """
    require(actor, PROFILES_EDIT)
    profile = get_profile(profile_id)
    ask_own_profile(profile)
    after, before = cleaned_profile(content), profile_content_of(profile)
    ask_profile_covered(actor, before, after)
    _ask_name(after.name, profile.id)
    return ProfileEditPlan(
        profile_id=profile.id,
        version=profile.version,
        before=before,
        after=after,
        consequences=within_sight(actor, _consequences(profile.id, before, after, now)),
    )


def _consequences(
    profile_id: UUID, before: ProfileContent, after: ProfileContent | None, now: datetime
) -> tuple[Consequence, ...]:
    """`after` None: nothing bounds them any more."""
    written = None if after is None else {"everything": False, **plain(after)}
    will = bounded_by_nothing() if after is None else after.permissions
    codes = sorted({*before.permissions, *will} & catalogue().keys())
    touched = [c for c in codes if reach_of(before.permissions.get(c, "")) != reach_of(will.get(c, ""))]
    opened = {} if after is None else after.fields
    fields = [c for c in record_fields() if before.fields.get(c) != opened.get(c)]
    if not touched and not fields:
        return ()
    question = Question(lambda row: {**row, "profile": written}, now, codes=touched, fields=fields)
    return consequences(having(profile_id), question)


@action(PROFILES_EDIT)
def edit_profile(
    *,
    actor: Actor,
    now: datetime,
    profile_id: UUID,
    content: ProfileContent,
    version: int | None = None,
    digest: str | None = None,
) -> Outcome[ProfileWritten]:
    """Writes a custom profile, acting at everybody's next request. `version`: what the caller saw.

    :raises VersionChanged: somebody else wrote meanwhile. :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, InvalidInput, FromTheBlueprint, NotYoursToGive, ProfileNameTaken: see there.
    """
    bump_catalogue()
    profile = get_profile(profile_id)
    ask_own_profile(profile)
    if version is not None and version != profile.version:
        raise VersionChanged
    plan = confirm(plan_edit_profile(actor=actor, profile_id=profile_id, content=content, now=now), digest)
    if not plan.changes:
        return Outcome(ProfileWritten(profile.id, profile.name, profile.version), None)
    for name, value in columns(plan.after).items():
        setattr(profile, name, value)
    profile.version += 1
    profile.save(update_fields=[*columns(plan.after), "version"])
    values = {"name": profile.name, "before": plain(plan.before), "after": plain(plan.after)}
    return Outcome(
        ProfileWritten(profile.id, profile.name, profile.version),
        Entry("access.profile_edited", "profile", profile.id, values),
    )


# --- Deleting ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProfileDeletionPlan(Plan):
    """Without a successor nothing bounds these people any more."""

    profile_id: UUID
    name: str
    version: int
    successor_id: UUID | None
    successor: str
    holders: int
    people: tuple[Affected, ...]
    consequences: tuple[Consequence, ...]


@dataclass(frozen=True, slots=True)
class ProfileDeleted:
    id: UUID
    name: str
    holders: int
    successor: str


def plan_delete_profile(
    *, actor: Actor, profile_id: UUID, now: datetime, successor_id: UUID | None = None
) -> ProfileDeletionPlan:
    """Whose bounds change, and how.

    :raises NotFound, FromTheBlueprint, NotYoursToGive, NotOnOneself, PermissionMissing, MemberOutOfHand: see there.
    """
    require(actor, PROFILES_EDIT)
    profile = get_profile(profile_id)
    ask_own_profile(profile)
    successor = get_profile(successor_id) if successor_id else None
    if successor is not None and successor.id == profile.id:
        raise NotFound
    before = profile_content_of(profile)
    unbounded = successor is None or successor.is_everything
    after = None if successor is None or unbounded else profile_content_of(successor)
    people = [Affected(m.id, m.name) for m in having(profile_id).order_by("sort_name", "id")[:NAMED]]
    if people:
        _ask_having(actor, profile_id)
        ask_profile_covered(actor, before, after or ProfileContent("", "", bounded_by_nothing()))
    return ProfileDeletionPlan(
        profile_id=profile.id,
        name=profile.name,
        version=profile.version,
        successor_id=successor.id if successor else None,
        successor=successor.name if successor else "",
        holders=having(profile_id).count() if len(people) == NAMED else len(people),
        people=tuple(people),
        consequences=_consequences(profile_id, before, after, now) if people else (),
    )


def _ask_having(actor: Actor, profile_id: UUID) -> None:
    """Whoever gives people another profile may do so to each of them, everywhere.

    :raises NotOnOneself, PermissionMissing, MemberOutOfHand: see there.
    """
    members = having(profile_id)
    if members.filter(id=actor.own_id).exists() and not actor.grants.everything:
        raise NotOnOneself
    require(actor, RESTRICT)
    held = Assignment.objects.filter(membership__in=members.values("id"), workspace=None)
    for role in Role.objects.filter(id__in=held.values("role_id")).order_by("position"):
        if not may_assign(actor, role):
            first = held.filter(role=role).select_related("membership").first()
            raise MemberOutOfHand(name=first.membership.name if first else "", role=role.name)


@action(PROFILES_EDIT)
def delete_profile(
    *,
    actor: Actor,
    now: datetime,
    profile_id: UUID,
    successor_id: UUID | None = None,
    digest: str | None = None,
) -> Outcome[ProfileDeleted]:
    """Its people get the successor, or no profile at all.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, FromTheBlueprint, NotYoursToGive, NotOnOneself, PermissionMissing, MemberOutOfHand: see there.
    """
    bump_catalogue()
    plan = confirm(plan_delete_profile(actor=actor, profile_id=profile_id, now=now, successor_id=successor_id), digest)
    profile = get_profile(profile_id)
    members = list(having(profile_id).order_by("id").values_list("id", flat=True)[: MOST_NAMED + 1])
    rows = ProfileAssignment.objects.filter(profile_id=profile_id)
    if successor_id is None:
        rows.delete()
    else:
        rows.update(profile_id=successor_id, given_by_id=actor.membership_id, given_at=now)
    values = {
        "name": plan.name,
        "before": plain(profile_content_of(profile)),
        "successor_id": plan.successor_id,
        "successor": plan.successor,
        "holders": plan.holders,
        "members": members if len(members) <= MOST_NAMED else [],
    }
    profile.delete()
    return Outcome(
        ProfileDeleted(profile_id, plan.name, plan.holders, plan.successor),
        Entry("access.profile_deleted", "profile", profile_id, values),
    )

"""Another profile, or none, for many."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.errors import SameProfile
from tenantry.access.hands import standings
from tenantry.access.models import ProfileAssignment
from tenantry.access.permissions import RESTRICT
from tenantry.access.simulating import Question, gains_and_losses
from tenantry.access.steps import get_profile
from tenantry.access.weighing import with_profile
from tenantry.acting.actions import Part
from tenantry.acting.plans import Plan, Refused
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.permissions import catalogue
from tenantry.people.models import Membership
from tenantry.people.steps import bump_access
from tenantry.usecases.bulk_changing.roles import common_refusal, named, selected


@dataclass(frozen=True, slots=True)
class ProfilesPlan(Plan):
    """`profile_id` None: nothing bounds them any more. `gains` and `loses`: people by code of a permission."""

    profile_id: UUID | None
    profile: str
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    gains: tuple[tuple[str, int], ...]
    loses: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ProfilesSet:
    profile_id: UUID | None
    members: tuple[UUID, ...]
    refused: tuple[Refused, ...]


def plan_set_profiles(
    *, actor: Actor, membership_ids: Iterable[UUID], profile_id: UUID | None, now: datetime
) -> ProfilesPlan:
    """Who would get the profile, and who not and why.

    :raises NotFound: the profile, or somebody of the selection, is unknown or out of reach.
    """
    rows = selected(actor, membership_ids)
    profile = get_profile(profile_id) if profile_id else None
    standing = standings(member.id for member in rows)
    present = dict(
        ProfileAssignment.objects.filter(membership_id__in=[m.id for m in rows]).values_list(
            "membership_id", "profile_id"
        )
    )
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        why = common_refusal(actor, member, standing[member.id], RESTRICT)
        if why is None and present.get(member.id) == profile_id:
            why = SameProfile(name=member.name)
        if why is not None:
            refused[member.id] = why
    getting = [member for member in rows if member.id not in refused]
    ids = tuple(member.id for member in getting)
    question = Question(lambda row: with_profile(dict(row), profile), now, codes=list(catalogue()))
    gains, loses = gains_and_losses(Membership.objects.filter(id__in=ids), question) if ids else ((), ())
    return ProfilesPlan(
        profile_id=profile_id,
        profile=profile.name if profile else "",
        members=ids,
        names=tuple(member.name for member in getting),
        refused=named(rows, refused),
        gains=gains,
        loses=loses,
    )


def set_profiles(*, actor: Actor, now: datetime, plan: ProfilesPlan) -> Part[ProfilesSet]:
    """What a confirmed plan says; for actions that have locked its people."""
    held = ProfileAssignment.objects.filter(membership_id__in=plan.members)
    before = {str(member_id): profile for member_id, profile in held.values_list("membership_id", "profile_id")}
    if plan.profile_id is None:
        held.delete()
    else:
        values = {"profile_id": plan.profile_id, "given_by_id": actor.membership_id, "given_at": now}
        held.update(**values)
        missing = [i for i in plan.members if str(i) not in before]
        ProfileAssignment.objects.bulk_create(ProfileAssignment(membership_id=i, **values) for i in missing)
    bump_access(plan.members)
    members = [str(i) for i in plan.members]
    told = {"after": plan.profile, "after_id": plan.profile_id, "members": members, "before_ids": before}
    return Part(
        ProfilesSet(plan.profile_id, plan.members, plan.refused),
        Entry("people.profiles_set", "members", None, told),
        events=(Event("ProfilesSet", {"membership_ids": plan.members, "profile": plan.profile}),),
    )

"""Reads of what one person holds, and of what an actor may give them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Concat, JSONObject, Trim

from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, Profile, ProfileAssignment, RestrictionSet, Role
from tenantry.core.actor import Actor
from tenantry.core.records import NOWHERE, Target


@dataclass(frozen=True, slots=True)
class HeldProfile:
    id: UUID
    name: str
    since: datetime
    given_by: str


@dataclass(frozen=True, slots=True)
class HeldRestriction:
    """`workspace`: its name, empty for everywhere."""

    code: str
    value: str
    workspace: str
    since: datetime
    set_by: str


@dataclass(frozen=True, slots=True)
class Holding:
    """`beside`: additions and roles at units; `levels`: in workspaces."""

    base: Assignment | None
    beside: tuple[Assignment, ...] = ()
    levels: tuple[Assignment, ...] = ()
    profile: HeldProfile | None = None
    restrictions: tuple[HeldRestriction, ...] = ()


def holding_of(membership_id: UUID) -> Holding:
    """Everything that gives, bounds and takes, with who did it; one query. Removed people hold nothing."""
    profile = ProfileAssignment.objects.filter(membership_id=membership_id).values(
        found=JSONObject(id="profile_id", name="profile__name", since="given_at", given_by=_name_of("given_by"))
    )
    taken = RestrictionSet.objects.filter(membership_id=membership_id).order_by("workspace__sort_name", "code")
    taken_ = taken.values(
        found=JSONObject(
            code="code", value="value", workspace="workspace__name", since="set_at", set_by=_name_of("set_by")
        )
    )
    rows = Assignment.objects.filter(membership_id=membership_id).order_by("-is_base", "given_at", "id")
    rows = rows.select_related("role", "then_role", "unit", "workspace", "given_by").defer("given_by__picture")
    held: list[Any] = list(rows.annotate(found_profile=Subquery(profile[:1]), found_taken=ArraySubquery(taken_)))
    if not held:
        return Holding(None)
    return Holding(
        base=next((row for row in held if row.is_base), None),
        beside=tuple(row for row in held if not row.is_base and row.workspace_id is None),
        levels=tuple(row for row in held if row.workspace_id is not None),
        profile=_profile(held[0].found_profile),
        restrictions=tuple(HeldRestriction(**_read(one)) for one in held[0].found_taken),
    )


def _profile(found: Mapping[str, Any] | None) -> HeldProfile | None:
    return HeldProfile(**{**_read(found), "id": UUID(found["id"])}) if found else None


def _name_of(link: str) -> Trim:
    name = Concat(f"{link}__given_name", Value(" "), f"{link}__family_name", output_field=TextField())
    return Trim(name)


def _read(found: Mapping[str, Any]) -> dict[str, Any]:
    return {**{key: value or "" for key, value in found.items()}, "since": datetime.fromisoformat(found["since"])}


def profile_id_of(membership_id: UUID) -> UUID | None:
    return ProfileAssignment.objects.filter(membership_id=membership_id).values_list("profile_id", flat=True).first()


def profiles_with(membership_id: UUID) -> list[tuple[UUID, str, bool]]:
    """(id, name, whether this person has it) of every profile, strongest first; one query."""
    mine = Exists(ProfileAssignment.objects.filter(profile_id=OuterRef("id"), membership_id=membership_id))
    rows = Profile.objects.annotate(is_held=mine).order_by("position", "sort_name")
    return list(rows.values_list("id", "name", "is_held"))


def profile_names() -> list[tuple[UUID, str]]:
    """Every profile, strongest first."""
    return list(Profile.objects.order_by("position", "sort_name").values_list("id", "name"))


def restrictions_set(membership_id: UUID, workspace_id: UUID | None = None) -> dict[str, str]:
    """Code -> value, everywhere or in one workspace."""
    rows = RestrictionSet.objects.filter(membership_id=membership_id)
    rows = rows.filter(workspace=None) if workspace_id is None else rows.filter(workspace_id=workspace_id)
    return dict(rows.values_list("code", "value"))


def givable_additions(actor: Actor, target: Target = NOWHERE) -> list[Role]:
    """The additions that this actor may give to somebody who stands there."""
    return [role for role in _of_kind(Role.Kind.ADDITION) if may_assign(actor, role, target)]


def unit_roles(actor: Actor) -> list[Role]:
    """The roles at units that this actor may give somewhere; where, the action decides."""
    places = [NOWHERE, *_places(actor)]
    return [role for role in _of_kind(Role.Kind.UNIT) if any(may_assign(actor, role, place) for place in places)]


def _of_kind(kind: Role.Kind) -> Iterable[Role]:
    return Role.objects.filter(kind=kind).order_by("position", "sort_name")


def _places(actor: Actor) -> list[Target]:
    """The units at which the actor holds a role."""
    return [
        Target(units=frozenset({held.scope_id})) for held in actor.grants.held if held.scope_id and held.scope == "unit"
    ]

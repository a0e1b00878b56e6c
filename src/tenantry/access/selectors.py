"""Reads of roles and of the directory, which joins people with their roles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from tenantry.access.grants import of_members
from tenantry.access.hands import may_assign
from tenantry.access.models import (
    Assignment,
    CatalogueVersion,
    Profile,
    ProfileAssignment,
    RestrictionSet,
    Role,
)
from tenantry.access.permissions import ASSIGN, PROFILES_EDIT, ROLES_EDIT, ROLES_VIEW
from tenantry.core.actor import Actor, Grants
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.core.permissions import Reach, catalogue
from tenantry.core.records import NOWHERE, Target
from tenantry.core.text import InvalidText, TextBound
from tenantry.organizations.models import UnitLink
from tenantry.people.models import Membership, TeamMember
from tenantry.people.models.members import seen_at
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import visible_members
from tenantry.people.words import asked_words

Status = Membership.Status
SORTS: Mapping[str, str] = {"name": "sort_name", "last_sign_in": "seen_at", "added": "created_at", "email": "email"}
STATUSES = ("active", "pending", "expired", "deactivated", "removed")
_QUERY = TextBound(200, required=False)


def roles_of(member_ids: Iterable[UUID]) -> dict[UUID, Role]:
    """Base role by membership id; one query."""
    rows = Assignment.objects.filter(membership_id__in=list(member_ids), is_base=True).select_related("role")
    return {row.membership_id: row.role for row in rows}


def keyholder_ids() -> list[UUID]:
    """Active members whose base role has all permissions, without an end and without any restriction."""
    return list(keyholding().order_by("membership_id").values_list("membership_id", flat=True))


def active_ids() -> list[UUID]:
    """Everybody who may sign in here."""
    return list(Membership.objects.filter(status=Status.ACTIVE).order_by("id").values_list("id", flat=True))


def members_with(code: str, now: datetime) -> list[UUID]:
    """Active members who hold a permission somewhere, after profiles and restrictions; two queries."""
    gives = Q(role__is_keyholder=True) | Q(role__permissions__has_key=code)
    then = Q(then_role__is_keyholder=True) | Q(then_role__permissions__has_key=code)
    rows = Assignment.objects.filter(gives | then, membership__status=Status.ACTIVE)
    maybe = sorted(set(rows.values_list("membership_id", flat=True)))
    return [one for one, held in of_members(maybe, now).items() if _holds(one, held, code)]


def _holds(membership_id: UUID, held: Grants, code: str) -> bool:
    return Actor(kind="member", organization_id=None, grants=held, membership_id=membership_id).may(code)


def keyholding() -> QuerySet[Assignment]:
    """The base roles that make somebody a keyholder (product.md §1)."""
    rows = Assignment.objects.filter(
        is_base=True, role__is_keyholder=True, ends_at=None, membership__status=Membership.Status.ACTIVE
    )
    return rows.exclude(Exists(RestrictionSet.objects.filter(membership_id=OuterRef("membership_id"))))


@dataclass(frozen=True, slots=True)
class DirectoryFilter:
    """What the address of the directory says. Empty statuses: everybody but removed people. `below`: people of the
    units below those named count too."""

    query: str = ""
    statuses: tuple[str, ...] = ()
    role_ids: tuple[UUID, ...] = ()
    team_ids: tuple[UUID, ...] = ()
    last_sign_in: str = ""
    unit_ids: tuple[UUID, ...] = ()
    workspace_ids: tuple[UUID, ...] = ()
    department_ids: tuple[UUID, ...] = ()
    profile_ids: tuple[UUID, ...] = ()
    below: bool = True
    # "free": people with a role without a fee; "held": the others.
    seat: str = ""


def directory(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Membership]:
    """People whom the actor may see, with `role_name`, `role_id_` and `seen_at`; not ordered, not cut.

    :raises PermissionMissing: `people.view`.
    """
    return with_roles(matching(actor, wanted, now))


def with_roles(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """Adds `role_name`, `role_id_`, `is_keyholder` and `seen_at`."""
    base = Assignment.objects.filter(membership_id=OuterRef("id"), is_base=True)
    return rows.annotate(
        role_name=Subquery(base.values("role__name")[:1]),
        role_id_=Subquery(base.values("role_id")[:1]),
        is_keyholder=Coalesce(Subquery(base.values("role__is_keyholder")[:1]), Value(False)),
        seen_at=seen_at(),
    )


def matching(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Membership]:
    """The same people without what lists show of them.

    :raises PermissionMissing: `people.view`.
    """
    base = Assignment.objects.filter(membership_id=OuterRef("id"), is_base=True)
    rows = visible_members(actor).filter(_status_filter(wanted.statuses, now))
    if wanted.role_ids:
        rows = rows.filter(Exists(base.filter(role_id__in=wanted.role_ids)))
    if wanted.team_ids:
        rows = rows.filter(Exists(TeamMember.objects.filter(membership_id=OuterRef("id"), team_id__in=wanted.team_ids)))
    rows = _placed(rows, wanted)
    if wanted.seat:
        rows = rows.filter(seat_free=wanted.seat == "free")
    if wanted.last_sign_in == "never":
        rows = rows.filter(last_sign_in_at=None)
    elif (since := unseen_since(wanted.last_sign_in, now)) is not None:
        rows = rows.filter(Q(last_sign_in_at__lt=since) | Q(last_sign_in_at=None))
    for word in asked_of(wanted.query):
        rows = rows.filter(search_text__contains=f" {word}")
    return rows


def _placed(rows: QuerySet[Any], wanted: DirectoryFilter) -> QuerySet[Any]:
    """Those who stand in the named units, workspaces and departments, and have a named profile."""
    if wanted.unit_ids and wanted.below:
        rows = rows.filter(unit_id__in=UnitLink.objects.filter(above_id__in=wanted.unit_ids).values("below_id"))
    elif wanted.unit_ids:
        rows = rows.filter(unit_id__in=wanted.unit_ids)
    if wanted.workspace_ids:
        levels = Assignment.objects.filter(membership_id=OuterRef("id"), workspace_id__in=wanted.workspace_ids)
        rows = rows.filter(Exists(levels))
    if wanted.department_ids:
        rows = rows.filter(department_id__in=wanted.department_ids)
    if wanted.profile_ids:
        bound = ProfileAssignment.objects.filter(membership_id=OuterRef("id"), profile_id__in=wanted.profile_ids)
        rows = rows.filter(Exists(bound))
    return rows


def unseen_since(days: str, now: datetime) -> datetime | None:
    """The beginning of the day (UTC) that many days ago; None where `days` is no number of at most four digits. Whole
    days, so that a search row that knows the day says exactly who was not there since."""
    if not (days.isdecimal() and days.isascii() and len(days) < 5):
        return None
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(datetime.fromtimestamp(0, UTC), today - timedelta(days=int(days)))


def asked_of(query: str) -> list[str]:
    """Every word must begin a word, in any order. What can't be a name finds nothing rather than failing."""
    try:
        return asked_words(_QUERY.clean(query))
    except InvalidText:
        return ["\ufffd"]


def _status_filter(statuses: tuple[str, ...], now: datetime) -> Q:
    expired = Q(status=Status.INVITED, invited_until__lte=now)
    by_name = {
        "active": Q(status=Status.ACTIVE),
        "pending": Q(status=Status.INVITED, invited_until__gt=now),
        "expired": expired,
        "deactivated": Q(status=Status.DEACTIVATED),
        "removed": Q(status=Status.REMOVED),
    }
    chosen = [by_name[s] for s in statuses if s in by_name]
    if not chosen:
        return ~Q(status=Status.REMOVED)
    result = chosen[0]
    for other in chosen[1:]:
        result |= other
    return result


def status_shown(member: Membership, now: datetime) -> str:
    """`active`, `pending`, `expired`, `deactivated` or `removed`: what lists say of somebody."""
    if member.status == Status.INVITED:
        return "expired" if member.is_expired(now) else "pending"
    return member.status


def roles(actor: Actor) -> QuerySet[Role]:
    """The catalogue with `holders`, the number of people who hold each role, wherever.

    :raises PermissionMissing: `roles.view`.
    """
    require_any(actor, ROLES_VIEW, ROLES_EDIT)
    held = Assignment.objects.filter(role_id=OuterRef("id")).exclude(membership__status=Status.REMOVED)
    counted = held.order_by().values("role_id").annotate(n=Count("membership_id", distinct=True)).values("n")
    return Role.objects.annotate(holders=Coalesce(Subquery(counted[:1]), 0)).order_by("position", "sort_name")


def profiles(actor: Actor) -> QuerySet[Profile]:
    """The catalogue with `holders`, the number of people who have each profile.

    :raises PermissionMissing: `roles.view`.
    """
    require_any(actor, ROLES_VIEW, PROFILES_EDIT)
    held = ProfileAssignment.objects.filter(profile_id=OuterRef("id")).exclude(membership__status=Status.REMOVED)
    counted = held.order_by().values("profile_id").annotate(n=Count("id")).values("n")
    return Profile.objects.annotate(holders=Coalesce(Subquery(counted[:1]), 0)).order_by("position", "sort_name")


def find_role_seen(actor: Actor, role_id: UUID) -> Any:
    """One role of `roles`.

    :raises NotFound: unknown, or of another organization.
    """
    role = roles(actor).filter(id=role_id).first()
    if role is None:
        raise NotFound
    return role


def find_profile_seen(actor: Actor, profile_id: UUID) -> Any:
    """One profile of `profiles`.

    :raises NotFound: unknown, or of another organization.
    """
    profile = profiles(actor).filter(id=profile_id).first()
    if profile is None:
        raise NotFound
    return profile


def holders_of(actor: Actor, role_id: UUID, most: int) -> list[Assignment]:
    """The first who hold a role, of those the actor may see, by name, each with the place."""
    rows = _seen(actor, Assignment.objects.filter(role_id=role_id))
    rows = rows.select_related("membership", "unit", "workspace").defer("membership__picture")
    return list(rows.order_by("membership__sort_name", "membership_id", "id")[:most])


def _seen(actor: Actor, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of people who are not removed and whom the actor may see."""
    rows = rows.exclude(membership__status=Status.REMOVED)
    if actor.reach(VIEW) == Reach.ALL:
        return rows
    if not actor.may(VIEW):
        return rows.none()
    return rows.filter(membership_id__in=visible_members(actor).order_by().values("id"))


def having_profile(actor: Actor, profile_id: UUID, most: int) -> list[ProfileAssignment]:
    """The first who have a profile, of those the actor may see, by name."""
    rows = _seen(actor, ProfileAssignment.objects.filter(profile_id=profile_id))
    rows = rows.select_related("membership").defer("membership__picture")
    return list(rows.order_by("membership__sort_name", "membership_id")[:most])


def assignable_roles(actor: Actor, target: Target = NOWHERE) -> list[Role]:
    """The base roles that this actor may give to somebody who stands there, strongest first."""
    rows = Role.objects.filter(kind=Role.Kind.BASE).order_by("position", "sort_name")
    return [role for role in rows if may_assign(actor, role, target)]


def find_role(key: str) -> Role:
    """By its immutable key.

    :raises NotFound: this organization has no such role.
    """
    role = Role.objects.filter(key=key).first()
    if role is None:
        raise NotFound
    return role


def all_role_keys() -> list[str]:
    return list(Role.objects.order_by("position").values_list("key", flat=True))


def all_role_names() -> list[tuple[UUID, str]]:
    return list(Role.objects.order_by("position").values_list("id", "name"))


@dataclass(frozen=True, slots=True)
class Grantor:
    """Somebody to ask for a permission."""

    id: UUID
    display_name: str
    role_name: str


def grantors_of(code: str, limit: int = 5) -> list[Grantor]:
    """Active people who could grant a permission: holders of everything first, then whoever has it and gives roles."""
    able = [
        role.id
        for role in Role.objects.all()
        if role.is_keyholder or (code in role.permissions and ASSIGN in role.permissions)
    ]
    rows = Assignment.objects.filter(is_base=True, role_id__in=able, membership__status=Status.ACTIVE)
    found = rows.select_related("role", "membership").order_by("role__position", "membership__sort_name")[:limit]
    return [Grantor(a.membership_id, a.membership.name, a.role.name) for a in found]


@dataclass(frozen=True, slots=True)
class PermissionLine:
    code: str
    title: Any
    sentence: Any
    area: str
    has_reach: bool
    reach: str


def permissions_of(role: Role) -> list[PermissionLine]:
    """Every permission of the catalogue with the role's reach: a reach code, `yes`, or empty."""
    return [
        PermissionLine(
            p.code,
            p.title,
            p.sentence,
            p.area,
            p.has_reach,
            ("all" if p.has_reach else "yes") if role.is_keyholder else role.permissions.get(p.code, ""),
        )
        for p in catalogue().values()
    ]


def roles_version() -> QuerySet[CatalogueVersion, Any]:
    """For annotating another query with the catalogue's version."""
    return CatalogueVersion.objects.values("number")

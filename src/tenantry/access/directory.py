"""What lists and pages of people show: rows with role and teams, the choices of their filters, who holds what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Concat, JSONObject, Trim

from tenantry.access.ends import ending_soon
from tenantry.access.hands import gives
from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet, Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import STATUSES, DirectoryFilter, directory, roles
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import NotFound
from tenantry.core.records import Target
from tenantry.core.tenancy import scope
from tenantry.organizations.models import Organization, PolicyValue, Unit, UnitLink
from tenantry.people.models import Membership, Team, TeamMember
from tenantry.people.permissions import TEAMS_MANAGE, TEAMS_VIEW, UNITS_VIEW, VIEW, WORKSPACES_VIEW
from tenantry.people.records import UNIT, WORKSPACE
from tenantry.people.selectors import visible_members, visible_teams

MOST_ENDING = 50
EVERYBODY = DirectoryFilter(statuses=STATUSES)


def listed(actor: Actor, wanted: DirectoryFilter, now: datetime) -> QuerySet[Any]:
    """The directory's rows with `team_names`, `unit_name`, `has_picture`, `total` (the number of all rows of this
    filter), and what `may_act_on` reads: `role_ids` and `above`, the units above the person's."""
    rows = directory(actor, wanted, now)
    total = rows.order_by().values("organization_id").annotate(n=Count("id")).values("n")
    held = Assignment.objects.filter(membership_id=OuterRef("id"), workspace=None)
    return rows.annotate(
        team_names=team_names(),
        role_ids=ArraySubquery(held.values("role_id")),
        above=ArraySubquery(UnitLink.objects.filter(below_id=OuterRef("unit_id")).values("above_id")),
        unit_name=Subquery(Unit.objects.filter(id=OuterRef("unit_id")).values("name")[:1]),
        has_picture=Case(When(picture__isnull=False, then=Value(True)), default=Value(False)),
        total=Subquery(total[:1]),
    ).defer("picture", "search_text")


def with_places(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Rows of the directory with `unit_name` and `profile_id_`, without what only pages show."""
    held = ProfileAssignment.objects.filter(membership_id=OuterRef("id"))
    placed: QuerySet[Any] = rows.annotate(
        unit_name=Subquery(Unit.objects.filter(id=OuterRef("unit_id")).values("name")[:1]),
        profile_id_=Subquery(held.values("profile_id")[:1]),
    )
    return placed.defer("picture", "search_text")


def team_names() -> ArraySubquery:
    """Names of the teams of the outer membership, in order."""
    rows = TeamMember.objects.filter(membership_id=OuterRef("id")).order_by("team__sort_name")
    return ArraySubquery(rows.values("team__name"))


def find_listed(actor: Actor, membership_id: UUID, now: datetime, *, policy: str = "") -> Any:
    """One row of the directory, removed people included; with the value of a policy as `ruled`, None for its default.

    :raises NotFound: unknown, of another organization, or out of reach.
    """
    rows = listed(actor, EVERYBODY, now).filter(id=membership_id)
    if policy:
        rows = rows.annotate(ruled=Subquery(PolicyValue.objects.filter(code=policy).values("value")[:1]))
    member = rows.first()
    if member is None:
        raise NotFound
    return member


def base_assignment(membership_id: UUID) -> Assignment | None:
    """Somebody's role with who gave it; None for removed people."""
    rows = Assignment.objects.filter(membership_id=membership_id, is_base=True)
    return rows.select_related("role", "then_role", "given_by").first()


def may_act_on(actor: Actor, member: Any, code: str) -> bool:
    """`access.hands.out_of_hand` for a row of `listed`, without asking the database. Never on oneself."""
    if member.id == actor.membership_id:
        return False
    target = Target("member", member.id, owner=member.id, units=frozenset(member.above))
    return decide(actor, code, target).allowed and (
        actor.grants.everything
        or (not member.is_keyholder and all(gives(actor, role_id, target) for role_id in member.role_ids))
    )


@dataclass(frozen=True, slots=True)
class Facets:
    """Choices of the directory's filters: (id, name)."""

    roles: tuple[tuple[UUID, str], ...]
    teams: tuple[tuple[UUID, str], ...]
    units: tuple[tuple[UUID, str], ...]
    workspaces: tuple[tuple[UUID, str], ...]


def facets(actor: Actor) -> Facets:
    """Every base role, and the teams, units and workspaces that the actor may see; one query."""
    found = _choices("role", Role.objects.filter(kind=Role.Kind.BASE), F("position"))
    if actor.may_any(TEAMS_VIEW, TEAMS_MANAGE):
        visible_ids = visible_teams(actor).order_by().values("id")
        found = found.union(_choices("team", Team.objects.filter(id__in=visible_ids)))
    for facet, code, kind in (("unit", UNITS_VIEW, UNIT), ("workspace", WORKSPACES_VIEW, WORKSPACE)):
        if actor.may(code):
            found = found.union(_choices(facet, visible(actor, code, kind)))
    rows = sorted(found, key=lambda row: row[:3])
    named = {facet: tuple((row[3], row[4]) for row in rows if row[0] == facet) for facet in _FACETS}
    return Facets(*(named[facet] for facet in _FACETS))


_FACETS = ("role", "team", "unit", "workspace")


def _choices(facet: str, rows: QuerySet[Any], rank: Any = 0) -> QuerySet[Any, Any]:
    order = Value(rank) if rank == 0 else rank
    marked: QuerySet[Any, Any] = rows.order_by().annotate(facet=Value(facet), place=F("sort_name"), rank=order)
    return marked.values_list("facet", "rank", "place", "id", "name")


@dataclass(frozen=True, slots=True)
class Standing:
    """Active people by how much they may do. `one`: the name of a keyholder, for when there is only one; `role`: what
    keyholders are called here; `maximum`: the policy `keyholders.maximum`."""

    active: int
    keyholders: int
    administrators: int
    one: str
    role: str
    maximum: int | None
    ending: tuple[str, ...] = ()


def standing(actor: Actor, now: datetime) -> Standing:
    """Administrators are those who may change roles of people, keyholders included. `ending`: whose role ends soon, of
    those whose roles the actor may see and change: `Pat Reyes (Auditor)`. One query."""
    keyholder = Q(role__is_keyholder=True, ends_at=None, restricted=False)
    name = Concat("membership__given_name", Value(" "), "membership__family_name", output_field=TextField())
    figures = JSONObject(
        active=Count("id"),
        keyholders=Count("id", filter=keyholder),
        administrators=Count("id", filter=Q(role__is_keyholder=True) | Q(role__permissions__has_key=ASSIGN)),
        one=Min(Trim(name), filter=keyholder),
        role=Min("role__name", filter=keyholder),
    )
    restricted = Exists(RestrictionSet.objects.filter(membership_id=OuterRef("membership_id")))
    rows = Assignment.objects.filter(is_base=True, membership__status=Membership.Status.ACTIVE)
    counted = (
        rows.annotate(restricted=restricted)
        .order_by()
        .values("organization_id")
        .annotate(figures=figures)
        .values("figures")
    )
    rule = PolicyValue.objects.filter(code="keyholders.maximum").values("value")
    here = Organization.objects.filter(pk=scope.organization_id())
    columns = here.values_list(Subquery(counted[:1]), Subquery(rule[:1]), ArraySubquery(_ending(actor, now)))
    found, maximum, ending = columns.first() or (None, None, [])
    found = found or {"active": 0, "keyholders": 0, "administrators": 0, "one": "", "role": ""}
    return Standing(
        found["active"],
        found["keyholders"],
        found["administrators"],
        found["one"] or "",
        found["role"] or "",
        maximum,
        tuple(ending or ()),
    )


def _ending(actor: Actor, now: datetime) -> QuerySet[Any, Any]:
    rows = ending_soon(now) if actor.may(ASSIGN) and actor.may(VIEW) else Assignment.objects.none()
    if actor.may(VIEW):
        rows = rows.filter(membership_id__in=visible_members(actor).order_by().values("id"))
    name = Concat("membership__given_name", Value(" "), "membership__family_name", output_field=TextField())
    shown = Concat(Trim(name), Value(" ("), "role__name", Value(")"), output_field=TextField())
    return rows.annotate(shown=shown).values("shown")[:MOST_ENDING]


def newest_and_expiring(actor: Actor, now: datetime, until: datetime, *, newest: int, most: int) -> QuerySet[Any]:
    """The latest people, flagged `is_new`, and those whose invitation ends before `until`; one query of `most` rows."""
    latest = directory(actor, DirectoryFilter(), now).order_by("-created_at", "-id").values("id")[:newest]
    rows = listed(actor, DirectoryFilter(), now).annotate(
        is_new=Case(When(id__in=latest, then=Value(True)), default=Value(False))
    )
    ending = Q(status=Membership.Status.INVITED, invited_until__gt=now, invited_until__lte=until)
    found: QuerySet[Any] = rows.filter(Q(is_new=True) | ending).order_by("-is_new", "-created_at", "-id")[:most]
    return found


def find_role_listed(actor: Actor, role_id: UUID) -> Role:
    """:raises NotFound: unknown, or of another organization."""
    role = roles(actor).filter(id=role_id).first()
    if role is None:
        raise NotFound
    return role


def people_by_role(actor: Actor, now: datetime) -> list[tuple[UUID | None, str, int]]:
    """(role id, name, people who are not removed), of those the actor may see."""
    rows: QuerySet[Any] = directory(actor, DirectoryFilter(), now).order_by()
    found = rows.values("role_id_", "role_name").annotate(n=Count("id")).order_by("-n", "role_name")
    return [(row["role_id_"], row["role_name"] or "", row["n"]) for row in found]

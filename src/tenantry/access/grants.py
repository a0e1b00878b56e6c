"""Builds what an actor may do: the union of their roles, bounded by the profile, minus restrictions; by one query,
cached by version.

The cache key is (membership, its access version, role-catalogue version), both versions read in the statement that
proves the membership and before the grants, so a change elsewhere is seen at the next request; and never beyond the
next end of an assignment.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import Lock
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from tenantry.access.models import Assignment, CatalogueVersion, ProfileAssignment, RestrictionSet, Role
from tenantry.core.actor import NO_GRANTS, Grants, Held
from tenantry.core.ids import new_id
from tenantry.core.permissions import FIELD_CODES, FieldAccess, Reach, ScopeKind, reach_of, restrictions
from tenantry.core.prepared import PreparedRow
from tenantry.people.models import Membership, TeamMember, WorkflowMember

_CACHE_SIZE = 5000
_cache: OrderedDict[tuple[UUID, UUID, int, int], Grants] = OrderedDict()
_guard = Lock()

ROLE_COLUMNS = ("id", "name", "permissions", "is_keyholder", "assignable_roles")


_VERSION = PreparedRow(lambda: CatalogueVersion.objects.values_list("number")[:1], {})


def catalogue_version() -> int:
    row = _VERSION.find()
    return row[0] if row else 0


def of_role(role: Role) -> Grants:
    """Of one role held in the whole organization: keys."""
    return Grants((held(role),))


def held(role: Role, scope: ScopeKind = ScopeKind.ORGANIZATION, scope_id: UUID | None = None) -> Held:
    return _held({name: getattr(role, name) for name in ROLE_COLUMNS}, scope, scope_id)


def _held(role: Mapping[str, Any], scope: ScopeKind, scope_id: UUID | None) -> Held:
    assignable = role["assignable_roles"]
    return Held(
        permissions=MappingProxyType({code: reach_of(written) for code, written in role["permissions"].items()}),
        everything=bool(role["is_keyholder"]),
        assignable=None if assignable is None else frozenset(UUID(i) for i in assignable),
        scope=scope,
        scope_id=scope_id,
        role_id=UUID(str(role["id"])),
        label=role["name"],
    )


def of_member(
    organization_id: UUID, membership_id: UUID, access_version: int, roles_version: int, now: datetime
) -> Grants:
    """The member's grants of this moment; one query when they are not cached."""
    key = (organization_id, membership_id, access_version, roles_version)
    with _guard:
        found = _cache.get(key)
        if found is not None and (found.until is None or found.until > now):
            _cache.move_to_end(key)
            return found
    grants = of_members([membership_id], now).get(membership_id, NO_GRANTS)
    with _guard:
        _cache[key] = grants
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return grants


def of_members(membership_ids: Iterable[UUID], now: datetime) -> dict[UUID, Grants]:
    """Of several members, whatever their status, by one query."""
    ids = list(membership_ids)
    rows = _source(ids[0]) if len(ids) == 1 else sources(Membership.objects.filter(id__in=ids))
    return {row["id"]: build(row, now) for row in rows}


def sources(members: QuerySet[Membership]) -> QuerySet[Membership, Any]:
    """What `build` reads: one row a member with everything that gives, bounds or takes."""
    here = {"membership_id": OuterRef("id")}
    role = JSONObject(**{name: f"role__{name}" for name in ROLE_COLUMNS})
    then = JSONObject(**{name: f"then_role__{name}" for name in ROLE_COLUMNS})
    assigned = Assignment.objects.filter(**here).order_by("-is_base", "given_at", "id")
    profile = JSONObject(
        everything="profile__is_everything", permissions="profile__permissions", fields="profile__fields"
    )
    taken = JSONObject(code="code", value="value", workspace="workspace_id")
    return members.order_by("id").values(
        "id",
        "unit_id",
        assigned=ArraySubquery(
            assigned.values(
                json=JSONObject(
                    role=role, then=then, base=F("is_base"), unit="unit_id", workspace="workspace_id", ends="ends_at"
                )
            )
        ),
        profile=Subquery(ProfileAssignment.objects.filter(**here).values(json=profile)[:1]),
        taken=ArraySubquery(RestrictionSet.objects.filter(**here).values(json=taken)),
        in_teams=ArraySubquery(TeamMember.objects.filter(**here).values("team_id")),
        in_workflows=ArraySubquery(WorkflowMember.objects.filter(**here).values("workflow_id")),
    )


_READ = ("id", "unit_id", "assigned", "profile", "taken", "in_teams", "in_workflows")
_SOMEBODY = new_id()
# Whoever comes is looked up so, after every change of what anybody may.
_ONE = PreparedRow(
    lambda: sources(Membership.objects.filter(id=_SOMEBODY)).values_list(*_READ), {_SOMEBODY: "membership_id"}
)


def _source(membership_id: UUID) -> list[dict[str, Any]]:
    row = _ONE.find(membership_id=membership_id)
    return [] if row is None else [dict(zip(_READ, row, strict=True))]


def build(row: Mapping[str, Any], now: datetime) -> Grants:
    """Grants from one row of `sources`. Pure: a simulation changes the row and builds again."""
    ends = [datetime.fromisoformat(a["ends"]) if a["ends"] else None for a in row["assigned"]]
    given = [one for a, end in zip(row["assigned"], ends, strict=True) if (one := _in_force(a, end, now)) is not None]
    taken, taken_in, hidden = _taken(row["taken"])
    profile = row["profile"]
    written = profile["fields"] if profile else {}
    fields = {code: FIELD_CODES.get(level, FieldAccess.EDIT) for code, level in written.items()}
    return Grants(
        held=tuple(given),
        bound=_bound(profile),
        taken=MappingProxyType(taken),
        taken_in=MappingProxyType({place: MappingProxyType(codes) for place, codes in taken_in.items()}),
        fields=MappingProxyType({**fields, **dict.fromkeys(hidden, FieldAccess.HIDDEN)}),
        unit_id=row["unit_id"],
        teams=frozenset(row["in_teams"]),
        workflows=frozenset(row["in_workflows"]),
        until=min((end for end in ends if end is not None and end > now), default=None),
    )


def _in_force(assignment: Mapping[str, Any], end: datetime | None, now: datetime) -> Held | None:
    role = assignment["role"]
    if end is not None and end <= now:
        if not assignment["base"]:
            return None
        role = assignment["then"]
    if assignment["unit"]:
        return _held(role, ScopeKind.UNIT, UUID(assignment["unit"]))
    if assignment["workspace"]:
        return _held(role, ScopeKind.WORKSPACE, UUID(assignment["workspace"]))
    return _held(role, ScopeKind.ORGANIZATION, None)


def _bound(profile: Mapping[str, Any] | None) -> Mapping[str, Reach] | None:
    if profile is None or profile["everything"]:
        return None
    return MappingProxyType({code: reach_of(written) for code, written in profile["permissions"].items()})


def _taken(
    rows: Iterable[Mapping[str, Any]],
) -> tuple[dict[str, Reach], dict[UUID, dict[str, Reach]], set[str]]:
    """What restrictions leave: by permission, by workspace and permission; and the fields they hide."""
    everywhere: dict[str, Reach] = {}
    inside: dict[UUID, dict[str, Reach]] = {}
    hidden: set[str] = set()
    declared = restrictions()
    for row in rows:
        restriction = declared.get(row["code"])
        if restriction is None:
            continue
        place = inside.setdefault(UUID(row["workspace"]), {}) if row["workspace"] else everywhere
        left = restriction.leaves(row["value"])
        for code in restriction.takes:
            place[code] = place.get(code, Reach.ALL) & left
        hidden.update(restriction.hides)
    return everywhere, inside, hidden

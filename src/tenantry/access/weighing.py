"""What a change gives and takes: grants built twice, from what stands and from what would stand. Writes nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.grants import ROLE_COLUMNS, build, sources
from tenantry.access.models import Assignment, Profile, Role
from tenantry.core.actor import Grants
from tenantry.core.errors import NotFound
from tenantry.core.permissions import Reach, ScopeKind, catalogue
from tenantry.people.models import Membership

Source = dict[str, Any]
Place = tuple[ScopeKind, UUID | None]
EVERYWHERE: Place = (ScopeKind.ORGANIZATION, None)


@dataclass(frozen=True, slots=True)
class Difference:
    """Codes of permissions of which somebody has more, or less, in some place. A code may be in both."""

    gains: tuple[str, ...]
    loses: tuple[str, ...]


def source_of(member_id: UUID) -> Source:
    """What `grants.build` reads of one member, for changing.

    :raises NotFound: there is no such member.
    """
    row = sources(Membership.objects.filter(id=member_id)).first()
    if row is None:
        raise NotFound
    return dict(row)


def written(
    role: Role,
    *,
    base: bool = False,
    unit_id: UUID | None = None,
    workspace_id: UUID | None = None,
    ends_at: datetime | None = None,
    then: Role | None = None,
) -> dict[str, Any]:
    """An assignment as it stands in a source's `assigned`."""
    return {
        "role": _columns(role),
        "then": _columns(then) if then else None,
        "base": base,
        "unit": str(unit_id) if unit_id else None,
        "workspace": str(workspace_id) if workspace_id else None,
        "ends": ends_at.isoformat() if ends_at else None,
    }


def _columns(role: Role) -> dict[str, Any]:
    return {name: getattr(role, name) for name in ROLE_COLUMNS} | {"id": str(role.id)}


def without(source: Source, assignment: Assignment) -> Source:
    """The source without this assignment."""
    gone = (assignment.is_base, str(assignment.role_id), _text(assignment.unit_id), _text(assignment.workspace_id))
    left = [a for a in source["assigned"] if (a["base"], str(a["role"]["id"]), a["unit"], a["workspace"]) != gone]
    return {**source, "assigned": left}


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None


def with_base(
    source: Source, role: Role, others: Iterable[Assignment], ends_at: datetime | None, then: Role | None
) -> Source:
    """The source with another base role; `others`: the additions that end with it."""
    for other in others:
        source = without(source, other)
    rest = [a for a in source["assigned"] if not a["base"]]
    return {**source, "assigned": [written(role, base=True, ends_at=ends_at, then=then), *rest]}


def with_another(source: Source, assignment: Mapping[str, Any]) -> Source:
    return {**source, "assigned": [*source["assigned"], assignment]}


def with_profile(source: Source, profile: Profile | None) -> Source:
    bound = profile and {
        "everything": profile.is_everything,
        "permissions": profile.permissions,
        "fields": profile.fields,
    }
    return {**source, "profile": bound}


def with_restrictions(source: Source, values: Mapping[str, str], workspace_id: UUID | None) -> Source:
    """With exactly these restrictions, everywhere or in one workspace."""
    place = _text(workspace_id)
    others = [taken for taken in source["taken"] if taken["workspace"] != place]
    mine = [{"code": code, "value": value, "workspace": place} for code, value in values.items()]
    return {**source, "taken": [*others, *mine]}


def with_nothing_taken(source: Source) -> Source:
    return {**source, "taken": []}


def differ(before: Source, after: Source, now: datetime) -> Difference:
    return difference(build(before, now), build(after, now))


def difference(before: Grants, after: Grants) -> Difference:
    """Effective: bounded by the profile, cut by restrictions, by place."""
    gains: list[str] = []
    loses: list[str] = []
    for code in catalogue():
        had, has = _reaches(before, code), _reaches(after, code)
        places = [(_at(had, before, code, place), _at(has, after, code, place)) for place in had.keys() | has.keys()]
        if any(new | old != old for old, new in places):
            gains.append(code)
        if any(new | old != new for old, new in places):
            loses.append(code)
    return Difference(tuple(gains), tuple(loses))


def _reaches(grants: Grants, code: str) -> dict[Place, Reach]:
    """What is given at each scope, before restrictions; places with restrictions of their own are named, too."""
    found: dict[Place, Reach] = {EVERYWHERE: Reach.NONE}
    found |= {(ScopeKind.WORKSPACE, i): Reach.NONE for i, codes in grants.taken_in.items() if code in codes}
    for line in grants.lines(code):
        place = (line.scope, line.scope_id)
        found[place] = found.get(place, Reach.NONE) | line.reach
    return found


def _at(reaches: Mapping[Place, Reach], grants: Grants, code: str, place: Place) -> Reach:
    """What holds in one place: what is given everywhere holds there as well."""
    kind, place_id = place
    left = grants.left(code, place_id if kind is ScopeKind.WORKSPACE else None)
    return (reaches[EVERYWHERE] | reaches.get(place, Reach.NONE)) & left


# --- What may stand beside a base role -----------------------------------------------------


def beside(role: Role, base: Role) -> bool:
    """Whether an addition, or a role at a unit, may be held beside this base role."""
    return role.beside is None or str(base.id) in role.beside


def last_end(role: Role, base: Assignment) -> datetime | None:
    """When a role ends at the latest: with a base role whose follower it may not stand beside."""
    follower = base.then_role
    return base.ends_at if follower is not None and not beside(role, follower) else None


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """None is never."""
    return min((end for end in (one, other) if end is not None), default=None)


def held_beside(membership_id: UUID) -> list[Assignment]:
    """Additions and roles at units."""
    rows = Assignment.objects.filter(membership_id=membership_id, is_base=False, workspace=None)
    return list(rows.select_related("role", "unit").order_by("given_at", "id"))


def settle(held: Assignment, base: Assignment) -> tuple[bool, datetime | None]:
    """Whether a role stays beside this base role, and until when."""
    return beside(held.role, base.role), earlier(held.ends_at, last_end(held.role, base))

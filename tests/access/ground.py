"""An organization with everything in it, as generated attempts see it, and what anybody in it holds."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from factories.organizations import Organization, Person, make_organization, unique
from tenantry.access import grants
from tenantry.access.contents import RoleContent
from tenantry.access.models import (
    Assignment,
    OwnershipTransfer,
    Profile,
    ProfileAssignment,
    RestrictionSet,
    Role,
)
from tenantry.access.permissions import ASSIGN, EXPLAIN, PROFILES_EDIT, RESTRICT, ROLES_EDIT, ROLES_VIEW
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.actor import Grants
from tenantry.core.permissions import Reach, ScopeKind, catalogue, reach_codes, reach_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.models import Unit, UnitLink, Workflow, Workspace
from tenantry.people.models import Department, Membership, Team, TeamMember, User
from tenantry.security.models import ApiKey

BITS = (1, 2, 4, 8, 16)
# (code, bit of reach, kind of place): what a role, or one that may be given by it, opens.
Power = tuple[str, int, str]
EVERYTHING: Power = ("everything", 0, "organization")


def seat(org: Organization, *, unit_id: UUID | None = None) -> Person:
    """An active person without any role, written past the actions."""
    now = clock.now()
    with scope.platform("demo", org.id), writing():
        email = f"{unique('any')}@example.test"
        user = User.objects.create(email=email, created_at=now, email_proven_at=now)
        member = Membership(
            email=email, user=user, status="active", given_name="Any", created_at=now, joined_at=now, unit_id=unit_id
        )
        member.refresh_search()
        member.save(force_insert=True)
    return Person(org.id, member.id, user.id, email)


def hold(
    person: Person,
    role_id: UUID,
    *,
    unit_id: UUID | None = None,
    workspace_id: UUID | None = None,
    base: bool = False,
    **more: Any,
) -> UUID:
    """One role for somebody, written past the actions."""
    with scope.tenant(person.organization_id), writing():
        return Assignment.objects.create(
            membership_id=person.membership_id,
            role_id=role_id,
            is_base=base,
            unit_id=unit_id,
            workspace_id=workspace_id,
            given_at=clock.now(),
            **more,
        ).id


def structure(org: Organization) -> None:
    """A small tree, two workspaces, two workflows, two teams, written past the actions."""
    now = clock.now()
    with scope.tenant(org.id), writing():
        units: list[Unit] = []
        for name, above in (("root", None), ("north", 0), ("south", 0), ("far north", 1)):
            parent = None if above is None else units[above]
            units.append(Unit(parent=parent, name=name, sort_name=name, created_at=now))
        Unit.objects.bulk_create(units)
        links = {0: (0,), 1: (1, 0), 2: (2, 0), 3: (3, 1, 0)}
        UnitLink.objects.bulk_create(
            UnitLink(below=units[below], above=units[above], depth=depth)
            for below, line in links.items()
            for depth, above in enumerate(line)
        )
        for model in (Workspace, Workflow, Team, Department):
            model.objects.bulk_create(model(name=n, sort_name=n, created_at=now) for n in ("one", "two"))


def settled(blueprint: str) -> tuple[Organization, list[Person]]:
    """An organization of this blueprint with people of every kind of role but the keyholder's, and some custom ones."""
    org = make_organization(blueprint=blueprint)
    structure(org)
    ways = ["invitation_link", "temporary_password", "administrator_password"]
    org.perform(change_policy, code="people.entry_modes", value=ways)
    with scope.tenant(org.id), reading():
        roles = list(Role.objects.order_by("position"))
        units = list(Unit.objects.order_by("id").values_list("id", flat=True))
        spaces = list(Workspace.objects.order_by("id").values_list("id", flat=True))
        teams = list(Team.objects.order_by("id").values_list("id", flat=True))
    keyholder = next(role for role in roles if role.is_keyholder)
    bases = [role for role in roles if role.kind == "base" and not role.is_keyholder]
    hold(seat(org), keyholder.id, base=True)
    people = []
    for number, role in enumerate([*bases, *_customs(org, roles)]):
        people.append(seat(org, unit_id=units[number % len(units)]))
        hold(people[-1], role.id, base=True)
    plain = bases[-1]
    for kind, places in (("addition", [None]), ("unit", units[1:3]), ("workspace", spaces)):
        for number, role in enumerate(r for r in roles if r.kind == kind):
            people.append(seat(org, unit_id=units[(number + 2) % len(units)]))
            hold(people[-1], plain.id, base=True)
            place = places[number % len(places)]
            hold(people[-1], role.id, **({f"{kind}_id": place} if place else {}))
    with scope.tenant(org.id), writing():
        TeamMember.objects.bulk_create(
            TeamMember(team_id=teams[n % 2], membership_id=p.membership_id, added_at=clock.now())
            for n, p in enumerate(people)
            if n % 3
        )
    return org, people


def _customs(org: Organization, roles: list[Role]) -> list[Role]:
    """Roles that a keyholder wrote: somebody who edits roles and holds little, and two who may give each other's."""
    plain = [role for role in roles if role.kind == "base" and not role.is_keyholder][-1]
    give = {ROLES_VIEW: "yes", ROLES_EDIT: "yes", PROFILES_EDIT: "yes", ASSIGN: "yes", RESTRICT: "yes", EXPLAIN: "yes"}
    people = {f"people.{verb}": "yes" for verb in ("invite", "edit", "deactivate", "remove")} | {"people.view": "all"}
    contents = [
        RoleContent("Clerk", "", {**give, **people, "leads.view": "team"}, (plain.id,)),
        RoleContent("Left", "", {**give, "people.view": "all", "deals.view": "all", "api_keys.manage": "yes"}, ()),
        RoleContent("Right", "", {**give, "people.view": "all", "contacts.edit": "unit"}, ()),
    ]
    made = []
    with scope.tenant(org.id), writing():
        for position, content in enumerate(contents):
            made.append(
                Role.objects.create(
                    key=content.name,
                    name=content.name,
                    sort_name=content.name.lower(),
                    position=50 + position,
                    is_system=False,
                    permissions=dict(content.permissions),
                    assignable_roles=[str(i) for i in content.assignable_ids or ()],
                )
            )
        clerk, left, right = made
        for role, gives in ((left, (right, clerk)), (right, (left,))):
            role.assignable_roles = [str(one.id) for one in gives]
            role.save(update_fields=["assignable_roles"])
    return made


# --- What is there -----------------------------------------------------------------------------------


@dataclass
class Ground:
    """Ids of everything, in the order in which it was made."""

    me: UUID
    members: list[UUID]
    roles: list[UUID]
    kinds: dict[UUID, str]
    written: dict[UUID, dict[str, str]]
    profiles: list[UUID]
    units: list[UUID]
    workspaces: list[UUID]
    workflows: list[UUID]
    teams: list[UUID]
    departments: list[UUID]
    assignments: list[tuple[UUID, UUID]]
    keys: list[UUID]
    transfers: list[tuple[UUID, UUID]]
    entries: int
    invited: list[UUID]
    # What the acting person holds in the whole organization, and which roles they may give there or anywhere.
    mine: dict[str, str]
    gives: list[UUID]
    # Others all of whose roles those are.
    in_hand: list[UUID]


def ground(person: Person) -> Ground:
    me, granted = person.membership_id, person.actor.grants
    with scope.tenant(person.organization_id), reading():
        roles = list(Role.objects.order_by("id"))
        members = list(Membership.objects.order_by("id").values_list("id", "status"))
        gives = [r.id for r in roles if any(h.assignable is None or r.id in h.assignable for h in granted.held)]
        out = set(Assignment.objects.exclude(role_id__in=gives).values_list("membership_id", flat=True))
        return Ground(
            me=me,
            members=[i for i, _status in members],
            roles=[role.id for role in roles],
            kinds={role.id: role.kind for role in roles},
            written={role.id: role.permissions for role in roles},
            profiles=_ids(Profile),
            units=_ids(Unit),
            workspaces=_ids(Workspace),
            workflows=_ids(Workflow),
            teams=_ids(Team),
            departments=_ids(Department),
            assignments=list(Assignment.objects.order_by("id").values_list("membership_id", "id")),
            keys=_ids(ApiKey),
            transfers=list(OwnershipTransfer.objects.order_by("id").values_list("id", "giver_id")),
            entries=Entry.objects.order_by("-number").values_list("number", flat=True).first() or 0,
            invited=[i for i, status in members if status == "invited"],
            mine=_written(granted),
            gives=gives,
            in_hand=[i for i, status in members if i not in out and i != me and status != "removed"],
        )


def _written(granted: Grants) -> dict[str, str]:
    """As a role would write it."""
    found = {}
    for code, declared in catalogue().items():
        reach = granted.reach(code)
        if reach is not None and not declared.keyholders_only:
            found[code] = reach_codes(reach)[0] if declared.has_reach else "yes"
    return found


def _ids(model: Any) -> list[UUID]:
    return list(model.objects.order_by("id").values_list("id", flat=True))


# --- What anybody holds ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Holdings:
    """Of one organization at one moment. `powers`: by member and key, everything that their roles hold, or that the
    roles hold which they may give away, and so on: what they could bring about together with somebody else.
    `effective`: what members may do themselves, and where."""

    powers: dict[UUID, frozenset[Power]]
    effective: dict[UUID, frozenset[tuple[Any, ...]]]
    people: frozenset[UUID]
    units: frozenset[UUID]
    workspaces: frozenset[UUID]
    keyholders: dict[UUID, tuple[Any, ...]]


def holdings(organization_id: UUID) -> Holdings:
    with scope.tenant(organization_id), reading():
        roles = {role.id: role for role in Role.objects.all()}
        reachable = {role_id: _closure([role_id], roles) for role_id in roles}
        held: dict[UUID, set[UUID]] = {i: set() for i in Membership.objects.values_list("id", flat=True)}
        for member_id, role_id, then_id in Assignment.objects.values_list("membership_id", "role_id", "then_role_id"):
            held[member_id] |= {role_id, then_id} - {None}
        for key_id, role_id in ApiKey.objects.filter(revoked_at=None).values_list("id", "role_id"):
            held[key_id] = {role_id}
        powers = {who: frozenset().union(*(reachable[r] for r in mine)) for who, mine in held.items()}
        below: dict[UUID, set[UUID]] = {}
        for above, unit in UnitLink.objects.values_list("above_id", "below_id"):
            below.setdefault(above, set()).add(unit)
        standing = dict(Membership.objects.values_list("id", "unit_id"))
        spaces = set(Workspace.objects.values_list("id", flat=True))
        effective = {
            who: frozenset(_effective(one, below, standing, spaces))
            for who, one in grants.of_members(standing, clock.now()).items()
        }
        return Holdings(
            powers,
            effective,
            frozenset(standing),
            frozenset(below),
            frozenset(spaces),
            _keyholders(),
        )


def _closure(start: Iterable[UUID], roles: dict[UUID, Role]) -> frozenset[Power]:
    found: set[Power] = set()
    seen: set[UUID] = set()
    queue = list(start)
    while queue:
        role = roles[queue.pop()]
        if role.id in seen:
            continue
        seen.add(role.id)
        if role.is_keyholder:
            found.add(EVERYTHING)
        place = role.kind if role.kind in ("unit", "workspace") else "organization"
        for code, written in role.permissions.items():
            found |= {(code, bit, place) for bit in BITS if reach_of(written) & bit}
        if role.assignable_roles is None:
            queue += [i for i, one in roles.items() if role.is_keyholder or not one.is_keyholder]
        else:
            queue += [UUID(i) for i in role.assignable_roles if UUID(i) in roles]
    return frozenset(found)


def _effective(
    one: Grants, below: dict[UUID, set[UUID]], standing: dict[UUID, UUID | None], spaces: set[UUID]
) -> set[tuple[Any, ...]]:
    """What somebody may do: per permission and reach, in the organization, in a workspace, at a unit and so on the
    people who stand in it; and the sets that their reaches mean."""
    found: set[tuple[Any, ...]] = {("team", i) for i in one.teams} | {("workflow", i) for i in one.workflows}
    mates = below.get(one.unit_id, set()) if one.unit_id else set()
    for code in catalogue():
        for line in one.lines(code):
            if line.scope is ScopeKind.ORGANIZATION:
                found |= _bits((code, None), line.reach & one.left(code))
                if line.reach & one.left(code) & ~(Reach.TEAM | Reach.WORKFLOW):
                    found |= _in_unit((code, 16), mates, standing)
                for space in spaces:
                    found |= _bits((code, space), line.reach & one.left(code, space))
            elif line.scope is ScopeKind.WORKSPACE:
                found |= _bits((code, line.scope_id), line.reach & one.left(code, line.scope_id))
            else:
                for bit in _bits((code,), line.reach & one.left(code)):
                    found |= _in_unit(bit, below.get(line.scope_id, set()), standing)
    return found


def _bits(what: tuple[Any, ...], reach: Reach) -> set[tuple[Any, ...]]:
    return {(*what, bit) for bit in BITS if reach & bit}


def _in_unit(what: tuple[Any, ...], units: set[UUID], standing: dict[UUID, UUID | None]) -> set[tuple[Any, ...]]:
    return {(*what, unit) for unit in units} | {(*what, i) for i, unit in standing.items() if unit in units}


def _keyholders() -> dict[UUID, tuple[Any, ...]]:
    """Everything about them that others might have touched."""
    rows = Assignment.objects.filter(role__is_keyholder=True, is_base=True).values_list(
        "membership_id", "ends_at", "then_role_id", "membership__status", "membership__session_epoch"
    )
    return {
        row[0]: (
            *row[1:],
            tuple(RestrictionSet.objects.filter(membership_id=row[0]).values_list("code", flat=True)),
            tuple(ProfileAssignment.objects.filter(membership_id=row[0]).values_list("profile_id", flat=True)),
            tuple(Assignment.objects.filter(membership_id=row[0], workspace=None).values_list("role_id", flat=True)),
        )
        for row in rows
    }

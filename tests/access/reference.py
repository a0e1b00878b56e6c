"""Who may do what, said a second time: plain facts and plain loops, from product.md §1 and §4 alone.

Slow and obvious on purpose. Nothing here looks at how the product works it out.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

# product.md §1, reach: team, workflow and unit are different sets; each includes own, and all includes everything.
SETS = ("own", "team", "workflow", "unit", "all")
OPENS = {
    "own": {"own"},
    "team": {"own", "team"},
    "workflow": {"own", "workflow"},
    "unit": {"own", "unit"},
    "all": set(SETS),
    # A permission without a reach is held or not.
    "yes": set(SETS),
    "nothing": set(),
}


@dataclass(frozen=True)
class Declared:
    """`places`: besides the organization, where a role with it may be held."""

    code: str
    places: tuple[str, ...] = ()
    in_applications: bool = False
    reads: bool = False
    when_frozen: bool = False
    exports: bool = False


@dataclass
class Role:
    id: UUID
    kind: str
    permissions: dict[str, str]
    everything: bool = False


@dataclass
class Assignment:
    """`place`: of a unit or workspace, by `scope`. `then`: what a base role with an end gives way to."""

    role: Role
    scope: str = "organization"
    place: UUID | None = None
    ends: datetime | None = None
    then: Role | None = None


@dataclass
class Profile:
    id: UUID
    permissions: dict[str, str]
    fields: dict[str, str]
    everything: bool = False


@dataclass
class Taken:
    """A restriction set on one member, everywhere or in one workspace; `leaves`: whose records remain."""

    code: str
    value: str
    workspace: UUID | None
    takes: tuple[str, ...]
    hides: tuple[str, ...]
    leaves: str


@dataclass
class Member:
    id: UUID
    status: str = "active"
    unit: UUID | None = None
    teams: list[UUID] = field(default_factory=list)
    workflows: list[UUID] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    profile: Profile | None = None
    restrictions: list[Taken] = field(default_factory=list)


@dataclass
class Record:
    id: UUID
    owner: UUID | None = None
    team: UUID | None = None
    workflow: UUID | None = None
    unit: UUID | None = None
    workspace: UUID | None = None
    collaborators: list[UUID] = field(default_factory=list)


@dataclass
class World:
    now: datetime
    state: str = "active"
    # Unit -> the unit above, the root has none.
    units: dict[UUID, UUID | None] = field(default_factory=dict)
    # Team -> its workspace.
    teams: dict[UUID, UUID | None] = field(default_factory=dict)
    workspaces: list[UUID] = field(default_factory=list)
    workflows: list[UUID] = field(default_factory=list)
    roles: list[Role] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)


def member_of(world: World, member_id: UUID | None) -> Member | None:
    for member in world.members:
        if member.id == member_id:
            return member
    return None


def stands_in(world: World, unit: UUID | None, above: UUID | None) -> bool:
    """Whether `unit` is `above`, or anywhere below it."""
    while unit is not None:
        if unit == above:
            return True
        unit = world.units[unit]
    return False


def kept(record: Record, columns: set[str], world: World) -> Record:
    """The record as a type sees it that has these columns only. Without one for the unit it stands in its owner's."""
    found = Record(record.id)
    for name in columns:
        setattr(found, name, getattr(record, name))
    owner = member_of(world, found.owner)
    if "unit" not in columns and owner is not None:
        found.unit = owner.unit
    return found


def roles_in_force(member: Member, now: datetime) -> list[Assignment]:
    """Time-boxed access ends by itself; what is left of a base role with an end is the role that follows it."""
    found = []
    for given in member.assignments:
        if given.ends is None or given.ends > now:
            found.append(given)
        elif given.then is not None:
            found.append(Assignment(given.then, given.scope, given.place))
    return found


def connected(world: World, member: Member | None, record: Record) -> set[str]:
    """By which sets the record is the member's to reach."""
    found = {"all"}
    if member is None:
        return found
    if record.owner == member.id or member.id in record.collaborators:
        found.add("own")
    owner = member_of(world, record.owner)
    for team in member.teams:
        if record.team == team or (owner is not None and team in owner.teams):
            found.add("team")
    if record.workflow is not None and record.workflow in member.workflows:
        found.add("workflow")
    if member.unit is not None and stands_in(world, record.unit, member.unit):
        found.add("unit")
    return found


def gives(assignment: Assignment, declared: Declared) -> set[str]:
    """Which sets the role opens where it is held. The flag *all permissions* is every permission, everywhere."""
    if assignment.role.everything:
        return OPENS["all"]
    if assignment.scope != "organization" and assignment.scope not in declared.places:
        return set()
    return OPENS[assignment.role.permissions.get(declared.code, "nothing")]


def holds_for(world: World, assignment: Assignment, record: Record) -> bool:
    """Roles at units for that subtree, a level for its workspace, all others everywhere."""
    if assignment.scope == "unit":
        return stands_in(world, record.unit, assignment.place)
    if assignment.scope == "workspace":
        return record.workspace == assignment.place
    return True


def bound(profile: Profile | None, declared: Declared) -> set[str]:
    """A profile bounds what is done in the applications; what it does not name is not done there."""
    if profile is None or profile.everything or not declared.in_applications:
        return OPENS["all"]
    return OPENS[profile.permissions.get(declared.code, "nothing")]


def left(member: Member, declared: Declared, workspace: UUID | None) -> set[str]:
    """What the member's restrictions leave of a permission, there."""
    found = OPENS["all"]
    for taken in member.restrictions:
        if declared.code in taken.takes and taken.workspace in (None, workspace):
            found = found & OPENS[taken.leaves]
    return found


def field_open(member: Member, declared: Declared, name: str) -> bool:
    for taken in member.restrictions:
        if name in taken.hides:
            return False
    level = member.profile.fields.get(name, "edit") if member.profile else "edit"
    return level == "edit" or (level == "view" and declared.reads)


def refused_at(
    world: World, member: Member, declared: Declared, record: Record, *, key: bool = False, name: str = ""
) -> str | None:
    """The first step of the published order at which it is refused; None when it is allowed.

    `key`: a credential of the organization, which holds a role as a member does and is nobody.
    """
    reading = world.state == "trial_ended" and (declared.reads or declared.exports)
    if world.state != "active" and not declared.when_frozen and not reading:
        return "organization_state"
    if member.status != "active":
        return "seat"
    profile = bound(member.profile, declared)
    assignments = roles_in_force(member, world.now)
    if not any(gives(given, declared) & profile for given in assignments):
        return "permission"
    sets = connected(world, None if key else member, record)
    here = [gives(given, declared) & profile for given in assignments if holds_for(world, given, record)]
    if not any(given & sets for given in here):
        return "reach"
    remains = left(member, declared, record.workspace)
    if not any(given & sets & remains for given in here):
        return "restriction"
    if name and not field_open(member, declared, name):
        return "field"
    return None


def may(world: World, member: Member, declared: Declared, record: Record, *, key: bool = False) -> bool:
    return refused_at(world, member, declared, record, key=key) is None

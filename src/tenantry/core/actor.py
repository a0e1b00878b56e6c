"""Who acts. Built once at the edge, frozen; below the interfaces nobody asks for anything else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Self
from uuid import UUID

from tenantry.core.ids import NIL
from tenantry.core.permissions import FieldAccess, Reach, ScopeKind, permission

Kind = Literal["member", "key", "operator", "system", "guest"]
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def nothing() -> Mapping[Any, Any]:
    return _NOTHING


@dataclass(frozen=True, slots=True)
class Held:
    """One role that somebody holds, and where. `everything` is the keyholder's flag and holds for permissions of later
    releases too. `assignable`: ids of the roles that may be given away there and whose holders may be acted on; None
    is every role. `label`: the role's name."""

    permissions: Mapping[str, Reach] = field(default_factory=nothing)
    everything: bool = False
    assignable: frozenset[UUID] | None = frozenset()
    scope: ScopeKind = ScopeKind.ORGANIZATION
    scope_id: UUID | None = None
    role_id: UUID | None = None
    label: str = ""

    def reach(self, code: str) -> Reach:
        """What the role gives here; nothing for a permission that does not exist at this kind of scope."""
        if self.everything:
            return Reach.ALL
        given = self.permissions.get(code, Reach.NONE)
        if given and self.scope is not ScopeKind.ORGANIZATION and self.scope not in permission(code).scopes:
            return Reach.NONE
        return given


@dataclass(frozen=True, slots=True)
class Line:
    """What one held role gives of one permission. `reach` is bounded by the profile, `given` is not."""

    scope: ScopeKind
    scope_id: UUID | None
    given: Reach
    reach: Reach
    held: Held


@dataclass(frozen=True, slots=True)
class Grants:
    """What somebody may do in one organization (product.md §4).

    `bound`: the profile's upper bound by permission, None without a profile. `taken`: what restrictions leave, by
    permission; `taken_in`: the same inside of one workspace. `fields`: fields that are not fully open. `unit_id`,
    `teams`, `workflows`: where the member stands. `until`: when an assignment ends next.
    """

    held: tuple[Held, ...] = ()
    bound: Mapping[str, Reach] | None = None
    taken: Mapping[str, Reach] = field(default_factory=nothing)
    taken_in: Mapping[UUID, Mapping[str, Reach]] = field(default_factory=nothing)
    fields: Mapping[str, FieldAccess] = field(default_factory=nothing)
    unit_id: UUID | None = None
    teams: frozenset[UUID] = frozenset()
    workflows: frozenset[UUID] = frozenset()
    until: datetime | None = None
    _lines: dict[str, tuple[Line, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def everything(self) -> bool:
        """Whether one of the roles has all permissions. What bounds and takes still counts."""
        return any(held.everything for held in self.held)

    def lines(self, code: str) -> tuple[Line, ...]:
        """Where and how far a permission is given, restrictions not yet counted; lines that give nothing are left out.
        Remembered: a decision in a warm process builds nothing."""
        found = self._lines.get(code)
        if found is None:
            cap = self.cap(code)
            found = tuple(
                Line(held.scope, held.scope_id, given, given & cap, held)
                for held in self.held
                if (given := held.reach(code))
            )
            self._lines[code] = found
        return found

    def cap(self, code: str) -> Reach:
        """How far the profile lets a permission go."""
        if self.bound is None or not permission(code).in_applications:
            return Reach.ALL
        return self.bound.get(code, Reach.NONE)

    def left(self, code: str, workspace_id: UUID | None = None) -> Reach:
        """How far restrictions let a permission go, in the organization or in one workspace."""
        left = self.taken.get(code, Reach.ALL)
        if workspace_id is not None and workspace_id in self.taken_in:
            left &= self.taken_in[workspace_id].get(code, Reach.ALL)
        return left

    def reach(self, code: str) -> Reach | None:
        """In the whole organization: the union of the roles held there, bounded and cut. None is not at all."""
        found = Reach.NONE
        for line in self.lines(code):
            if line.scope is ScopeKind.ORGANIZATION:
                found |= line.reach
        return (found & self.left(code)) or None

    def anywhere(self, code: str) -> bool:
        """Whether the permission is given at any scope; the target decides the rest."""
        left = self.left(code)
        return any(line.reach & left for line in self.lines(code))

    def covers(self, code: str, reach: Reach) -> bool:
        """Whether one holds at least this much in the whole organization: what may be put into a role."""
        mine = self.reach(code)
        return mine is not None and reach & mine == reach

    def may_assign(self, role_id: UUID) -> bool:
        """In the whole organization; `access.standing` decides for one person or workspace."""
        return any(
            held.everything or held.assignable is None or role_id in held.assignable
            for held in self.held
            if held.scope is ScopeKind.ORGANIZATION
        )


def grants_of(permissions: Mapping[str, Reach], assignable: Iterable[UUID] | None = ()) -> Grants:
    """Of one role held in the whole organization."""
    given = None if assignable is None else frozenset(assignable)
    return Grants((Held(MappingProxyType(dict(permissions)), assignable=given),))


NO_GRANTS = Grants()
ALL_GRANTS = Grants((Held(everything=True, assignable=None),))


@dataclass(frozen=True, slots=True)
class Actor:
    """`organization_id` None: an operator or a job outside of any organization. `state`: of the organization.
    `seated`: an active membership; only Explain builds actors of others."""

    kind: Kind
    organization_id: UUID | None
    grants: Grants = NO_GRANTS
    membership_id: UUID | None = None
    user_id: UUID | None = None
    key_id: UUID | None = None
    operator_id: UUID | None = None
    label: str = ""
    session_epoch: int = 0
    address: str = ""
    agent: str = ""
    request_id: str = ""
    state: str = "active"
    seated: bool = True

    def may(self, code: str) -> bool:
        """Anywhere at all. Whether on a certain target, `core.decisions.decide` says."""
        return self.grants.anywhere(code) and permission(code).works(self.state)

    def may_any(self, *codes: str) -> bool:
        return any(self.may(code) for code in codes)

    def reach(self, code: str) -> Reach | None:
        return self.grants.reach(code)

    def with_grants(self, grants: Grants) -> Self:
        return replace(self, grants=grants)

    @property
    def acting_id(self) -> UUID | None:
        """The id that the audit shows as the one who acted."""
        return self.membership_id or self.key_id or self.operator_id or self.user_id

    @property
    def own_id(self) -> UUID:
        """For queries of one's own rows: whoever has no membership owns none."""
        return self.membership_id or NIL

    @classmethod
    def system(cls, name: str, organization_id: UUID | None) -> Self:
        """A job or command that acts for the house itself, with every permission."""
        return cls(kind="system", organization_id=organization_id, grants=ALL_GRANTS, label=name)

    @classmethod
    def guest(cls, organization_id: UUID | None = None, *, address: str = "", agent: str = "") -> Self:
        """Somebody without a membership here: a sign-up, the holder of a link."""
        return cls(kind="guest", organization_id=organization_id, address=address, agent=agent)

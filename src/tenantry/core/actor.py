"""Who acts. Built once at the edge, frozen; below the interfaces nobody asks for anything else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal, Self
from uuid import UUID

from tenantry.core.ids import NIL
from tenantry.core.permissions import Reach

Kind = Literal["member", "key", "operator", "system", "guest"]


@dataclass(frozen=True, slots=True)
class Grants:
    """What somebody may do in one organization: the union of their roles.

    `everything` is the keyholder's flag and holds for permissions of later releases too. `assignable` holds the ids
    of the roles that may be given away and whose holders may be acted on; None means every role.
    """

    permissions: Mapping[str, Reach] = field(default_factory=lambda: MappingProxyType({}))
    everything: bool = False
    assignable: frozenset[UUID] | None = frozenset()
    version: int = 0

    def reach(self, code: str) -> Reach | None:
        return Reach.ALL if self.everything else self.permissions.get(code)

    def may_assign(self, role_id: UUID) -> bool:
        return self.everything or self.assignable is None or role_id in self.assignable


NO_GRANTS = Grants()
ALL_GRANTS = Grants(everything=True, assignable=None)


@dataclass(frozen=True, slots=True)
class Actor:
    """`organization_id` None: an operator or a job outside of any organization."""

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

    def may(self, code: str) -> bool:
        return self.grants.reach(code) is not None

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

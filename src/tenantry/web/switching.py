"""Which organizations somebody may turn to."""

from dataclasses import dataclass
from uuid import UUID

from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import named_organizations
from tenantry.people.selectors import active_memberships_of


@dataclass(frozen=True, slots=True)
class OwnOrganization:
    id: UUID
    name: str
    current: bool


def own_organizations(user_id: UUID, current: UUID | None) -> list[OwnOrganization]:
    """Where this person is active, by name. Outside of any transaction."""
    with scope.platform("switch_organization"), reading():
        ids = [entry.organization_id for entry in active_memberships_of(user_id)]
        names = named_organizations(ids)
    found = [OwnOrganization(i, names[i], i == current) for i in ids if i in names]
    return sorted(found, key=lambda one: one.name.lower())

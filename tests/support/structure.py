"""Roles at places, straight into the tables: what is tested is what their holders may do then."""

from typing import Any
from uuid import UUID

from factories.organizations import Organization, Person, unique
from tenantry.access.actions.restricting import set_profile
from tenantry.access.models import Assignment, Profile, Role
from tenantry.access.steps import bump_catalogue
from tenantry.core import clock
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import PolicyValue, UnitLink
from tenantry.people.models import Membership
from tenantry.people.steps import bump_access


def make_role(
    org: Organization, kind: str, permissions: dict[str, str], *, assignable: tuple[UUID, ...] | None = ()
) -> UUID:
    name = unique(kind)
    with scope.tenant(org.id), writing():
        role = Role.objects.create(
            key=name,
            kind=kind,
            name=name,
            sort_name=name,
            is_system=False,
            permissions=permissions,
            assignable_roles=None if assignable is None else [str(i) for i in assignable],
        )
        bump_catalogue()
    return role.id


def give(
    org: Organization,
    person: Person,
    role_id: UUID,
    *,
    unit_id: UUID | None = None,
    workspace_id: UUID | None = None,
    base: bool = False,
) -> None:
    """The role, held there; with `base` instead of the one that the person has."""
    with scope.tenant(org.id), writing():
        if base:
            Assignment.objects.filter(membership_id=person.membership_id, is_base=True).delete()
        Assignment.objects.create(
            role_id=role_id,
            membership_id=person.membership_id,
            is_base=base,
            unit_id=unit_id,
            workspace_id=workspace_id,
            given_at=clock.now(),
        )
        bump_access([person.membership_id])


def somebody(org: Organization, permissions: dict[str, str], **more: Any) -> Person:
    """A person whose base role gives just this."""
    person = org.person()
    give(org, person, make_role(org, "base", permissions, **more), base=True)
    return person


def narrowed(org: Organization, person: Person, **fields: str) -> None:
    """Their profile gives everything and hides or closes these fields: by code, how (`hidden`, `view`)."""
    name = unique("Narrow")
    with scope.tenant(org.id), writing():
        whole = dict.fromkeys(catalogue(), "all")
        profile = Profile.objects.create(name=name, sort_name=name.lower(), permissions=whole, fields=fields)
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile.id)


def set_policy(org: Organization, code: str, value: Any) -> None:
    with scope.platform("demo", org.id), writing():
        PolicyValue.objects.update_or_create(organization_id=org.id, code=code, defaults={"value": value})


def unit_of(org: Organization, person: Person) -> UUID | None:
    with scope.tenant(org.id), reading():
        return Membership.objects.get(id=person.membership_id).unit_id


def access_version(org: Organization, person: Person) -> int:
    with scope.tenant(org.id), reading():
        return Membership.objects.get(id=person.membership_id).access_version


def closure(org: Organization) -> set[tuple[UUID, UUID, int]]:
    """(above, below, depth), as it is kept."""
    with scope.tenant(org.id), reading():
        return set(UnitLink.objects.values_list("above_id", "below_id", "depth"))

"""Roles, units and workspaces for tests of who holds what, written as rows: what makes them is tested elsewhere."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from factories.organizations import Organization, unique
from tenantry.access.grants import of_members
from tenantry.access.models import Assignment, Profile, RestrictionSet, Role
from tenantry.core import clock
from tenantry.core.actor import Grants
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Unit, UnitLink, Workspace
from tenantry.people.models import Membership


def make_role(
    org: Organization,
    kind: str,
    *,
    permissions: dict[str, str] | None = None,
    assignable: Iterable[UUID] = (),
    beside: Iterable[UUID] | None = None,
    assigned_by: Iterable[str] = (),
) -> UUID:
    """`assigned_by`: keys of roles whose lists get the new one."""
    name = unique(kind)
    with scope.tenant(org.id), writing():
        role = Role.objects.create(
            key=name,
            kind=kind,
            name=name,
            sort_name=name,
            is_system=False,
            permissions=permissions or {},
            assignable_roles=[str(i) for i in assignable],
            beside=None if beside is None else [str(i) for i in beside],
        )
        for other in Role.objects.filter(key__in=list(assigned_by)):
            other.assignable_roles = [*(other.assignable_roles or []), str(role.id)]
            other.version += 1
            other.save(update_fields=["assignable_roles", "version"])
    return role.id


def make_unit(org: Organization, parent: UUID | None = None) -> UUID:
    """A unit below `parent`, below the root without one; the root is made when there is none."""
    name = unique("unit")
    with scope.tenant(org.id), writing():
        if parent is None:
            root = Unit.objects.filter(parent=None).first()
            parent = root.id if root else _unit(None, "root").id
        return _unit(parent, name).id


def _unit(parent: UUID | None, name: str) -> Unit:
    unit = Unit.objects.create(id=new_id(), parent_id=parent, name=name, sort_name=name, created_at=clock.now())
    above = list(UnitLink.objects.filter(below_id=parent).values_list("above_id", "depth")) if parent else []
    UnitLink.objects.create(above=unit, below=unit, depth=0)
    for above_id, depth in above:
        UnitLink.objects.create(above_id=above_id, below=unit, depth=depth + 1)
    return unit


def make_workspace(org: Organization) -> UUID:
    name = unique("workspace")
    with scope.tenant(org.id), writing():
        return Workspace.objects.create(name=name, sort_name=name, created_at=clock.now()).id


def make_profile(org: Organization, **permissions: str) -> UUID:
    """`people__view="team"` is the permission people.view."""
    name = unique("profile")
    with scope.tenant(org.id), writing():
        written = {code.replace("__", "."): reach for code, reach in permissions.items()}
        profile = Profile.objects.create(key=name, name=name, sort_name=name, permissions=written, is_system=False)
    return profile.id


def stand_in(org: Organization, membership_id: UUID, unit_id: UUID) -> None:
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=membership_id).update(unit_id=unit_id)


def held_by(org: Organization, membership_id: UUID) -> list[Assignment]:
    """What somebody holds, the base role first."""
    with scope.tenant(org.id), reading():
        rows = Assignment.objects.filter(membership_id=membership_id).select_related("role", "then_role")
        return list(rows.order_by("-is_base", "given_at", "id"))


def restrictions_of(org: Organization, membership_id: UUID) -> dict[str, Any]:
    with scope.tenant(org.id), reading():
        return dict(RestrictionSet.objects.filter(membership_id=membership_id).values_list("code", "value"))


def grants_of(org: Organization, membership_id: UUID, now: Any = None) -> Grants:
    with scope.tenant(org.id), reading():
        return of_members([membership_id], now or clock.now())[membership_id]

"""Rules about roles that every path shares: who may act on whom, and that a keyholder remains."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from tenantry.access.errors import LastKeyholder, MemberOutOfHand, RoleNotAssignable, TooManyKeyholders
from tenantry.access.models import Assignment, CatalogueVersion, Role
from tenantry.access.selectors import in_hand, keyholder_ids, may_assign, roles_of
from tenantry.acting.actions import in_action
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import new_id
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import policy
from tenantry.people.models import Membership


def create_roles(definitions: Iterable[Mapping[str, Any]]) -> dict[str, Role]:
    """The roles of a blueprint: mappings with key, name, description, keyholder, permissions, assignable (keys or
    None). Returns them by key."""
    in_action()
    rows = list(definitions)
    ids = {row["key"]: new_id() for row in rows}
    roles = [
        Role(
            id=ids[row["key"]],
            key=row["key"],
            name=row["name"],
            sort_name=row["name"].lower(),
            description=row["description"],
            position=position,
            is_keyholder=row["keyholder"],
            permissions={} if row["keyholder"] else row["permissions"],
            assignable_roles=None if row["assignable"] is None else [str(ids[key]) for key in row["assignable"]],
        )
        for position, row in enumerate(rows)
    ]
    Role.objects.bulk_create(roles)
    CatalogueVersion.objects.bulk_create([CatalogueVersion()])
    return {role.key: role for role in roles}


def get_role(role_id: UUID) -> Role:
    """:raises NotFound: unknown, or of another organization."""
    role = Role.objects.filter(id=role_id).first()
    if role is None:
        raise NotFound
    return role


def assignable(actor: Actor, role_id: UUID) -> Role:
    """The role, if the actor may give it.

    :raises RoleNotAssignable, NotFound: see there.
    """
    role = get_role(role_id)
    if not may_assign(actor, role):
        raise RoleNotAssignable(role=role.name)
    return role


def refuse_out_of_hand(actor: Actor, member: Membership) -> None:
    """:raises MemberOutOfHand: the member's role is not one the actor may assign."""
    role = roles_of([member.id]).get(member.id)
    if not in_hand(actor, role):
        raise MemberOutOfHand(name=member.name, role=role.name if role else "")


def give_base_role(member_id: UUID, role: Role, *, given_by: UUID | None, now: datetime) -> None:
    """Sets the base role and bumps the member's access version. Keyholder rules are the caller's to ask first."""
    in_action()
    Assignment.objects.update_or_create(
        membership_id=member_id, is_base=True, defaults={"role": role, "given_by_id": given_by, "given_at": now}
    )
    Membership.objects.filter(id=member_id).update(access_version=F("access_version") + 1)


def end_assignments(member_ids: Iterable[UUID]) -> int:
    """Takes every role away. Returns how many assignments ended."""
    in_action()
    ids = list(member_ids)
    count, _by_model = Assignment.objects.filter(membership_id__in=ids).delete()
    Membership.objects.filter(id__in=ids).update(access_version=F("access_version") + 1)
    return count


def keep_a_keyholder(losing: Iterable[Membership]) -> None:
    """Asked by every path that takes somebody's standing, before it does: the lock holds to the commit.

    :raises LastKeyholder: nobody would be left.
    """
    in_action()
    lock(LockRow.Name.KEYHOLDERS)
    holders = set(keyholder_ids())
    lost = [member for member in losing if member.id in holders]
    if lost and not holders - {member.id for member in lost}:
        role = roles_of([lost[0].id])[lost[0].id]
        raise LastKeyholder(name=lost[0].name, role=role.name, membership_id=str(lost[0].id))


def allow_another_keyholder(role: Role) -> None:
    """:raises TooManyKeyholders: policy `keyholders.maximum` is reached. Invited ones count too."""
    in_action()
    if not role.is_keyholder:
        return
    lock(LockRow.Name.KEYHOLDERS)
    maximum = policy("keyholders.maximum")
    rows = Assignment.objects.filter(is_base=True, role__is_keyholder=True)
    if maximum is not None and rows.exclude(membership__status=Membership.Status.REMOVED).count() >= maximum:
        raise TooManyKeyholders(maximum=maximum)

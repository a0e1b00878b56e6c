"""Rules about roles that every path shares: who may act on whom, and that a keyholder remains."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from tenantry.access.errors import LastKeyholder, RoleNotAssignable, TooManyKeyholders
from tenantry.access.hands import may_assign
from tenantry.access.models import (
    Assignment,
    CatalogueVersion,
    Profile,
    ProfileAssignment,
    RestrictionSet,
    Role,
)
from tenantry.access.selectors import keyholder_ids, roles_of
from tenantry.access.weighing import settle
from tenantry.acting.actions import in_action
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import NIL, new_id
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.selectors import policy
from tenantry.people.models import Membership
from tenantry.people.steps import bump_access


def create_roles(definitions: Iterable[Mapping[str, Any]]) -> dict[str, Role]:
    """The roles of a blueprint: mappings with key, kind, name, description, keyholder, permissions, assignable and
    beside (keys or None); `system` false makes it one that the organization may edit. Returns them by key."""
    in_action()
    rows = list(definitions)
    ids = {row["key"]: new_id() for row in rows}
    roles = [
        Role(
            id=ids[row["key"]],
            key=row["key"],
            kind=row["kind"],
            name=row["name"],
            sort_name=row["name"].lower(),
            description=row["description"],
            position=position,
            is_keyholder=row["keyholder"],
            is_system=row.get("system", True),
            permissions={} if row["keyholder"] else row["permissions"],
            assignable_roles=_ids(row["assignable"], ids),
            beside=_ids(row["beside"], ids),
        )
        for position, row in enumerate(rows)
    ]
    Role.objects.bulk_create(roles)
    CatalogueVersion.objects.bulk_create([CatalogueVersion()])
    return {role.key: role for role in roles}


def _ids(keys: Iterable[str] | None, ids: Mapping[str, UUID]) -> list[str] | None:
    return None if keys is None else [str(ids[key]) for key in keys]


def create_profiles(definitions: Iterable[Mapping[str, Any]]) -> None:
    """The profiles of a blueprint: mappings with key, name, description, everything, permissions, fields."""
    in_action()
    Profile.objects.bulk_create(
        Profile(
            key=row["key"],
            name=row["name"],
            sort_name=row["name"].lower(),
            description=row["description"],
            position=position,
            is_everything=row["everything"],
            permissions=row["permissions"],
            fields=row["fields"],
        )
        for position, row in enumerate(definitions)
    )


def get_role(role_id: UUID) -> Role:
    """:raises NotFound: unknown, or of another organization."""
    role = Role.objects.filter(id=role_id).first()
    if role is None:
        raise NotFound
    return role


def assignable(actor: Actor, role_id: UUID, target: Target = NOWHERE, kind: Role.Kind = Role.Kind.BASE) -> Role:
    """The role, if the actor may give it to somebody who stands there.

    :raises RoleNotAssignable: also for a role that is held in another way. :raises NotFound: see there.
    """
    role = get_role(role_id)
    if role.kind != kind or not may_assign(actor, role, target):
        raise RoleNotAssignable(role=role.name)
    return role


def give_base_role(
    member_id: UUID,
    role: Role,
    *,
    given_by: UUID | None,
    now: datetime,
    ends_at: datetime | None = None,
    then_role: Role | None = None,
) -> None:
    """Sets the base role, until `ends_at` when that is given, and `then_role` from there on. Keyholder rules are the
    caller's to ask first."""
    in_action()
    values = {
        "role": role,
        "ends_at": ends_at,
        "then_role": then_role,
        "noticed_at": None,
        "given_by_id": given_by,
        "given_at": now,
    }
    Assignment.objects.update_or_create(membership_id=member_id, is_base=True, defaults=values)
    settle_additions(member_id)
    bump_access([member_id])


def settle_additions(member_id: UUID) -> None:
    """After a change of the base role: what may not stand beside it ends, and what may not stand beside the one that
    follows ends with it."""
    in_action()
    rows = list(Assignment.objects.filter(membership_id=member_id, workspace=None).select_related("role", "then_role"))
    base = next(row for row in rows if row.is_base)
    settled = [(row, settle(row, base)) for row in rows if not row.is_base]
    Assignment.objects.filter(id__in=[row.id for row, (stays, _end) in settled if not stays]).delete()
    for row, (stays, end) in settled:
        if stays and end != row.ends_at:
            row.ends_at, row.noticed_at = end, None
            row.save(update_fields=["ends_at", "noticed_at"])


def put_into_scope(
    membership_ids: Iterable[UUID],
    role: Role,
    *,
    unit_id: UUID | None = None,
    workspace_id: UUID | None = None,
    ends_at: datetime | None = None,
    given_by: UUID | None,
    now: datetime,
) -> None:
    """Gives one role beside the base role to several people, by the same few queries: at a unit, as the level in a
    workspace (in place of the one before), or in the whole organization. The caller has locked them and asked."""
    in_action()
    ids = list(dict.fromkeys(membership_ids))
    place = Q(unit_id=unit_id, workspace_id=workspace_id)
    present = Assignment.objects.filter(place, membership_id__in=ids, is_base=False)
    if workspace_id is None:
        present = present.filter(role=role)
    held = set(present.values_list("membership_id", flat=True))
    values = {"role": role, "ends_at": ends_at, "noticed_at": None, "given_by_id": given_by, "given_at": now}
    present.update(**values)
    Assignment.objects.bulk_create(
        Assignment(membership_id=i, is_base=False, unit_id=unit_id, workspace_id=workspace_id, **values)
        for i in ids
        if i not in held
    )
    bump_access(ids)


def get_profile(profile_id: UUID) -> Profile:
    """:raises NotFound: unknown, or of another organization."""
    profile = Profile.objects.filter(id=profile_id).first()
    if profile is None:
        raise NotFound
    return profile


def set_profile_row(member_id: UUID, profile_id: UUID | None, *, given_by: UUID | None, now: datetime) -> None:
    """The profile in place of the one before; None takes it away."""
    in_action()
    if profile_id is None:
        ProfileAssignment.objects.filter(membership_id=member_id).delete()
    else:
        values = {"profile_id": profile_id, "given_by_id": given_by, "given_at": now}
        ProfileAssignment.objects.update_or_create(membership_id=member_id, defaults=values)
    bump_access([member_id])


def put_restrictions(
    member_id: UUID, values: Mapping[str, str], workspace_id: UUID | None, *, set_by: UUID | None, now: datetime
) -> None:
    """Exactly these, in one place; rows that stay as they are keep who set them."""
    in_action()
    rows = RestrictionSet.objects.filter(Q(workspace_id=workspace_id), membership_id=member_id)
    kept = {row.code for row in rows if values.get(row.code) == row.value}
    rows.exclude(code__in=kept).delete()
    RestrictionSet.objects.bulk_create(
        RestrictionSet(
            membership_id=member_id, code=code, value=value, workspace_id=workspace_id, set_by_id=set_by, set_at=now
        )
        for code, value in values.items()
        if code not in kept
    )
    bump_access([member_id])


def lift_restrictions(member_id: UUID) -> None:
    """Everywhere and in every workspace: a keyholder has none."""
    in_action()
    RestrictionSet.objects.filter(membership_id=member_id).delete()
    bump_access([member_id])


def end_assignments(member_ids: Iterable[UUID]) -> int:
    """Takes every role, profile and restriction away. Returns how many assignments ended."""
    in_action()
    ids = list(member_ids)
    count, _by_model = Assignment.objects.filter(membership_id__in=ids).delete()
    ProfileAssignment.objects.filter(membership_id__in=ids).delete()
    RestrictionSet.objects.filter(membership_id__in=ids).delete()
    bump_access(ids)
    return count


def bump_catalogue() -> None:
    """Every cached grant of the organization is old from the commit on: a role or profile changed."""
    in_action()
    CatalogueVersion.objects.update(number=F("number") + 1)


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


def allow_another_keyholder(role: Role, member_id: UUID | None = None) -> None:
    """`member_id`: who gets the role, and counts once.

    :raises TooManyKeyholders: policy `keyholders.maximum` is reached. Invited ones count too.
    """
    in_action()
    if not role.is_keyholder:
        return
    lock(LockRow.Name.KEYHOLDERS)
    maximum = policy("keyholders.maximum")
    rows = Assignment.objects.filter(is_base=True, role__is_keyholder=True).exclude(membership_id=member_id or NIL)
    if maximum is not None and rows.exclude(membership__status=Membership.Status.REMOVED).count() >= maximum:
        raise TooManyKeyholders(maximum=maximum)


def list_role(role_id: UUID, begin: Iterable[Role], stop: Iterable[Role]) -> None:
    """Some roles begin to give a role, others stop."""
    in_action()
    for role in begin:
        role.assignable_roles = [*(role.assignable_roles or []), str(role_id)]
        role.save(update_fields=["assignable_roles"])
    for role in stop:
        role.assignable_roles = [one for one in role.assignable_roles or [] if one != str(role_id)]
        role.save(update_fields=["assignable_roles"])

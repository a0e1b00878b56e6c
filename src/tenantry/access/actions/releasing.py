"""System roles and profiles follow the document that they came from: a release brings new permissions to them.

What an organization made itself is left alone, and so are its own roles among those that a system role gives away.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.models import Profile, Role
from tenantry.access.permissions import ROLES_EDIT
from tenantry.access.steps import bump_catalogue
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing

Row = Mapping[str, Any]


def wanted_of_roles(stored: Iterable[Role], rows: Iterable[Row]) -> dict[UUID, dict[str, Any]]:
    """What system roles should hold, by id; those that hold it already are left out. Pure."""
    kept = list(stored)
    ids = {role.key: str(role.id) for role in kept}
    own = {str(role.id) for role in kept if not role.is_system}
    system = {role.key: role for role in kept if role.is_system}
    found = {}
    for row in rows:
        role = system.get(row["key"])
        if role is None or not row.get("system", True):
            continue
        wanted = {
            "description": row["description"],
            "permissions": {} if role.is_keyholder else row["permissions"],
            "assignable_roles": _keys(row["assignable"], ids, [i for i in role.assignable_roles or [] if i in own]),
            "beside": _keys(row["beside"], ids, [i for i in role.beside or [] if i in own]),
        }
        if any(getattr(role, name) != value for name, value in wanted.items()):
            found[role.id] = wanted
    return found


def _keys(keys: Iterable[str] | None, ids: Mapping[str, str], own: list[str]) -> list[str] | None:
    """A role of the document that the organization doesn't have yet is not waited for."""
    return None if keys is None else [ids[key] for key in keys if key in ids] + own


def wanted_of_profiles(stored: Iterable[Profile], rows: Iterable[Row]) -> dict[UUID, dict[str, Any]]:
    """The same of system profiles."""
    system = {profile.key: profile for profile in stored if profile.is_system}
    found = {}
    for row in rows:
        profile = system.get(row["key"])
        wanted = {
            "description": row["description"],
            "permissions": row["permissions"],
            "is_everything": row["everything"],
            "fields": row["fields"],
        }
        if profile is not None and any(getattr(profile, name) != value for name, value in wanted.items()):
            found[profile.id] = wanted
    return found


@action(open_to="the house alone: the release says what is done")
def follow_release(*, actor: Actor, now: datetime, roles: tuple[Row, ...], profiles: tuple[Row, ...]) -> Outcome[Done]:
    """Brings system roles and profiles up to the rows of their document; nothing happens when they are.

    :raises PermissionMissing: to everybody but the house.
    """
    if actor.kind != "system":
        raise PermissionMissing(ROLES_EDIT)
    kept = list(Role.objects.select_for_update(no_key=True).order_by("position", "id"))
    bounds = list(Profile.objects.select_for_update(no_key=True).order_by("position", "id"))
    changed = _write(kept, wanted_of_roles(kept, roles)) + _write(bounds, wanted_of_profiles(bounds, profiles))
    if not changed:
        return Outcome(Done(), None)
    bump_catalogue()
    return Outcome(
        Done(), Entry("access.release_followed", "organization", actor.organization_id, {"changed": changed})
    )


def _write(rows: Iterable[Role | Profile], wanted: Mapping[UUID, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the audit says of each: its name, and what of its permissions came, went or became another reach."""
    told = []
    for row in rows:
        if row.id not in wanted:
            continue
        before, after = row.permissions, wanted[row.id]["permissions"]
        told.append(
            {
                "name": row.name,
                "before": {code: reach for code, reach in before.items() if after.get(code) != reach},
                "after": {code: reach for code, reach in after.items() if before.get(code) != reach},
            }
        )
        for name, value in wanted[row.id].items():
            setattr(row, name, value)
        row.version += 1
        row.save(update_fields=[*wanted[row.id], "version"])
    return told

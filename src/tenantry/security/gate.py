"""The gate of every request of a member: which organization, which membership, still in, with which grants.

Two queries in one read-only transaction, three when grants are not cached.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet, Subquery

from tenantry.access import grants
from tenantry.access.selectors import roles_version
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.core.ids import new_id
from tenantry.core.prepared import PreparedRow
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import is_closed, policy
from tenantry.organizations.structure import organization_with_parts
from tenantry.people.models import Membership
from tenantry.security.models import SessionEntry
from tenantry.security.selectors import password_is_due
from tenantry.security.steps import note_seen

# How stale "last seen" may be: a write a minute and session at most.
SEEN_EVERY = timedelta(minutes=1)
_MEMBERSHIP: Any = SessionEntry._meta.get_field("membership")
_ENTRY_COLUMNS = [field.attname for field in SessionEntry._meta.concrete_fields]
_MEMBER_COLUMNS = [field.attname for field in Membership._meta.concrete_fields]
_SOME_ENTRY = new_id()


def _entries() -> QuerySet[SessionEntry, Any]:
    asked = SessionEntry.objects.annotate(roles_version=Subquery(roles_version()[:1]))
    members = [f"membership__{name}" for name in _MEMBER_COLUMNS]
    return asked.filter(id=_SOME_ENTRY, ended_at=None).values_list("roles_version", *_ENTRY_COLUMNS, *members)


_ENTRY = PreparedRow(_entries, {_SOME_ENTRY: "entry"})


def _entry(entry_id: UUID) -> tuple[SessionEntry, Membership, int] | None:
    """A session here that goes on, whose it is, and the version of this organization's roles."""
    row = _ENTRY.find(entry=entry_id)
    if row is None:
        return None
    until = len(_ENTRY_COLUMNS) + 1
    entry = SessionEntry.from_db(DEFAULT_DB_ALIAS, _ENTRY_COLUMNS, row[1:until])
    member = Membership.from_db(DEFAULT_DB_ALIAS, _MEMBER_COLUMNS, row[until:])
    _MEMBERSHIP.set_cached_value(entry, member)
    return entry, member, row[0] or 0


@dataclass(frozen=True, slots=True)
class Inside:
    actor: Actor
    membership: Membership
    organization: Organization
    entry: SessionEntry
    seen_is_old: bool
    # Nothing but the choice of a new password is open: it is too old (policy `password.expiry_days`), or not their own.
    password_due: bool


def enter(
    *,
    organization_id: UUID,
    entry_id: UUID,
    user_id: UUID,
    address: str,
    agent: str,
    request_id: str,
    now: datetime,
) -> Inside:
    """Who this session is in this organization. The scope stays the caller's to arm for the request.

    :raises NoLongerIn: ended, too old, idle too long, deactivated, removed, or never there.
    """
    with scope.tenant(organization_id), reading():
        found = _entry(entry_id)
        if found is None:
            raise NoLongerIn
        entry, member, version = found
        if (
            member.user_id != user_id
            or member.status != Membership.Status.ACTIVE
            or member.session_epoch != entry.epoch
            or _too_old(entry, now)
        ):
            raise NoLongerIn
        member_grants = grants.of_member(organization_id, member.id, member.access_version, version, now)
        organization = organization_with_parts()
        if is_closed(organization):
            raise NoLongerIn
        # It may have been changed since, here or elsewhere.
        due = entry.password_due and password_is_due(user_id, now)
    actor = Actor(
        kind="member",
        organization_id=organization_id,
        grants=member_grants,
        membership_id=member.id,
        user_id=user_id,
        state=organization.state,
        label=member.name,
        session_epoch=entry.epoch,
        address=address,
        agent=agent,
        request_id=request_id,
    )
    return Inside(actor, member, organization, entry, now - entry.seen_at > SEEN_EVERY, due)


def _too_old(entry: SessionEntry, now: datetime) -> bool:
    if now - entry.seen_at < timedelta(hours=1) and now - entry.entered_at < timedelta(days=1):
        # The shortest values that the policies allow: no need to read them.
        return False
    idle = timedelta(hours=policy("session.idle_hours"))
    longest = timedelta(days=policy("session.absolute_days"))
    return now - entry.seen_at > idle or now - entry.entered_at > longest


def keep_seen(inside: Inside, now: datetime) -> None:
    """Writes "last seen" when it has grown old. Outside of any transaction."""
    if not inside.seen_is_old:
        return
    with scope.tenant(inside.organization.id), writing():
        note_seen(inside.entry.id, now)

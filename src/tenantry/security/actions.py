"""Sessions and keys."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tenantry.access.contents import ask_acts_with
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.steps import assignable
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.people.permissions import END_SESSIONS
from tenantry.people.selectors import get_member
from tenantry.security.keys import PREFIX
from tenantry.security.models import ApiKey, SessionEntry
from tenantry.security.permissions import KEYS
from tenantry.security.steps import end_entries, raise_epoch


@action(END_SESSIONS, targets=("membership_id",))
def end_sessions(*, actor: Actor, now: datetime, membership_id: UUID) -> Outcome[Done]:
    """Signs somebody out of this organization everywhere.

    :raises MemberOutOfHand: see there. One's own sessions may be ended too.
    """
    member = get_member(actor, membership_id)
    if membership_id != actor.membership_id:
        refuse_out_of_hand(actor, member, END_SESSIONS)
    raise_epoch([membership_id])
    count = end_entries([membership_id], now)
    return Outcome(Done(membership_id), Entry("people.sessions_ended", "member", membership_id, {"sessions": count}))


@action(open_to="everybody ends their own sessions", targets=())
def end_own_session(*, actor: Actor, now: datetime, entry_id: UUID) -> Outcome[Done]:
    """:raises NotFound: not an open session of one's own."""
    rows = SessionEntry.objects.filter(id=entry_id, membership_id=actor.own_id, ended_at=None)
    if not rows.update(ended_at=now):
        raise NotFound
    return Outcome(Done(entry_id), Entry("people.own_session_ended", "member", actor.membership_id))


@dataclass(frozen=True, slots=True)
class KeyCreated:
    id: UUID
    name: str
    secret: str


@action(KEYS, holds_secret=True)
def create_key(
    *, actor: Actor, now: datetime, name: str, role_id: UUID, days: int | None = None
) -> Outcome[KeyCreated]:
    """A key of the organization that acts with a role its creator may assign. The secret is in the result only.

    :raises RoleNotAssignable, NotYoursToGive: a key never holds more than its creator may give, and holds now.
    """
    role = assignable(actor, role_id)
    ask_acts_with(actor, role)
    secret = PREFIX + crypto.new_token()
    key = ApiKey(
        name=name,
        prefix=secret[:8],
        secret_hash=crypto.token_hash(secret),
        role=role,
        created_by_id=actor.membership_id,
        created_at=now,
        expires_at=now + timedelta(days=days) if days else None,
    )
    ApiKey.objects.bulk_create([key])
    values = {"name": name, "role": role.name, "expires_at": key.expires_at}
    return Outcome(KeyCreated(key.id, name, secret), Entry("platform.key_created", "key", key.id, values))


@action(KEYS)
def revoke_key(*, actor: Actor, now: datetime, key_id: UUID) -> Outcome[Done]:
    """:raises NotFound: unknown, or revoked already."""
    key = ApiKey.objects.select_for_update(no_key=True).filter(id=key_id, revoked_at=None).first()
    if key is None:
        raise NotFound
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    return Outcome(Done(key_id), Entry("platform.key_revoked", "key", key_id, {"name": key.name}))

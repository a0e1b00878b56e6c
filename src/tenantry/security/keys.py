"""API keys: `tk_<secret>`, found by their hash over all organizations, acting with one role."""

from datetime import datetime, timedelta
from uuid import UUID

from tenantry.access import grants
from tenantry.acting.actions import register_proof
from tenantry.acting.operations import register_revival
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.core.ids import NIL
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Organization
from tenantry.organizations.selectors import current_organization, is_closed
from tenantry.people.locks import lock_members
from tenantry.security.models import ApiKey

PREFIX = "tk_"
SEEN_EVERY = timedelta(minutes=1)


def find_key(
    secret: str, *, address: str, agent: str, request_id: str, now: datetime
) -> tuple[Actor, Organization] | None:
    """The actor behind a bearer key, or None for anything that is not a living key. Outside of any transaction."""
    if not secret.startswith(PREFIX) or len(secret) > 100:
        return None
    with scope.platform("key_lookup"), reading():
        found = ApiKey.objects.filter(secret_hash=crypto.token_hash(secret), revoked_at=None).first()
    if found is None or (found.expires_at and found.expires_at <= now):
        return None
    with scope.tenant(found.organization_id), reading():
        key = ApiKey.objects.select_related("role").get(id=found.id)
        organization = current_organization()
        if is_closed(organization):
            return None
    _keep_used(key, now)
    return _actor_of(key, organization, address=address, agent=agent, request_id=request_id), organization


def _actor_of(
    key: ApiKey, organization: Organization, *, address: str = "", agent: str = "", request_id: str = ""
) -> Actor:
    return Actor(
        kind="key",
        organization_id=key.organization_id,
        grants=grants.of_role(key.role),
        key_id=key.id,
        state=organization.state,
        label=key.name,
        address=address,
        agent=agent,
        request_id=request_id,
    )


def _keep_used(key: ApiKey, now: datetime) -> None:
    """When a key was used last, to the minute: what tells whether somebody would miss it. Not an action."""
    if key.used_at is not None and now - key.used_at <= SEEN_EVERY:
        return
    with scope.tenant(key.organization_id), writing():
        ApiKey.objects.filter(id=key.id).update(used_at=now)


def prove_key(actor: Actor, targets: frozenset[UUID], now: datetime) -> Actor:
    """:raises NoLongerIn: revoked, or expired, since the request began."""
    lock_members(targets)
    key = ApiKey.objects.select_related("role").filter(id=actor.key_id or NIL, revoked_at=None).first()
    if key is None or (key.expires_at and key.expires_at <= now):
        raise NoLongerIn
    return actor.with_grants(grants.of_role(key.role))


def revive_key(key_id: UUID, now: datetime) -> Actor:
    """The actor that this key is now, for long work that it asked for.

    :raises NoLongerIn: revoked or expired.
    """
    key = ApiKey.objects.select_related("role").filter(id=key_id, revoked_at=None).first()
    if key is None or (key.expires_at and key.expires_at <= now):
        raise NoLongerIn
    return _actor_of(key, current_organization())


register_proof("key", prove_key)
register_revival("key", revive_key)

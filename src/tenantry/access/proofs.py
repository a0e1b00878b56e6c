"""Proves at the start of every action that its actor may still act (registered with `acting`)."""

from datetime import datetime
from uuid import UUID

from tenantry.access import grants
from tenantry.acting.actions import register_proof
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership


def prove_member(actor: Actor, targets: frozenset[UUID], now: datetime) -> Actor:
    """Locks the acting membership together with the targets, in the order of their ids, and reads grants anew.

    :raises NoLongerIn: not active any more, or its sessions ended since the request began.
    """
    if actor.membership_id is None or actor.organization_id is None:
        raise NoLongerIn
    member = lock_members(targets | {actor.membership_id}).get(actor.membership_id)
    if member is None or member.status != Membership.Status.ACTIVE or member.session_epoch != actor.session_epoch:
        raise NoLongerIn
    return actor.with_grants(
        grants.of_member(actor.organization_id, member.id, member.access_version, grants.catalogue_version(), now)
    )


def lock_targets(actor: Actor, targets: frozenset[UUID], now: datetime) -> Actor:
    """For actors without a membership (jobs, commands): the targets are locked all the same."""
    lock_members(targets)
    return actor


register_proof("member", prove_member)
register_proof("system", lock_targets)

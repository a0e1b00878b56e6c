"""Proves at the start of every action that its actor may still act (registered with `acting`)."""

from datetime import datetime
from uuid import UUID

from tenantry.access import grants
from tenantry.acting.actions import register_proof
from tenantry.acting.operations import register_revival
from tenantry.core.actor import Actor
from tenantry.core.errors import NoLongerIn
from tenantry.core.tenancy import scope
from tenantry.organizations.selectors import current_organization
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


def revive_member(membership_id: UUID, now: datetime) -> Actor:
    """The actor that this member is now, for long work that they asked for.

    :raises NoLongerIn: not active any more.
    """
    member = Membership.objects.filter(id=membership_id, status=Membership.Status.ACTIVE).defer("picture").first()
    if member is None:
        raise NoLongerIn
    organization = current_organization()
    version = grants.catalogue_version()
    return Actor(
        kind="member",
        organization_id=organization.id,
        grants=grants.of_member(organization.id, member.id, member.access_version, version, now),
        membership_id=member.id,
        user_id=member.user_id,
        state=organization.state,
        label=member.name,
        session_epoch=member.session_epoch,
    )


def revive_system(_id: UUID, now: datetime) -> Actor:
    return Actor.system("operations", scope.organization_id())


register_proof("member", prove_member)
register_proof("system", lock_targets)
register_revival("member", revive_member)
register_revival("system", revive_system)

"""The request as Tenantry's views see it."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest

from tenantry.core.actor import Actor
from tenantry.security import browsing
from tenantry.security.browsing import ENTRIES_KEY, ORGANIZATION_KEY

__all__ = ["ENTRIES_KEY", "ORGANIZATION_KEY", "MemberRequest", "carry_entry", "guest_actor", "leave_organization"]

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from tenantry.organizations.models import Organization
    from tenantry.people.models import Membership, User
    from tenantry.security.models import SessionEntry


class MemberRequest(HttpRequest):
    """A request of somebody who is inside an organization."""

    actor: Actor
    membership: "Membership"
    organization: "Organization"
    entry: "SessionEntry"
    user: "User"
    htmx: "HtmxDetails"
    request_id: str
    client_address: str
    client_agent: str


def carry_entry(request: HttpRequest, organization_id: UUID, entry_id: UUID) -> None:
    """Lets this browser's session be in that organization from the next request on."""
    browsing.remember_entry(request.session, organization_id, entry_id)


def leave_organization(request: HttpRequest) -> None:
    """Forgets the present organization's entry; the person stays signed in."""
    browsing.forget_entry(request.session)


def guest_actor(request: HttpRequest, organization_id: UUID | None = None) -> Actor:
    """Somebody without a membership: where the request comes from is all that is known."""
    return Actor.guest(
        organization_id,
        address=getattr(request, "client_address", ""),
        agent=getattr(request, "client_agent", ""),
    )

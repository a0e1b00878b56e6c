"""The request as operations see it."""

from typing import TYPE_CHECKING

from django.http import HttpRequest

from tenantry.core.actor import Actor

if TYPE_CHECKING:
    from tenantry.organizations.models import Organization
    from tenantry.security.rates import Allowance


class ApiRequest(HttpRequest):
    """A call of somebody known, inside one organization whose scope is armed."""

    actor: Actor
    organization: "Organization"
    allowance: "Allowance"
    replayed: bool
    request_id: str
    client_address: str
    client_agent: str


def uploaded(request: ApiRequest) -> bytes:
    """The body of an operation that takes a file. The door has bounded it: Django's own bound is that of forms."""
    return bytes(request.read())

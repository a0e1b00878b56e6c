"""Which organization a command is about."""

from uuid import UUID

import typer

from tenantry.cli.failures import Failure
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import find_organization_id

ORGANIZATION = typer.Option(..., "--organization", help="The organization's address, as in its sign-in page.")


def organization_of(slug: str) -> UUID:
    """:raises Failure: nobody has this address."""
    with scope.platform("command_line"), reading():
        found = find_organization_id(slug.strip().lower())
    if found is None:
        raise Failure(f"There is no organization with the address {slug!r}. `tenantry organization list` shows all.")
    return found


def commander(organization_id: UUID) -> Actor:
    """Whoever has the machine's command line acts with every permission; the audit says so."""
    return Actor.system("command line", organization_id)

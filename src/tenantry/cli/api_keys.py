"""``tenantry apikey``: the first key of an organization, before somebody made one on the screen."""

import typer

from tenantry.access.selectors import all_role_keys, find_role
from tenantry.acting.actions import perform
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.targets import ORGANIZATION, commander, organization_of
from tenantry.core.bounds import LABEL
from tenantry.core.errors import NotFound
from tenantry.core.tenancy import scope
from tenantry.core.text import InvalidText
from tenantry.core.transactions import reading
from tenantry.security.actions import create_key

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """API keys of an organization."""


@app.command()
def create(
    organization: str = ORGANIZATION,
    name: str = typer.Option(..., help="What the key is for."),
    role: str = typer.Option(..., help="The key of the role that it acts with, such as administrator."),
    days: int = typer.Option(0, min=0, max=3650, help="How long it lives; 0 has no end."),
) -> None:
    """Create an API key and print its secret, which is shown once."""
    require_current_schema()
    organization_id = organization_of(organization)
    try:
        label = LABEL.clean(name)
    except InvalidText as error:
        raise Failure(str(error), code=2) from error
    with scope.tenant(organization_id):
        with reading():
            try:
                role_id = find_role(role).id
            except NotFound:
                raise Failure(f"There is no role {role!r}. There are: {', '.join(all_role_keys())}.", code=2) from None
        made = perform(create_key, actor=commander(organization_id), name=label, role_id=role_id, days=days or None)
    typer.echo(made.secret)

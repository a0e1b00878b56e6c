"""``tenantry organization``: what this installation carries."""

import typer

from tenantry.cli.readiness import require_current_schema
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import all_organizations
from tenantry.people.census import census_of

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Organizations of this installation."""


@app.command("list")
def list_organizations() -> None:
    """Print address, state, people, seats in use and name, one organization a line."""
    require_current_schema()
    with scope.platform("command_line"), reading():
        rows = list(all_organizations())
        figures = census_of([row.id for row in rows], clock.now())
        for row in rows:
            counts = figures[row.id]
            limit = "unlimited" if counts.limit is None else str(counts.limit)
            seats = f"{counts.in_use} of {limit} seats"
            typer.echo("\t".join((row.slug, row.state, f"{counts.people} people", seats, row.name)))

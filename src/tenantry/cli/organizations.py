"""``tenantry organization``: what this installation carries."""

from pathlib import Path

import typer

from tenantry.blueprints.reading import DocumentWrong, read
from tenantry.cli.failures import Failure
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


@app.command("check-blueprint")
def check_blueprint(file: Path = typer.Argument(help="A blueprint as YAML.")) -> None:
    """Say what is wrong with a blueprint, with line and column; nothing is written."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} can't be read: {error}") from error
    try:
        blueprint = read(text, file.name)
    except DocumentWrong as wrong:
        for finding in wrong.findings:
            typer.echo(str(finding), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{file.name}: {blueprint.title}, {len(blueprint.roles)} roles, {len(blueprint.policies)} policies")

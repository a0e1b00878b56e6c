"""``tenantry organization``: what this installation carries."""

from datetime import timedelta
from pathlib import Path

import typer

from tenantry.audit.selectors import AuditFilter, entries
from tenantry.billing.selectors import moment_of, subscription
from tenantry.billing.traveling import coming, travel
from tenantry.blueprints.reading import DocumentWrong, read
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.targets import ORGANIZATION, commander, organization_of
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import all_organizations
from tenantry.people.census import census_of
from tenantry.usecases.telling import sentences

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


@app.command("move-clock")
def move_clock(
    organization: str = ORGANIZATION,
    days: int = typer.Option(0, min=0, max=366, help="So many days ahead; 0 goes to what comes next."),
) -> None:
    """Move a demonstration's clock ahead, with every renewal, payment and end on the way; print what happened."""
    require_current_schema()
    organization_id, began = organization_of(organization), clock.now()
    actor = commander(organization_id)
    with scope.tenant(organization_id):
        with reading():
            row = subscription()
            moment = moment_of(row, began)
            ahead = coming(row, began) if row else ()
        to = moment + timedelta(days=days) if days or not ahead else ahead[0].at
        if to == moment:
            raise Failure("Nothing happens by itself; say how many --days.", code=2)
        travel(actor, organization_id, to)
        with reading():
            wanted = AuditFilter(areas=("billing",), since=began)
            for line in sentences(entries(actor, wanted).order_by("number")):
                typer.echo(line.sentence)


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

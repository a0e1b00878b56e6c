"""``tenantry operator``: those who run the installation and enter its console."""

import secrets

import typer

from tenantry.acting.actions import perform
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.bounds import EMAIL, PERSON_NAME
from tenantry.core.tenancy import scope
from tenantry.core.text import InvalidText
from tenantry.core.transactions import reading
from tenantry.security.operators import code_of, create_operator

app = typer.Typer(no_args_is_help=True)
ACTOR = Actor.system("command line", None)


@app.callback()
def group() -> None:
    """Operators of this installation."""


@app.command()
def create(
    email: str = typer.Option(..., help="The operator's address."),
    name: str = typer.Option(..., help="The operator's name."),
    password: str = typer.Option("", help="Left out, a random one is made and printed."),
) -> None:
    """Create an operator with password and second factor, and print both; they are shown once."""
    require_current_schema()
    try:
        address, called = EMAIL.clean(email), PERSON_NAME.clean(name)
    except InvalidText as error:
        raise Failure(str(error), code=2) from error
    chosen = password or secrets.token_urlsafe(15)
    with scope.installation("command_line"):
        made = perform(create_operator, actor=ACTOR, email=address, name=called, password=chosen)
    typer.echo(f"Operator {made.email} can sign in at /console.")
    if not password:
        typer.echo(f"Password: {chosen}")
    typer.echo(f"Authenticator secret: {made.secret}")
    typer.echo(f"Authenticator address: {made.uri}")


@app.command()
def code(email: str = typer.Argument(..., help="The operator's address.")) -> None:
    """Print the one-time code of this half minute."""
    require_current_schema()
    with scope.installation("command_line"), reading():
        found = code_of(email.strip().lower(), clock.now())
    if found is None:
        raise Failure(f"There is no operator {email}.")
    typer.echo(found)

"""``tenantry prepare``: everything between an empty machine and a first request."""

import importlib.util

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connections
from rich.console import Console

from tenantry.blueprints.tasks import enqueue_find
from tenantry.cli import signins
from tenantry.cli.database import prepare_embedded
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import missing_migrations, require_database
from tenantry.cli.static import collect
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing

app = typer.Typer()


@app.command()
def prepare() -> None:
    """Create roles, migrate, collect static files; load the demo data on the first start."""
    console = Console(highlight=False)
    if settings.EMBEDDED_DATABASE:
        prepare_embedded()
    migrate(console)
    follow_release()
    if collect():
        console.print("Static files collected.")
    if settings.DEMO and is_first_start():
        load_demo(console)
    connections.close_all()


def migrate(console: Console) -> None:
    """Apply what is missing, as the owner, and reconcile the fences."""
    require_database("owner")
    missing = missing_migrations("owner")
    if missing:
        console.print(f"Applying {len(missing)} migrations …")
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        raise Failure(f"The migration failed, nothing of it was applied: {str(error).splitlines()[0]}") from error


def follow_release() -> None:
    """Ready-made roles of organizations that exist are brought up to this release, by jobs."""
    with scope.platform("command_line"), writing():
        enqueue_find()


def is_first_start() -> bool:
    """Whether no organization exists yet. Asked as the owner, who passes the fences."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass('organizations_organization') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT NOT EXISTS (SELECT FROM organizations_organization)")
        return bool(cursor.fetchone()[0])


def load_demo(console: Console) -> None:
    """One organization per blueprint; the accounts are kept for the next starts."""
    if importlib.util.find_spec("tenantry.cli.demo") is None:
        return
    console.print("Loading the demo data …")
    demo = importlib.import_module("tenantry.cli.demo")
    signins.keep(demo.load())

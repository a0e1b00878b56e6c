"""The registry of commands; what each does stands in a file of its own."""

import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import django
import typer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, execute_from_command_line
from django.db import DatabaseError
from django.urls import NoReverseMatch, reverse
from typer.core import TyperGroup
from typer.main import get_command

from tenantry import __version__
from tenantry.cli.failures import Failure
from tenantry.core.errors import InvalidInput, Refusal, Remedy


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives. ``loaded`` says that it needs Django's applications, not settings alone."""

    module: str
    loaded: bool = True


# One line a command; the module holds a Typer application called ``app``.
COMMANDS = {
    "run": Entry("tenantry.cli.run", loaded=False),
    "web": Entry("tenantry.cli.web"),
    "worker": Entry("tenantry.cli.worker"),
    "prepare": Entry("tenantry.cli.prepare"),
    "database": Entry("tenantry.cli.database", loaded=False),
    "doctor": Entry("tenantry.cli.doctor"),
    "api": Entry("tenantry.cli.api"),
    "organization": Entry("tenantry.cli.organizations"),
    "people": Entry("tenantry.cli.people"),
    "operator": Entry("tenantry.cli.operators"),
    "apikey": Entry("tenantry.cli.api_keys"),
    "audit": Entry("tenantry.cli.audit"),
    "demo": Entry("tenantry.cli.demo"),
}

# Django's own commands that are of use here; ``migrate`` ends by reconciling the fences.
DJANGO_COMMANDS = frozenset(
    {
        "check",
        "collectstatic",
        "compilemessages",
        "makemessages",
        "makemigrations",
        "migrate",
        "shell",
        "showmigrations",
        "sqlmigrate",
    }
)


class LazyGroup(TyperGroup):
    """Imports a command when it is asked for: ``--version`` must not load the whole product."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The registered names, in the order of the registry."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, or None for an unknown name."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if entry.loaded:
            django.setup()
        command = get_command(importlib.import_module(entry.module).app)
        command.name = cmd_name
        return command


cli = typer.Typer(
    name="tenantry",
    cls=LazyGroup,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tenantry {__version__}")
        raise typer.Exit


@cli.callback()
def root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    """Tenantry: organizations, people and access.

    Also takes Django's migrate, makemigrations, showmigrations, sqlmigrate, makemessages,
    compilemessages, collectstatic, check and shell.
    """


def main() -> None:
    """Run the command line; what a person can act on is one line, whatever raised it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
    try:
        if len(sys.argv) > 1 and sys.argv[1] in DJANGO_COMMANDS:
            execute_from_command_line(sys.argv)
        else:
            cli()
    except Failure as failure:
        _end(str(failure), failure.code)
    except InvalidInput as refusal:
        _end(" ".join(str(text) for text in refusal.fields.values()), 1)
    except Refusal as refusal:
        _end(str(refusal), 1, refusal.remedies)
    except CommandError as error:
        _end(str(error), 1)
    except ImproperlyConfigured as error:
        _end(str(error), 2)
    except DatabaseError as error:
        _end(f"The database says: {_first_line(error)}", 1)
    except KeyboardInterrupt:
        _end("Stopped.", 130)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _end(message: str, code: int, remedies: Sequence[Remedy] = ()) -> None:
    """One line, and one more for each page that helps."""
    sys.stderr.write(f"tenantry: {' '.join(message.split())}\n")
    for remedy in remedies:
        with suppress(NoReverseMatch):
            place = f"{settings.BASE_URL}{reverse(remedy.url_name, args=remedy.args)}{remedy.query}"
            sys.stderr.write(f"  {remedy.label}: {place}\n")
    sys.exit(code)

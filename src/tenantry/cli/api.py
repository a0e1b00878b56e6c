"""``tenantry api schema``: the OpenAPI document of this release."""

from pathlib import Path
from typing import Annotated

import typer
from django.core.management import call_command

app = typer.Typer(no_args_is_help=True)


@app.callback()
def api() -> None:
    """The interface for programs."""


@app.command()
def schema(
    write: Annotated[Path | None, typer.Option(help="Write it to this file instead of printing it.")] = None,
    compare: Annotated[Path | None, typer.Option(help="Only say whether this file holds it.")] = None,
) -> None:
    """Print, write or compare the OpenAPI document; docs/develop/openapi.json is the committed one."""
    call_command("apischema", write=write, compare=compare)

"""``tenantry audit verify``: whether an audit chain is whole."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import typer

from tenantry.audit.chain import Verification, verify
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.targets import organization_of
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import all_organizations
from tenantry.usecases.faults import fault_in_words

app = typer.Typer(no_args_is_help=True)

Chain = tuple[str, AbstractContextManager[Any]]


@app.callback()
def group() -> None:
    """The record of what was done."""


@app.command("verify")
def verify_chains(
    organization: str = typer.Option("", "--organization", help="The organization's address."),
    every: bool = typer.Option(False, "--all", help="Every organization, and the installation."),
    installation: bool = typer.Option(False, "--installation", help="What operators did."),
) -> None:
    """Walk the chain; one line a fault on standard error, and exit code 1 when there is one."""
    require_current_schema()
    if sum((bool(organization), every, installation)) != 1:
        raise Failure("Say which: --organization ADDRESS, --all or --installation.", code=2)
    faults = 0
    for name, armed in _chains(organization, every=every):
        with armed, reading():
            found = verify()
        faults += len(found.faults)
        _print(name, found)
    if faults:
        raise typer.Exit(1)


def _chains(organization: str, *, every: bool) -> Iterator[Chain]:
    if organization:
        yield organization, scope.tenant(organization_of(organization))
        return
    yield "installation", scope.installation("command_line")
    if every:
        with scope.platform("command_line"), reading():
            rows = [(row.slug, row.id) for row in all_organizations()]
        for slug, organization_id in rows:
            yield slug, scope.tenant(organization_id)


def _print(name: str, found: Verification) -> None:
    for fault in found.faults:
        typer.echo(f"{name}: {fault_in_words(fault)}", err=True)
    if found.sound:
        typer.echo(f"{name}: {found.checked} entries are whole, {found.erased} personal values are erased")

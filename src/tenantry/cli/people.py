"""``tenantry people``: the directory, an invitation, a deactivation, for scripts and for the day nobody can sign in."""

from typing import Any
from uuid import UUID

import typer

from tenantry.access.actions.assigning import change_role, plan_change_role
from tenantry.access.explaining.answering import Explanation, explain
from tenantry.access.selectors import STATUSES, DirectoryFilter, all_role_keys, directory, find_role, status_shown
from tenantry.acting.actions import perform
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.targets import ORGANIZATION, commander, organization_of
from tenantry.core import clock
from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.tenancy import scope
from tenantry.core.text import InvalidText
from tenantry.core.transactions import reading
from tenantry.people.ways import ADMINISTRATOR, offered_ways
from tenantry.usecases.joining import invite_member
from tenantry.usecases.leaving.matters import in_words
from tenantry.usecases.offboarding import (
    LeavingPlan,
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    reactivate_member,
    remove_members,
)

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """People of an organization."""


@app.command("list")
def list_people(
    organization: str = ORGANIZATION,
    search: str = typer.Option("", help="Words of a name or an address."),
    status: list[str] = typer.Option([], help="active, pending, expired, deactivated, removed; may be repeated."),
) -> None:
    """Print status, role, address and name, one person a line; removed ones only when they are asked for."""
    # A page finds nobody by what it doesn't know; a script would go on with everybody.
    for unknown in (one for one in status if one not in STATUSES):
        raise Failure(f"There is no status {unknown!r}. There are: {', '.join(STATUSES)}.", code=2)
    require_current_schema()
    organization_id, now = organization_of(organization), clock.now()
    wanted = DirectoryFilter(query=search, statuses=tuple(status))
    with scope.tenant(organization_id), reading():
        rows = directory(commander(organization_id), wanted, now).order_by("sort_name", "id")
        for member in rows.iterator(chunk_size=500):
            role = getattr(member, "role_name", None) or "-"
            typer.echo("\t".join((status_shown(member, now), role, member.email, member.name)))


@app.command()
def invite(
    email: str = typer.Argument(..., help="Whom to invite."),
    organization: str = ORGANIZATION,
    role: str = typer.Option(..., help="The key of their role, such as member."),
    given_name: str = typer.Option("", help="Given name."),
    family_name: str = typer.Option("", help="Family name."),
    way: str = typer.Option("", help="invitation_link, temporary_password or administrator_password (asks for one)."),
    keep: bool = typer.Option(False, "--keep-password", help="With a password: they need not choose their own."),
) -> None:
    """Add somebody by one of the ways in that the organization offers; its first where none is named."""
    require_current_schema()
    organization_id = organization_of(organization)
    try:
        names = [OPTIONAL_PERSON_NAME.clean(name) for name in (given_name, family_name)]
        address = EMAIL.clean(email)
    except InvalidText as error:
        raise Failure(str(error), code=2) from error
    with scope.tenant(organization_id):
        with reading():
            role_id, way = _role_id(role), way or offered_ways()[0]
        # Typed or piped, never an argument: those stand in the shell's history.
        password = typer.prompt("Password", hide_input=True) if way == ADMINISTRATOR else ""
        made = perform(
            invite_member,
            actor=commander(organization_id),
            email=address,
            role_id=role_id,
            given_name=names[0],
            family_name=names[1],
            way=way,
            password=password,
            must_change=not keep,
        )
    if made.expires_at is None:
        typer.echo(f"{made.name} is in.")
    else:
        typer.echo(f"{made.name} is invited until {made.expires_at:%Y-%m-%d %H:%M} UTC.")


def _role_id(key: str) -> UUID:
    try:
        return find_role(key).id
    except NotFound:
        raise Failure(f"There is no role {key!r}. There are: {', '.join(all_role_keys())}.", code=2) from None


@app.command()
def deactivate(
    email: str = typer.Argument(..., help="Whose access ends."),
    organization: str = ORGANIZATION,
    freeze: bool = typer.Option(False, "--freeze", help="At once; what is to be settled first is settled later."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Show what deactivating somebody does, ask, and do it; everything stays under their name."""
    require_current_schema()
    organization_id = organization_of(organization)
    actor = commander(organization_id)
    with scope.tenant(organization_id):
        with reading():
            found = _found(organization_id, email)
            plan = plan_deactivate_members(actor=actor, membership_ids=(found,), now=clock.now(), freezing=freeze)
            kinds = _kinds(plan)
        _show(plan, f"{kinds} stay under this name.")
        if plan.members and not yes:
            typer.confirm("Deactivate?", abort=True)
        left = perform(deactivate_members, actor=actor, membership_ids=(found,), digest=plan.digest, freezing=freeze)
    typer.echo(f"{left.names[0]} is deactivated; {left.sessions} sessions ended.")


@app.command()
def remove(
    email: str = typer.Argument(..., help="Who leaves for good."),
    organization: str = ORGANIZATION,
    successor: str = typer.Option("", help="The address of whoever goes on with their records."),
    unassign: bool = typer.Option(False, "--unassign", help="Their records become unassigned."),
    anyway: bool = typer.Option(False, "--anyway", help="Also the records that the successor could not open."),
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Show what removing somebody does, ask, and do it; names stay in history, records go to somebody or to nobody."""
    if successor and unassign:
        raise Failure("Either --successor or --unassign.", code=2)
    require_current_schema()
    organization_id = organization_of(organization)
    actor = commander(organization_id)
    with scope.tenant(organization_id):
        with reading():
            found = _found(organization_id, email)
            to = _found(organization_id, successor) if successor else None
            wanted: dict[str, Any] = {"membership_ids": (found,), "successor_id": to, "anyway": anyway}
            plan = plan_remove_members(actor=actor, now=clock.now(), **wanted)
            kinds = _kinds(plan)
        _show(plan, f"{kinds} go to {plan.successor}." if to else f"{kinds} become unassigned.")
        if plan.owned and not to and not unassign:
            raise Failure("Say what becomes of their records: --successor EMAIL or --unassign.")
        if plan.closed:
            typer.echo(f"{sum(one.number for one in plan.closed)} of them could not be opened by {plan.successor}.")
        if plan.members and not yes:
            typer.confirm("Remove?", abort=True)
        left = perform(remove_members, actor=actor, digest=plan.digest, **wanted)
    typer.echo(f"{left.names[0]} is removed; {left.sessions} sessions ended.")
    if left.operation_id:
        typer.echo(f"A worker hands the records over: operation {left.operation_id}.")
    elif left.moved:
        typer.echo(f"{left.moved} records changed owner.")


@app.command()
def reactivate(
    email: str = typer.Argument(..., help="Who comes back."),
    organization: str = ORGANIZATION,
) -> None:
    """Let a deactivated person in again, with the role and the teams they had."""
    require_current_schema()
    organization_id = organization_of(organization)
    with scope.tenant(organization_id):
        with reading():
            found = _found(organization_id, email)
        made = perform(reactivate_member, actor=commander(organization_id), membership_id=found)
    typer.echo(f"{made.name} is active again.")


@app.command()
def role(
    email: str = typer.Argument(..., help="Whose role changes."),
    to: str = typer.Option(..., "--to", help="The key of the new role, such as owner."),
    organization: str = ORGANIZATION,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Give somebody another role: the way back in when no Owner or Admin can sign in any more."""
    require_current_schema()
    organization_id = organization_of(organization)
    actor = commander(organization_id)
    with scope.tenant(organization_id):
        with reading():
            found, role_id = _found(organization_id, email), _role_id(to)
            plan = plan_change_role(actor=actor, membership_id=found, role_id=role_id, now=clock.now())
        typer.echo(f"{plan.name}: {plan.before or 'no role'} becomes {plan.after}.")
        typer.echo(f"Gains {len(plan.gains)} permissions, loses {len(plan.loses)}.")
        if not yes:
            typer.confirm("Change it?", abort=True)
        made = perform(change_role, actor=actor, membership_id=found, role_id=role_id, digest=plan.digest)
    typer.echo(f"{made.name} is {made.after}.")


def _found(organization_id: UUID, email: str) -> UUID:
    rows = directory(commander(organization_id), DirectoryFilter(), clock.now())
    found = rows.filter(email=email.strip().lower()).first()
    if found is None:
        raise Failure(f"Nobody here has the address {email}.")
    return found.id


def _kinds(plan: LeavingPlan) -> str:
    """`3 records (lead 2, task 1)`."""
    return f"{plan.owned} records ({', '.join(f'{key} {number}' for key, number in plan.records)})"


def _show(plan: LeavingPlan, records: str) -> None:
    for name in plan.names:
        typer.echo(f"{name}: {plan.sessions} sessions end, {plan.seats_freed} seats are freed.")
        if plan.owned:
            typer.echo(records)
        for matter in plan.matters:
            typer.echo(f"{'Later' if matter.must else 'Note'}: {in_words(matter)}.")


@app.command("explain")
def explain_access(
    organization: str = ORGANIZATION,
    person: str = typer.Option(..., help="Their address."),
    permission: str = typer.Option(..., help="A permission's code, such as people.edit."),
    record_type: str = typer.Option("", help="member, team, unit, workspace or workflow."),
    record: str = typer.Option("", help="The record's id."),
) -> None:
    """Print why somebody can or can't do something, step by step, and what would change it."""
    require_current_schema()
    organization_id = organization_of(organization)
    with scope.tenant(organization_id), reading():
        try:
            told = explain(
                actor=commander(organization_id),
                membership_id=_found(organization_id, person),
                permission=permission,
                now=clock.now(),
                record_type=record_type or None,
                record_id=_record_id(record) if record else None,
            )
        except InvalidInput as error:
            raise Failure(" ".join(str(text) for text in error.fields.values()), code=2) from error
        except NotFound:
            raise Failure(f"There is no {record_type or 'record'} {record}.") from None
    _tell(told)


def _record_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Failure(f"{text!r} is not an id.", code=2) from None


def _tell(told: Explanation) -> None:
    typer.echo(f"{told.name}: {told.permission}: {'yes' if told.decision else 'no'}")
    for step in told.steps:
        typer.echo(f"{step.step}: {step.outcome}")
        for one in step.evidence:
            typer.echo(f"  {one.text}")
    for remedy in told.remedies:
        typer.echo(f"change: {' and '.join(one.text for one in remedy.changes)}")

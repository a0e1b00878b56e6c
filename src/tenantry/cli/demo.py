"""``tenantry demo``: one organization of 200 people for each blueprint, with a past, and one sign-in for each role."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import typer
from rich.console import Console

from tenantry.access.actions.assigning import change_role
from tenantry.access.selectors import find_role
from tenantry.acting.actions import perform
from tenantry.blueprints.schema import Blueprint, founding, shipped
from tenantry.cli import signins
from tenantry.cli.demo_cast import INVITED, TEAMS, address_of, cast
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.signins import SignIn
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import count_organizations, find_organization_id
from tenantry.security.operators import create_operator, operator_exists
from tenantry.security.passwords import hashed
from tenantry.usecases.demonstrating import Demonstrated, DemoOrganization, DemoPerson, load_demonstration
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import deactivate_members, reactivate_member
from tenantry.usecases.signing_in import enter_organization

app = typer.Typer()

# Documented in docs/guide: it opens demonstration data only.
PASSWORD = "paper-ink-petrol"  # noqa: S105
OPERATOR = "operator@tenantry.example"
PEOPLE = 200
SEATS = 200
NAMES = {"standard": "Halden Supply"}


@app.command()
def demo(
    force_new: bool = typer.Option(False, "--force-new", help="Load them beside organizations that exist."),
) -> None:
    """Load the demonstration organizations into an empty installation and print their sign-ins."""
    require_current_schema()
    console = Console(highlight=False)
    accounts = load(force_new=force_new)
    signins.keep(accounts)
    signins.announce(console)


def load(*, force_new: bool = False) -> list[SignIn]:
    """One organization a blueprint; who may sign in, strongest role first.

    :raises Failure: organizations exist, and `force_new` was not asked for.
    """
    with scope.platform("demo"), reading():
        present = count_organizations()
    if present and not force_new:
        raise Failure(
            "There are organizations already. `tenantry demo --force-new` adds the demonstration beside them."
        )
    now = clock.now()
    password_hash = hashed(PASSWORD)
    accounts = [account for blueprint in shipped() for account in _load_one(blueprint, password_hash, now)]
    return accounts + _operator(now)


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    slug: str
    domain: str


def _free_place(blueprint: Blueprint) -> Place:
    name = NAMES.get(blueprint.key, f"Halden {blueprint.title}")
    stem = "".join(c for c in name.lower() if c.isalnum())
    number = 1
    while True:
        tail = f"-{number}" if number > 1 else ""
        slug = name.lower().replace(" ", "-") + tail
        with scope.platform("demo"), reading():
            taken = find_organization_id(slug) is not None
        if not taken:
            return Place(f"{name} {number}" if number > 1 else name, slug, f"{stem}{tail}.example")
        number += 1


def _load_one(blueprint: Blueprint, password_hash: str, now: datetime) -> list[SignIn]:
    place, started = _free_place(blueprint), founding(blueprint)
    founded_at = now - timedelta(days=417, hours=3)
    people = cast(
        roles=[role.key for role in blueprint.roles],
        keyholder=blueprint.keyholder_key,
        size=PEOPLE - len(INVITED),
        domain=place.domain,
        founded_at=founded_at,
        now=now,
        seed=f"tenantry {blueprint.key}",
    )
    wanted = DemoOrganization(
        name=place.name,
        slug=place.slug,
        domain=place.domain,
        time_zone="Europe/Oslo",
        currency="EUR",
        founded_at=founded_at,
        seats=SEATS,
        people=tuple(people),
        teams=TEAMS,
    )
    organization_id = new_id()
    with scope.platform("demo", organization_id):
        made = perform(
            load_demonstration,
            actor=Actor.system("demo", organization_id),
            founding=started,
            demo=wanted,
            password_hash=password_hash,
        )
    _last_hour(wanted, made, now)
    names = {role.key: role.name for role in blueprint.roles}
    first = {person.role: person for person in reversed(people) if person.status == "active"}
    return [SignIn(place.name, names[key], first[key].email, PASSWORD) for key in names if key in first]


def _last_hour(wanted: DemoOrganization, made: Demonstrated, now: datetime) -> None:
    """What happened just now, by the product's own actions: its mails, notices and links are real."""
    founder, ordinary = wanted.people[0], wanted.people[-1].role
    owner = Actor(
        kind="member",
        organization_id=made.organization_id,
        membership_id=made.members[founder.email],
        user_id=made.users[founder.email],
        label=f"{founder.given_name} {founder.family_name}",
        address=founder.address,
        agent=founder.agent,
    )
    others = [p for p in wanted.people if p.status == "active" and not p.is_lead and p.role == ordinary]

    with scope.tenant(made.organization_id), reading():
        roles = {key: find_role(key).id for key in (ordinary, wanted.people[3].role)}
    paused, promoted = (made.members[others[n].email] for n in (5, 6))

    def sign_in(person: DemoPerson, at: datetime) -> None:
        guest = Actor.guest(made.organization_id, address=person.address, agent=person.agent)
        with scope.platform("sign_in", made.organization_id):
            perform(enter_organization, actor=guest, now=at, user_id=made.users[person.email])

    def act(action: Any, at: datetime, **params: Any) -> None:
        with scope.tenant(made.organization_id):
            perform(action, actor=owner, now=at, **params)

    def invite(name: tuple[str, str], at: datetime) -> None:
        given, family = name
        email = address_of(given, family, wanted.domain)
        act(invite_member, at, email=email, given_name=given, family_name=family, role_id=roles[ordinary])

    # Minutes ago, the oldest first: numbers of the audit follow the order of writing.
    schedule: tuple[tuple[int, Callable[[datetime], None]], ...] = (
        (58, lambda at: sign_in(founder, at)),
        (52, lambda at: invite(INVITED[0], at)),
        (49, lambda at: invite(INVITED[1], at)),
        (45, lambda at: invite(INVITED[2], at)),
        (41, lambda at: sign_in(others[0], at)),
        (40, lambda at: act(deactivate_members, at, membership_ids=(paused,))),
        (33, lambda at: act(change_role, at, membership_id=promoted, role_id=roles[wanted.people[3].role])),
        (26, lambda at: sign_in(others[1], at)),
        (20, lambda at: act(reactivate_member, at, membership_id=paused)),
        (3, lambda at: sign_in(others[2], at)),
    )
    for minutes, happen in schedule:
        happen(now - timedelta(minutes=minutes))


def _operator(now: datetime) -> list[SignIn]:
    """The operator of the demonstration; one that exists keeps password and factor."""
    with scope.installation("demo"):
        with reading():
            if operator_exists(OPERATOR):
                return []
        made = perform(
            create_operator,
            actor=Actor.system("demo", None),
            now=now,
            email=OPERATOR,
            name="Ola Nordby",
            password=PASSWORD,
        )
    return [SignIn("(installation)", "Operator", OPERATOR, PASSWORD, made.secret)]

"""``tenantry demo``: one organization for each blueprint, with a past, and one sign-in for each role."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import typer
from rich.console import Console

from tenantry.access.actions.assigning import change_role
from tenantry.access.actions.giving import give_role
from tenantry.access.selectors import find_role
from tenantry.acting.actions import perform
from tenantry.blueprints.schema import SHIPPED, Blueprint, founding, shipped
from tenantry.cli import signins
from tenantry.cli.demo_cast import INVITED, TEAMS, address_of, cast, ordinary_of
from tenantry.cli.demo_files import stored_papers
from tenantry.cli.demo_people import REPORTS, Introduction, introduce
from tenantry.cli.demo_records import Sellers, cast_records
from tenantry.cli.demo_scale import load_scale
from tenantry.cli.demo_structure import Furnishing, furnish
from tenantry.cli.demo_words import BROKERAGE, SUPPLY, Trade
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import require_current_schema
from tenantry.cli.signins import SignIn
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.selectors import count_organizations, find_organization_id
from tenantry.people.ways import ADMINISTRATOR, ENTRY_MODES
from tenantry.security.operators import create_operator, operator_exists
from tenantry.security.passwords import hashed
from tenantry.usecases.demonstrating import Demonstrated, DemoOrganization, DemoPerson, load_demonstration
from tenantry.usecases.demonstrating_records import DemoRecords, load_demonstration_records
from tenantry.usecases.demonstrating_use import load_demonstration_use
from tenantry.usecases.joining import invite_member
from tenantry.usecases.offboarding import DEACTIVATION_BY, deactivate_members, reactivate_member
from tenantry.usecases.signing_in import enter_organization

app = typer.Typer()

# Documented in docs/guide: it opens demonstration data only.
PASSWORD = "paper-ink-petrol"  # noqa: S105
OPERATOR = "operator@tenantry.example"
# The first blueprint's organization is large enough for pages and charts, the others show what differs.
PEOPLE, FEWER = 200, 40
NAMES = {"standard": "Halden Supply"}


@app.command()
def demo(
    force_new: bool = typer.Option(False, "--force-new", help="Load them beside organizations that exist."),
    scale: bool = typer.Option(False, "--scale", help="Load one very large organization and many small ones instead."),
    scale_members: int = typer.Option(1_000_000, min=100, max=10_000_000, help="People of the large one."),
    scale_organizations: int = typer.Option(100_000, min=0, max=1_000_000, help="How many small ones, of one person."),
) -> None:
    """Load the demonstration organizations into an empty installation and print their sign-ins."""
    require_current_schema()
    console = Console(highlight=False)
    if scale:
        loaded = load_scale(scale_members, scale_organizations, hashed(PASSWORD), clock.now(), console)
        console.print(
            f"{loaded.people:,} people in {loaded.slug} and {loaded.organizations:,} organizations beside it, "
            f"in {loaded.seconds:,.0f} s.\nSign in as {loaded.email} with {PASSWORD}."
        )
        return
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
    keys = [role.key for role in blueprint.roles if role.kind == "base"]
    size = PEOPLE if blueprint.key == SHIPPED[0] else FEWER
    founded_at = now - timedelta(days=417, hours=3)
    people = cast(
        roles=keys,
        keyholder=blueprint.keyholder_key,
        size=size - len(INVITED),
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
        seats=size,
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
    scene = _Scene(blueprint, wanted, made, keys)
    _last_hours(scene, now)
    _sell(scene, now)
    _use(scene, now)
    names = {role.key: role.name for role in blueprint.roles if role.kind == "base"}
    first = {person.role: person for person in reversed(people) if person.status == "active"}
    return [SignIn(place.name, names[key], first[key].email, PASSWORD) for key in names if key in first]


@dataclass(frozen=True, slots=True)
class _Scene:
    """`keys`: of the base roles, strongest first."""

    blueprint: Blueprint
    wanted: DemoOrganization
    made: Demonstrated
    keys: list[str]

    @property
    def trade(self) -> Trade:
        return BROKERAGE if self.blueprint.key == "brokerage" else SUPPLY

    @property
    def owner(self) -> Actor:
        founder = self.wanted.people[0]
        return Actor(
            kind="member",
            organization_id=self.made.organization_id,
            membership_id=self.made.members[founder.email],
            user_id=self.made.users[founder.email],
            label=f"{founder.given_name} {founder.family_name}",
            address=founder.address,
            agent=founder.agent,
        )

    def active(self, key: str) -> list[DemoPerson]:
        return [p for p in self.wanted.people if p.status == "active" and not p.is_lead and p.role == key]

    def ids(self, people: Iterable[DemoPerson]) -> list[UUID]:
        return [self.made.members[person.email] for person in people]

    def act(self, action: Any, at: datetime, **params: Any) -> Any:
        with scope.tenant(self.made.organization_id):
            return perform(action, actor=self.owner, now=at, **params)

    def sign_in(self, person: DemoPerson, at: datetime) -> None:
        guest = Actor.guest(self.made.organization_id, address=person.address, agent=person.agent)
        with scope.platform("sign_in", self.made.organization_id):
            perform(enter_organization, actor=guest, now=at, user_id=self.made.users[person.email])


def _last_hours(scene: _Scene, now: datetime) -> None:
    """What happened just now, by the product's own actions: its mails, notices and links are real."""
    ordinary = ordinary_of(scene.keys)
    stronger = scene.keys[1 : scene.keys.index(ordinary)][:3][-1]
    others = scene.active(ordinary)
    with scope.tenant(scene.made.organization_id), reading():
        roles = {role.key: find_role(role.key).id for role in scene.blueprint.roles}
    paused, promoted = scene.ids(others[5:7])
    ways = scene.blueprint.policies.get(ENTRY_MODES, CATALOGUE[ENTRY_MODES].default)
    way = next((one for one in ways if one != ADMINISTRATOR), ADMINISTRATOR)
    # Where no way in waits for the person, they are in at once.
    given: dict[str, Any] = {"password": f"{PASSWORD} 9", "must_change": False} if way == ADMINISTRATOR else {}

    def invite(name: tuple[str, str], at: datetime) -> None:
        first, last = name
        email = address_of(first, last, scene.wanted.domain)
        named = {"email": email, "given_name": first, "family_name": last, "role_id": roles[ordinary]}
        scene.act(invite_member, at, way=way, **named, **given)

    def pause(at: datetime) -> None:
        if scene.blueprint.policies.get(DEACTIVATION_BY) != "nobody":
            scene.act(deactivate_members, at, membership_ids=(paused,), organization_name=scene.wanted.name)

    def bring_back(at: datetime) -> None:
        if scene.blueprint.policies.get(DEACTIVATION_BY) != "nobody":
            scene.act(reactivate_member, at, membership_id=paused)

    _furnish(scene, scene.ids(others[7:]), roles, now)
    introduce(
        Introduction(
            scene.act,
            scene.ids(others[7:]),
            now - timedelta(minutes=66),
            scene.blueprint.policies.get(DEACTIVATION_BY) != "nobody",
            scene.wanted.name,
        )
    )
    # Minutes ago, the oldest first: numbers of the audit follow the order of writing.
    schedule: tuple[tuple[int, Callable[[datetime], None]], ...] = (
        (58, lambda at: scene.sign_in(scene.wanted.people[0], at)),
        (52, lambda at: invite(INVITED[0], at)),
        (49, lambda at: invite(INVITED[1], at)),
        (45, lambda at: invite(INVITED[2], at)),
        (41, lambda at: scene.sign_in(others[0], at)),
        (40, pause),
        (33, lambda at: scene.act(change_role, at, membership_id=promoted, role_id=roles[stronger])),
        (26, lambda at: scene.sign_in(others[1], at)),
        (20, bring_back),
        (3, lambda at: scene.sign_in(others[2], at)),
    )
    for minutes, happen in schedule:
        happen(now - timedelta(minutes=minutes))


def _furnish(scene: _Scene, people: list[UUID], roles: dict[str, UUID], now: datetime) -> None:
    furnish(
        scene.blueprint.policies.get("organization.structure", []),
        Furnishing(
            act=scene.act,
            people=people,
            managers=scene.ids(scene.active("system_administrator")),
            roles=roles,
            began=now - timedelta(minutes=68),
            workflow_id=scene.made.workflow_id,
            second=scene.trade.second,
        ),
    )


# Who sells, beside those of the ordinary role.
SELLING = ("manager", "team_lead", "senior_sales_rep")
MOST_SELLERS = 60
MENTOR = "mentor"


def _sell(scene: _Scene, now: datetime) -> None:
    """What they sell, to whom, and what is to do about it. Who signs in first has most of it, and who leaves soon."""
    ordinary = scene.active(ordinary_of(scene.keys))
    leaver = ordinary[7 + REPORTS : 8 + REPORTS]
    leads = [p for p in scene.wanted.people if p.status == "active" and p.is_lead]
    others = [p for key in SELLING for p in scene.active(key)]
    order = [*ordinary[:1], *scene.wanted.people[:1], *leaver, *leads, *others, *ordinary[1:]]
    active = list(dict.fromkeys(scene.ids(order)))[:MOST_SELLERS]
    gone = scene.ids(p for p in scene.wanted.people if p.status == "deactivated")[:3]
    records = cast_records(
        sellers=Sellers(active, gone),
        trade=scene.trade,
        currency=scene.wanted.currency,
        founded_at=scene.wanted.founded_at,
        now=now,
        seed=f"tenantry {scene.blueprint.key} records",
    )
    wanted = DemoRecords(records, _mentees(scene, ordinary, now))
    with scope.tenant(scene.made.organization_id):
        system = Actor.system("demo", scene.made.organization_id)
        perform(load_demonstration_records, actor=system, now=now, wanted=wanted)


# Blueprints whose messaging and meetings report to the product.
REPORTING = ("messaging", "sales-floor")
FILING = 6


def _use(scene: _Scene, now: datetime) -> None:
    """What lies in their Drives, and what their meters counted."""
    owners = scene.ids([*scene.active(ordinary_of(scene.keys))[:FILING], scene.wanted.people[0]])
    reports = ("connect_messages", "meeting_minutes") if scene.blueprint.key in REPORTING else ()
    with scope.tenant(scene.made.organization_id):
        perform(
            load_demonstration_use,
            actor=Actor.system("demo", scene.made.organization_id),
            now=now,
            files=tuple(stored_papers(scene.made.organization_id, owners, now)),
            reports=reports,
            seed=f"tenantry {scene.blueprint.key} use",
        )


def _mentees(scene: _Scene, ordinary: list[DemoPerson], now: datetime) -> dict[UUID, UUID]:
    """Mentee -> mentor, where the blueprint has mentors: the first broker has two."""
    if all(role.key != MENTOR for role in scene.blueprint.roles):
        return {}
    with scope.tenant(scene.made.organization_id), reading():
        mentor = find_role(MENTOR)
    first, *mentees = scene.ids(ordinary[:3])
    scene.act(give_role, now - timedelta(minutes=2), membership_id=first, role_id=mentor.id)
    return dict.fromkeys(mentees, first)


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

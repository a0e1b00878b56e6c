"""``tenantry demo --scale``: one very large organization and many small ones beside it, loaded by COPY.

What is copied goes into a temporary table, because PostgreSQL copies into no table with row-level security; from there
one statement a table and batch writes it, with triggers and foreign keys like any other write. The database's owner
does that: nobody else may make a temporary table.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connections, transaction
from rich.console import Console

from tenantry.acting.actions import perform
from tenantry.blueprints.schema import founding, load
from tenantry.cli.demo_cast import TEAMS as TEAMS_OF_CAST
from tenantry.cli.demo_cast import cast
from tenantry.cli.demo_crowd import Crowd, Person, crowd, small
from tenantry.cli.demo_pace import Pace
from tenantry.core.actor import Actor
from tenantry.core.ids import NEW_ID_SQL, new_id
from tenantry.core.tenancy import scope
from tenantry.usecases.demonstrating import DemoOrganization, load_demonstration

BATCH = 50_000
# Organizations that one transaction founds: each one's seats are a lock, and the server has room for some thousands.
TOGETHER = 1_000
OWNER = "owner"
BLUEPRINT = "standard"
REGIONS, AREAS, BRANCHES = 10, 10, 10
DEPARTMENTS, TEAMS, WORKSPACES, PROFILES = 40, 4000, 200, 4

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS demo_person (organization_id uuid, id uuid, email text, given_name text,
  family_name text, sort_name text, search_text text, status text, invited_until timestamptz, joined_at timestamptz,
  deactivated_at timestamptz, removed_at timestamptz, last_sign_in_at timestamptz, created_at timestamptz,
  unit_id uuid, department_id uuid, role_id uuid, profile_id uuid, team_id uuid, workspace_id uuid, level_id uuid
) ON COMMIT DELETE ROWS
"""
_COPY_PEOPLE = "COPY demo_person FROM STDIN"
# Who is invited has no identity yet; who was removed may have one.
_PEOPLE = (
    """
    INSERT INTO people_user (id, email, email_proven_at, is_active, password, theme, language, created_at,
      must_change_password)
    SELECT id, email, joined_at, true, '!', 'system', '', created_at, false FROM demo_person WHERE status <> 'invited'
    """,
    """
    INSERT INTO people_membership (organization_id, id, user_id, email, given_name, family_name, sort_name, search_text,
      status, invited_until, joined_at, deactivated_at, removed_at, last_sign_in_at, created_at, session_epoch,
      access_version, unit_id, department_id, phone, locale, time_zone)
    SELECT organization_id, id, CASE WHEN status <> 'invited' THEN id END, email, given_name, family_name, sort_name,
      search_text, status, invited_until, joined_at, deactivated_at, removed_at, last_sign_in_at, created_at, 0, 0,
      unit_id, department_id, '', '', '' FROM demo_person
    """,
    f"""
    INSERT INTO access_assignment (organization_id, id, role_id, membership_id, is_base, workspace_id, given_at)
    SELECT organization_id, id, role_id, id, true, NULL, created_at FROM demo_person WHERE role_id IS NOT NULL
    UNION ALL SELECT organization_id, {NEW_ID_SQL}, level_id, id, false, workspace_id, created_at FROM demo_person
      WHERE workspace_id IS NOT NULL
    """,  # noqa: S608 no value of anybody's
    """
    INSERT INTO access_profileassignment (organization_id, id, profile_id, membership_id, given_at)
    SELECT organization_id, id, profile_id, id, created_at FROM demo_person WHERE profile_id IS NOT NULL
    """,
    """
    INSERT INTO people_teammember (organization_id, id, team_id, membership_id, is_lead, added_at)
    SELECT organization_id, id, team_id, id, false, created_at FROM demo_person WHERE team_id IS NOT NULL
    """,
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds, and how many rows of people a second."""

    organization_id: UUID
    slug: str
    email: str
    people: int
    organizations: int
    seconds: float


def load_scale(members: int, organizations: int, password_hash: str, now: datetime, console: Console) -> Loaded:
    """The large organization `members` strong, and `organizations` of one person each."""
    started = time.monotonic()
    slug = f"gigant-{new_id().hex[-6:]}"
    organization_id, email = _found("Gigant", slug, members, password_hash, now)
    place = _furnish(organization_id, now)
    _load_people(crowd(place, members, f"{slug}.example", now), members, console, Pace(OWNER, organization_id))
    _found_small(organizations, password_hash, now, console)
    with _owning() as cursor:
        cursor.execute("ANALYZE people_membership, people_user, access_assignment, people_teammember")
    return Loaded(organization_id, slug, email, members, organizations, time.monotonic() - started)


@contextmanager
def _owning() -> Iterator[Any]:
    with transaction.atomic(using=OWNER, durable=True), connections[OWNER].cursor() as cursor:
        yield cursor


def _found(name: str, slug: str, seats: int, password_hash: str, now: datetime) -> tuple[UUID, str]:
    """A founded organization with a few people who can sign in; its id and the founder's address."""
    blueprint = load(BLUEPRINT)
    keys = [role.key for role in blueprint.roles if role.kind == "base"]
    founded_at = now - timedelta(days=400)
    domain = f"{slug}.example"
    people = cast(
        roles=keys,
        keyholder=blueprint.keyholder_key,
        size=40,
        domain=domain,
        founded_at=founded_at,
        now=now,
        seed=slug,
    )
    wanted = DemoOrganization(
        name=name,
        slug=slug,
        domain=domain,
        time_zone="Europe/Oslo",
        currency="EUR",
        founded_at=founded_at,
        seats=seats + 1000,
        people=tuple(people),
        teams=TEAMS_OF_CAST,
    )
    organization_id = new_id()
    with scope.platform("demo", organization_id):
        made = perform(
            load_demonstration,
            actor=Actor.system("demo", organization_id),
            founding=founding(blueprint),
            demo=wanted,
            password_hash=password_hash,
        )
    return made.organization_id, people[0].email


# --- The large one -------------------------------------------------------------------------

_UNIT = """
INSERT INTO organizations_unit (organization_id, id, key, parent_id, name, sort_name, created_at, version)
VALUES (%s, %s, %s, %s, %s, %s, %s, 1)
"""
_LINKS = f"""
INSERT INTO organizations_unitlink (organization_id, id, above_id, below_id, depth)
WITH RECURSIVE above (below_id, above_id, depth) AS (
  SELECT id, id, 0 FROM organizations_unit WHERE organization_id = %(organization)s
  UNION ALL SELECT a.below_id, u.parent_id, a.depth + 1 FROM above a
    JOIN organizations_unit u ON u.organization_id = %(organization)s AND u.id = a.above_id
    WHERE u.parent_id IS NOT NULL
) SELECT %(organization)s, {NEW_ID_SQL}, above_id, below_id, depth FROM above
"""  # noqa: S608 no value of anybody's
_DEPARTMENT = """
INSERT INTO people_department (organization_id, id, key, name, sort_name, created_at, version)
VALUES (%s, %s, %s, %s, %s, %s, 1)
"""
_TEAM = """
INSERT INTO people_team (organization_id, id, key, name, sort_name, description, created_at)
VALUES (%s, %s, %s, %s, %s, '', %s)
"""
_PROFILE = """
INSERT INTO access_profile (organization_id, id, key, name, sort_name, description, position, is_system, is_everything,
  permissions, fields, copied_from, version)
VALUES (%s, %s, %s::text, %s, %s, '', 0, false, true, '{}', '{}', '', 1)
"""
_WORKSPACE = """
INSERT INTO organizations_workspace (organization_id, id, key, name, sort_name, description, created_at, version)
VALUES (%s, %s, %s, %s, %s, '', %s, 1)
"""


def _furnish(organization_id: UUID, now: datetime) -> Crowd:
    """Its units, departments, teams and workspaces, with the roles and profiles that it has."""
    with _owning() as cursor:
        branches = _units(cursor, organization_id, now)

        def make(statement: str, stem: str, number: int) -> list[UUID]:
            ids = [new_id() for _ in range(number)]
            names = [f"{stem} {place + 1}" for place in range(number)]
            rows = [(organization_id, i, i, name, name.lower(), now) for i, name in zip(ids, names, strict=True)]
            cursor.executemany(statement, [row[: statement.count("%s")] for row in rows])
            return ids

        departments = make(_DEPARTMENT, "Department", DEPARTMENTS)
        teams = make(_TEAM, "Team", TEAMS)
        workspaces = make(_WORKSPACE, "Workspace", WORKSPACES)
        cursor.execute(
            "SELECT key, kind, id FROM access_role WHERE organization_id = %s ORDER BY position", [organization_id]
        )
        roles = cursor.fetchall()
        profiles = make(_PROFILE, "Profile", PROFILES)
    return Crowd(
        organization_id=organization_id,
        # Nobody of the crowd holds everything.
        roles=[row[2] for row in roles if row[1] == "base"][1:],
        levels=[row[2] for row in roles if row[1] == "workspace"],
        profiles=profiles,
        units=branches,
        departments=departments,
        teams=teams,
        workspaces=workspaces,
    )


def _units(cursor: Any, organization_id: UUID, now: datetime) -> list[UUID]:
    """Regions, areas and branches below one root; the branches."""
    rows: list[tuple[Any, ...]] = []

    def add(parent: UUID | None, name: str) -> UUID:
        made = new_id()
        rows.append((organization_id, made, made, parent, name, name.lower(), now))
        return made

    root = add(None, "Gigant")
    regions = [add(root, f"Region {n + 1}") for n in range(REGIONS)]
    areas = [add(region, f"Area {a + 1}-{n + 1}") for a, region in enumerate(regions) for n in range(AREAS)]
    branches = [add(area, f"Branch {a + 1}-{n + 1}") for a, area in enumerate(areas) for n in range(BRANCHES)]
    cursor.executemany(_UNIT, rows)
    cursor.execute(_LINKS, {"organization": organization_id})
    return branches


def _load_people(people: Iterable[Person], number: int, console: Console, pace: Pace) -> None:
    waiting, done = iter(people), 0
    while batch := list(islice(waiting, BATCH)):
        with _owning() as cursor:
            cursor.execute(_STAGE)
            with cursor.copy(_COPY_PEOPLE) as copy:
                copy.write("".join(map(_line, batch)))
            for statement in _PEOPLE:
                cursor.execute(statement)
        done += len(batch)
        console.print(f"{done:>12,} of {number:,} people", end="\r")
        pace.keep()
    console.print()


def _line(person: Person) -> str:
    # Nothing here holds a tab, a line feed or a backslash: names are of our own making.
    return "\t".join(r"\N" if value is None else str(value) for value in person) + "\n"


# --- The small ones ------------------------------------------------------------------------

# Rows that every organization has; what follows from people and acts is not copied.
_COPIED = (
    "organizations_organization",
    "organizations_companyprofile",
    "organizations_lockrow",
    "organizations_policyvalue",
    "organizations_entitlement",
    "access_catalogueversion",
    "access_role",
    "access_profile",
)
_STAGE_SMALL = """
CREATE TEMPORARY TABLE IF NOT EXISTS demo_organization (organization_id uuid, name text, slug text)
ON COMMIT DELETE ROWS
"""
_COPY_SMALL = "COPY demo_organization FROM STDIN"
_ADDRESSES = """
INSERT INTO organizations_address (slug, organization_id) SELECT slug, organization_id FROM demo_organization
"""
_COLUMNS = """
SELECT column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
"""
# An id of the pattern becomes one of the new organization, the same wherever it stands.
_AS = "md5({}::text || s.organization_id::text)::uuid"
_IDS = "(SELECT jsonb_agg(md5(i || s.organization_id::text)::uuid) FROM jsonb_array_elements_text({}) AS i)"


def _found_small(number: int, password_hash: str, now: datetime, console: Console) -> None:
    """Copies of one that was founded as any other, each with one person."""
    if not number:
        return
    pattern, _email = _found("Small", f"small-{new_id().hex[-6:]}", 10, password_hash, now)
    with _owning() as cursor:
        statements = [_copied(cursor, table) for table in _COPIED]
        cursor.execute("SELECT id FROM access_role WHERE organization_id = %s AND is_keyholder", [pattern])
        keyholder = cursor.fetchone()[0]
    people = small(number, f"{new_id().hex[-6:]}.example", now)
    done = 0
    while batch := list(islice(people, TOGETHER)):
        with _owning() as cursor:
            cursor.execute(_STAGE_SMALL)
            cursor.execute(_STAGE)
            with cursor.copy(_COPY_SMALL) as copy:
                for person in batch:
                    tail = person.organization_id.hex[-12:]
                    copy.write(f"{person.organization_id}\t{person.family_name} {tail[:4]}\tsmall-{tail}\n")
            with cursor.copy(_COPY_PEOPLE) as copy:
                copy.write("".join(map(_line, batch)))
            cursor.execute(_ADDRESSES)
            for statement in statements:
                cursor.execute(statement, {"pattern": pattern})
            cursor.execute("UPDATE demo_person SET role_id = md5(%s || organization_id::text)::uuid", [str(keyholder)])
            for statement in _PEOPLE:
                cursor.execute(statement)
        done += len(batch)
        console.print(f"{done:>12,} of {number:,} organizations", end="\r")
    console.print()


def _copied(cursor: Any, table: str) -> str:
    """The statement that copies the pattern's rows of a table for every staged organization."""
    cursor.execute(_COLUMNS, [table])
    columns: list[tuple[str, str]] = cursor.fetchall()
    values = ", ".join(_value(table, name, kind) for name, kind in columns)
    names = ", ".join(f'"{name}"' for name, _kind in columns)
    # Names of tables and columns, from the catalogue of this database.
    return (
        f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t CROSS JOIN demo_organization s"  # noqa: S608
        " WHERE t.organization_id = %(pattern)s"
    )


def _value(table: str, name: str, kind: str) -> str:
    column = f't."{name}"'
    if name == "organization_id" or (table == "organizations_organization" and name == "id"):
        return "s.organization_id"
    if table == "organizations_organization" and name in ("name", "slug"):
        return f"s.{name}"
    if kind == "uuid":
        return _AS.format(column)
    if name in ("assignable_roles", "beside"):
        ids = _IDS.format(column)
        return f"CASE WHEN jsonb_typeof({column}) = 'array' THEN coalesce({ids}, '[]') ELSE {column} END"
    return column

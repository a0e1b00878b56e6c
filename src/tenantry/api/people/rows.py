"""Turns rows of the directory into people, with three more queries for their teams, departments and managers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.directory import EVERYBODY, with_places
from tenantry.access.selectors import directory, status_shown
from tenantry.api.people.schemas import Named, Person
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.people.departments import department_names
from tenantry.people.selectors import names_of, team_links_of


def people(actor: Actor, rows: Sequence[Any], now: datetime) -> list[Person]:
    """`rows` of `access.selectors.directory`, `access.directory.with_places`."""
    teams = team_links_of(actor, [row.id for row in rows])
    departments = department_names(row.department_id for row in rows)
    managers = names_of(row.manager_id for row in rows)
    return [_person(row, teams.get(row.id, []), {**departments, **managers}, now) for row in rows]


def _person(row: Any, teams: list[tuple[UUID, str]], names: Mapping[UUID, str], now: datetime) -> Person:
    status: Any = status_shown(row, now)
    return Person(
        id=row.id,
        status=status,
        given_name=row.given_name,
        family_name=row.family_name,
        name=row.name,
        email=row.email,
        role=Named(id=row.role_id_, name=row.role_name) if row.role_id_ else None,
        teams=[Named(id=team_id, name=name) for team_id, name in teams],
        unit=Named(id=row.unit_id, name=row.unit_name) if row.unit_id else None,
        department=_linked(row.department_id, names),
        manager=_linked(row.manager_id, names),
        phone=row.phone,
        locale=row.locale,
        time_zone=row.time_zone,
        profile_id=row.profile_id_,
        last_sign_in_at=row.last_sign_in_at,
        created_at=row.created_at,
        joined_at=row.joined_at,
        invited_until=row.invited_until,
        deactivated_at=row.deactivated_at,
        removed_at=row.removed_at,
    )


def _linked(row_id: UUID | None, names: Mapping[UUID, str]) -> Named | None:
    return Named(id=row_id, name=names.get(row_id, "")) if row_id else None


def person(actor: Actor, membership_id: UUID) -> Person:
    """:raises NotFound: unknown, of another organization, or out of reach."""
    now = clock.now()
    row = with_places(directory(actor, EVERYBODY, now)).filter(id=membership_id).first()
    if row is None:
        raise NotFound
    return people(actor, [row], now)[0]

"""What the names in rows mean here: looked up for many rows at once, each kind of name by a query or two."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.access.models import Profile, Role
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.records import RecordType, Target
from tenantry.organizations.models import Unit, UnitLink, Workspace
from tenantry.organizations.selectors import policy_values
from tenantry.people.addresses import taken_elsewhere
from tenantry.people.models import Department, Membership, Team
from tenantry.people.permissions import TEAMS_MANAGE, TEAMS_VIEW, UNITS_VIEW, WORKSPACES_MANAGE, WORKSPACES_VIEW
from tenantry.people.records import TEAM, UNIT, WORKSPACE
from tenantry.people.steps import named_to
from tenantry.usecases.bulk_inviting.drafts import Draft, several

Status = Membership.Status
RULES = ("teams.per_person", "workspaces.assign_on_add_limit")


def folded(name: str) -> str:
    """As `sort_name` columns hold it; some systems write accents as characters of their own."""
    return " ".join(unicodedata.normalize("NFC", name).split()).lower()


@dataclass(frozen=True, slots=True)
class FoundTeam:
    id: UUID
    name: str
    workspace_id: UUID | None
    managed: bool


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """`path`: folded names from the root down to itself."""

    id: UUID
    path: tuple[str, ...]
    place: Target
    seen: bool


@dataclass(frozen=True, slots=True)
class Names:
    """Folded name -> what it is. `roles` and `levels` are in the catalogue's order, the strongest first."""

    rules: dict[str, Any]
    roles: dict[str, Role] = field(default_factory=dict)
    levels: dict[str, Role] = field(default_factory=dict)
    teams: dict[str, FoundTeam] = field(default_factory=dict)
    profiles: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    units: dict[str, list[FoundUnit]] = field(default_factory=dict)
    workspaces: dict[str, tuple[UUID, str, bool]] = field(default_factory=dict)
    departments: dict[str, tuple[UUID, str]] = field(default_factory=dict)


def look_up(actor: Actor, drafts: Iterable[Draft]) -> Names:
    """At most fifteen queries, whatever the rows."""
    wanted = {draft.placing for draft in drafts}
    teams = {folded(name) for _r, team, *_rest in wanted for name in several(team)}
    profiles = {folded(profile) for _r, _t, profile, *_rest in wanted if profile}
    units = {folded(last_of(unit)) for *_rest, unit, _d, _w in wanted if unit}
    departments = {folded(department) for *_rest, department, _w in wanted if department}
    workspaces = {folded(split_level(name)[0]) for *_rest, cell in wanted for name in several(cell)}
    roles, levels = _roles()
    return Names(
        rules=policy_values(*RULES),
        roles=roles,
        levels=levels,
        teams=_teams(actor, teams) if teams else {},
        profiles=_by_name(Profile, profiles) if profiles else {},
        units=_units(actor, units) if units else {},
        workspaces=_workspaces(actor, workspaces) if workspaces else {},
        departments=_by_name(Department, departments) if departments else {},
    )


def last_of(path: str) -> str:
    """Of "North / Oslo": a unit may be named with those above it."""
    return path.rpartition("/")[2]


def split_level(text: str) -> tuple[str, str]:
    """Of "Fairs:Manager": workspace and level, which may be left out."""
    name, colon, level = text.rpartition(":")
    return (name.strip(), level.strip()) if colon else (text.strip(), "")


def _roles() -> tuple[dict[str, Role], dict[str, Role]]:
    roles: dict[str, Role] = {}
    levels: dict[str, Role] = {}
    rows = list(Role.objects.filter(kind__in=[Role.Kind.BASE, Role.Kind.WORKSPACE]).order_by("position", "sort_name"))
    for row in rows:
        (roles if row.kind == Role.Kind.BASE else levels)[folded(row.name)] = row
    return roles, levels


def _by_name(model: type[Profile] | type[Department], names: set[str]) -> dict[str, tuple[UUID, str]]:
    rows = model.objects.filter(sort_name__in=names).values_list("sort_name", "id", "name")
    return {sort_name: (row_id, name) for sort_name, row_id, name in rows}


def _teams(actor: Actor, names: set[str]) -> dict[str, FoundTeam]:
    rows = Team.objects.filter(sort_name__in=names)
    seen, managed = _ids(actor, TEAMS_VIEW, TEAM, rows), _ids(actor, TEAMS_MANAGE, TEAM, rows)
    return {
        row.sort_name: FoundTeam(row.id, row.name, row.workspace_id, row.id in managed)
        for row in rows
        if row.id in seen | managed
    }


def _ids(actor: Actor, code: str, record_type: RecordType, rows: QuerySet[Any]) -> set[UUID]:
    """What somebody can't see is unknown to them, and stays so."""
    return set(visible(actor, code, record_type, rows).values_list("id", flat=True))


def _workspaces(actor: Actor, names: set[str]) -> dict[str, tuple[UUID, str, bool]]:
    rows = Workspace.objects.filter(sort_name__in=names)
    seen, managed = _ids(actor, WORKSPACES_VIEW, WORKSPACE, rows), _ids(actor, WORKSPACES_MANAGE, WORKSPACE, rows)
    return {row.sort_name: (row.id, row.name, row.id in managed) for row in rows if row.id in seen | managed}


def _units(actor: Actor, names: set[str]) -> dict[str, list[FoundUnit]]:
    rows = Unit.objects.filter(sort_name__in=names)
    ids, seen = dict(rows.values_list("id", "sort_name")), _ids(actor, UNITS_VIEW, UNIT, rows)
    above: dict[UUID, list[tuple[UUID, str]]] = {}
    links = UnitLink.objects.filter(below_id__in=list(ids)).order_by("-depth")
    for below_id, above_id, sort_name in links.values_list("below_id", "above_id", "above__sort_name"):
        above.setdefault(below_id, []).append((above_id, sort_name))
    found: dict[str, list[FoundUnit]] = {}
    for unit_id, sort_name in ids.items():
        line = above.get(unit_id, [])
        place = Target(units=frozenset(one for one, _name in line))
        unit = FoundUnit(unit_id, tuple(name for _one, name in line), place, unit_id in seen)
        found.setdefault(sort_name, []).append(unit)
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """Who of some addresses is here, or can't come in. `present`: address -> (status, membership, name), with the
    address for the name of whoever is out of the actor's reach."""

    present: dict[str, tuple[str, UUID, str]]
    elsewhere: set[str]


def known(actor: Actor, emails: Iterable[str]) -> Known:
    """Three queries at most. Somebody who is here counts before somebody with the same address who was."""
    asked = list(emails)
    rows = Membership.objects.filter(email__in=asked).only("id", "email", "status", "given_name", "family_name")
    here = list(rows)
    named = named_to(actor, here)
    present: dict[str, tuple[str, UUID, str]] = {}
    for row in here:
        if row.status != Status.REMOVED or row.email not in present:
            present[row.email] = (row.status, row.id, named[row.id]["name"])
    return Known(present, taken_elsewhere(asked))

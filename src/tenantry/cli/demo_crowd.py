"""The people of ``tenantry demo --scale``: names as unevenly spread as real ones, the same at every load."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

from tenantry.core.ids import new_id
from tenantry.people.words import search_text_of

_GIVEN = (
    "Maria Anna Jose Mohammed Sofia Emma Noah Lucas Elena David Ana Peter Laura Daniel Julia Marco Sara Thomas Nora Jan"
    " Ida Ingrid Lars Olga Ivan Fatima Omar Amara Kofi Ama Yusuf Leila Hassan Mei Jun Wei Li Yuki Haruto Aiko Priya"
    " Arjun Ananya Rohan Isla Jack Olivia George Amelia Harry Chloe Louis Camille Hugo Zoë Jürgen Anneliese Björn Åsa"
    " Søren Freya Matteo Giulia Luca Chiara Pablo Lucía Diego Valentina Mateo Camila João Beatriz Tiago Inês Katarzyna"
    " Piotr Agnieszka Tomasz Zuzana Jakub Eszter László Ioana Andrei Yelena Dmitri Svetlana Oleksandr Kateryna Mehmet"
    " Ayşe Emre Elif Nikos Eleni Giorgos Tamar Giorgi Aram Ani Aisha Ibrahim Chinedu Ngozi Thabo Lerato Wanjiru Otieno"
).split()
_FIRST = (
    "Lind Hal Berg Sand Nor Sund Vest Ost Fjell Strand Holm Ek Gran Sten Mor Kar Bel Cor Dal Fer Gar Hern Mart Rod San"
    " Tor Val Zap Ab Bar Cas Del Est Fran Gut Jim Lop Mend Nav Ort Per Quin Ram Sal Tru Urb Vel Yan Za Mc Mac O’ Van De"
    " Schmi Mül Wag Hoff Koch Kow Now Wis Iv Pet Sid Pop Ion Tana Suzu Naka Wata Kim Park Cho Sing Pat Kap Gup Oka Men"
).split()
_LAST = (
    "gren berg dahl strøm quist son sen man ez es as os a i o ini etti ano ov ova enko uk ski ska czyk ić er mann feld"
    " bauer dt le ux ard ier ton ley ford well shaw wood more moto mura yama da ki to h u ar ma esh nath e ah or"
).split()
SHARES = {"active": 0.90, "invited": 0.04, "deactivated": 0.03, "removed": 0.03}


class Person(NamedTuple):
    """One line of the staged table, in the order of its columns."""

    organization_id: UUID
    id: UUID
    email: str
    given_name: str
    family_name: str
    sort_name: str
    search_text: str
    status: str
    invited_until: datetime | None
    joined_at: datetime | None
    deactivated_at: datetime | None
    removed_at: datetime | None
    last_sign_in_at: datetime | None
    created_at: datetime
    unit_id: UUID | None = None
    department_id: UUID | None = None
    role_id: UUID | None = None
    profile_id: UUID | None = None
    team_id: UUID | None = None
    workspace_id: UUID | None = None
    level_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Crowd:
    """Where people of the large organization may stand, and what they may hold; the first of each is the commonest."""

    organization_id: UUID
    roles: Sequence[UUID]
    levels: Sequence[UUID]
    profiles: Sequence[UUID]
    units: Sequence[UUID]
    departments: Sequence[UUID]
    teams: Sequence[UUID]
    workspaces: Sequence[UUID]


def _zipf(number: int, slope: float) -> list[float]:
    return list(accumulate(1 / (place + 3) ** slope for place in range(number)))


class _Dice:
    """Picks names and moments."""

    def __init__(self, seed: str, now: datetime) -> None:
        self.random = random.Random(seed)  # noqa: S311 the same people everywhere is the point
        self.now = now
        families = [f"{first}{last}" for first in _FIRST for last in _LAST]
        self.random.shuffle(families)
        self.families, self.family_weights = families, _zipf(len(families), 0.8)
        self.given_weights = _zipf(len(_GIVEN), 0.7)

    def names(self, number: int) -> list[tuple[str, str]]:
        given = self.random.choices(_GIVEN, cum_weights=self.given_weights, k=number)
        family = self.random.choices(self.families, cum_weights=self.family_weights, k=number)
        return list(zip(given, family, strict=True))

    def life(self, status: str) -> tuple[datetime | None, ...]:
        """invited_until, joined_at, deactivated_at, removed_at, last_sign_in_at, created_at."""
        created = self.now - timedelta(minutes=self.random.randrange(60 * 24 * 900))
        if status == "invited":
            until = self.now + timedelta(hours=self.random.randrange(-24 * 30, 24 * 14))
            return until, None, None, None, None, until - timedelta(days=14)
        joined = created + (self.now - created) * self.random.random() * 0.2
        ended = joined + (self.now - joined) * self.random.random() if status != "active" else None
        seen = self.now - timedelta(days=min(self.random.expovariate(1 / 20), 800))
        seen_at = None if self.random.random() < 0.05 else max(joined, min(seen, ended or seen))
        return (
            None,
            joined,
            ended if status == "deactivated" else None,
            ended if status == "removed" else None,
            seen_at,
            created,
        )


def _person(dice: _Dice, status: str, name: tuple[str, str], email: str, organization_id: UUID, **more: Any) -> Person:
    given, family = name
    shown = f"{given} {family}"
    return Person(
        organization_id,
        new_id(),
        email,
        given,
        family,
        shown.lower(),
        search_text_of(shown, email),
        status,
        *dice.life(status),  # type: ignore[arg-type]
        **more,
    )


def _address(name: tuple[str, str], number: int, domain: str) -> str:
    given, family = (word.replace("’", "").lower() for word in name)
    return f"{given}.{family}{number}@{domain}"


def crowd(place: Crowd, number: int, domain: str, now: datetime) -> Iterator[Person]:
    """`number` people of the large organization."""
    dice = _Dice("crowd", now)
    pick, chance = dice.random.choices, dice.random.random
    kinds = pick(list(SHARES), weights=list(SHARES.values()), k=number)
    role_weights = [1 / 6**n for n in reversed(range(len(place.roles)))]
    unit_weights, team_weights = _zipf(len(place.units), 0.5), _zipf(len(place.teams), 0.5)
    department_weights, workspace_weights = _zipf(len(place.departments), 0.8), _zipf(len(place.workspaces), 0.6)
    for n, (name, status) in enumerate(zip(dice.names(number), kinds, strict=True)):
        gone = status == "removed"
        inside = not gone and chance() < 0.15 and place.levels
        yield _person(
            dice,
            status,
            name,
            _address(name, n, domain),
            place.organization_id,
            unit_id=pick(place.units, cum_weights=unit_weights)[0],
            department_id=pick(place.departments, cum_weights=department_weights)[0] if chance() < 0.95 else None,
            role_id=None if gone else pick(place.roles, weights=role_weights)[0],
            profile_id=pick(place.profiles)[0] if place.profiles and not gone and chance() < 0.6 else None,
            team_id=None if gone or chance() < 0.3 else pick(place.teams, cum_weights=team_weights)[0],
            workspace_id=pick(place.workspaces, cum_weights=workspace_weights)[0] if inside else None,
            level_id=pick(place.levels)[0] if inside else None,
        )


def small(number: int, domain: str, now: datetime) -> Iterator[Person]:
    """The one person of each small organization."""
    dice = _Dice("small", now)
    for n, name in enumerate(dice.names(number)):
        yield _person(dice, "active", name, _address(name, n, domain), new_id())

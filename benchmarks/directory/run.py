"""Measures the claims of README.md beside this file and writes figures.json. Exits with 1 when a ratio is missed.

Without an argument it loads an organization of its own, small enough for every day. `--organization` names one of the
installation at TENANTRY_HOME instead, loaded by `tenantry demo --scale` and filled by its worker.
"""

# ruff: noqa: E402 the settings come before whatever reads them

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))
parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--organization", default="", help="address of an organization of the installation")
parser.add_argument("--people", type=int, default=60_000)
parser.add_argument("--samples", type=int, default=40)
OPTIONS = parser.parse_args()
os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config." + ("settings" if OPTIONS.organization else "settings_test")

import django

django.setup()

from django.conf import settings
from django.db import connection
from questions import KINDS, ORDERS, Asker, bar
from rich.console import Console

from factories.organizations import Person
from support import clusters
from support.visitors import signed_in
from tenantry.access import directory
from tenantry.access.directory import DirectoryPage, directory_page
from tenantry.access.searching import keeping
from tenantry.access.selectors import DirectoryFilter, keyholder_ids
from tenantry.cli.demo import PASSWORD
from tenantry.cli.demo_scale import load_scale
from tenantry.core import clock
from tenantry.core.actor import ALL_GRANTS, Actor
from tenantry.core.paging import cursor_at
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.selectors import find_organization_id
from tenantry.people.models import Membership
from tenantry.people.seats import seats
from tenantry.security.passwords import hashed

# Pages without a collected manifest of their styles.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
settings.ALLOWED_HOSTS = ["*"]
DATABASE = "tenantry_bench"
# Rare words, the plain way against the tables, in the same run: at least this many times as fast.
TIMES_AS_FAST = 2.0
# Page 1,000 against page 1.
DEEP_RATIO = 3.0


def percentiles(times: list[float]) -> dict[str, Any]:
    """Milliseconds, and the whole distribution in steps of a twentieth."""
    ordered = sorted(times)
    at = {f"p{share}": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}
    steps = [round(ordered[min(len(ordered) - 1, len(ordered) * n // 20)], 1) for n in range(21)]
    return {**{name: round(value, 1) for name, value in at.items()}, "max": round(ordered[-1], 1), "twentieths": steps}


class Measured:
    """One organization, asked by somebody who sees everybody."""

    def __init__(self, organization_id: UUID) -> None:
        self.id = organization_id
        self.now = clock.now()
        with self.open():
            self.asker = Asker()
            owner = Membership.objects.get(id=keyholder_ids()[0])
            self.people = keeping.people_counted()
        self.actor = Actor(
            kind="member", organization_id=self.id, membership_id=owner.id, grants=ALL_GRANTS, label="bench"
        )
        assert owner.user_id is not None
        self.client = signed_in(Person(self.id, owner.id, owner.user_id, owner.email), PASSWORD)

    @contextmanager
    def open(self) -> Iterator[None]:
        with scope.tenant(self.id), reading():
            yield

    def page(self, wanted: DirectoryFilter, **how: Any) -> tuple[float, DirectoryPage]:
        started = time.perf_counter()
        with self.open():
            page = directory_page(self.actor, wanted, self.now, **how)
        return (time.perf_counter() - started) * 1000, page

    def plainly(self, wanted: DirectoryFilter) -> float:
        kept, directory.searched = directory.searched, lambda *_given, **_named: None  # type: ignore[assignment]
        try:
            return self.page(wanted)[0]
        finally:
            directory.searched = kept

    def request(self, query: str) -> float:
        """The whole page through middleware, view and template."""
        started = time.perf_counter()
        answer = self.client.get(f"/admin/users/u?q={query}")
        took = (time.perf_counter() - started) * 1000
        assert answer.status_code == 200, answer.status_code
        return took

    def meter(self) -> float:
        started = time.perf_counter()
        with self.open():
            seats(self.now)
        return (time.perf_counter() - started) * 1000


def measure(one: Measured, samples: int) -> dict[str, Any]:
    one.page(DirectoryFilter())
    by_kind: dict[str, Any] = {}
    together: dict[int, list[float]] = {}
    for kind in KINDS:
        times = [one.page(one.asker.draw(kind))[0] for _ in range(samples)]
        by_kind["+".join(kind) or "everybody"] = {"bar": bar(kind), **percentiles(times)}
        if "text" in kind:
            together.setdefault(bar(kind), []).extend(times)
        print(f"{'+'.join(kind) or 'everybody':<36}{by_kind['+'.join(kind) or 'everybody']['p95']:>10} ms", flush=True)
    orders = {}
    for order in ORDERS:
        for descending in (False, True):
            first = [one.page(DirectoryFilter(), order=order, descending=descending)[0] for _ in range(samples // 2)]
            deep = _deep(one, order, descending=descending, samples=samples // 2)
            orders[f"{'-' * descending}{order}"] = {"first": percentiles(first), "deep": percentiles(deep)}
    rare = [one.asker.draw(("text", "department")) for _ in range(samples)]
    ours, plain = [one.page(wanted)[0] for wanted in rare], [one.plainly(wanted) for wanted in rare[: samples // 2]]
    words = [str(wanted.query) for wanted in rare]
    return {
        "people": one.people,
        "pages": by_kind,
        "text_below": {str(most): percentiles(times) for most, times in together.items()},
        "orders": orders,
        "text_and_department": {"tables": percentiles(ours), "plain": percentiles(plain)},
        "whole_request": percentiles([one.request(word) for word in words]),
        "seat_meter": percentiles([one.meter() for _ in range(samples)]),
    }


def _deep(one: Measured, order: str, *, descending: bool, samples: int) -> list[float]:
    """Pages from the middle of the list on: a cursor names a place, however it was come by."""
    middle = _middle(one, order)
    times = []
    for _ in range(samples):
        took, page = one.page(DirectoryFilter(), order=order, descending=descending, cursor=middle)
        times.append(took)
        middle = page.next or middle
    return times


def _middle(one: Measured, order: str) -> str:
    column = {"seen_at": "last_sign_in_at"}.get(order, order)
    with one.open():
        rows = Membership.objects.exclude(last_sign_in_at=None).order_by(column, "id").values_list(column, "id")
        value, row_id = rows[one.people // 2]
    return cursor_at(value, row_id, "n")


@contextmanager
def own_organization(people: int) -> Iterator[UUID]:
    """On a server of its own."""
    cluster = clusters.session_cluster()
    try:
        clusters.start(cluster)
        clusters.clone(DATABASE)
        made = load_scale(people, people // 60, hashed(PASSWORD), clock.now(), Console(quiet=True))
        print(f"loaded {people:,} people in {made.seconds:.0f} s", flush=True)
        started = time.monotonic()
        with scope.tenant(made.organization_id):
            with writing():
                keeping.begin(clock.now() - timedelta(minutes=1))
            more = True
            while more:
                with writing():
                    state = keeping.locked_state()
                    assert state is not None
                    more = keeping.tend(state, clock.now())
        print(f"filled in {time.monotonic() - started:.0f} s", flush=True)
        yield made.organization_id
    finally:
        clusters.close()
        clusters.remove(cluster)


@contextmanager
def existing(slug: str) -> Iterator[UUID]:
    with scope.platform("command_line"), reading():
        found = find_organization_id(slug)
    if found is None:
        raise SystemExit(f"There is no organization {slug}.")
    yield found


def machine() -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    with scope.platform("metrics"), reading(), connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "postgresql": version,
        "on": datetime.now(UTC).date().isoformat(),
    }


def ratios(figures: dict[str, Any]) -> list[tuple[str, float, bool]]:
    """Claim, measured, whether it holds. Ratios of one run only: other work may run beside."""
    pair = figures["text_and_department"]
    faster = pair["plain"]["p95"] / pair["tables"]["p95"]
    slower = max(one["deep"]["p50"] / one["first"]["p50"] for one in figures["orders"].values())
    return [
        (f"text and department by tables, p95 at least {TIMES_AS_FAST} times as fast", round(faster, 1),
         faster >= TIMES_AS_FAST or figures["people"] < 500_000),
        (f"a page far down costs at most {DEEP_RATIO} times the first", round(slower, 1), slower <= DEEP_RATIO),
    ]  # fmt: skip


def main() -> int:
    """Exit code 1 when a ratio is missed."""
    source = existing(OPTIONS.organization) if OPTIONS.organization else own_organization(OPTIONS.people)
    with source as organization_id:
        before = machine()
        figures = {"machine": before, **measure(Measured(organization_id), OPTIONS.samples)}
    figures["machine"]["load_after"] = round(os.getloadavg()[0], 1)
    name = "figures.json" if OPTIONS.organization else "figures-small.json"
    (HERE / name).write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    found = ratios(figures)
    for claim, measured, holds in found:
        print(f"{'holds ' if holds else 'MISSED'}  {claim}: {measured}")
    return 0 if all(holds for _claim, _measured, holds in found) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Measures the board of a workflow with few and with many deals, as README.md beside this file tells."""

# ruff: noqa: E402 the settings of tests come before whatever reads them

import json
import os
import statistics
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))
os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings_test"

import django

django.setup()

from django.test.utils import setup_test_environment

from factories.organizations import Organization, Person, make_organization
from factories.records import make_workflow, stages_of
from support import clusters
from support.visitors import signed_in
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.board import Wanted, board
from tenantry.crm.models import Deal
from tenantry.people.actions import add_to_team, create_team

DATABASE = "tenantry_bench"
SIZES, PASSES = (500, 10_000), 15
QUESTIONS = {"all": Wanted(), "mine": Wanted(mine=True), "stale": Wanted(stale=True), "a word": Wanted(query="har")}


def fill(org: Organization, workflow_id: UUID, owners: list[UUID], number: int) -> None:
    """So many open deals in all stages, of owners in turn."""
    stages, now = stages_of(org, workflow_id), clock.now()
    with scope.tenant(org.id), writing():
        rows = [
            Deal(
                name=f"{('Harbour', 'Quay', 'Wharf')[n % 3]} {n}",
                owner_id=owners[n % len(owners)],
                workflow_id=workflow_id,
                stage_id=stages[n % len(stages)],
                value=1000 + n,
                currency="EUR",
                stage_since=now - timedelta(minutes=7 * n),
                created_at=now,
                changed_at=now,
            )
            for n in range(number)
        ]
        for row in rows:
            row.refresh_search()
        Deal.objects.bulk_create(rows, batch_size=1000)


def asked(person: Person, workflow_id: UUID, wanted: Wanted) -> float:
    """Milliseconds of the selector."""
    actor = person.actor
    with scope.tenant(person.organization_id), reading():
        started = time.perf_counter()
        board(actor, workflow_id, wanted, clock.now())
        return (time.perf_counter() - started) * 1000


def paged(person: Person, workflow_id: UUID) -> dict[str, Any]:
    """The page as a browser gets it: milliseconds, kilobytes."""
    client, path = signed_in(person), f"/apps/momentum/board/{workflow_id}"
    client.get(path)
    taken, size = [], 0
    for _n in range(PASSES):
        started = time.perf_counter()
        size = len(client.get(path).content)
        taken.append((time.perf_counter() - started) * 1000)
    return {"ms": round(statistics.median(taken), 1), "kb": round(size / 1000)}


def measured() -> dict[str, Any]:
    org, found = make_organization("Bench"), dict[str, Any]()
    own, team = org.person("member"), org.person("manager")
    mates = [org.person("member").membership_id for _n in range(6)]
    made = org.perform(create_team, name="Mates")
    org.perform(add_to_team, team_id=made.id, membership_ids=(team.membership_id, *mates[:3]))
    for size in SIZES:
        flow = make_workflow(org)
        fill(org, flow, [own.membership_id, team.membership_id, *mates, org.owner.membership_id], size)
        for reach, person in (("own", own), ("team", team), ("all", org.owner)):
            for name, wanted in QUESTIONS.items():
                taken = [asked(person, flow, wanted) for _n in range(PASSES)]
                found.setdefault(f"{reach}: {name}", []).append(round(statistics.median(taken), 1))
        found.setdefault("page", []).append(paged(org.owner, flow))
    return found


def main() -> None:
    setup_test_environment()
    cluster = clusters.session_cluster()
    try:
        clusters.start(cluster)
        clusters.clone(DATABASE)
        found = {"deals": SIZES, "ms": measured()}
    finally:
        clusters.close()
        clusters.remove(cluster)
    print(json.dumps(found, indent=2), flush=True)
    (HERE / "figures.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

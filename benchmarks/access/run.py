"""Measures the claims of README.md beside this file and writes figures.json. Exits with 1 when a bar is missed."""

# ruff: noqa: E402 the settings of tests come before whatever reads them

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))
os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings_test"

import django

django.setup()

import dataset
import lists
import ours
import peers
import psycopg
from dataset import Question

from factories.organizations import Organization, make_organization
from support import cerbos, cerbos_rows, clusters
from support.cerbos_worlds import World
from support.probes import probing

DATABASE = "tenantry_bench"
ROUNDS = 5
DECISION_US, GRANTS_QUERIES, PAGE_P95_MS = 5.0, 1, 50.0


class Disagreement(Exception):
    """A peer answers otherwise: then its time says nothing."""


def microseconds(answer: Callable[[], list[bool]], asked: Sequence[Question], rounds: int = ROUNDS) -> float:
    """For one question: the best of some rounds; the others say what else the machine was doing.

    :raises Disagreement: an answer is wrong.
    """
    expected = [q.expected for q in asked]
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        answers = answer()
        times.append((time.perf_counter() - started) / len(asked) * 1e6)
        if answers != expected:
            raise Disagreement
    return round(min(times), 2)


def decisions(world: World, organization: Organization, asked: list[Question]) -> dict[str, Any]:
    """Tenantry: microseconds by what is answered, and queries."""
    actors, targets = ours.actors(world, organization.id, asked), ours.targets(world, asked)
    kinds = {
        "all": asked,
        "allowed": [q for q in asked if q.expected],
        "refused": [q for q in asked if not q.expected],
    }
    figures: dict[str, Any] = {}
    with ours.counting() as counter:
        for kind, questions in kinds.items():
            prepared = [(actors[q.member.id], q.code, targets[q.record.id]) for q in questions]
            figures[f"{kind}_us"] = microseconds(lambda p=prepared: ours.ask(p), questions, rounds=60)
    return {**figures, "queries": counter.queries}


def beside(world: World, asked: list[Question], looked_at: list[Question]) -> dict[str, float]:
    """The peers: microseconds a question."""
    few, fewer = asked[:200], asked[:20]
    figures = {}
    casbin = peers.pycasbin(world)
    figures["pycasbin, fast enforcer, one role at a time"] = microseconds(lambda: casbin(asked), asked)
    documented = peers.pycasbin(world, documented=True)
    figures["pycasbin, as documented"] = microseconds(lambda: documented(fewer), fewer, rounds=2)
    cedar = peers.Cedar(world)
    figures["Cedar, fixed policies, 4,000 a call"] = microseconds(lambda: cedar.ask_at_once(asked), asked)
    figures["Cedar, fixed policies, 1 a call"] = microseconds(lambda: cedar.ask(asked), asked)
    by_role = cedar.by_role()
    figures["Cedar, policies by role, 1 a call"] = microseconds(lambda: by_role(few), few, rounds=2)
    with tempfile.TemporaryDirectory() as directory, cerbos.running(cerbos.POLICIES, Path(directory)) as server:
        client = peers.Cerbos(server, world)
        figures["Cerbos, 50 a request"] = microseconds(
            client.ask(looked_at, size=dataset.LOOKED_AT), looked_at, rounds=3
        )
        some = asked[:2000]
        figures["Cerbos, 1 a request"] = microseconds(client.ask(some), some, rounds=3)
    return figures


def measure(server: psycopg.Connection[Any], *, explained: bool = False) -> dict[str, Any]:
    said("Making 1,000 roles and 10,000 members ...")
    world, organization = dataset.make(), make_organization()
    cerbos_rows.store(world, organization.id)
    server.execute("VACUUM ANALYZE")
    times, queries = ours.cold_grants(world, organization.id)
    cold = {
        "queries": queries,
        "p50_ms": round(statistics.median(times), 2),
        "p95_ms": round(statistics.quantiles(times, n=20)[-1], 2),
    }
    asked = dataset.questions(world)
    said(f"Asking {len(asked):,} questions ...")
    decided = decisions(world, organization, asked)
    others = beside(world, asked, dataset.lists(world))
    said(f"Loading {lists.RECORDS:,} records ...")
    reps = lists.load(server, world, organization.id)
    said("Opening lists ...")
    pages = lists.pages(world, organization.id, reps)
    if explained:
        for kind, members in (("usual", reps.usual), ("busy", reps.busy), ("new", reps.new)):
            said(f"\n--- {kind}\n{lists.explain(world, organization.id, members[0])}")
    return {"decision": decided, "peers_us": others, "grants": cold, "list_page": pages}


def machine(server: psycopg.Connection[Any]) -> dict[str, Any]:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    version = server.execute("SHOW server_version").fetchone()
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages * size / 2**30),
        "load_before": os.getloadavg()[0],
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": version[0] if version else "",
        "on": datetime.now(UTC).date().isoformat(),
        **peers.versions(),
    }


def bars(figures: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Claim, what was measured, and whether it holds."""
    decision, cold, page = figures["decision"], figures["grants"], figures["list_page"]["all"]["p95_ms"]
    slowest = max(decision["allowed_us"], decision["refused_us"])
    return [
        (f"a decision below {DECISION_US:.0f} µs", f"{slowest} µs (the slower kind)", slowest < DECISION_US),
        ("a decision without a query", f"{decision['queries']} queries", decision["queries"] == 0),
        ("grants of a member by one query", f"{cold['queries']} queries", cold["queries"] == GRANTS_QUERIES),
        (f"a list page, p95 below {PAGE_P95_MS:.0f} ms", f"{page} ms", page < PAGE_P95_MS),
    ]


def show(figures: dict[str, Any]) -> None:
    decision = figures["decision"]
    ours_us = decision["all_us"]
    print(f"\n{'one decision':<48}{'µs':>12}{'ratio':>12}")
    print(f"{'Tenantry':<48}{ours_us:>12,.1f}{1:>12}")
    for name, took in sorted(figures["peers_us"].items(), key=lambda item: item[1]):
        print(f"{name:<48}{took:>12,.1f}{took / ours_us:>12,.0f}")
    print(f"\n{'a list page of 50 over 1,000,000 records':<48}{'p50 ms':>12}{'p95 ms':>12}{'most ms':>12}")
    for name, times in figures["list_page"].items():
        print(f"{'reps: ' + name:<48}{times['p50_ms']:>12}{times['p95_ms']:>12}{times['max_ms']:>12}")
    cold = figures["grants"]
    print(f"\n{'grants of a member, not cached':<48}{cold['p50_ms']:>12}{cold['p95_ms']:>12}\n")
    for claim, measured, holds in bars(figures):
        print(f"{'holds ' if holds else 'MISSED'}  {claim}: {measured}")


def said(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """Exit code 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--explain", action="store_true", help="print how the database reads each kind of page")
    options = parser.parse_args()
    cluster = clusters.session_cluster()
    try:
        clusters.start(cluster)
        clusters.clone(DATABASE)
        with probing(), psycopg.connect(cluster.conninfo(DATABASE), autocommit=True) as server:
            found = {"machine": machine(server), **measure(server, explained=options.explain)}
    except cerbos.NotHere as why:
        print(f"Not measured: {why}", file=sys.stderr)
        return 1
    finally:
        clusters.close()
        clusters.remove(cluster)
    show(found)
    (HERE / "figures.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(holds for _claim, _measured, holds in bars(found)) else 1


if __name__ == "__main__":
    sys.exit(main())

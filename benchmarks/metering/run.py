"""Measures the claims of README.md beside this file and writes figures.json. Exits with 1 when a bar is missed."""

# ruff: noqa: E402 the settings of tests come before whatever reads them

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))
os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings_test"

import django

django.setup()

import psycopg
from django.conf import settings

from api.callers import by_key
from factories.organizations import Organization, make_organization
from support import clusters
from support.meters import allow, quota
from support.processes import Program, answers, free_port, wait_for
from support.servers import live_environment
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.metering.meters import METERS
from tenantry.metering.reports import Use
from tenantry.metering.steps import _RESERVE, count_events

DATABASE = "tenantry_bench"
SECONDS = float(os.environ.get("BENCH_SECONDS", "20"))
BATCH, CLIENTS, PACE, ORGANIZATIONS = 1_000, 4, 200, 200
HTTP_PER_S, COPY_RATIO, P99_MS, SATURATED_PER_S = 12_000, 2.0, 10.0, 2_500
METER = METERS["ai_tokens"]

_COPY_INTO = """
INSERT INTO metering_usageevent (organization_id, id, event_id, meter, amount, at, membership_id)
SELECT organization_id, id, event_id, meter, amount, at, membership_id FROM arriving ORDER BY event_id
ON CONFLICT (organization_id, event_id) DO NOTHING
"""


def said(text: str) -> None:
    print(text, flush=True)


# --- Through HTTP -------------------------------------------------------------------------


def _batch() -> bytes:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    events = [{"event_id": uuid4().hex, "meter": "ai_tokens", "amount": n % 90 + 1, "at": at} for n in range(BATCH)]
    return json.dumps({"events": events}).encode()


def _client(port: int, secret: str, ends: float, counted: list[int], milliseconds: list[float]) -> None:
    """Makes its batches while it sends them, on the same cores as everything else."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    while time.monotonic() < ends:
        body = _batch()
        began = time.perf_counter()
        connection.request("POST", "/api/v1/usage/events", body, headers)
        answer = json.loads(connection.getresponse().read())
        milliseconds.append((time.perf_counter() - began) * 1000)
        counted.append(answer["counted"])
    connection.close()


def through_http(org: Organization) -> dict[str, Any]:
    secret = by_key(org).secret
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        url = f"http://localhost:{port}"
        env = live_environment(PORT=port, BASE_URL=url, WEB_WORKERS=2, WEB_THREADS=2, API_RATE=1_000_000)
        web = Program(("web",), env, Path(directory) / "web.log").start()
        try:
            wait_for(lambda: answers(url), seconds=60, what="the web server answers")
            _http_run(port, secret, 2)
            before = quota(org)[0]
            figures, amounts = _http_run(port, secret, SECONDS)
        finally:
            web.stop()
    assert quota(org)[0] - before > 0
    return {**figures, "batches": amounts}


def _http_run(port: int, secret: str, seconds: float) -> tuple[dict[str, Any], int]:
    counted: list[int] = []
    milliseconds: list[float] = []
    began = time.monotonic()
    clients = [
        threading.Thread(target=_client, args=(port, secret, began + seconds, counted, milliseconds))
        for _ in range(CLIENTS)
    ]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    took = time.monotonic() - began
    assert all(number == BATCH for number in counted)
    return {"events_per_s": round(sum(counted) / took), "batch_p50_ms": _share(milliseconds, 0.5)}, len(counted)


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)


# --- The statement, beside COPY -----------------------------------------------------------


def _uses() -> list[Use]:
    at = datetime.now(UTC)
    return [Use(uuid4().hex, "ai_tokens", n % 90 + 1, at) for n in range(BATCH)]


def _ours(org: Organization, uses: list[Use]) -> None:
    with scope.tenant(org.id), writing():
        count_events(uses)


def _copied(server: psycopg.Connection[Any], org: Organization, uses: list[Use]) -> None:
    """What a superuser would do: COPY into a temporary table, then insert what is not there; no days, no windows."""
    with server.transaction(), server.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE arriving (LIKE metering_usageevent INCLUDING DEFAULTS) ON COMMIT DROP")
        columns = "organization_id, id, event_id, meter, amount, at"
        with cursor.copy(f"COPY arriving ({columns}) FROM STDIN") as rows:
            for use in uses:
                rows.write_row((org.id, new_id(), use.event_id, use.meter, use.amount, use.at))
        cursor.execute(_COPY_INTO)


def beside_copy(server: psycopg.Connection[Any], org: Organization) -> dict[str, float]:
    """Turn by turn, so that what else the machine does meets both."""
    ours: list[float] = []
    copied: list[float] = []
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        uses = _uses()
        ours.append(_milliseconds(partial(_ours, org, uses)))
        uses = _uses()
        copied.append(_milliseconds(partial(_copied, server, org, uses)))
    return {"ours_ms": round(statistics.median(ours), 2), "copy_ms": round(statistics.median(copied), 2)}


def _milliseconds(action: Callable[[], Any]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


# --- Reservations -------------------------------------------------------------------------


def reserving(conninfo: str, organizations: list[UUID], pace: float, seconds: float) -> dict[str, Any]:
    """One client: the transaction that the product's backend begins, and the statement of `steps.reserve`. `pace`: how
    many a second, 0 as many as go."""
    milliseconds: list[float] = []
    with psycopg.connect(conninfo, autocommit=True) as server:
        began = time.perf_counter()
        while (now := time.perf_counter()) < began + seconds:
            if pace and (ahead := began + len(milliseconds) / pace - now) > 0:
                time.sleep(ahead)
            started = time.perf_counter()
            _reserve(server, organizations[len(milliseconds) % len(organizations)])
            milliseconds.append((time.perf_counter() - started) * 1000)
        took = time.perf_counter() - began
    return {"number": len(milliseconds), "seconds": took, "milliseconds": milliseconds}


def _reserve(server: psycopg.Connection[Any], organization_id: UUID) -> None:
    moment = datetime.now(UTC)
    asked = [
        organization_id, METER.key, METER.starts_on(moment), METER.entitlement, 100, new_id(), moment, moment,
    ]  # fmt: skip
    # Role and organization go in one message, as the backend sends them.
    role = f"BEGIN; SET LOCAL ROLE {settings.ROLE_PREFIX}tenant; "
    server.execute(f"{role}SELECT set_config('tenantry.organization_id', '{organization_id}', true)".encode())
    [room] = server.execute(_RESERVE, asked).fetchone() or [0]
    server.execute("COMMIT")
    assert room is None


def reservations(organizations: list[UUID], pace: float) -> dict[str, Any]:
    """Four clients, each a process of its own. `pace`: of all together."""
    ids = [str(one) for one in organizations]
    clients = []
    for number in range(CLIENTS):
        turned = ids[number * len(ids) // CLIENTS :] + ids[: number * len(ids) // CLIENTS]
        asked = json.dumps({"organizations": turned, "pace": pace / CLIENTS, "seconds": SECONDS})
        command = [sys.executable, str(HERE / "run.py"), asked]
        clients.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
    found = [json.loads(client.communicate()[0]) for client in clients]
    every = [one for client in found for one in client["milliseconds"]]
    rate = sum(client["number"] / client["seconds"] for client in found)
    return {"per_s": round(rate), "p50_ms": _share(every, 0.5), "p99_ms": _share(every, 0.99)}


# --- All of it ----------------------------------------------------------------------------


def measure(server: psycopg.Connection[Any]) -> dict[str, Any]:
    org = make_organization()
    allow(org, ai_tokens=10**15)
    many = [make_organization() for _ in range(ORGANIZATIONS)]
    for one in many:
        allow(one, ai_tokens=10**15)
    server.execute("ANALYZE")
    found: dict[str, Any] = {"seconds": SECONDS, "http": through_http(org)}
    said(f"http: {found['http']}")
    found["statement"] = beside_copy(server, org)
    said(f"statement: {found['statement']}")
    found["paced"] = reservations([org.id], PACE)
    said(f"paced: {found['paced']}")
    found["saturated"] = reservations([one.id for one in many], 0)
    said(f"saturated: {found['saturated']}")
    found["saturated_alone"] = reservations([org.id], 0)
    said(f"saturated, one organization: {found['saturated_alone']}")
    return found


def bars(figures: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Claim, what was measured, and whether it holds."""
    events = figures["http"]["events_per_s"]
    ratio = round(figures["statement"]["ours_ms"] / figures["statement"]["copy_ms"], 2)
    paced, saturated = figures["paced"]["p99_ms"], figures["saturated"]["per_s"]
    return [
        (f"{HTTP_PER_S:,} events a second through HTTP", f"{events:,}", events >= HTTP_PER_S),
        (f"the statement within {COPY_RATIO:.0f}x of COPY", f"{ratio}x", ratio <= COPY_RATIO),
        (f"99 of 100 reservations below {P99_MS:.0f} ms at {PACE} a second", f"{paced} ms", paced < P99_MS),
        (f"{SATURATED_PER_S:,} reservations a second", f"{saturated:,}", saturated >= SATURATED_PER_S),
    ]


def machine(server: psycopg.Connection[Any]) -> dict[str, Any]:
    version = server.execute("SHOW server_version").fetchone()
    return {
        "cores": os.cpu_count(),
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "postgresql": version[0] if version else "",
        "on": datetime.now(UTC).date().isoformat(),
    }


def main() -> int:
    """Exit code 1 when a bar is missed. With an argument: one client that reserves."""
    if len(sys.argv) > 1:
        asked = json.loads(sys.argv[1])
        conninfo = clusters.session_cluster().conninfo(DATABASE)
        organizations = [UUID(one) for one in asked["organizations"]]
        print(json.dumps(reserving(conninfo, organizations, asked["pace"], asked["seconds"])))
        return 0
    cluster = clusters.session_cluster()
    try:
        clusters.start(cluster)
        clusters.clone(DATABASE)
        with psycopg.connect(cluster.conninfo(DATABASE), autocommit=True) as server:
            found = {"machine": machine(server), **measure(server)}
    finally:
        clusters.close()
        clusters.remove(cluster)
    for claim, measured, holds in bars(found):
        said(f"{'holds ' if holds else 'MISSED'}  {claim}: {measured}")
    if "BENCH_SECONDS" not in os.environ:
        (HERE / "figures.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if all(holds for _claim, _measured, holds in bars(found)) else 1


if __name__ == "__main__":
    sys.exit(main())

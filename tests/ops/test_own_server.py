"""A PostgreSQL of one's own: over TCP, with passwords, prepared by an administrator's role."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from support.clusters import FAST
from support.processes import Program, answers, environment, free_port, run, wait_for
from tenantry.cli.embedded import BINARIES, LOCALE, Cluster

pytestmark = pytest.mark.soak

SECRET = "k" * 40
PASSWORDS = {"owner": "p@ss/owner", "app": "p:ss?app"}
QUOTED = {"owner": "p%40ss%2Fowner", "app": "p%3Ass%3Fapp"}


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server that asks everybody who comes by TCP for a password."""
    number = free_port()
    programs = os.environ.get("TENANTRY_TEST_POSTGRES_BIN")
    cluster = Cluster(
        data=tmp_path / "own" / "data",
        run=tmp_path / "own" / "run",
        options=(*FAST, "listen_addresses=127.0.0.1"),
        port=number,
        binaries=Path(programs) if programs else BINARIES,
        initdb_options=("--encoding=UTF8", "--locale=C") if programs else LOCALE,
    )
    cluster.create()
    (cluster.data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
    with (tmp_path / "own.log").open("ab") as log:
        cluster.start(log)
    with psycopg.connect(cluster.conninfo(), autocommit=True) as server:
        server.execute("CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD 'boss-word'")
    yield number
    cluster.stop()


def test_own_server(port: int, tmp_path: Path) -> None:
    def url(name: str) -> str:
        return f"postgresql://tenantry_{name}:{QUOTED[name]}@127.0.0.1:{port}/tenantry"

    web_port = free_port()
    env = environment(
        HOME=tmp_path / "home",
        PORT=web_port,
        SECRET_KEY=SECRET,
        DATABASE_URL=url("app"),
        DATABASE_OWNER_URL=url("owner"),
    )
    refused = run("database", "prepare", env=env)
    assert refused.returncode == 2
    assert "TENANTRY_DATABASE_ADMIN_URL" in refused.stderr

    admin = env | {"TENANTRY_DATABASE_ADMIN_URL": f"postgresql://boss:boss-word@127.0.0.1:{port}/postgres"}
    for _ in range(2):
        prepared = run("database", "prepare", env=admin)
        assert prepared.returncode == 0, prepared.stderr

    too_early = run("web", env=env)
    assert too_early.returncode == 1
    assert "Run `tenantry migrate`" in too_early.stderr

    migrated = run("migrate", env=env)
    assert migrated.returncode == 0, migrated.stderr

    web = Program(("web",), env, tmp_path / "web.log").start()
    worker = Program(("worker",), env, tmp_path / "worker.log").start()
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{web_port}/"), seconds=60, what="pages are served")
        wait_for(lambda: run("doctor", env=env).returncode == 0, seconds=30, what="the doctor is content")
        assert web.stop() == 0
        assert worker.stop() == 0
    finally:
        web.stop()
        worker.stop()
    for word in PASSWORDS.values():
        assert word not in web.output + worker.output + prepared.stdout + migrated.stdout

"""Single commands against a database that is absent, behind, or not ours: one line, an exit code, no traceback."""

import subprocess
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from support import clusters
from support.processes import environment, free_port, run
from support.servers import database_url, live_environment
from tenantry import __version__


def fails_in_one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("tenantry: ")
    return done.stderr


def test_version() -> None:
    done = run("--version", env=environment())
    assert (done.returncode, done.stdout) == (0, f"tenantry {__version__}\n")


def test_help_lists_every_command(tmp_path: Path) -> None:
    done = run("--help", env=environment(HOME=tmp_path))
    assert done.returncode == 0
    for name in ("run", "web", "worker", "prepare", "database", "doctor"):
        assert f" {name} " in done.stdout


@pytest.mark.parametrize("command", ["web", "worker", "migrate", "prepare"])
def test_database_down(command: str, tmp_path: Path) -> None:
    env = environment(
        HOME=tmp_path,
        PORT=free_port(),
        SECRET_KEY="k" * 40,
        DATABASE_URL=f"postgresql://tenantry_app:secret-word@127.0.0.1:{free_port()}/tenantry",
    )
    line = fails_in_one_line(run(command, env=env))
    assert "database" in line
    assert "secret-word" not in line


def test_doctor_database_down(tmp_path: Path) -> None:
    done = run("doctor", env=environment(HOME=tmp_path))
    assert done.returncode == 1
    assert "NO  database" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["web", "worker"])
def test_migration_missing(command: str) -> None:
    name = str(settings.DATABASES["default"]["NAME"])
    clusters.clone("tenantry_behind")
    try:
        behind = database_url()
        with psycopg.connect(
            host=str(settings.POSTGRES_RUN), dbname="tenantry_behind", user="postgres", autocommit=True
        ) as server:
            server.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    finally:
        clusters.use(name)
    line = fails_in_one_line(run(command, env=live_environment(PORT=free_port()) | {"TENANTRY_DATABASE_URL": behind}))
    assert "1 migrations are missing (sessions.0001_initial first). Run `tenantry migrate`." in line


def test_prepare_twice(tmp_path: Path) -> None:
    """Everything in it may be run again, on a database that is in use."""
    for _ in range(2):
        done = run("prepare", env=live_environment(DEMO="false", DATABASE_OWNER_URL=database_url()))
        assert (done.returncode, done.stderr) == (0, "")


def test_printed_sql_prepares_a_server() -> None:
    """What `--sql` prints is what the embedded database gets, under other names."""
    env = live_environment(ROLE_PREFIX="other_") | {"TENANTRY_DATABASE_URL": "postgresql://h/other?host=x"}
    script = run("database", "prepare", "--sql", env=env).stdout
    assert "\\connect" in script
    before, after = script.split("\\connect", 1)
    with psycopg.connect(
        host=str(settings.POSTGRES_RUN), dbname="postgres", user="postgres", autocommit=True
    ) as server:
        for statement in _statements(before):
            server.execute(statement)
    with psycopg.connect(host=str(settings.POSTGRES_RUN), dbname="other", user="postgres", autocommit=True) as server:
        for statement in _statements(after.split("\n", 1)[1]):
            server.execute(statement)
        rows = server.execute(
            "SELECT rolname, rolcanlogin, rolinherit, rolsuper, rolbypassrls FROM pg_roles "
            "WHERE rolname LIKE 'other\\_%' ORDER BY 1"
        ).fetchall()
    assert rows == [
        ("other_app", True, False, False, False),
        ("other_owner", True, True, False, False),
        ("other_platform", False, True, False, False),
        ("other_tenant", False, True, False, False),
    ]
    url = f"postgresql:///other?host={settings.POSTGRES_RUN}"
    done = run("migrate", env=env | {"TENANTRY_DATABASE_URL": url, "TENANTRY_DATABASE_OWNER_URL": url})
    assert done.returncode == 0, done.stderr


def _statements(script: str) -> list[str]:
    lines = [line for line in script.splitlines() if line and not line.startswith("--")]
    assert all(line.endswith(";") for line in lines)
    return lines

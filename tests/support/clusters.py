"""One database server a session, one database a test process, cloned from a migrated template."""

import os
import shutil
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from tenantry.cli import database
from tenantry.cli.embedded import LOCALE, Cluster

TEMPLATE = "tenantry_template"
# Nothing here outlives the session: durability would only cost time.
FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=128MB",
)


def session_cluster() -> Cluster:
    """The embedded server, or the one whose programs TENANTRY_TEST_POSTGRES_BIN names."""
    programs = os.environ.get("TENANTRY_TEST_POSTGRES_BIN")
    cluster = Cluster(data=settings.POSTGRES_DATA, run=settings.POSTGRES_RUN, options=FAST)
    if programs:
        cluster.binaries = Path(programs)
        # The built-in locale provider came with PostgreSQL 17.
        cluster.initdb_options = ("--encoding=UTF8", "--locale=C")
    else:
        cluster.initdb_options = LOCALE
    return cluster


def start(cluster: Cluster) -> None:
    """Start it and migrate the template; called once, in the process that pytest was started in."""
    cluster.create()
    log = settings.HOME / "postgres.log"
    with log.open("ab") as output:
        cluster.start(output)
    use(TEMPLATE)
    database.prepare_embedded()
    call_command("migrate", interactive=False, verbosity=0)
    close()


def clone(name: str) -> None:
    """A fresh database of this name, and both aliases on it."""
    server = psycopg.connect(host=str(settings.POSTGRES_RUN), dbname="postgres", user="postgres", autocommit=True)
    with server:
        identifier = sql.Identifier(name)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy").format(
                identifier, sql.Identifier(TEMPLATE), sql.Identifier(f"{settings.ROLE_PREFIX}owner")
            )
        )
    use(name)


def use(name: str) -> None:
    """Point both aliases at this database."""
    close()
    for alias in connections:
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def close() -> None:
    """Close every connection of this process."""
    for connection in connections.all():
        connection.close()


def remove(cluster: Cluster) -> None:
    """Stop the server and delete the home of the session."""
    cluster.stop()
    shutil.rmtree(settings.HOME, ignore_errors=True)

"""Checks before a process starts to serve: a clear line instead of errors later."""

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor

from tenantry.cli.failures import Failure


def require_database(alias: str = "default") -> None:
    """:raises Failure: the database does not answer or does not let us in."""
    try:
        connections[alias].ensure_connection()
    except DatabaseError as error:
        raise Failure(f"The database is not available: {_reason(error)}") from error


def missing_migrations(alias: str = "default") -> list[str]:
    """Names of migrations that the database does not have yet."""
    executor = MigrationExecutor(connections[alias])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def require_current_schema() -> None:
    """:raises Failure: no database, or migrations are missing."""
    require_database()
    missing = missing_migrations()
    connections.close_all()
    if missing:
        raise Failure(
            f"The database is behind this release: {len(missing)} migrations are missing ({missing[0]} first). "
            "Run `tenantry migrate`."
        )


def _reason(error: BaseException) -> str:
    """The last line of libpq's message, which is the one that says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__

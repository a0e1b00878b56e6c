"""PostgreSQL's own catalogues, asked as the one who may see everything."""

from typing import Any

import psycopg
from django.conf import settings
from django.db import connections


def superuser() -> psycopg.Connection:
    """A connection that no fence holds; the caller closes it."""
    name = connections["default"].settings_dict["NAME"]
    return psycopg.connect(host=str(settings.POSTGRES_RUN), dbname=name, user="postgres", autocommit=True)


def rows(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with superuser() as connection:
        return connection.execute(statement, params or None).fetchall()


def change(statement: str, *params: Any) -> int:
    """Runs one statement behind every fence. Returns how many rows it touched."""
    with superuser() as connection:
        return connection.execute(statement, params or None).rowcount

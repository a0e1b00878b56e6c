"""PostgreSQL's own catalogues, asked as the one who may see everything."""

import atexit
from functools import cache
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections


def superuser() -> psycopg.Connection:
    """A connection that no fence holds; the caller closes it."""
    return _connected(connections["default"].settings_dict["NAME"])


def _connected(name: str) -> psycopg.Connection:
    return psycopg.connect(host=str(settings.POSTGRES_RUN), dbname=name, user="postgres", autocommit=True)


@cache
def _kept(name: str) -> psycopg.Connection:
    """One as long as the tests last: a new one reads PostgreSQL's catalogues anew."""
    connection = _connected(name)
    atexit.register(connection.close)
    return connection


def rows(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    connection = _kept(connections["default"].settings_dict["NAME"])
    return connection.execute(statement, params or None).fetchall()


def change(statement: str, *params: Any) -> int:
    """Runs one statement behind every fence. Returns how many rows it touched."""
    connection = _kept(connections["default"].settings_dict["NAME"])
    return connection.execute(statement, params or None).rowcount

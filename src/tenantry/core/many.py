"""Many rows at once: one statement whose only parameter is all of them as JSON. For hundreds of rows with ten columns
this takes a fraction of what a parameter for every value does (docs/decisions/0020-many-rows-as-json.md)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, Model, QuerySet

from tenantry.core.ids import NEW_ID_SQL
from tenantry.core.transactions import assert_in_transaction

# Rows that one statement takes: a few megabytes at most.
_AT_ONCE: Final = 5_000
# From here on a table may have outgrown the plans of this connection.
_GROWS: Final = 100


def insert_many(rows: Iterable[Model]) -> int:
    """Inserts new rows of one model, whose keys are set already. Returns how many.

    :raises IntegrityError: as any insert does.
    """
    return _write(rows, None)


def insert_values(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> int:
    """The same from bare values: column -> value, for every column. For tens of thousands of rows, whose objects would
    cost more than the insertion."""
    assert_in_transaction()
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    given = list(rows)
    with connection.cursor() as cursor:
        for start in range(0, len(given), _AT_ONCE):
            cursor.execute(
                _insertion(model._meta.db_table, fields), [json.dumps(given[start : start + _AT_ONCE], default=_plain)]
            )
    return len(given)


def insert_selected(
    model: type[Model], rows: QuerySet[Any, Any], columns: Sequence[str], same: Mapping[str, Any]
) -> int:
    """Inserts a row for each of `rows`, a `values_list`, without fetching them. `columns`: the fields that its values
    come to; `same`: the fields that are alike in all. Keys are made by the database. Returns how many."""
    assert_in_transaction()
    fields: list[Any] = [model._meta.get_field(name) for name in (*columns, *same)]
    names = ", ".join(_quoted(field.column) for field in fields)
    try:
        selected, asked = rows.query.sql_with_params()
    except EmptyResultSet:
        # Known to find nothing before anybody asks.
        return 0
    taken = ", ".join(f"c{n}" for n in range(len(columns)))
    fixed = [
        field.get_db_prep_save(value, connection)
        for field, value in zip(fields[len(columns) :], same.values(), strict=True)
    ]
    # Typed, because the database can't guess what a value that stands alone is.
    alike = ", ".join(f"%s::{field.db_type(connection)}" for field in fields[len(columns) :])
    statement = (
        f"INSERT INTO {_quoted(model._meta.db_table)} ({_quoted('id')}, {names})"  # noqa: S608 names of models
        f" SELECT {NEW_ID_SQL}, {taken}, {alike} FROM ({selected}) AS selected({taken})"
    )
    with connection.cursor() as cursor:
        # See `_write`.
        cursor.execute("DISCARD PLANS")
        cursor.execute(statement, [*fixed, *asked])
        return int(cursor.rowcount)


def update_many(rows: Iterable[Model], fields: Sequence[str]) -> int:
    """Writes these fields of rows of one model, found by their keys. Returns how many."""
    return _write(rows, fields)


def _write(rows: Iterable[Model], changed: Sequence[str] | None) -> int:
    assert_in_transaction()
    given = list(rows)
    if not given:
        return 0
    meta = given[0]._meta
    keys = [field for field in meta.concrete_fields if field.primary_key or field.attname == "organization_id"]
    if changed is None:
        fields = [field for field in meta.concrete_fields if not field.generated]
        statement = _insertion(meta.db_table, fields)
    else:
        others: list[Any] = [meta.get_field(name) for name in changed]
        fields = [*keys, *others]
        statement = _change(meta.db_table, keys, others)
    with connection.cursor() as cursor:
        if changed is None and len(given) >= _GROWS:
            # Each new row's links are checked at the commit by plans that are kept. One that was made while a table was
            # nearly empty reads all of it, for every row, until somebody analyzes the table.
            cursor.execute("DISCARD PLANS")
        for start in range(0, len(given), _AT_ONCE):
            cursor.execute(statement, [_as_json(given[start : start + _AT_ONCE], fields)])
    for row in given:
        row._state.adding, row._state.db = False, connection.alias
    return len(given)


def _insertion(table: str, fields: Sequence[Any]) -> str:
    names = ", ".join(_quoted(field.column) for field in fields)
    return f"INSERT INTO {_quoted(table)} ({names}) SELECT * FROM {_records(fields)}"  # noqa: S608 names of models


def _change(table: str, keys: Sequence[Any], others: Sequence[Any]) -> str:
    values = ", ".join(f"{_quoted(field.column)} = r.{_quoted(field.column)}" for field in others)
    same = " AND ".join(f"t.{_quoted(field.column)} = r.{_quoted(field.column)}" for field in keys)
    source = _records([*keys, *others])
    return f"UPDATE {_quoted(table)} AS t SET {values} FROM {source} WHERE {same}"  # noqa: S608 names of models


def _records(fields: Sequence[Any]) -> str:
    columns = ", ".join(f"{_quoted(field.column)} {field.db_type(connection)}" for field in fields)
    return f"json_to_recordset(%s::json) AS r ({columns})"


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _as_json(rows: Sequence[Model], fields: Sequence[Field[Any, Any]]) -> str:
    names = [(field.column, field.attname) for field in fields]
    return json.dumps([{column: getattr(row, name) for column, name in names} for row in rows], default=_plain)


def _plain(value: Any) -> str:
    """As PostgreSQL reads it."""
    return f"\\x{bytes(value).hex()}" if isinstance(value, bytes | memoryview) else str(value)

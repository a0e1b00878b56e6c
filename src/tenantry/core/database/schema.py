"""Writes tenant tables with the primary key (organization_id, id) and foreign keys over both columns."""

from collections.abc import Iterator
from typing import Any

from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.models import Field, Model

from tenantry.core.tenancy.fields import TenantForeignKey, is_tenant_model


class SchemaEditor(DatabaseSchemaEditor):
    def _iter_column_sql(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        model = args[2]
        for part in super()._iter_column_sql(*args, **kwargs):  # type: ignore[misc]
            if part == "PRIMARY KEY" and is_tenant_model(model):
                continue
            yield part

    def table_sql(self, model: type[Model]) -> tuple[str, list[Any]]:
        sql, params = super().table_sql(model)
        if is_tenant_model(model):
            name = self.quote_name(f"{model._meta.db_table}_pkey")
            sql = f"{sql[: sql.rindex(')')]}, CONSTRAINT {name} PRIMARY KEY (organization_id, id))"
        for field in model._meta.local_fields:
            self._link(model, field)
        return sql, params

    def add_field(self, model: type[Model], field: Field[Any, Any]) -> None:
        super().add_field(model, field)
        self._link(model, field)

    def _link(self, model: type[Model], field: Field[Any, Any]) -> None:
        if not isinstance(field, TenantForeignKey):
            return
        table, column = model._meta.db_table, field.column
        target = field.remote_field.model._meta.db_table
        name = self.quote_name(f"{table}_{column}_fk"[:63])
        index = self.quote_name(f"{table}_{column}_ix"[:63])
        quoted = self.quote_name(table)
        # NOT VALID then VALIDATE: the table is not locked against writes while old rows are read.
        if not field.covered:
            linked = f" WHERE {self.quote_name(column)} IS NOT NULL" * field.sparse
            self.deferred_sql.append(
                f"CREATE INDEX {index} ON {quoted} (organization_id, {self.quote_name(column)}){linked}"
            )
        self.deferred_sql += [
            (
                f"ALTER TABLE {quoted} ADD CONSTRAINT {name} FOREIGN KEY (organization_id, {self.quote_name(column)}) "
                f"REFERENCES {self.quote_name(target)} (organization_id, id) DEFERRABLE INITIALLY DEFERRED NOT VALID"
            ),
            f"ALTER TABLE {quoted} VALIDATE CONSTRAINT {name}",
        ]

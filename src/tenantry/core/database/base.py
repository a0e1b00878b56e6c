"""Gives each transaction the role and the organization of the open scope (design: tenancy, fence 4), and who acts."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

from tenantry.core import acts
from tenantry.core.database.features import DatabaseFeatures
from tenantry.core.database.schema import SchemaEditor
from tenantry.core.tenancy import scope


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
    features_class = DatabaseFeatures

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        opened = scope.current()
        if autocommit or opened is None or self.alias != "default":
            return
        statement = f"SET LOCAL ROLE {settings.ROLE_PREFIX}{opened.kind}"
        # All values come from our own types (literals, UUIDs, codes, a moment), and SET takes no parameters.
        organization = str(opened.organization_id) if opened.organization_id else ""
        statement += f"; SELECT set_config('tenantry.organization_id', '{organization}', true)"
        if act := acts.current():
            statement += f", set_config('tenantry.act', '{act.written}', true)"
        with self._driver_cursor() as cursor:
            cursor.execute(statement, prepare=False)

    def _driver_cursor(self) -> Any:
        return self.connection.cursor()

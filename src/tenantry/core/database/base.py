"""Gives each transaction the role and the organization of the open scope (design: tenancy, fence 4)."""

from typing import Any

from django.conf import settings
from django.db.backends.postgresql import base

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
        # Both values come from our own types (a literal and a UUID), and SET takes no parameters.
        organization = str(opened.organization_id) if opened.organization_id else ""
        with self._driver_cursor() as cursor:
            cursor.execute(
                f"{statement}; SELECT set_config('tenantry.organization_id', '{organization}', true)", prepare=False
            )

    def _driver_cursor(self) -> Any:
        return self.connection.cursor()

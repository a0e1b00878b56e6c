"""What differs from Django's PostgreSQL because of the composite primary keys."""

from typing import Any

from django.db.backends.postgresql import features

from tenantry.core.tenancy.fields import is_tenant_model


class DatabaseFeatures(features.DatabaseFeatures):
    def allows_group_by_selected_pks_on_model(self, model: Any) -> bool:
        """Grouping by `id` alone does not cover the other columns where the key is (organization_id, id)."""
        return not is_tenant_model(model) and bool(super().allows_group_by_selected_pks_on_model(model))

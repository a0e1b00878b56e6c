"""Base of every tenant table, and its fenced manager."""

from typing import Any, TypeVar

from django.db import models

from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fields import OrganizationKey, is_tenant_model

Row = TypeVar("Row", bound="TenantModel")


class TenantManager(models.Manager[Row]):
    """Answers with rows of the open scope only.

    :raises NoTenant: no scope is open.
    """

    def get_queryset(self) -> models.QuerySet[Row]:
        opened = scope.current()
        if opened is None:
            raise scope.NoTenant(f"{self.model.__name__} was asked for outside of a scope")
        rows = super().get_queryset()
        if opened.organization_id is None:
            return rows
        return rows.filter(organization_id=opened.organization_id)


class TenantModel(models.Model):
    """A row that belongs to one organization. The database's primary key is (organization_id, id)."""

    organization_id = OrganizationKey(default=scope.organization_id)
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)

    objects = TenantManager()

    class Meta:
        abstract = True
        default_manager_name = "objects"


def tenant_models(models_: Any) -> list[type[models.Model]]:
    return [m for m in models_ if m._meta.managed and not m._meta.proxy and is_tenant_model(m)]

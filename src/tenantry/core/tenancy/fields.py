"""Columns that tie a row to its organization."""

from enum import StrEnum
from typing import Any

from django.db import models


class Leaving(StrEnum):
    """The declared answer of a link to a membership when that member leaves (product.md §3)."""

    MOVED = "moved"
    RELEASED = "released"
    KEPT = "kept"
    BLOCKS = "blocks"


class OrganizationKey(models.UUIDField[Any, Any]):
    """`organization_id` of a tenant table; also what makes the schema editor treat the table as one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("editable", None)
        return name, path, args, kwargs


class TenantForeignKey(models.ForeignKey[Any, Any]):
    """A link between two tenant rows, held by the database on both columns: rows of two organizations can't be linked.

    The schema editor emits `FOREIGN KEY (organization_id, <column>)` and an index that starts with the organization;
    with `sparse` of linked rows alone, for links that most rows don't have; with `covered` none, because an index of
    the model begins with both columns already.
    """

    def __init__(
        self,
        to: Any,
        on_delete: Any,
        *,
        leaving: Leaving | None = None,
        sparse: bool = False,
        covered: bool = False,
        **kwargs: Any,
    ) -> None:
        # What happens to the row when the linked member leaves; required for links to a membership (a test asks).
        self.leaving = leaving
        self.sparse = sparse
        self.covered = covered
        kwargs["db_constraint"] = False
        kwargs["db_index"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        kwargs.pop("db_index", None)
        if self.sparse:
            kwargs["sparse"] = True
        if self.covered:
            kwargs["covered"] = True
        return name, path, args, kwargs


class CollatedText(models.TextField[Any, Any]):
    """Text compared byte by byte, so that ranges and `starts with` stay indexable under row-level security."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["db_collation"] = "C"
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_collation", None)
        return name, path, args, kwargs


@CollatedText.register_lookup
class BeginsWith(models.Lookup[Any]):
    """`^@`: the only prefix match that PostgreSQL treats as leakproof, so it may use the index below the policy."""

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", [*left_params, *right_params]


def is_tenant_model(model: type[models.Model]) -> bool:
    """Here and not beside the models: the database backend asks while the first model is being made."""
    return any(isinstance(field, OrganizationKey) for field in model._meta.local_fields)

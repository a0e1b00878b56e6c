"""Which parts of structure an organization uses: what its policy names, and what has rows all the same."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from tenantry.core.prepared import PreparedRow
from tenantry.core.tenancy import scope
from tenantry.organizations.models import Organization, PolicyValue, Unit, Workflow, Workspace
from tenantry.organizations.policies import CATALOGUE

STRUCTURE = "organization.structure"
_ROWS = {"units": Unit, "workspaces": Workspace, "workflows": Workflow}
_COLUMNS = [field.attname for field in Organization._meta.concrete_fields]
_PARTS = ["parts", *(f"has_{name}" for name in _ROWS)]


def _with_parts() -> QuerySet[Organization, Any]:
    said = PolicyValue.objects.filter(code=STRUCTURE).values("value")
    rows: dict[str, Any] = {
        f"has_{name}": Exists(model.objects.filter(organization_id=OuterRef("id"))) for name, model in _ROWS.items()
    }
    asked = Organization.objects.annotate(parts=Subquery(said[:1]), **rows).filter(pk=scope.organization_id())
    return asked.values_list(*_COLUMNS, *_PARTS)


_WITH_PARTS = PreparedRow(_with_parts, {})


def organization_with_parts() -> Organization:
    """The organization of the open scope with what `parts_of` reads: every page asks, so it costs no query more."""
    row = _WITH_PARTS.find()
    if row is None:
        raise Organization.DoesNotExist
    found = Organization.from_db(DEFAULT_DB_ALIAS, _COLUMNS, row[: len(_COLUMNS)])
    for name, value in zip(_PARTS, row[len(_COLUMNS) :], strict=True):
        setattr(found, name, value)
    return found


def named_parts(organization: Any) -> frozenset[str]:
    """What the policy names; of a row of `organization_with_parts`."""
    return frozenset(CATALOGUE[STRUCTURE].default if organization.parts is None else organization.parts)


def parts_of(organization: Any) -> frozenset[str]:
    """Of units, workspaces, workflows, profiles, additions, restrictions; of a row of `organization_with_parts`."""
    return named_parts(organization) | {name for name in _ROWS if getattr(organization, f"has_{name}")}


def has_rows(organization: Any, part: str) -> bool:
    """Whether there is any unit, workspace or workflow; of a row of `organization_with_parts`."""
    return bool(getattr(organization, f"has_{part}"))


def parts_in_use() -> frozenset[str]:
    """See `parts_of`; one query."""
    return parts_of(organization_with_parts())

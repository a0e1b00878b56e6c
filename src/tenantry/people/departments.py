"""Departments: the organization's managed list, and how many people each has."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.core.named import called
from tenantry.people.models import Department, Membership
from tenantry.people.permissions import EDIT, INVITE, VIEW

Status = Membership.Status


def departments() -> QuerySet[Department]:
    """All of them by name, for choices."""
    return Department.objects.order_by("sort_name", "id")


def choices() -> list[tuple[UUID, str]]:
    """(id, name) of all of them, by name; one query."""
    return list(departments().values_list("id", "name"))


def counted_departments(actor: Actor, query: str = "") -> QuerySet[Department]:
    """Departments whose name holds `query`, with `size`: their people who were not removed.

    :raises PermissionMissing: neither `people.view` nor `people.edit` nor `people.invite`.
    """
    require_any(actor, VIEW, EDIT, INVITE)
    rows = with_size(Department.objects.all())
    return called(rows, query)


def with_size(rows: QuerySet[Department]) -> QuerySet[Department]:
    people = Membership.objects.filter(department_id=OuterRef("id")).exclude(status=Status.REMOVED)
    counted = people.order_by().values("department_id").annotate(n=Count("id")).values("n")
    return rows.annotate(size=Coalesce(Subquery(counted[:1], output_field=IntegerField()), Value(0)))


def get_department(department_id: UUID) -> Department:
    """With `size`.

    :raises NotFound: unknown, or of another organization.
    """
    found = with_size(Department.objects.filter(id=department_id)).first()
    if found is None:
        raise NotFound
    return found


def ask_department(department_id: UUID | None) -> UUID | None:
    """The id, when there is such a department; None is no department.

    :raises NotFound: there is none.
    """
    if department_id is not None and not Department.objects.filter(id=department_id).exists():
        raise NotFound
    return department_id


def department_names(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    return dict(Department.objects.filter(id__in={i for i in ids if i}).values_list("id", "name"))

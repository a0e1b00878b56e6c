"""A query that is put together once says in every organization what it would say put together anew."""

from typing import Any
from uuid import UUID

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from factories.organizations import Organization, make_organization
from support.many import crowd
from tenantry.access.models import Assignment
from tenantry.core.ids import new_id
from tenantry.core.prepared import PreparedById
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership


def build() -> QuerySet[Any]:
    held = Assignment.objects.filter(membership_id=OuterRef("id"))
    rows = Membership.objects.annotate(
        role=Subquery(held.values("role__name")[:1]),
        roles=ArraySubquery(held.values("role_id")),
        percent=Concat("email", Value("%s"), output_field=TextField()),
    )
    return rows.defer("picture")


PREPARED = PreparedById(build)


def everything(rows: Any) -> dict[UUID, dict[str, Any]]:
    return {row.id: {name: value for name, value in vars(row).items() if name != "_state"} for row in rows}


@pytest.fixture(scope="module")
def organizations(database) -> list[Organization]:
    made = [make_organization(), make_organization(seats=None)]
    for org in made:
        org.person()
    crowd(made[1], 150)
    return made


@pytest.mark.parametrize("most", [0, 1, 64, 65, 300])
def test_it_says_the_same_whoever_asked_first(organizations, most):
    for org in organizations:
        with scope.tenant(org.id), reading():
            ids = list(Membership.objects.order_by("id").values_list("id", flat=True)[:most])
            assert everything(PREPARED.rows(ids)) == everything(build().filter(id__in=ids))


def test_an_id_of_another_organization_finds_nobody(organizations):
    here, there = organizations
    with scope.tenant(here.id), reading():
        assert PREPARED.rows([there.owner.membership_id]) == []
        assert [row.id for row in PREPARED.rows([here.owner.membership_id])] == [here.owner.membership_id]


def test_more_than_a_page_is_refused(organizations):
    with scope.tenant(organizations[0].id), reading(), pytest.raises(ValueError, match="5000 ids"):
        PREPARED.rows([new_id() for _ in range(5000)])

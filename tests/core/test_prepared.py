"""A query that is put together once says in every organization what it would say put together anew."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Concat

from factories.organizations import Organization, make_organization
from support.many import crowd
from tenantry.access.models import Assignment
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.prepared import PreparedById, PreparedRow
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications.selectors import count_unread, seats_and_unread
from tenantry.people.models import Membership
from tenantry.people.seats import here, seat_columns, seats, seats_of


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


def test_a_row_is_the_same_whoever_asked_first_and_when(organizations):
    """The figures of the seats: of each organization, now, within the hour and after every invitation has run out."""
    told = set()
    for org in organizations:
        org.invite()
        for ahead in (timedelta(), timedelta(minutes=7), timedelta(days=400)):
            now = clock.now() + ahead
            with scope.tenant(org.id), reading():
                anew = seats_of(here().values_list(*seat_columns(now)).get())
                assert seats(now) == anew
                assert seats_and_unread(org.owner.actor, now) == (anew, count_unread(org.owner.actor))
            told.add(anew)
    # Both organizations, and both before and after the end of the invitations.
    assert len(told) == 4
    assert any(one.limit is None for one in told)
    assert any(one.expired for one in told)


def test_a_row_knows_whom_it_is_asked_about(organizations):
    nobody = UUID(int=77)
    named = PreparedRow(lambda: Membership.objects.filter(id=nobody).values_list("id", "email"), {nobody: "member"})
    first, second = (org.owner.membership_id for org in organizations)
    for org, own, foreign in zip(organizations, (first, second), (second, first), strict=True):
        with scope.tenant(org.id), reading():
            assert named.find(member=own) == Membership.objects.values_list("id", "email").get(id=own)
            assert named.find(member=foreign) is None
            with pytest.raises(KeyError):
                named.find()
    with pytest.raises(scope.NoTenant):
        named.find(member=first)

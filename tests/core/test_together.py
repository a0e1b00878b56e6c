"""Several reads by one query."""

from datetime import UTC, datetime

from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import make_organization
from tenantry.access.models import Assignment, Role
from tenantry.core.tenancy import scope
from tenantry.core.together import read_together, wanted
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership


def test_what_is_read_together_is_what_each_would_have_read():
    org = make_organization()
    ends_at = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
    with scope.tenant(org.id), writing():
        then = Role.objects.get(key="member")
        Assignment.objects.filter(membership_id=org.owner.membership_id).update(ends_at=ends_at, then_role=then)
    columns = {
        "roles": ("id", "position", "is_keyholder", "permissions", "assignable_roles"),
        "held": ("role_id", "membership_id", "unit_id", "ends_at", "role__name", "role__copied_from"),
        "nobody": ("id",),
    }
    with scope.tenant(org.id), reading():
        rows = {
            "roles": Role.objects.order_by("position"),
            "held": Assignment.objects.all(),
            "nobody": Membership.objects.none(),
        }
        with CaptureQueriesContext(connection) as asked:
            found = read_together({name: wanted(rows[name], *columns[name]) for name in rows})
        alone = {name: list(rows[name].values(*columns[name])) for name in rows}
    assert len([one for one in asked if "FROM" in one["sql"]]) == 1
    assert found["held"] == alone["held"]
    assert found["held"][0]["ends_at"] == ends_at
    assert found["nobody"] == []
    assert sorted(found["roles"], key=lambda one: one["id"]) == sorted(alone["roles"], key=lambda one: one["id"])


def test_nothing_is_asked_for_nothing():
    org = make_organization()
    with scope.tenant(org.id), reading(), CaptureQueriesContext(connection) as asked:
        assert read_together({}) == {}
    assert len(asked) == 0

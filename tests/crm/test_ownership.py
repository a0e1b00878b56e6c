"""Whoever changes a record's owner makes it somebody's anew, by whatever statement."""

import pytest

from factories.organizations import make_organization
from factories.records import make_each
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.crm.models import Lead, Record


@pytest.mark.parametrize("key", [key for key, one in owned_types().items() if issubclass(one.model, Record)])
def test_of_every_type_it_is_written_by_the_database(key):
    org = make_organization()
    first, second = org.person(), org.person()
    make_each(org, first)
    rows = owned_types()[key].model.objects
    with scope.tenant(org.id), writing():
        assert [one.ownership for one in rows.all()] == [None]
        rows.update(owner_id=second.membership_id)
        [given] = rows.values_list("ownership", flat=True)
        assert given is not None
        rows.update(owner_id=second.membership_id, version=7)
        assert [one.ownership for one in rows.all()] == [given], "nothing changed hands"
        rows.update(owner_id=None)
        rows.update(owner_id=second.membership_id)
        [again] = rows.values_list("ownership", flat=True)
        assert again not in (None, given)


def test_whoever_writes_a_whole_row_brings_no_old_one_back():
    org = make_organization()
    first, second = org.person(), org.person()
    make_each(org, first)
    with scope.tenant(org.id), writing():
        stale = Lead.objects.get()
        Lead.objects.update(owner_id=second.membership_id)
        given = Lead.objects.get().ownership
        stale.owner_id = second.membership_id
        stale.save()
        assert Lead.objects.get().ownership == given

"""Types of records that leave columns out, and what a probe is: one row table, one fence."""

import pytest

from factories.organizations import make_organization
from support import catalogue
from support.probes import PROBE, TYPES, Probe, probes  # noqa: F401
from tenantry.core import clock
from tenantry.core.decisions import visible
from tenantry.core.permissions import catalogue as permissions
from tenantry.core.records import record_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

pytestmark = pytest.mark.usefixtures("probes")


def test_probes_stand_behind_the_fence_like_any_other_table():
    org, other = make_organization(), make_organization()
    for place in (org, other):
        with scope.tenant(place.id), writing():
            Probe.objects.create(name="One", created_at=clock.now(), owner_id=place.owner.membership_id)
    with scope.tenant(org.id), reading():
        rows = list(visible(org.owner.actor, "probes.view", PROBE))
        assert [row.organization_id for row in rows] == [org.id]
        assert Probe._base_manager.count() == 1
    assert catalogue.rows("SELECT relforcerowsecurity FROM pg_class WHERE relname = 'probing_probe'") == [(True,)]
    assert {t.key for t in TYPES} <= set(record_types())
    assert "probes.view" in permissions()

"""Gauges: records and Drive are counted by what writes them, and nobody goes beyond the limit, at whatever door."""

import pytest
from django.apps import apps

from api.callers import by_key
from factories.organizations import make_organization
from factories.records import make_record
from support import catalogue
from support.meters import allow, standing
from support.races import failures, together
from tenantry.core import clock
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.leads import create_lead
from tenantry.crm.actions.records import archive_records, give_records, restore_records
from tenantry.crm.models import Lead
from tenantry.metering import keeping
from tenantry.metering.errors import MeterExhausted
from tenantry.metering.models import Tally
from tenantry.metering.tasks import note_gauges, sum_up_tallies


@pytest.fixture
def org(database):
    return make_organization()


def records(org):
    return standing(org, "records").used


def noted(org):
    with scope.tenant(org.id):
        note_gauges(organization_id=org.id)


def lead(org, **more):
    return org.perform(create_lead, given_name="Ada", family_name="Lovelace", **more).id


def test_every_metered_type_is_counted_by_its_table(database):
    """A new type that says `metered` needs the triggers of crm/0004."""
    metered = {one.model._meta.db_table for one in owned_types().values() if one.metered}
    rows = catalogue.rows(
        "SELECT relname, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid"
        " WHERE tgname LIKE '%%_counted_%%' GROUP BY 1"
    )
    assert dict.fromkeys(metered, 3) == dict(rows)
    assert metered <= {model._meta.db_table for model in apps.get_models()}


def test_what_is_made_archived_restored_and_deleted_moves_the_meter(org):
    ids = [make_record(org, kind, org.owner) for kind in ("lead", "contact", "company", "deal")]
    assert records(org) == 4
    make_record(org, "task", org.owner)
    make_record(org, "note", org.owner)
    assert records(org) == 4
    org.perform(archive_records, type_key="lead", record_ids=(ids[0],))
    assert records(org) == 3
    org.perform(restore_records, type_key="lead", record_ids=(ids[0],))
    org.perform(give_records, type_key="lead", record_ids=(ids[0],), owner_id=org.person().membership_id)
    assert records(org) == 4
    with scope.tenant(org.id), writing():
        Lead.objects.all().delete()
    assert records(org) == 3


def test_at_the_limit_nothing_new_comes_and_nothing_else_stops(org):
    allow(org, records=2)
    first, _second = lead(org), lead(org)
    with pytest.raises(MeterExhausted) as refused:
        lead(org)
    assert str(refused.value) == (
        "The limit of “CRM records” is reached: 2 of 2 are in use, and this needs 1. Archive or delete what is no"
        " longer needed, and there is room again. Whoever looks after billing can choose a larger plan."
    )
    org.perform(give_records, type_key="lead", record_ids=(first,), owner_id=org.person().membership_id)
    org.perform(archive_records, type_key="lead", record_ids=(first,))
    lead(org)
    with pytest.raises(MeterExhausted):
        org.perform(restore_records, type_key="lead", record_ids=(first,))
    assert records(org) == 2
    # A plan that gets smaller throws nothing away.
    allow(org, records=1)
    org.perform(archive_records, type_key="lead", record_ids=(_second,))
    assert records(org) == 1


def test_the_interface_and_pages_say_why(org):
    allow(org, records=0)
    refused = by_key(org).post("/leads", {"family_name": "Lovelace", "owner_id": None})
    assert (refused.status, refused.code, refused.body["meter"]) == (409, "meter_exhausted", "records")


def test_the_last_room_is_taken_once(org):
    allow(org, records=3)
    results = together(*(lambda: lead(org) for _ in range(6)))
    assert len(failures(results, MeterExhausted)) == 3
    assert records(org) == 3


def test_tallies_are_summed_up_while_others_write(org):
    for _ in range(keeping.MOST_ROWS + 5):
        make_record(org, "lead", org.owner)
    results = together(sum_up_tallies, *(lambda: make_record(org, "lead", org.owner) for _ in range(3)), sum_up_tallies)
    assert failures(results) == []
    assert records(org) == keeping.MOST_ROWS + 8
    with scope.tenant(org.id), reading():
        assert Tally.objects.count() < 10


def test_the_history_of_gauges_is_kept_by_day(org):
    make_record(org, "lead", org.owner)
    make_record(org, "file", org.owner, size=7_000)
    noted(org)
    make_record(org, "lead", org.owner)
    noted(org)
    key = by_key(org)
    for name, amount in (("records", 2), ("drive", 7_000), ("seats", 1)):
        days = key.get(f"/usage/{name}/days?days=3").body["items"]
        assert [one["amount"] for one in days] == [0, 0, amount]
    drive = standing(org, "drive")
    assert (drive.used, drive.fullest, drive.limit) == (7_000, 7_000, 5_000_000_000)
    assert clock.now().date().isoformat() == days[-1]["day"]

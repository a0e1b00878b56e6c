"""Whoever looks after billing is told at 80 % and at 100 %, once in a window."""

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from api.callers import by_key
from api.test_usage import report, used
from factories.organizations import make_organization
from support.meters import allow
from tenantry.acting.actions import perform
from tenantry.audit.models import Entry, OutboxEvent
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.metering.actions import note_reached
from tenantry.metering.tasks import find_limited, watch
from tenantry.usecases.telling import sentences


@pytest.fixture
def org(database):
    return make_organization()


def waiting(org):
    rows = ProcrastinateJob.objects.filter(task_name="metering.watch", status="todo")
    return rows.filter(args__organization_id=str(org.id)).count()


def look(org):
    with scope.tenant(org.id):
        watch(organization_id=org.id)


def told(org):
    with scope.tenant(org.id), reading():
        rows = OutboxEvent.objects.filter(name="MeterReached").order_by("number")
        return [(row.payload["meter"], row.payload["percent"]) for row in rows]


def test_a_meter_tells_at_80_and_at_100_percent_once_each(org):
    allow(org, ai_tokens=100)
    key = by_key(org)
    report(key, used(79))
    assert waiting(org) == 0
    report(key, used(1))
    assert waiting(org) == 1
    for _ in range(2):
        look(org)
    assert told(org) == [("ai_tokens", 80)]
    report(key, used(5))
    assert waiting(org) == 1
    report(key, used(15))
    for _ in range(2):
        look(org)
    assert told(org) == [("ai_tokens", 80), ("ai_tokens", 100)]
    with scope.tenant(org.id), reading():
        rows = Entry.objects.filter(action="billing.meter_reached").order_by("number")
        said = [line.sentence for line in sentences(rows)]
        payload = OutboxEvent.objects.filter(name="MeterReached").latest("number").payload
    assert said[0] == "“AI tokens” reached 80 % of its limit: 80 of 100."
    assert (payload["used"], payload["limit"]) == (100, 100)
    assert payload["resets_at"].endswith("-01T00:00:00+00:00")


def test_gauges_are_looked_at_every_hour(org):
    allow(org, seats=1)
    find_limited()
    assert waiting(org) == 1
    look(org)
    assert told(org) == [("seats", 100)]


def test_without_a_limit_nobody_is_told(org):
    report(by_key(org), used(10**9))
    look(org)
    assert told(org) == []


def test_only_the_house_notes_it(org):
    with scope.tenant(org.id), pytest.raises(PermissionMissing):
        perform(note_reached, actor=org.owner.actor, meter="ai_tokens")
    with scope.tenant(org.id):
        perform(note_reached, actor=Actor.system("metering", org.id), meter="ai_tokens")
    assert told(org) == []

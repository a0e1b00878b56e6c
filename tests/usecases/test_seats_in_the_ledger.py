"""What comes in by a file, and what happens by itself on a day, is in the seat ledger as anything else is."""

from datetime import timedelta

from factories.organizations import make_organization, unique
from support.bulk import file_of, run_reading, send, upload
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import PlannedChange, SeatLine
from tenantry.people.seat_ledger import in_effect, sum_of_lines
from tenantry.people.seats import seats
from tenantry.usecases.planned_work import carry_out_planned
from tenantry.usecases.planning import schedule_leaving


def lines(org, now) -> list[SeatLine]:
    with scope.tenant(org.id), reading():
        assert sum_of_lines(now) == seats(now).in_use
        return list(in_effect(now).order_by("at", "id"))


def test_people_of_a_file_have_a_line_each_and_those_without_a_seat_none():
    org = make_organization(seats=4)
    rows = [(f"{unique('row')}@example.test", f"Pat {n}", "Member", "") for n in range(6)]
    batch_id = upload(org, file_of(*rows))
    run_reading(org, batch_id)
    send(org, batch_id)
    found = lines(org, clock.now())[1:]
    assert [(line.kind, line.change, line.actor_kind) for line in found] == [("invited", 1, "member")] * 3
    assert {line.actor_id for line in found} == {org.owner.membership_id}
    assert len({line.membership_id for line in found}) == 3


def test_a_planned_end_of_access_is_a_line_by_the_house():
    org = make_organization()
    person, now = org.person(), clock.now()
    org.perform(schedule_leaving, membership_id=person.membership_id, last_day=(now + timedelta(days=2)).date())
    later = now + timedelta(days=5)
    with scope.tenant(org.id):
        with reading():
            planned_id = PlannedChange.objects.get().id
        house = Actor.system("planned", org.id)
        perform(carry_out_planned, actor=house, membership_id=person.membership_id, planned_id=planned_id, now=later)
    last = lines(org, later + timedelta(minutes=1))[-1]
    assert (last.kind, last.change, last.actor_kind, last.action) == (
        "deactivated",
        -1,
        "system",
        "usecases.planned_work.carry_out_planned",
    )
    assert later <= last.at < later + timedelta(minutes=1)

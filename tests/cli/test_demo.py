"""The demonstration: complete, believable, whole, and never beside real organizations unasked."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.db import connection

from tenantry.access.models import Assignment
from tenantry.audit.chain import verify
from tenantry.billing.models import Invoice
from tenantry.billing.selectors import subscription
from tenantry.blueprints.schema import load, shipped
from tenantry.cli import demo
from tenantry.cli.demo_cast import ordinary_of
from tenantry.cli.failures import Failure
from tenantry.core import clock, files
from tenantry.core.actor import Actor
from tenantry.core.models import MailDelivery
from tenantry.core.records import record_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import DealApproval, File, Mentorship
from tenantry.metering.meters import DRIVE, RECORDS, SEATS, TOKENS
from tenantry.metering.models import UsageDay
from tenantry.metering.selectors import meter_states
from tenantry.notifications.models import Notification
from tenantry.organizations.models import Organization
from tenantry.people.models import Membership, SeatLine, TeamMember, User
from tenantry.people.seat_ledger import sum_of_lines
from tenantry.people.seats import seats
from tenantry.people.selectors import counts_by_status
from tenantry.usecases.demonstrating_records import KINDS

WAYS_IN = ("people.invitation", "people.temporary_password", "people.welcome")


@pytest.fixture(scope="module")
def loaded():
    with scope.platform("demo"), reading():
        before = set(Organization.objects.values_list("id", flat=True))
    statements = 0

    def counting(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counting):
        accounts = demo.load(force_new=True)
    with scope.platform("demo"), reading():
        made = [o for o in Organization.objects.order_by("created_at") if o.id not in before]
    order = [blueprint.key for blueprint in shipped()]
    made.sort(key=lambda organization: order.index(organization.blueprint))
    return accounts, made, statements


def test_demo_has_one_organization_for_each_blueprint_the_first_of_200(loaded):
    _accounts, made, statements = loaded
    assert [o.blueprint for o in made] == [b.key for b in shipped()]
    # Whoever tries Tenantry waits for it: most of its rows come by the hundred.
    assert statements < 6_000
    for organization in made:
        with scope.tenant(organization.id), reading():
            size = 200 if organization == made[0] else 40
            assert Membership.objects.count() == size
            counts = counts_by_status(Actor.system("test", organization.id), clock.now())
            assert all(counts[status] > (2 if size == 200 else 0) for status in counts), counts
            state = seats(clock.now())
            # Who is charged by the person has no limit.
            assert (state.limit is None) == (state.growth == "per_person")
            assert state.limit is None or 0 < state.limit - state.in_use < 40


def test_demo_prints_a_sign_in_for_each_role_that_works(loaded):
    accounts, made, _statements = loaded
    for organization, blueprint in zip(made, shipped(), strict=True):
        mine = [a for a in accounts if a.organization == organization.name]
        assert [a.role for a in mine] == [role.name for role in blueprint.roles if role.kind == "base"]
        with scope.platform("sign_in"), reading():
            for account in mine:
                assert check_password(account.password, User.objects.get(email=account.email).password)


def test_demo_teams_have_leads_and_the_chain_is_whole(loaded):
    _accounts, made, _statements = loaded
    for organization in made:
        with scope.tenant(organization.id), reading():
            assert verify().sound
            leads = TeamMember.objects.filter(is_lead=True).values_list("team_id", flat=True)
            assert len(set(leads)) == 8
            assert Notification.objects.filter(read_at=None, kind="member_joined").count() == 3
        with scope.platform("mail"), reading():
            mails = MailDelivery.objects.filter(organization_id=organization.id, kind__in=WAYS_IN)
            assert mails.count() == 3, "each blueprint by its own way in"


def test_demo_beside_organizations_has_to_be_asked_for(loaded):
    with pytest.raises(Failure, match="force-new"):
        demo.load()


def _rows(organization, key):
    return record_types()[key].model.objects.filter(organization_id=organization.id)


def test_every_demo_organization_sells_and_its_board_is_alive(loaded):
    _accounts, made, _statements = loaded
    for organization in made:
        stages = load(organization.blueprint).workflow.stages
        with scope.tenant(organization.id), reading():
            counts = {key: _rows(organization, key).count() for key in KINDS}
            assert all(count >= 20 for count in counts.values()), counts
            deals = _rows(organization, "deal")
            assert {"open", "won", "lost"} == set(deals.values_list("state", flat=True))
            board = deals.filter(state="open").values_list("stage__position", flat=True)
            assert set(board) == set(range(len(stages)))
            assert not deals.filter(value=0).exists()
            for key in ("lead", "deal"):
                assert _rows(organization, key).filter(owner=None).exists(), key
            leads = _rows(organization, "lead")
            assert leads.exclude(search_text="").count() == counts["lead"]
            converted = leads.filter(state="converted").select_related("became_deal")
            assert 0.05 < converted.count() / counts["lead"] < 0.6
            for lead in converted:
                deal = lead.became_deal
                assert (lead.owner_id, lead.became_contact_id) == (deal.owner_id, deal.contact_id)
                assert lead.became_company_id == deal.company_id
                assert lead.created_at <= lead.qualified_at <= lead.converted_at == deal.created_at


def test_every_sign_in_of_the_demo_that_sells_finds_work_due_about_today(loaded):
    accounts, made, _statements = loaded
    for organization, blueprint in zip(made, shipped(), strict=True):
        ordinary = ordinary_of([role.key for role in blueprint.roles if role.kind == "base"])
        name = next(role.name for role in blueprint.roles if role.key == ordinary)
        email = next(a.email for a in accounts if (a.organization, a.role) == (organization.name, name))
        with scope.tenant(organization.id), reading():
            member = Membership.objects.get(email=email)
            tasks = _rows(organization, "task").filter(owner=member)
            today = clock.now().date()
            assert tasks.filter(done_at=None, due_on__lt=today).exists()
            assert tasks.filter(done_at=None, due_on=today).exists()
            assert tasks.filter(done_at=None, due_on__gt=today).exists()
            assert tasks.exclude(done_at=None).exists()


def test_whoever_left_or_leaves_soon_still_owns_records(loaded):
    _accounts, made, _statements = loaded
    first = made[0]
    with scope.tenant(first.id), reading():
        gone = Membership.objects.filter(status="deactivated").values("id")
        assert sum(_rows(first, key).filter(owner__in=gone).count() for key in KINDS) > 10


def test_the_brokerage_has_a_mentor_who_is_asked_for_a_word(loaded):
    _accounts, made, _statements = loaded
    order = [blueprint.key for blueprint in shipped()]
    with scope.tenant(made[order.index("brokerage")].id), reading():
        (asked, *_more) = DealApproval.objects.filter(state="waiting").select_related("stage", "mentor")
        assert asked.stage.is_lodgement
        assert Assignment.objects.filter(membership=asked.mentor, role__key="mentor").exists()
        assert Mentorship.objects.filter(mentee=asked.asked_by, mentor=asked.mentor).exists()


def test_the_demo_looks_like_months_of_work(loaded):
    """The ledger of seats, meters, invoices and Drives reach back, and all of them agree with what there is now."""
    now = clock.now()
    for organization in loaded[1]:
        with scope.tenant(organization.id), reading():
            lines = SeatLine.objects.filter(at__lte=now)
            assert sum_of_lines(now) == seats(now).in_use
            months = {(line.at.year, line.at.month) for line in lines}
            assert len(months) >= 12, organization.blueprint
            assert lines.filter(at__gt=now - timedelta(days=1)).count() < lines.count() / 4
            assert lines.filter(kind="removed").exists()
            assert Invoice.objects.count() >= 14
            assert not Invoice.objects.exclude(state="paid").exists()
            days = {key: UsageDay.objects.filter(meter=key).count() for key in (SEATS, RECORDS, DRIVE, TOKENS)}
            assert min(days.values()) > 30, days
            states = {state.meter.key: state for state in meter_states(now)}
            assert states[DRIVE].used == sum(File.objects.values_list("size", flat=True)) > 5_000
            assert not [key for key, state in states.items() if state.standing == "full"]
            last = UsageDay.objects.filter(meter=RECORDS, day__lte=now.date()).latest("day")
            assert abs(last.amount - states[RECORDS].used) <= 5
            row = File.objects.filter(name="Offer.pdf").first()
            assert (row.pages, row.content_type) == (1, "application/pdf")
            assert b"".join(files.pieces(organization.id, row.store_key)).startswith(b"%PDF-1.4")
            told = Notification.objects.filter(kind="invoice_issued")
            assert told.filter(read_at=None).exists()
            assert told.exclude(read_at=None).exists()
    with scope.tenant(loaded[1][0].id), reading():
        bought = SeatLine.objects.filter(kind="bought")
        assert bought.count() == 3
        for line in bought:
            assert line.amount == Invoice.objects.get(id=line.invoice_id).subtotal
        assert subscription().seats == 200

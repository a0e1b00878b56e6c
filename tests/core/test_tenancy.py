"""Nothing crosses from one organization to another: asked of every tenant table (design: tenancy)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Count

from factories.organizations import PASSWORD, Organization, Person, make_organization
from factories.records import make_each
from support import catalogue
from support.holding import make_profile
from support.races import together
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.acting.actions import Idempotency
from tenantry.acting.models import Operation, OperationLine
from tenantry.audit.outbox import dispatch
from tenantry.billing.models import (
    AddonSwitch,
    BillingDetails,
    CreditEntry,
    EntitlementOverride,
    GatewayTrouble,
    Invoice,
    InvoiceLine,
    Order,
    PaymentMethod,
    Subscription,
)
from tenantry.core import clock
from tenantry.core.ids import NIL, new_id
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fields import TenantForeignKey
from tenantry.core.tenancy.models import tenant_models
from tenantry.core.tenancy.scope import NoTenant, ScopeInTransaction
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import DealApproval, DealMember, DiscardedBytes, Mentorship, Stage
from tenantry.metering.models import Hold, MeterAlert, Pack, Quota, Tally, UsageDay, UsageEvent
from tenantry.notifications.models import ContactNotice, Reader
from tenantry.organizations.actions.profile import change_contact
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import (
    BatchRow,
    Department,
    InvitationBatch,
    Membership,
    PlannedChange,
    SavedView,
    SearchPair,
    SearchPerson,
    SearchPrefix,
    SearchState,
    SearchToken,
    SearchValue,
    SearchWaiting,
    Snapshot,
    TemporaryPassword,
)
from tenantry.security.actions import create_key
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow, create_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

TENANTS = tenant_models(apps.get_models())
every_table = pytest.mark.parametrize("model", TENANTS, ids=lambda m: m._meta.db_table)


def furnished() -> Organization:
    """An organization with a row in every table: whoever adds a table has to add its row here."""
    org = make_organization()
    person = org.person()
    team = org.perform(create_team, name="North")
    org.perform(add_to_team, team_id=team.id, membership_ids=(person.membership_id,))
    org.perform(create_key, name="deploy", role_id=org.role("read_only"))
    org.perform(change_contact, kind="billing", name="Ann", email="ann@example.test", phone="")
    org.perform(create_team, idempotency=Idempotency("POST /x", "1", b""), name="South")
    org.perform(set_profile, membership_id=person.membership_id, profile_id=make_profile(org))
    org.perform(set_restrictions, membership_id=person.membership_id, values={"data.no_export": "yes"})
    org.perform(
        transfer_ownership,
        recipient_id=person.membership_id,
        then_role_id=org.role("member"),
        password=PASSWORD,
    )
    unit = org.perform(create_unit, name="North").id
    org.perform(move_to_unit, membership_ids=(person.membership_id,), unit_id=unit)
    space = org.perform(create_workspace, name="Fairs").id
    level = org.role("workspace_member")
    org.perform(add_to_workspace, workspace_id=space, membership_ids=(person.membership_id,), role_id=level)
    flow = org.perform(create_workflow, name="Loans").id
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(person.membership_id,))
    made = make_each(org, person)
    with scope.tenant(org.id), writing():
        _records(org, person, made)
        _long_work(person.membership_id)
        _ways_in(person.membership_id)
        _searched(person.membership_id)
        _bought(person.membership_id)
        Reader.objects.create(membership_id=person.membership_id)
        ContactNotice.objects.create(contact="legal", kind="policy_changed", number=1, created_at=clock.now())
        _metered(person.membership_id)
    dispatch(org.id)
    return org


def _records(org: Organization, person: Person, made: Mapping[str, UUID]) -> None:
    now, deal = clock.now(), made["deal"]
    DealMember.objects.create(deal_id=deal, membership_id=person.membership_id, added_at=now)
    Mentorship.objects.create(mentor_id=org.owner.membership_id, mentee_id=person.membership_id, since=now)
    DealApproval.objects.create(
        deal_id=deal,
        stage=Stage.objects.first(),
        asked_by_id=person.membership_id,
        mentor_id=org.owner.membership_id,
        asked_at=now,
    )
    DiscardedBytes.objects.create(store_key="k")


def _long_work(membership_id: UUID) -> None:
    now = clock.now()
    batch = InvitationBatch.objects.create(created_by_id=membership_id, created_at=now)
    BatchRow.objects.create(batch=batch, position=2, email="ann@example.test")
    operation = Operation.objects.create(kind="test", actor_kind="system", created_at=now, moved_at=now)
    OperationLine.objects.create(operation=operation, position=1, target_id=membership_id)


def _ways_in(membership_id: UUID) -> None:
    now = clock.now()
    Department.objects.create(name="Sales", sort_name="sales", created_at=now)
    SavedView.objects.create(owner_id=membership_id, name="Mine", sort_name="mine", created_at=now)
    TemporaryPassword.objects.create(membership_id=membership_id, created_at=now, expires_at=now)
    PlannedChange.objects.create(
        membership_id=membership_id,
        kind="deactivation",
        day=now.date(),
        zone="UTC",
        due_at=now + timedelta(days=9),
        planned_at=now,
    )


def _bought(membership_id: UUID) -> None:
    now = clock.now()
    Subscription.objects.create(state="active", state_since=now, terms={})
    PaymentMethod.objects.create(brand="visa", last4="4242", added_at=now)
    AddonSwitch.objects.create(membership_id=membership_id, key="mortgage_broker", since=now)
    BillingDetails.objects.create(name="Halden Supply Ltd")
    Order.objects.create(kind="plan", quote={}, asked_by_id=membership_id, made_at=now, expires_at=now)
    sums = {"currency": "EUR", "subtotal": 100, "total": 100, "due": 100}
    invoice = Invoice.objects.create(number=1, year=now.year, state="open", issued_at=now, **sums)
    InvoiceLine.objects.create(invoice=invoice, position=1, code="plan", amount=100)
    CreditEntry.objects.create(amount=5, balance=5, currency="EUR", code="unused", at=now, number=1)
    GatewayTrouble.objects.create(code="items_differ", found_at=now)
    EntitlementOverride.objects.create(key="seats", limit=9, reason="A pilot", made_at=now, made_by_id=membership_id)


def _metered(membership_id: UUID) -> None:
    now = clock.now()
    this = {"meter": "ai_tokens", "starts_on": now.date()}
    UsageEvent.objects.create(event_id="e1", meter="ai_tokens", amount=1, at=now, membership_id=membership_id)
    UsageDay.objects.create(meter="ai_tokens", day=now.date(), amount=1)
    Quota.objects.create(**this, used=1)
    Hold.objects.create(**this, amount=1, created_at=now, expires_at=now)
    Pack.objects.create(meter="ai_tokens", amount=1, left=1, bought_at=now)
    MeterAlert.objects.create(**this, percent=80, told_at=now)
    Tally.objects.create(meter="ai_tokens", number=1)


def _searched(membership_id: UUID) -> None:
    now = clock.now()
    SearchState.objects.create(begun_at=now)
    SearchWaiting.objects.create(member_id=membership_id)
    SearchValue.objects.create(id=membership_id, code=1)
    SearchPerson.objects.create(id=membership_id, sort_name="ann", says=" ann ", seen=0)
    for model in (SearchToken, SearchPrefix, SearchPair):
        model.objects.create(id=membership_id, term="ann", sort_name="ann", says=" ann ", seen=0)
    Snapshot.objects.create(taken_at=now)


@pytest.fixture(scope="module")
def here() -> Organization:
    return furnished()


@pytest.fixture(scope="module")
def there() -> Organization:
    return furnished()


def raw(statement: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.fetchall() if cursor.description else []


@every_table
def test_both_organizations_have_a_row(here, there, model):
    """Or the tests below would look for something that is not there."""
    for org in (here, there):
        found = catalogue.rows(f"SELECT count(*) FROM {model._meta.db_table} WHERE organization_id = %s", org.id)
        assert found[0][0] > 0, f"furnish {model.__name__} in this file"


@every_table
def test_without_a_scope_the_manager_refuses(model):
    with pytest.raises(NoTenant):
        model.objects.first()
    with pytest.raises(NoTenant):
        model.objects.filter(pk=new_id()).exists()


@every_table
def test_without_a_scope_the_database_refuses(model):
    table = model._meta.db_table
    for statement in (
        f"SELECT 1 FROM {table}",
        f"DELETE FROM {table}",
        f"UPDATE {table} SET organization_id = organization_id",
        f"INSERT INTO {table} DEFAULT VALUES",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            raw(statement)
    with pytest.raises(ProgrammingError, match="permission denied"):
        model._base_manager.first()


@every_table
def test_under_a_scope_no_row_of_another_organization_is_seen(here, there, model):
    table = model._meta.db_table
    with scope.tenant(here.id), reading():
        assert raw(f"SELECT DISTINCT organization_id FROM {table}") == [(here.id,)]
        assert raw(f"SELECT count(*) FROM {table} WHERE organization_id = %s", there.id) == [(0,)]
        assert set(model._base_manager.values_list("organization_id", flat=True)) == {here.id}
        assert not model.objects.filter(organization_id=there.id).exists()
        assert model.objects.count() == model._base_manager.count()


@every_table
def test_a_row_of_another_organization_is_neither_changed_nor_removed(here, there, model):
    table = model._meta.db_table
    before = catalogue.rows(f"SELECT t::text FROM {table} t WHERE organization_id = %s ORDER BY 1", there.id)
    may = {p.strip() for p in getattr(model, "tenant_privileges", "UPDATE, DELETE").split(",")}
    with scope.tenant(here.id), writing():
        if "UPDATE" in may:
            assert model._base_manager.filter(organization_id=there.id).update(organization_id=there.id) == 0
        if "DELETE" in may:
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table} WHERE organization_id = %s", [there.id])
                assert cursor.rowcount == 0
    assert catalogue.rows(f"SELECT t::text FROM {table} t WHERE organization_id = %s ORDER BY 1", there.id) == before


@every_table
def test_a_row_can_be_put_into_no_other_organization(here, there, model):
    """The policies have only a USING clause, which PostgreSQL applies to new rows too."""
    table = model._meta.db_table
    columns = [f.column for f in model._meta.local_fields if f.column not in ("organization_id", "id")]
    names = "".join(f', "{c}"' for c in columns)
    may = {p.strip() for p in getattr(model, "tenant_privileges", "INSERT, UPDATE").split(",")}
    if "INSERT" in may:
        with scope.tenant(here.id), pytest.raises(ProgrammingError, match="row-level security"), writing():
            raw(
                f"INSERT INTO {table} (organization_id, id{names})"
                f" SELECT %s, gen_random_uuid(){names} FROM {table} LIMIT 1",
                there.id,
            )
    if "UPDATE" in may:
        with scope.tenant(here.id), pytest.raises(ProgrammingError, match="row-level security"), writing():
            raw(f"UPDATE {table} SET organization_id = %s", there.id)


def links() -> list[Any]:
    return [
        pytest.param(model, field, id=f"{model.__name__}.{field.name}")
        for model in TENANTS
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey)
    ]


@pytest.mark.parametrize(("model", "field"), links())
def test_a_link_to_another_organizations_row_is_refused(here, there, model, field):
    """Also for whoever row-level security lets through: both columns are in the key."""
    table = model._meta.db_table
    [(foreign,)] = catalogue.rows(
        f"SELECT id FROM {field.remote_field.model._meta.db_table} WHERE organization_id = %s LIMIT 1", there.id
    )
    for armed in (scope.tenant(here.id), scope.platform("demo", here.id)):
        with armed, pytest.raises(IntegrityError), writing():
            raw(
                f'UPDATE {table} SET "{field.column}" = %s WHERE organization_id = %s AND id ='
                f" (SELECT id FROM {table} WHERE organization_id = %s LIMIT 1)",
                foreign,
                here.id,
                here.id,
            )
            raw("SET CONSTRAINTS ALL IMMEDIATE")


@every_table
def test_rows_can_be_counted_by_group(here, model):
    """`id` alone is not the key: grouping names every column."""
    with scope.tenant(here.id), reading():
        assert len(list(model.objects.annotate(n=Count("id")))) == model.objects.count()


@pytest.mark.parametrize("table", ["people_user", "core_maildelivery", "people_passwordreset"])
def test_of_shared_tables_a_tenant_sees_its_own(here, there, table):
    column = {"people_user": "email", "core_maildelivery": "recipient", "people_passwordreset": "email"}[table]
    with scope.tenant(here.id), reading():
        seen = {value for (value,) in raw(f"SELECT {column} FROM {table}")}
    assert there.owner.email not in seen
    if table == "people_user":
        assert here.owner.email in seen


@pytest.mark.parametrize(
    "table", ["security_operator", "people_signuprequest", "organizations_address", "security_failedattempts"]
)
def test_what_belongs_to_the_installation_is_out_of_a_tenants_reach(here, table):
    with scope.tenant(here.id), pytest.raises(ProgrammingError, match="permission denied"), reading():
        raw(f"SELECT 1 FROM {table}")


def test_a_scope_is_neither_opened_nor_changed_inside_a_transaction(here, there):
    for outer in (lambda: scope.tenant(here.id), lambda: scope.platform("demo", here.id)):
        with outer(), reading(), pytest.raises(ScopeInTransaction):
            scope.tenant(there.id).__enter__()
    with writing(), pytest.raises(ScopeInTransaction):
        scope.tenant(there.id).__enter__()
    # Also in one that neither a page nor an action opened.
    with transaction.atomic(), pytest.raises(ScopeInTransaction):
        scope.platform("demo").__enter__()
    with scope.tenant(here.id), reading(), scope.tenant(here.id):
        assert Membership.objects.exists()


def test_the_role_ends_with_the_transaction(here):
    with scope.tenant(here.id):
        with reading():
            assert raw("SELECT current_user::text")[0][0].endswith("tenant")
        assert raw("SELECT current_user::text")[0][0].endswith("app")
    with reading():
        assert raw("SELECT current_user::text")[0][0].endswith("app")
        assert raw("SELECT current_setting('tenantry.organization_id', true)")[0][0] in (None, "")


def test_a_read_without_a_transaction_sees_nothing(here):
    with scope.tenant(here.id), pytest.raises(ProgrammingError, match="permission denied"):
        Membership.objects.first()


def test_a_scope_does_not_leak_into_another_thread(here):
    with scope.tenant(here.id):
        [found] = together(scope.current)
    assert found is None


@pytest.mark.parametrize("wrong", [None, "", "01a20089-99af-74bb-abe8-9c340e5fd270", NIL, 7])
def test_only_an_organizations_id_opens_its_scope(wrong):
    with pytest.raises(NoTenant):
        scope.tenant(wrong).__enter__()


def test_a_crossing_needs_a_declared_reason():
    with pytest.raises(ValueError, match="not a declared crossing"):
        scope.platform("because").__enter__()


def test_a_crossing_with_an_organization_filters_by_it(here, there):
    with scope.platform("demo", here.id), reading():
        assert set(Membership.objects.values_list("organization_id", flat=True)) == {here.id}
    with scope.platform("demo"), reading():
        assert {here.id, there.id} <= set(Membership.objects.values_list("organization_id", flat=True))


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    assert scope.current() is None
    assert not connection.in_atomic_block

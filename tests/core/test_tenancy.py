"""Nothing crosses from one organization to another: asked of every tenant table (design: tenancy)."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import Count

from factories.organizations import PASSWORD, Organization, make_organization
from support import catalogue
from support.holding import make_profile
from support.races import together
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.acting.actions import Idempotency
from tenantry.audit.outbox import dispatch
from tenantry.core.ids import NIL, new_id
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.fields import TenantForeignKey
from tenantry.core.tenancy.models import tenant_models
from tenantry.core.tenancy.scope import NoTenant, ScopeInTransaction
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.profile import change_contact
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import Membership
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
    dispatch(org.id)
    return org


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

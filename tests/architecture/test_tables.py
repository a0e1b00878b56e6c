"""Every table stands behind its fence, as the models and the declared lists say (design: tenancy)."""

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, models

from support import catalogue
from tenantry.core.lifecycle import Lifecycle
from tenantry.core.tenancy.fences import actual_grants, roles, tenant_tables
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel, tenant_models
from tenantry.people.models import Membership

ALL = ("DELETE", "INSERT", "SELECT", "UPDATE")
LAYERS = (
    "core audit acting organizations people access security metering billing crm customization gamification"
    " notifications dataops usecases blueprints console api web"
).split()
# Index -> why it does not begin with the organization.
OTHER_INDEXES = {
    "people_of_user": "sign-in asks for one person's memberships over all organizations",
    "people_by_address": "sign-in asks for temporary passwords of an address over all organizations",
    "people_link_token": "a link names its organization only after it has been looked up",
    "security_key_secret": "a key names its organization only after it has been looked up",
    "acting_idempotency_age": "the job that prunes works over all organizations",
    "acting_open_operations": "the job that looks for long work without a worker looks over all organizations",
    "billing_by_customer": "a gateway's word names its organization only after it has been looked up",
    "people_planned_due": "the job that finds what is due looks over all organizations",
}
# Table -> the rest of its primary key: a person has several rows in each.
OTHER_KEYS = {
    "people_searchtoken": ["term", "sort_name", "id"],
    "people_searchprefix": ["term", "sort_name", "id"],
    "people_searchpair": ["term", "sort_name", "id"],
}


def our_models() -> list[type[models.Model]]:
    return [m for m in apps.get_models(include_auto_created=True) if m.__module__.startswith("tenantry.")]


def tenants() -> list[type[models.Model]]:
    return tenant_models(apps.get_models())


def test_every_table_of_the_database_is_a_tenants_or_declared():
    tables = {t for (t,) in catalogue.rows("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm')"
                                           " AND relnamespace = 'public'::regnamespace")}  # fmt: skip
    declared = set(tenant_tables()) | set(settings.GLOBAL_TABLE_GRANTS)
    assert tables - declared == set(), "neither a TenantModel nor in config.grants.GLOBAL_TABLE_GRANTS"
    assert declared - tables == set(), "declared, but not in the database"
    assert set(tenant_tables()) & set(settings.GLOBAL_TABLE_GRANTS) == set()


def test_models_with_an_organization_derive_from_the_base():
    for model in our_models():
        named = any(field.column == "organization_id" for field in model._meta.local_concrete_fields)
        if named and model._meta.db_table not in settings.GLOBAL_TABLE_GRANTS:
            assert issubclass(model, TenantModel), model


@pytest.mark.parametrize("table", sorted(tenant_tables()))
def test_a_tenant_table_has_its_fences(table):
    [(enabled, forced)] = catalogue.rows(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", table
    )
    assert enabled
    assert forced
    policies = catalogue.rows(
        "SELECT policyname::text, roles::text[], cmd, permissive, qual, with_check FROM pg_policies"
        " WHERE tablename = %s ORDER BY 1",
        table,
    )
    names = roles()
    found = {name: (to, command, permissive, check) for name, to, command, permissive, _qual, check in policies}
    assert found == {name: ([names[name]], "ALL", "PERMISSIVE", None) for name in ("owner", "platform", "tenant")}
    quals = {name: qual for name, _to, _command, _permissive, qual, _check in policies}
    assert quals["owner"] == quals["platform"] == "true"
    assert "tenantry.organization_id" in quals["tenant"]
    assert quals["tenant"].startswith("(organization_id = ")


@pytest.mark.parametrize("table", sorted(settings.GLOBAL_TABLE_POLICIES))
def test_a_shared_table_shows_a_tenant_only_its_own(table):
    [(enabled,)] = catalogue.rows("SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", table)
    assert enabled
    quals = dict(catalogue.rows("SELECT policyname::text, qual FROM pg_policies WHERE tablename = %s", table))
    assert "tenantry.organization_id" in quals["tenant"]


@pytest.mark.parametrize("table", sorted(tenant_tables()))
def test_the_primary_key_begins_with_the_organization(table):
    [(columns,)] = catalogue.rows(
        "SELECT array_agg(a.attname::text ORDER BY k.ord) FROM pg_constraint c"
        " CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, ord)"
        " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum"
        " WHERE c.conrelid = %s::regclass AND c.contype = 'p'",
        table,
    )
    assert columns == ["organization_id", *OTHER_KEYS.get(table, ["id"])]


def foreign_keys() -> dict[tuple[str, tuple[str, ...]], tuple[str, tuple[str, ...], bool]]:
    return {
        (table, tuple(columns)): (target, tuple(target_columns), valid)
        for table, columns, target, target_columns, valid in catalogue.rows(
            "SELECT c.conrelid::regclass::text,"
            " (SELECT array_agg(a.attname::text ORDER BY k.ord) FROM unnest(c.conkey) WITH ORDINALITY k(n, ord)"
            "  JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n),"
            " c.confrelid::regclass::text,"
            " (SELECT array_agg(a.attname::text ORDER BY k.ord) FROM unnest(c.confkey) WITH ORDINALITY k(n, ord)"
            "  JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.n),"
            " c.convalidated FROM pg_constraint c WHERE c.contype = 'f'"
        )
    }


def test_links_between_tenant_rows_hold_both_columns_and_are_valid():
    in_database = foreign_keys()
    for model in tenants():
        for field in model._meta.local_fields:
            if not field.is_relation:
                continue
            target = field.remote_field.model
            if target in tenants():
                assert isinstance(field, TenantForeignKey), f"{model.__name__}.{field.name} is a plain key"
                found = in_database.get((model._meta.db_table, ("organization_id", field.column)))
                assert found == (target._meta.db_table, ("organization_id", "id"), True), (model, field.name, found)
    assert all(valid for _target, _columns, valid in in_database.values())


def test_a_link_that_says_so_is_covered_by_an_index():
    for model in tenants():
        starts = {tuple(index.fields[:2]) for index in model._meta.indexes if index.condition is None}
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey) and field.covered:
                assert ("organization_id", field.name) in starts, f"{model.__name__}.{field.name}"


def test_global_tables_do_not_point_into_tenant_tables():
    for (table, _columns), (target, _target_columns, _valid) in foreign_keys().items():
        if target in tenant_tables():
            assert table in tenant_tables(), table


def test_indexes_of_tenant_tables_begin_with_the_organization():
    rows = catalogue.rows(
        "SELECT t.relname, i.relname, array_agg(a.attname::text ORDER BY k.ord) FROM pg_index x"
        " JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid"
        " CROSS JOIN LATERAL unnest(x.indkey::int[]) WITH ORDINALITY AS k(attnum, ord)"
        " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum"
        " WHERE t.relnamespace = 'public'::regnamespace GROUP BY 1, 2"
    )
    wrong = [index for table, index, columns in rows if table in tenant_tables() and columns[0] != "organization_id"]
    named = {i: next((n for n in OTHER_INDEXES if i == n or i.startswith(f"{n}_")), None) for i in wrong}
    assert [i for i, name in named.items() if name is None] == []
    assert set(named.values()) == set(OTHER_INDEXES), "an exception that nothing needs any more"


def test_grants_are_the_declared_ones():
    declared: dict[tuple[str, str], tuple[str, ...]] = {}
    for table, privileges in tenant_tables().items():
        declared[table, "tenant"] = tuple(sorted(p.strip() for p in privileges.split(",")))
        declared[table, "platform"] = ALL
    for table, by_role in settings.GLOBAL_TABLE_GRANTS.items():
        for role, privileges in by_role.items():
            declared[table, role] = tuple(sorted(p.strip() for p in privileges.split(",")))
    actual = {key: tuple(given.split(", ")) for key, given in actual_grants(connections["owner"]).items()}
    assert actual == declared


def test_nobody_else_has_a_right():
    names = [*roles().values(), "postgres"]
    foreign = catalogue.rows(
        "SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants"
        " WHERE table_schema = 'public' AND NOT grantee = ANY(%s)",
        names,
    )
    assert foreign == []
    columns = catalogue.rows(
        "SELECT attrelid::regclass::text, attname::text FROM pg_attribute WHERE attacl IS NOT NULL"
        " AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)"
    )
    assert columns == [], "rights on single columns are not compared with any list"


def test_the_application_owns_nothing_and_inherits_nothing():
    names = roles()
    attributes = {
        name: rest
        for name, *rest in catalogue.rows(
            "SELECT rolname::text, rolsuper, rolinherit, rolcanlogin, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = ANY(%s)",
            list(names.values()),
        )
    }
    assert attributes[names["app"]] == [False, False, True, False, False]
    assert attributes[names["tenant"]][2:4] == [False, False]
    assert attributes[names["platform"]][2:4] == [False, False]
    owners = catalogue.rows("SELECT DISTINCT tableowner::text FROM pg_tables WHERE schemaname = 'public'")
    assert owners == [(names["owner"],)]
    settings_of_memberships = catalogue.rows(
        "SELECT r.rolname::text FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid"
        " JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = %s ORDER BY 1",
        names["app"],
    )
    assert settings_of_memberships == [(names["platform"],), (names["tenant"],)]


# Functions that see more than their caller, reviewed: name -> (who calls it, what of other organizations it tells).
DEFINING = {
    "people_addresses_came": ((), "a trigger: moves the counters of addresses"),
    "people_addresses_went": ((), "a trigger: moves the counters of addresses"),
    "people_addresses_changed": ((), "a trigger: moves the counters of addresses"),
    "people_addresses_switched": ((), "a trigger: counts an organization in or out"),
    "people_addresses_apply": ((), "called by the triggers"),
    "people_addresses_taken": (("platform", "tenant"), "which of these addresses can't come in here, and no more"),
    "people_addresses_shared": (("platform",), "which addresses of this organization are elsewhere, for operators"),
    "people_account_made": (
        ("platform", "tenant"),
        "that an address has an account, to whoever adds it with a password",
    ),
    "people_account_ours": (("platform", "tenant"), "whether somebody of this organization belongs to others, too"),
}


def test_only_reviewed_functions_run_with_the_rights_of_their_owner():
    """With their search path pinned, and nobody else's to call."""
    found = catalogue.rows(
        "SELECT proname::text, proconfig, ARRAY(SELECT CASE acl.grantee WHEN 0 THEN 'public' ELSE r.rolname END::text"
        " FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) AS acl"
        " LEFT JOIN pg_roles r ON r.oid = acl.grantee"
        " WHERE acl.grantee <> proowner ORDER BY 1)"
        " FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    names = roles()
    assert {name: callers for name, _path, callers in found} == {
        name: sorted(names[role] for role in callers) for name, (callers, _why) in DEFINING.items()
    }
    assert {tuple(path) for _name, path, _callers in found} == {("search_path=pg_catalog, public, pg_temp",)}


def test_foreign_keys_point_downwards():
    for model in our_models():
        for field in model._meta.local_fields:
            if not field.is_relation or not field.remote_field.model.__module__.startswith("tenantry."):
                continue
            here, there = model._meta.app_label, field.remote_field.model._meta.app_label
            assert LAYERS.index(there) <= LAYERS.index(here), f"{model.__name__}.{field.name} points upwards"


@pytest.mark.parametrize("model", our_models(), ids=lambda m: m.__name__)
def test_a_model_declares_export_retention_and_erasure(model):
    declared = model.__dict__.get("lifecycle")
    assert isinstance(declared, Lifecycle), f"{model.__name__} has no lifecycle of its own"
    columns = {field.name for field in model._meta.local_fields}
    assert set(declared.personal) <= columns


def test_links_to_a_membership_say_what_happens_when_it_leaves():
    for model in tenants():
        for field in model._meta.local_fields:
            if isinstance(field, TenantForeignKey) and field.remote_field.model is Membership:
                assert isinstance(field.leaving, Leaving), f"{model.__name__}.{field.name}"


def test_money_and_times_are_stored_as_the_house_says():
    wrong = catalogue.rows(
        "SELECT table_name::text, column_name::text, data_type FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name = ANY(%s)"
        " AND data_type IN ('timestamp without time zone', 'numeric', 'real', 'double precision', 'money')",
        [m._meta.db_table for m in our_models()],
    )
    assert wrong == []


def test_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)

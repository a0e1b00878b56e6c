"""Row-level security, policies and grants, reconciled from the models after every migration.

Each function is safe to run again. What should hold is computed here; a test compares it with the catalogues.
"""

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper

from tenantry.core.tenancy.models import tenant_models

ALL = "SELECT, INSERT, UPDATE, DELETE"
ORGANIZATION = "(SELECT nullif(current_setting('tenantry.organization_id', true), '')::uuid)"


def tenant_tables() -> dict[str, str]:
    """Table -> privileges of the tenant role. A model may narrow them by `tenant_privileges`."""
    return {m._meta.db_table: getattr(m, "tenant_privileges", ALL) for m in tenant_models(apps.get_models())}


def roles() -> dict[str, str]:
    return {name: f"{settings.ROLE_PREFIX}{name}" for name in ("owner", "app", "tenant", "platform")}


def fence(table: str, privileges: str = ALL) -> list[str]:
    """The SQL that brings one tenant table behind its fence."""
    role = roles()
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'DROP POLICY IF EXISTS tenant ON "{table}"',
        f'DROP POLICY IF EXISTS platform ON "{table}"',
        f'DROP POLICY IF EXISTS owner ON "{table}"',
        f'CREATE POLICY tenant ON "{table}" TO {role["tenant"]} USING (organization_id = {ORGANIZATION})',
        f'CREATE POLICY platform ON "{table}" TO {role["platform"]} USING (true)',
        # Without it validating a foreign key sees no rows and passes over orphans.
        f'CREATE POLICY owner ON "{table}" TO {role["owner"]} USING (true)',
        f'REVOKE ALL ON "{table}" FROM {role["app"]}, {role["tenant"]}, {role["platform"]}',
        f'GRANT {privileges} ON "{table}" TO {role["tenant"]}',
        f'GRANT {ALL} ON "{table}" TO {role["platform"]}',
    ]


def statements() -> list[str]:
    """The SQL that brings every table behind its fence."""
    role = roles()
    sql = [line for table, privileges in tenant_tables().items() for line in fence(table, privileges)]
    for table, sees in settings.GLOBAL_TABLE_POLICIES.items():
        sql.append(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        sql += [f'DROP POLICY IF EXISTS {name} ON "{table}"' for name in role]
        sql.append(f'CREATE POLICY tenant ON "{table}" TO {role["tenant"]} USING ({sees})')
        sql += [f'CREATE POLICY {n} ON "{table}" TO {role[n]} USING (true)' for n in ("owner", "app", "platform")]
    grants: Mapping[str, Mapping[str, str]] = settings.GLOBAL_TABLE_GRANTS
    for table, by_role in grants.items():
        sql.append(f'REVOKE ALL ON "{table}" FROM {role["app"]}, {role["tenant"]}, {role["platform"]}')
        sql += [f'GRANT {privileges} ON "{table}" TO {role[name]}' for name, privileges in by_role.items()]
    return sql


def reconcile(connection: BaseDatabaseWrapper) -> None:
    """Applies the fences with the owner's connection, and lets the application use the sequences it needs."""
    role = roles()
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        for statement in statements():
            if statement.split('"')[1] in existing:
                cursor.execute(statement)
        for name in ("app", "tenant", "platform"):
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role[name]}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role[name]}")


def actual_grants(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """(table, role) -> privileges as the database has them, for the test that compares."""
    names = {v: k for k, v in roles().items() if k != "owner"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type)"
            " FROM information_schema.role_table_grants"
            " WHERE table_schema = 'public' AND grantee = ANY(%s) GROUP BY 1, 2",
            [list(names)],
        )
        rows: list[Any] = cursor.fetchall()
    return {(table, names[grantee]): privileges for table, grantee, privileges in rows}

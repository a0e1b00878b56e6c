"""``tenantry database``: the roles and the database, created here or printed for one's own server."""

import os

import psycopg
import typer
from django.conf import settings
from psycopg import sql

from tenantry.cli.embedded import SUPERUSER
from tenantry.cli.failures import Failure

app = typer.Typer(no_args_is_help=True)


@app.callback()
def group() -> None:
    """Prepare the database of this installation."""


@app.command()
def prepare(
    print_sql: bool = typer.Option(False, "--sql", help="Print the SQL for one's own server instead."),
) -> None:
    """Create the roles and the database; safe to run again.

    For one's own server TENANTRY_DATABASE_ADMIN_URL names a role that may create roles
    and databases; it is needed here only.
    """
    if print_sql:
        typer.echo(script())
        return
    admin = os.environ.get("TENANTRY_DATABASE_ADMIN_URL", "")
    if settings.EMBEDDED_DATABASE:
        prepare_embedded()
    elif admin:
        _apply(admin)
    else:
        raise Failure(
            "Set TENANTRY_DATABASE_ADMIN_URL to a role that may create roles, or have the output of "
            "`tenantry database prepare --sql` run by somebody who may.",
            code=2,
        )
    typer.echo(f"Roles and database {_name()} are ready.")


def prepare_embedded() -> None:
    """Roles and database in the embedded server, which has to run."""
    _apply(psycopg.conninfo.make_conninfo(host=str(settings.POSTGRES_RUN), dbname="postgres", user=SUPERUSER))


def _name() -> str:
    return str(settings.DATABASES["owner"]["NAME"])


def _apply(conninfo: str) -> None:
    try:
        with psycopg.connect(conninfo, autocommit=True, connect_timeout=5) as server:
            for statement in (*role_statements(), *password_statements()):
                server.execute(statement)
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_name()]).fetchone()
            if found is None:
                if not _is_superuser(server):
                    # Creating a database for somebody, and granting in it, takes being a member of them.
                    server.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(_role("owner")))
                server.execute(database_statement())
        with psycopg.connect(conninfo, dbname=_name(), autocommit=True, connect_timeout=5) as database:
            for grant in schema_statements():
                database.execute(grant)
    except psycopg.Error as error:
        raise Failure(f"The database could not be prepared: {str(error).splitlines()[0]}") from error


def _is_superuser(server: "psycopg.Connection[tuple[object, ...]]") -> bool:
    row = server.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _role(name: str) -> sql.Identifier:
    return sql.Identifier(f"{settings.ROLE_PREFIX}{name}")


def role_statements() -> list[sql.Composed]:
    """Four roles: who owns and migrates, who signs in, and the two that a transaction takes on."""
    attributes = {"owner": "LOGIN", "app": "LOGIN NOINHERIT", "tenant": "NOLOGIN", "platform": "NOLOGIN"}
    statements = []
    for name, kind in attributes.items():
        create = sql.SQL("CREATE ROLE {} {}").format(_role(name), sql.SQL(kind))
        statements.append(sql.SQL("DO $$ BEGIN {}; EXCEPTION WHEN duplicate_object THEN NULL; END $$").format(create))
        statements.append(sql.SQL("ALTER ROLE {} {}").format(_role(name), sql.SQL(kind)))
    statements.append(sql.SQL("GRANT {}, {} TO {}").format(_role("tenant"), _role("platform"), _role("app")))
    return statements


def password_statements() -> list[sql.Composed]:
    """Passwords as the two addresses have them; none over the embedded server's socket."""
    statements = []
    for alias, name in (("owner", "owner"), ("default", "app")):
        database = settings.DATABASES[alias]
        if database["PASSWORD"] and database["USER"] == f"{settings.ROLE_PREFIX}{name}":
            statements.append(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(_role(name), sql.Literal(database["PASSWORD"]))
            )
    return statements


def database_statement() -> sql.Composed:
    """UTF-8 whatever the server's template says; collation is chosen column by column."""
    return sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
        sql.Identifier(_name()), _role("owner")
    )


def schema_statements() -> list[sql.SQL | sql.Composed]:
    """Rights inside the database; tables are granted one by one after each migration."""
    database, owner, app_role, platform = sql.Identifier(_name()), _role("owner"), _role("app"), _role("platform")
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}").format(database, owner, app_role),
        sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}, {}").format(app_role, _role("tenant"), platform),
        sql.SQL(
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {}"
        ).format(owner, platform),
        sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT USAGE ON SEQUENCES TO {}").format(
            owner, platform
        ),
    ]


def script() -> str:
    """The whole of it for psql, without passwords."""
    lines = ["-- Run by a role that may create roles and databases. Safe to run again, but for CREATE DATABASE."]
    lines += [f"{statement.as_string()};" for statement in role_statements()]
    lines += [
        "-- Passwords of the two roles that sign in:",
        f"-- \\password {settings.ROLE_PREFIX}owner",
        f"-- \\password {settings.ROLE_PREFIX}app",
        f"GRANT {_role('owner').as_string()} TO CURRENT_USER;",
        f"{database_statement().as_string()};",
        f"\\connect {sql.Identifier(_name()).as_string()}",
    ]
    lines += [f"{statement.as_string()};" for statement in schema_statements()]
    return "\n".join(lines)

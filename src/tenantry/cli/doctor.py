"""``tenantry doctor``: says what is missing, one line a check."""

import io
import smtplib
from collections.abc import Callable
from dataclasses import dataclass

import typer
from django.conf import settings
from django.db import DatabaseError, connections
from rich.console import Console

from tenantry.billing.offers import check_setting
from tenantry.billing.terms import UNLIMITED
from tenantry.cli.failures import Failure
from tenantry.cli.readiness import missing_migrations, require_database
from tenantry.core import files
from tenantry.core.documents import DocumentWrong
from tenantry.core.files.errors import BytesMissing, StoreUnavailable
from tenantry.core.ids import NIL
from tenantry.core.mail.sending import connect

app = typer.Typer()

HEARTBEAT_SECONDS = 30
OLDEST_JOB_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check in a sentence."""

    good: bool
    sentence: str


@app.command()
def doctor() -> None:
    """Check database, roles, migrations, worker, queue, mail and files; exit code 1 when one fails."""
    console = Console(highlight=False)
    bad = 0
    for name, check in CHECKS.items():
        try:
            finding = check()
        except (Failure, DatabaseError) as error:
            finding = Finding(False, str(error).splitlines()[0])
        bad += not finding.good
        console.print(f"[{'green' if finding.good else 'red'}]{'ok ' if finding.good else 'NO '}[/] {name}: ", end="")
        console.print(finding.sentence, markup=False)
    if bad:
        raise typer.Exit(1)


def _database() -> Finding:
    require_database()
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
        number, version = cursor.fetchone()
    return Finding(number >= 150_000, f"PostgreSQL {version}" + ("" if number >= 150_000 else ", 15 is the oldest"))


def _roles() -> Finding:
    """The fence holds only if the application's role owns nothing and passes over nothing."""
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolinherit,"
            " EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid),"
            " pg_has_role(%s, 'MEMBER') AND pg_has_role(%s, 'MEMBER')"
            " FROM pg_roles WHERE rolname = current_user",
            [f"{settings.ROLE_PREFIX}tenant", f"{settings.ROLE_PREFIX}platform"],
        )
        powerful, owning, member = cursor.fetchone()
    if powerful or owning or not member:
        return Finding(False, "the application's role has other rights than it should: run `tenantry database prepare`")
    return Finding(True, f"signed in as {connections['default'].settings_dict['USER']}, which owns nothing")


def _migrations() -> Finding:
    missing = missing_migrations()
    if missing:
        return Finding(False, f"{len(missing)} missing, {missing[0]} first: run `tenantry migrate`")
    return Finding(True, "all applied")


def _worker() -> Finding:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - make_interval(secs => %s)",
            [HEARTBEAT_SECONDS],
        )
        (alive,) = cursor.fetchone()
    return Finding(alive > 0, f"{alive} alive in the last {HEARTBEAT_SECONDS} s")


def _queue() -> Finding:
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(extract(epoch FROM now() - min(coalesce(j.scheduled_at, e.at))), 0)::int"
            " FROM procrastinate_jobs j"
            " LEFT JOIN procrastinate_events e ON e.job_id = j.id AND e.type = 'deferred'"
            " WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
        )
        waiting, oldest = cursor.fetchone()
    return Finding(oldest < OLDEST_JOB_SECONDS, f"{waiting} jobs wait, the oldest for {oldest} s")


def _mail() -> Finding:
    if not settings.SMTP_URL:
        return Finding(True, "no TENANTRY_SMTP_URL: mails are kept in the console's outbox")
    try:
        connect().quit()
    except (OSError, smtplib.SMTPException) as error:
        return Finding(False, f"the SMTP server does not take us: {type(error).__name__}")
    return Finding(True, "the SMTP server answers")


def _files() -> Finding:
    """A few bytes there and back, where no organization's are."""
    try:
        kept = files.put(NIL, io.BytesIO(b"tenantry doctor"))
        whole = b"".join(files.pieces(NIL, kept.key)) == b"tenantry doctor"
        files.delete(NIL, kept.key)
    except (StoreUnavailable, BytesMissing) as error:
        return Finding(False, f"the file store can't be used: {type(error.__cause__).__name__}")
    bucket = settings.STORAGES["default"]["OPTIONS"].get("bucket_name")
    where = f"the bucket {bucket}" if bucket else str(settings.MEDIA_ROOT)
    return Finding(whole, f"{where} takes files" if whole else f"{where} answers with other bytes than it was given")


def _plans() -> Finding:
    """The file that `TENANTRY_PLAN_CATALOGUE` names; the first of what is wrong with it."""
    chosen = settings.PLAN_CATALOGUE
    try:
        found = check_setting()
    except DocumentWrong as wrong:
        return Finding(False, f"{wrong.findings[0]} ({len(wrong.findings)} wrong)")
    if found is not None:
        return Finding(True, f"{found.title}, version {found.version}, {len(found.plans)} plans")
    return Finding(True, "nothing is sold: everything is granted" if chosen == UNLIMITED else f"the catalogue {chosen}")


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": _database,
    "roles": _roles,
    "migrations": _migrations,
    "worker": _worker,
    "queue": _queue,
    "mail": _mail,
    "files": _files,
    "plans": _plans,
}

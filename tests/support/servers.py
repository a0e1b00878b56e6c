"""A live installation for browser tests: web server and worker on this test process's database."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from support.processes import Program, answers, environment, free_port, wait_for
from tenantry.config.settings_test import CONNECTIONS as TESTS


@dataclass
class LiveServer:
    """Both programs, and where they answer."""

    url: str
    web: Program
    worker: Program

    def stop(self) -> None:
        """Web first, as the supervisor does."""
        self.web.stop()
        self.worker.stop()


def database_url() -> str:
    """The database of this test process as a setting."""
    return f"postgresql:///{connections['default'].settings_dict['NAME']}?host={settings.POSTGRES_RUN}"


def live_environment(**more: object) -> dict[str, str]:
    """Settings of processes that work beside the tests on one database, with one secret key."""
    return environment(
        HOME=settings.HOME,
        SECRET_KEY=settings.SECRET_KEY,
        DATABASE_URL=database_url(),
        PSEUDO_LOCALE="true",
        **more,
    )


def forget_jobs() -> None:
    """What ended tests left in the queue, thousands of jobs, is carried out by nobody: what a worker is started for
    does not wait behind it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")


def a_worker_lives() -> bool:
    """Whether some worker carries out this database's jobs, so that mails are composed beside the test. One that was
    killed has left a heartbeat behind, but no connection: those of the tests go by another name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - interval '20 s')"
            " AND EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = session_user"
            " AND application_name <> %s)",
            [TESTS],
        )
        return bool(cursor.fetchone()[0])


def start_live_server(log_directory: Path, **more: object) -> LiveServer:
    """Start both and wait until pages are served. ``more`` are settings without the prefix."""
    forget_jobs()
    port = free_port()
    url = f"http://localhost:{port}"
    env = live_environment(PORT=port, BASE_URL=url, WEB_WORKERS=1, WEB_THREADS=4, **more)
    web = Program(("web",), env, log_directory / "web.log").start()
    worker = Program(("worker",), env, log_directory / "worker.log").start()
    server = LiveServer(url, web, worker)
    try:
        wait_for(lambda: answers(url) or web.process.poll() is not None, seconds=60, what="the web server answers")
        assert web.process.poll() is None, web.output
    except BaseException:
        server.stop()
        raise
    return server

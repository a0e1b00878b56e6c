"""Tests run against a real PostgreSQL and commit; what keeps them apart is tenancy: each makes its own organization.

The session's server is started in the process that pytest was started in; every xdist worker has a
database of its own, cloned from a template that was migrated once. Database fixtures of pytest-django
(``db``, ``transactional_db``) are not used, nor its ``live_server``: ``server`` is the real one.
"""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.plugin import blocking_manager_key
from stripe import HTTPClient

from support import browsers, clusters, hashing
from support.mailservers import MailServer
from support.scheduling import OneByOneAtLast
from support.servers import LiveServer, start_live_server
from tenantry.cli.embedded import Cluster
from tenantry.config import pseudo

# Of this process only: programs that tests start hash as in production.
settings.PASSWORD_HASHERS = [f"{hashing.__name__}.Quick", *settings.PASSWORD_HASHERS[1:]]
# Seconds before a request to Stripe is sent again: its double needs no rest.
HTTPClient.INITIAL_DELAY = 0.01
CLUSTER = pytest.StashKey[Cluster]()
TESTS = Path(__file__).resolve().parent
# Folders, and files elsewhere that look at addresses or at the source.
DOORS = {"web", "api", "console", "blueprints"}
MORE_DOORS = {"test_foreign_ids.py", "test_attacks_lists.py", "test_code.py", "test_routes.py"}
# Each opens every page, or calls every operation, of an organization in which everything is in use.
SWEEPS = {"test_budget.py", "test_isolation.py"}
# Of the live installation, each many times as long as most: they start before the others.
LONGEST = [
    "test_every_page.py",
    "test_in_and_out.py",
    "test_reference_page.py",
    "test_bulk_in_a_browser.py",
    "test_people_in_depth.py",
    "test_policies.py",
    "test_look.py",
    "test_picking.py",
    "test_board.py",
    "test_roles_in_a_browser.py",
]


def _is_first_process(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the database server and migrate the template, once."""
    config = session.config
    if not _is_first_process(config) or config.option.collectonly:
        return
    cluster = clusters.session_cluster()
    config.stash[CLUSTER] = cluster
    with config.stash[blocking_manager_key].unblock():
        clusters.start(cluster)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and delete the session's home."""
    cluster = config.stash.get(CLUSTER, None)
    if cluster is not None:
        clusters.remove(cluster)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that drives a browser is marked by what it asks for.

    Tests of the live installation come last: its worker carries out the jobs of this process's database, and the other
    tests look at jobs that nobody carries out. The longest of them start first, and so do those of the soak.

    What looks at pages and operations one by one asks the database nothing that the sweeps of all of them don't ask:
    on another PostgreSQL those are enough (docs/decisions/0023-two-postgresqls.md).
    """
    for item in items:
        folder, name = item.path.relative_to(TESTS).parts[0], item.path.name
        if name in MORE_DOORS or (folder in DOORS and name not in SWEEPS):
            item.add_marker(pytest.mark.doors)
        if {"page", "context", "browser", "new_context"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)
    items.sort(
        key=lambda item: (
            "server" in getattr(item, "fixturenames", ()),
            item.get_closest_marker("soak") is None,
            LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST),
        )
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneByOneAtLast | None:
    """Of ``--dist load``, which ``-n`` stands for."""
    return OneByOneAtLast(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_finish() -> None:
    """What has been loaded stays: the collector need not look through it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def database(django_db_blocker) -> Iterator[None]:
    """This process's own database, open for the whole session."""
    pseudo.install()
    with django_db_blocker.unblock():
        clusters.clone(f"tenantry_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
        yield
        clusters.close()


@pytest.fixture(scope="session")
def server(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Web server and worker as real processes on this test process's database; mails go to the outbox."""
    server = start_live_server(tmp_path_factory.mktemp("live"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _nobody_tried_before(request: pytest.FixtureRequest) -> None:
    """All browsers come from one place: what earlier tests tried in vain would slow this one down."""
    if "server" in request.fixturenames:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM security_failedattempts")


@pytest.fixture
def smtp_server(tmp_path: Path) -> Iterator[MailServer]:
    """A running SMTP server."""
    server = MailServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a test process."""
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture
def new_context(browser: Browser, server: LiveServer) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser profiles, one a person; each fails the test when a page of it complained."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(browsers.clean_context(browser, server.url, **options))


@pytest.fixture
def context(new_context: Callable[..., BrowserContext]) -> BrowserContext:
    """A desktop browser profile."""
    return new_context(viewport={"width": 1440, "height": 900})


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of that profile."""
    return context.new_page()

"""For whoever watches the installation: alive, ready, figures. Here because programs read them, not people."""

import hmac
import ipaddress
import os
from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from tenantry.core.job_log import count_jobs
from tenantry.core.mail.log import count_deliveries
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import count_organizations

HEARTBEAT_SECONDS = 60
# Whoever adds these headers is a proxy, and the loopback address behind it is everybody's.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")
PUBLIC = {
    "healthz": "says that the process answers",
    "readyz": "says which part is not ready, nothing more",
    "metrics": "asks for a token of its own, or for a request from this machine",
}
# Once nothing is missing, nothing goes missing while this process runs.
_current: set[str] = set()


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers; asks nobody else."""
    return JsonResponse({"status": "alive"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this installation can work: 503 with the parts that can't."""
    checks = {"database": _database(), "migrations": False, "worker": False}
    if checks["database"]:
        checks["migrations"] = _migrated()
        checks["worker"] = _worker()
    ready = all(checks.values())
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        # The pool or the server may be back at the next question.
        connection.close()
        return False
    return True


def _migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name in _current:
        return True
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    _current.add(name)
    return True


def _worker() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => %s))",
            [HEARTBEAT_SECONDS],
        )
        return bool(cursor.fetchone()[0])


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in Prometheus' text format. Requests are summed over this machine's processes when the server was started
    by `tenantry web`; the others are those of the whole installation."""
    if not may_read(request):
        return HttpResponse("Send TENANTRY_METRICS_TOKEN as a bearer token.\n", status=403, content_type="text/plain")
    registry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    with scope.platform("metrics"), reading():
        body = generate_latest(registry) + generate_latest(_Figures.registry())
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """The token, or a request that came from this machine and through no proxy."""
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if given:
        expected = settings.METRICS_TOKEN
        return bool(expected) and scheme.lower() == "bearer" and hmac.compare_digest(given.encode(), expected.encode())
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


class _Figures(Collector):
    """Read from the database at the moment of asking."""

    @classmethod
    def registry(cls) -> CollectorRegistry:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(cls())
        return registry

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily("tenantry_organizations", "Organizations.", value=count_organizations())
        yield _by_state("tenantry_jobs", "Jobs in the queue's table by state.", count_jobs())
        yield _by_state("tenantry_mail_deliveries", "Mails by state.", count_deliveries())

    def describe(self) -> list[GaugeMetricFamily]:
        return []


def _by_state(name: str, told: str, counts: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=["state"])
    for state, count in counts.items():
        family.add_metric([state], count)
    return family

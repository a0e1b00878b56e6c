"""What machines that watch the installation see."""

import json
import re
import urllib.error
import urllib.request

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from api.callers import make_organization
from support import catalogue
from support.processes import wait_for


@pytest.fixture
def worker():
    """A heartbeat of this moment."""
    (row,) = catalogue.rows("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
    yield row[0]
    catalogue.change("DELETE FROM procrastinate_workers WHERE id = %s", row[0])


def _ready():
    response = Client().get("/readyz")
    return response.status_code, json.loads(response.content)["checks"]


def test_alive_asks_nobody(monkeypatch):
    monkeypatch.setattr(connection, "cursor", lambda *_all: 1 / 0)
    assert Client().get("/healthz").status_code == 200


def test_ready_with_a_worker_that_lives(worker):
    assert _ready() == (200, {"database": True, "migrations": True, "worker": True})
    catalogue.change("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '61 seconds'")
    assert _ready() == (503, {"database": True, "migrations": True, "worker": False})


def test_not_ready_without_a_database(monkeypatch):
    def refuse(*args):
        raise OperationalError("down")

    monkeypatch.setattr(type(connections["default"]), "cursor", refuse)
    assert _ready() == (503, {"database": False, "migrations": False, "worker": False})


def test_figures_are_for_this_machine_or_the_token(settings):
    make_organization()
    settings.METRICS_TOKEN = "a token of sixteen or more"
    here, away = Client(REMOTE_ADDR="127.0.0.1"), Client(REMOTE_ADDR="192.0.2.1")
    assert here.get("/metrics").status_code == 200
    assert away.get("/metrics").status_code == 403
    assert away.get("/metrics", headers={"Authorization": f"Bearer {settings.METRICS_TOKEN}"}).status_code == 200
    assert here.get("/metrics", headers={"Authorization": "Bearer other"}).status_code == 403
    assert here.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 403
    settings.METRICS_TOKEN = ""
    assert away.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
    assert away.get("/metrics", headers={"Authorization": "Bearer x"}).status_code == 403


def test_figures_count_requests_by_route_and_rows_by_state():
    org = make_organization()
    org.invite()
    Client().get("/api/v1/people/secret-path-segment")
    text = Client(REMOTE_ADDR="::1").get("/metrics").content.decode()
    assert 'tenantry_requests_total{method="GET",route="/api/v1/people/<person_id>",status="401"}' in text
    assert "secret-path-segment" not in text
    assert "tenantry_request_seconds_bucket" in text
    assert 'tenantry_jobs{state="todo"}' in text
    assert 'tenantry_mail_deliveries{state="queued"}' in text
    assert "tenantry_organizations " in text


def test_a_running_server_is_ready_and_counts_over_its_processes(server):
    wait_for(lambda: _fetch(f"{server.url}/readyz")[0] == 200, seconds=30, what="the worker's first heartbeat")
    before = _figure(server.url)
    for _ in range(5):
        assert _fetch(f"{server.url}/healthz")[0] == 200
    assert _figure(server.url) == before + 5


def _fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def _figure(url: str) -> float:
    line = r'^tenantry_requests_total\{method="GET",route="/healthz",status="200"\} (\S+)$'
    found = re.search(line, _fetch(f"{url}/metrics")[1], re.MULTILINE)
    return float(found[1]) if found else 0.0

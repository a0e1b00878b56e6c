"""What operators see and do."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories.operators import make_operator
from factories.organizations import make_organization
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.mail import sending
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Invitation
from tenantry.people.ways import end_ways


@pytest.fixture(scope="module")
def operator():
    return make_operator()


@pytest.fixture
def client(operator) -> Client:
    return operator.client()


def _mail_of(organization_id):
    with scope.platform("mail"), reading():
        return MailDelivery.objects.filter(organization_id=organization_id).latest("created_at")


def _last_entry():
    with scope.installation("console"), reading():
        return Entry.objects.order_by("-number")[0]


def test_organizations_are_found_by_name_and_address(client):
    org = make_organization("Zebra & <Sons>", seats=4)
    org.invite()
    page = client.get("/console/organizations", {"q": org.slug}).content.decode()
    assert "Zebra &amp; &lt;Sons&gt;" in page
    assert "2 of 4" in page
    assert "Zebra" in client.get("/console/organizations", {"q": "zebra &"}).content.decode()
    assert "Nothing is called so" in client.get("/console/organizations", {"q": "\u202e"}).content.decode()


def test_a_mail_is_read_with_links_and_the_reading_is_written_down(client, operator):
    org = make_organization()
    invited = org.invite()
    delivery = _mail_of(org.id)
    sending.send(delivery.id)
    assert invited.email in client.get("/console/outbox", {"q": invited.email}).content.decode()
    page = client.get(f"/console/outbox/{delivery.id}").content.decode()
    links = re.findall(r'<a href="([^"]+/accounts/invitation/[^"]+)"', page)
    assert len(links) == 1
    entry = _last_entry()
    assert (entry.action, entry.target_id, entry.actor_kind) == ("installation.mail_read", delivery.id, "operator")
    assert "read a mail to" in client.get("/console/audit").content.decode()
    with scope.tenant(org.id), writing():
        end_ways([Invitation.objects.get(membership_id=invited.membership_id).id], clock.now())
    before = _last_entry().number
    blank = client.get(f"/console/outbox/{delivery.id}").content.decode()
    assert "/accounts/invitation/" not in blank
    assert "Its text was deleted" in blank
    assert _last_entry().number == before


def test_mails_are_filtered_by_state(client):
    org = make_organization()
    invited = org.invite()
    sending.send(_mail_of(org.id).id)
    shown = {
        state: client.get("/console/outbox", {"q": invited.email, "state": state}) for state in ("outbox", "failed")
    }
    assert invited.email in shown["outbox"].content.decode()
    assert f">{invited.email}<" not in shown["failed"].content.decode()
    assert client.get("/console/outbox", {"state": "nonsense"}).status_code == 200


def test_a_failed_job_runs_again(client):
    org = make_organization()
    org.invite()
    delivery = _mail_of(org.id)
    with scope.platform("console"), writing(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE args->>'delivery_id' = %s RETURNING id",
            [str(delivery.id)],
        )
        job_id = cursor.fetchone()[0]
    with scope.platform("console"), writing(), connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed' WHERE id = %s", [job_id])
    assert "Run again" in client.get("/console/jobs", {"state": "failed"}).content.decode()
    assert "failed for good" in client.get("/console").content.decode()
    answer = client.post(f"/console/jobs/{job_id}/retry", follow=True)
    assert "The job runs again" in answer.content.decode()
    with scope.platform("console"), reading(), connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job_id])
        assert cursor.fetchone()[0] == "todo"
    assert _last_entry().action == "installation.job_retried"
    assert client.post(f"/console/jobs/{job_id}/retry").status_code == 404
    assert client.post("/console/jobs/99999999999999999999999/retry").status_code == 404
    assert client.get(f"/console/jobs/{job_id}/retry").status_code == 405


def test_the_installations_chain_is_verified(client):
    page = client.post("/console/audit").content.decode()
    assert "The chain is whole" in page
    assert _last_entry().action == "installation.chain_verified"


@pytest.mark.parametrize(
    "path", ["/console", "/console/organizations", "/console/outbox", "/console/jobs", "/console/audit"]
)
def test_pages_take_few_queries(client, path):
    for _n in range(3):
        make_organization().invite()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    asked = [q["sql"] for q in queries if q["sql"].lstrip().startswith(("SELECT", "UPDATE", "INSERT", "WITH"))]
    asked = [sql for sql in asked if "set_config" not in sql]
    assert len(asked) <= 10, asked


@pytest.mark.parametrize("path", ["/console/organizations", "/console/outbox", "/console/jobs", "/console/audit"])
@pytest.mark.parametrize("cursor", ["x", "n", "nx", "n99999999999999999999999", "W10", "\0", "p-1", "n١"])
def test_nonsense_for_a_cursor_is_refused(client, path, cursor):
    assert client.get(path, {"cursor": cursor}).status_code == 422


def test_unknown_mails_and_other_methods(client):
    assert client.get("/console/outbox/00000000-0000-7000-8000-000000000000").status_code == 404
    assert client.delete("/console/outbox").status_code == 405
    assert client.get("/console/outbox/no-such").status_code == 404

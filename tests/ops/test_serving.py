"""The live installation that browser tests use, and the mail server that mail tests use."""

import smtplib
import socket
import urllib.request
from email.message import EmailMessage

from django.db import connections
from playwright.sync_api import Page

from support.mailservers import MailServer
from support.processes import wait_for
from support.servers import LiveServer
from tenantry.core.jobs import LANES


def test_static_files_compressed_and_kept(server: LiveServer, page: Page) -> None:
    """A page's own style sheet: brotli, named by content, kept for ever."""
    page.goto("/signup")
    href = page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert href is not None
    request = urllib.request.Request(server.url + href, headers={"Accept-Encoding": "br, gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert "immutable" in answer.headers["Cache-Control"]


def test_worker_alive(server: LiveServer) -> None:
    def beats() -> bool:
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '20 s'")
            return bool(cursor.fetchone()[0] == len(LANES))

    wait_for(beats, seconds=20, what="a heartbeat for each lane")
    assert server.worker.process.poll() is None


def test_mail_server_takes_and_keeps(smtp_server: MailServer) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "b@example.com", "Grüße"
    mail.set_content("Hello")
    with smtplib.SMTP("127.0.0.1", smtp_server.port) as client:
        client.send_message(mail)
    assert smtp_server.wait_for_message("b@example.com")["Subject"] == "Grüße"
    smtp_server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", smtp_server.port)) != 0

"""Mail over a real SMTP server process: sent, refused, put off, killed, kept, canceled."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from procrastinate.contrib.django import app

from factories.organizations import unique
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.mail import Content, composer, end_mails
from tenantry.core.mail.composing import NothingToSay
from tenantry.core.mail.log import body_of
from tenantry.core.mail.sending import send
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

KIND = "tests.letter"
composed: list[UUID] = []
texts: dict[UUID, str] = {}


@composer(KIND)
def letter(delivery: MailDelivery) -> Content:
    """Each composing says another word, as a new one-time link would."""
    text = texts.get(delivery.pk, "hello")
    if text == "nothing":
        raise NothingToSay
    composed.append(delivery.pk)
    word = f"{text} {composed.count(delivery.pk)}"
    return Content("A letter – für dich", f"{word}\n", f"<p>{word}</p>")


@pytest.fixture
def smtp(smtp_server, settings):
    settings.SMTP_URL = smtp_server.url
    return smtp_server


def queued(stem: str = "to", text: str = "hello") -> MailDelivery:
    """A delivery without its job: nobody else's worker takes it."""
    with scope.platform("mail"), writing():
        delivery = MailDelivery(
            kind=KIND, recipient=f"{unique(stem)}@example.test", created_at=clock.now(), subject_id=new_id()
        )
        delivery.save(force_insert=True)
    texts[delivery.pk] = text
    return delivery


def again(delivery: MailDelivery) -> MailDelivery:
    with scope.platform("mail"), reading():
        return MailDelivery.objects.get(pk=delivery.pk)


def test_a_mail_is_handed_over_once_and_blanked(smtp):
    delivery = queued()
    send(delivery.pk)
    mail = smtp.wait_for_message(delivery.recipient)
    assert mail["Subject"] == "A letter – für dich"
    assert mail["Message-ID"].startswith(f"<{delivery.pk}@")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().strip() == "hello 1"
    assert "<p>hello 1</p>" in mail.get_body(("html",)).get_content()
    row = again(delivery)
    assert (row.state, row.attempts, row.sealed_body, row.answer) == ("handed_over", 1, None, "")
    send(delivery.pk)
    assert len([m for m in smtp.messages() if m["To"] == delivery.recipient]) == 1


def test_an_unknown_recipient_is_refused_for_good_and_not_tried_again(smtp):
    delivery = queued("refused")
    send(delivery.pk)
    row = again(delivery)
    assert (row.state, row.answer) == ("refused", "550 5.1.1 No such person here")
    assert row.sealed_body is None
    send(delivery.pk)
    assert again(delivery).attempts == 1


def test_a_mail_that_is_not_taken_is_refused_for_good(smtp):
    delivery = queued(text="poison")
    send(delivery.pk)
    row = again(delivery)
    assert (row.state, row.answer, row.sealed_body) == ("refused", "554 5.7.1 Not taken", None)


def test_a_busy_server_is_asked_again_with_the_same_mail(smtp):
    delivery = queued("busy")
    busy = smtp.directory / "busy"
    busy.touch()
    for tries in (1, 2):
        with pytest.raises(Exception, match="451"):
            send(delivery.pk)
        row = again(delivery)
        assert (row.state, row.attempts) == ("failed", tries)
        assert "451 4.3.0 Try again later" in row.answer
    busy.unlink()
    send(delivery.pk)
    mail = smtp.wait_for_message(delivery.recipient)
    # The link in the mail is the one of the first try: it was composed once.
    assert mail.get_body(("plain",)).get_content().strip() == "hello 1"
    assert (again(delivery).state, again(delivery).attempts) == ("handed_over", 3)


def test_a_server_that_is_down_loses_nothing(smtp):
    smtp.stop()
    delivery = queued()
    with pytest.raises(OSError, match="refused"):
        send(delivery.pk)
    assert again(delivery).state == "failed"
    assert body_of(again(delivery)) is not None
    smtp.start()
    send(delivery.pk)
    assert smtp.wait_for_message(delivery.recipient)
    assert again(delivery).sealed_body is None


def test_the_job_is_tried_eight_times_further_and_further_apart():
    strategy = app.tasks["core.send_mail"].retry_strategy
    began = datetime.now(UTC)
    waits = []
    for attempts in range(8):
        job = type("Job", (), {"attempts": attempts})()
        decision = strategy.get_retry_decision(exception=OSError(), job=job)
        waits.append(None if decision is None else round((decision.retry_at - began).total_seconds()))
    assert waits[0] is not None
    assert waits[1] > waits[0]
    assert waits[6] > 3600
    assert strategy.get_retry_decision(exception=OSError(), job=type("Job", (), {"attempts": 8})()) is None


def test_without_a_server_it_is_kept_sealed_in_the_outbox(settings):
    settings.SMTP_URL = ""
    delivery = queued()
    send(delivery.pk)
    row = again(delivery)
    assert row.state == "outbox"
    assert b"hello" not in bytes(row.sealed_body)
    assert body_of(row).text == "hello 1\n"
    send(delivery.pk)
    assert again(delivery).attempts == 1


def test_a_mail_whose_subject_ended_is_canceled_and_its_body_blanked(settings, smtp):
    settings.SMTP_URL = ""
    kept = queued()
    send(kept.pk)
    waiting = queued()
    with scope.platform("mail"), writing():
        end_mails(kind=KIND, subject_ids=[kept.subject_id, waiting.subject_id], now=clock.now())
    assert [(again(d).state, again(d).sealed_body) for d in (kept, waiting)] == [("canceled", None), ("canceled", None)]
    settings.SMTP_URL = smtp.url
    send(waiting.pk)
    assert waiting.pk not in composed
    assert not [m for m in smtp.messages() if m["To"] == waiting.recipient]


def test_a_mail_with_nothing_to_say_is_canceled(smtp):
    delivery = queued(text="nothing")
    send(delivery.pk)
    assert again(delivery).state == "canceled"
    assert again(delivery).settled_at > delivery.created_at - timedelta(seconds=1)


def test_header_lines_can_not_be_smuggled_in():
    content = Content.from_template("notice", "Hello\r\nBcc: all@example.test", {"organization": None, "sentence": "x"})
    assert "\n" not in content.subject

"""Composes and hands over one mail. Each step commits: a kill between two of them repeats no mail with a new link."""

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from urllib.parse import unquote, urlsplit
from uuid import UUID

from django.conf import settings

from tenantry.core import clock, crypto
from tenantry.core.mail.composing import Content, NothingToSay, compose
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

State = MailDelivery.State


def send(delivery_id: UUID) -> None:
    """Sends one delivery, or stores it in the outbox. Safe to run again at any point.

    :raises smtplib.SMTPException, OSError: to be retried; the log holds the answer.
    """
    with scope.platform("mail"), writing():
        delivery = MailDelivery.objects.select_for_update(no_key=True).filter(pk=delivery_id).first()
    if delivery is None or delivery.state not in (State.QUEUED, State.FAILED):
        return
    content = _composed(delivery)
    if content is None:
        return
    now = clock.now()
    if not settings.SMTP_URL:
        _settle(delivery_id, State.OUTBOX, "", now, keep_body=True)
        return
    try:
        if not _hand_over(delivery, content):
            return
    except smtplib.SMTPRecipientsRefused as refused:
        answers = [f"{code} {_decoded(text)}" for code, text in refused.recipients.values()]
        permanent = all(code >= 500 for code, _text in refused.recipients.values())
        state = State.REFUSED if permanent else State.FAILED
        _settle(delivery_id, state, "; ".join(answers), now, keep_body=not permanent)
        if not permanent:
            raise
    except smtplib.SMTPDataError as refused:
        # The mail itself is not taken. 5xx: and will not be (RFC 5321, 4.2.1).
        permanent = refused.smtp_code >= 500
        answer = f"{refused.smtp_code} {_decoded(refused.smtp_error)}"[:500]
        _settle(delivery_id, State.REFUSED if permanent else State.FAILED, answer, now, keep_body=not permanent)
        if not permanent:
            raise
    except (smtplib.SMTPException, OSError) as error:
        _settle(delivery_id, State.FAILED, str(error)[:500], now, keep_body=True)
        raise
    else:
        _settle(delivery_id, State.HANDED_OVER, "", now)


def send_bundle(bundle: UUID) -> None:
    """Sends every mail of a bundle that is not sent yet. One that can't be handed over now keeps no other back.

    :raises smtplib.SMTPException, OSError: the last such failure, so that the job comes again for what is left.
    """
    with scope.platform("mail"), reading():
        rows = MailDelivery.objects.filter(bundle=bundle, state__in=(State.QUEUED, State.FAILED))
        ids = list(rows.order_by("id").values_list("id", flat=True))
    failed: Exception | None = None
    for delivery_id in ids:
        try:
            send(delivery_id)
        except (smtplib.SMTPException, OSError) as error:
            failed = error
    if failed is not None:
        raise failed


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text


def _composed(delivery: MailDelivery) -> Content | None:
    """The stored body, or a new one: composed, sealed and committed before anything is sent."""
    if delivery.sealed_body:
        return Content.from_bytes(crypto.unseal(bytes(delivery.sealed_body), PURPOSE))
    with scope.platform("mail", delivery.organization_id or scope.INSTALLATION), writing():
        locked = MailDelivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
        if locked.sealed_body or locked.state not in (State.QUEUED, State.FAILED):
            return Content.from_bytes(crypto.unseal(bytes(locked.sealed_body), PURPOSE)) if locked.sealed_body else None
        try:
            content = compose(locked)
        except NothingToSay:
            MailDelivery.objects.filter(pk=delivery.pk).update(state=State.CANCELED, settled_at=clock.now())
            return None
        MailDelivery.objects.filter(pk=delivery.pk).update(
            sealed_body=crypto.seal(content.to_bytes(), PURPOSE), subject=content.subject
        )
    return content


def _settle(delivery_id: UUID, state: State, answer: str, now: datetime, *, keep_body: bool = False) -> None:
    with scope.platform("mail"), writing():
        row = MailDelivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
        # It was ended while it was on its way. The log says what happened: nothing is canceled that was taken.
        if row.state == State.CANCELED and state != State.HANDED_OVER:
            return
        row.state, row.answer, row.settled_at, row.attempts = state, answer, now, row.attempts + 1
        fields = ["state", "answer", "settled_at", "attempts"]
        if not keep_body:
            row.sealed_body = None
            fields.append("sealed_body")
        row.save(update_fields=fields)


def message(delivery: MailDelivery, content: Content) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = content.subject
    mail["From"] = formataddr(("Tenantry", settings.MAIL_FROM))
    mail["To"] = delivery.recipient
    mail["Date"] = formatdate(delivery.created_at.timestamp())
    # One id for every attempt, so that a receiver can drop a second copy (RFC 5322, 3.6.4).
    mail["Message-ID"] = f"<{delivery.id}@{settings.MAIL_FROM.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(content.text)
    mail.add_alternative(content.html, subtype="html")
    return mail


def connect() -> smtplib.SMTP:
    """A signed-in client of the configured server; the caller closes it.

    :raises smtplib.SMTPException, OSError: it does not answer or does not take us.
    """
    url = urlsplit(settings.SMTP_URL)
    host, port = url.hostname or "localhost", url.port
    client: smtplib.SMTP
    if url.scheme == "smtps":
        client = smtplib.SMTP_SSL(host, port or 465, timeout=20, context=ssl.create_default_context())
    else:
        client = smtplib.SMTP(host, port or 25, timeout=20)
    try:
        if url.scheme == "smtp+starttls":
            client.starttls(context=ssl.create_default_context())
        if url.username:
            client.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        client.close()
        raise
    return client


def _hand_over(delivery: MailDelivery, content: Content) -> bool:
    """False, and nothing is sent, where the mail was ended until a moment before."""
    with connect() as client:
        if not _still_wanted(delivery.id):
            return False
        client.send_message(message(delivery, content))
    return True


def _still_wanted(delivery_id: UUID) -> bool:
    """Asked once the server has answered, however long that took. Whoever ends the mail after this comes too late."""
    with scope.platform("mail"), writing():
        row = MailDelivery.objects.select_for_update(no_key=True).only("id", "state").get(pk=delivery_id)
        return row.state in (State.QUEUED, State.FAILED)

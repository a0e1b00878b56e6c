"""A person with a browser, over HTTP: Django's client, every profile from a place of its own."""

import itertools
import json
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from factories.organizations import PASSWORD, Person
from tenantry.core import crypto
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.mail.sending import send
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading

_places = itertools.count(1)
_CHANGING = re.compile(r'(name="csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+|tick-[0-9a-f]+')


def browser(**more: Any) -> Client:
    """Failed tries are counted by place: every browser has its own."""
    number = next(_places)
    return Client(REMOTE_ADDR=f"198.18.{number // 250}.{number % 250 + 1}", **more)


def signed_in(person: Person, password: str = PASSWORD) -> Client:
    client = browser()
    answer = client.post("/accounts/login", {"email": person.email, "password": password})
    assert answer.status_code == 303, answer.content
    return client


def body(answer: HttpResponse) -> str:
    """The page without what differs from one rendering to the next."""
    return _CHANGING.sub("", answer.content.decode())


def post(client: Client, person: Person, path: str, data: dict[str, Any] | None = None, **more: Any) -> Any:
    """A form of a member's page: it carries its organization."""
    return client.post(path, {"_organization": str(person.organization_id), **(data or {})}, **more)


def mail_to(address: str, kind: str) -> dict[str, str]:
    """The newest mail of that kind, composed as the job does and read from the sealed outbox."""
    with scope.platform("mail"), reading():
        rows = MailDelivery.objects.filter(recipient=address, kind=kind).order_by("-created_at", "-id")
        delivery = rows.first()
    assert delivery is not None, f"no {kind} was queued for {address}"
    send(delivery.id)
    with scope.platform("mail"), reading():
        delivery = MailDelivery.objects.get(pk=delivery.pk)
    return json.loads(crypto.unseal(delivery.sealed_body, PURPOSE))


def link_in(mail: dict[str, str]) -> str:
    """The path of the one-time link."""
    found = re.search(r"https?://[^/\s]+(/accounts/\S+)", mail["text"])
    assert found, mail["text"]
    return found.group(1)

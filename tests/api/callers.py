"""Calls the interface as programs and browsers do."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from factories.organizations import PASSWORD, Organization, Person, make_organization
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.people.models import User
from tenantry.security import browsing
from tenantry.security.actions import create_key
from tenantry.usecases.signing_in import enter_organization

__all__ = ["PASSWORD", "Caller", "by_key", "by_session", "make_organization", "one_of"]


@dataclass
class Answer:
    status: int
    headers: Any
    body: Any
    raw: bytes

    @property
    def code(self) -> str:
        """Of a problem document, which it has to be."""
        assert self.headers["Content-Type"] == "application/problem+json", (self.status, self.raw[:300])
        assert {"type", "title", "status", "detail", "code", "instance"} <= set(self.body)
        assert self.body["status"] == self.status
        assert self.body["instance"] == self.headers["X-Request-Id"]
        return str(self.body["code"])


@dataclass
class Caller:
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=Client)
    secret: str = ""
    key_id: Any = None

    def call(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        kind = given.pop("Content-Type", "application/json")
        response = self.client.generic(
            method, path if path.startswith("/api") else f"/api/v1{path}", data, content_type=kind, headers=given
        )
        content = b"".join(response.streaming_content) if response.streaming else response.content
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(
            response.status_code, response.headers, json.loads(content) if is_json and content else None, content
        )

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Answer:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.call("DELETE", path, **headers)


def by_key(org: Organization, role: str = "owner") -> Caller:
    made = org.perform(create_key, name=f"{role} key", role_id=org.role(role))
    caller = Caller({"Authorization": f"Bearer {made.secret}"}, secret=made.secret)
    caller.key_id = made.id
    return caller


def by_session(person: Person, *, enforce_csrf: bool = False) -> Caller:
    """A browser in which this person is signed in and inside the organization."""
    client = Client(enforce_csrf_checks=enforce_csrf)
    client.force_login(User.objects.get(id=person.user_id))
    with scope.tenant(person.organization_id):
        entered = perform(
            enter_organization, actor=Actor.guest(person.organization_id), user_id=person.user_id, now=clock.now()
        )
    session = client.session
    browsing.remember_entry(session, person.organization_id, entered.entry_id)
    session.save()
    return Caller(client=client)


def one_of(answer: Answer, **wanted: Any) -> Any:
    """The one item of a list with these values."""
    found = [i for i in answer.body["items"] if all(i[k] == v for k, v in wanted.items())]
    assert len(found) == 1, found
    return found[0]

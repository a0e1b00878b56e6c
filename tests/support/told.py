"""Events of every kind for the notices that they become, and what came of them."""

from collections.abc import Mapping
from typing import Any

from factories.organizations import Organization, Person
from tenantry.acting.actions import Done, Outcome, action, perform
from tenantry.audit.chain import Entry, Event
from tenantry.audit.outbox import dispatch
from tenantry.core.actor import Actor
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.notifications.models import CONTACT_MAIL, DIGEST, MAIL, Notification
from tenantry.notifications.wording import worded


@action(open_to="a test")
def say(*, actor: Actor, now: object, events: tuple[Event, ...]) -> Outcome[Done]:
    return Outcome(Done(), Entry("test.said"), events=events)


def publish(org: Organization, *events: tuple[str, Mapping[str, Any]]) -> None:
    """As an action of another package would, in one entry; and everybody is told."""
    given = tuple(Event(name, payload) for name, payload in events)
    with scope.tenant(org.id):
        perform(say, actor=Actor.system("test", org.id), events=given)
    dispatch(org.id)


def notices(person: Person) -> list[Notification]:
    """The latest last."""
    with scope.tenant(person.organization_id), reading():
        rows = Notification.objects.filter(membership_id=person.membership_id)
        return list(rows.order_by("number", "id"))


def sentences(person: Person, *kinds: str) -> list[str]:
    with scope.tenant(person.organization_id), reading():
        rows = Notification.objects.filter(membership_id=person.membership_id)
        wanted = rows.filter(kind__in=kinds) if kinds else rows
        return [one.sentence for one in worded(wanted.order_by("number", "id"))]


def mails(address: str, kind: str = "") -> list[MailDelivery]:
    """Deliveries of notices to this address, the oldest first."""
    with scope.platform("mail"), reading():
        rows = MailDelivery.objects.filter(recipient=address, kind__in=[kind] if kind else [MAIL, DIGEST, CONTACT_MAIL])
        return list(rows.order_by("id"))


def states(address: str, kind: str = "") -> list[str]:
    return [row.state for row in mails(address, kind)]

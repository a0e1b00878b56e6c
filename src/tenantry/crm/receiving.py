"""People to choose from where records get an owner or are found by theirs: a few, and those who are called so."""

from collections.abc import Collection
from uuid import UUID

from tenantry.core.actor import Actor
from tenantry.core.named import OFFERED, Offered
from tenantry.crm.selectors import acquainted, receivers
from tenantry.people.choosing import called_exactly, people_called, people_offered
from tenantry.people.models import Membership


def receivers_offered(actor: Actor, typed: str, chosen: Collection[UUID] = (), *, most: int = OFFERED) -> Offered:
    """Of those who may be given records. Two queries at most, however many people there are."""
    return people_offered(receivers(actor), typed, chosen, most=most)


def owners_offered(actor: Actor, typed: str, chosen: Collection[UUID] = (), *, most: int = OFFERED) -> Offered:
    """Of those who may own records that the actor sees: deactivated ones, too, who keep what they had. Oneself is
    found by being asked for alone. A query, and one where somebody is."""
    here = (Membership.Status.ACTIVE, Membership.Status.DEACTIVATED)
    people = acquainted(actor).filter(status__in=here)
    return people_offered(people, typed, chosen, most=most, without=actor.own_id)


def receiver_called(actor: Actor, text: str) -> UUID | None:
    """Who of them has exactly this name or address; None for nobody, and where several have."""
    return called_exactly(receivers(actor), text)


def is_called(actor: Actor, membership_id: UUID, typed: str) -> bool:
    """Whether a search for what was typed finds this person, who may be given records."""
    return people_called(receivers(actor).filter(id=membership_id), typed).exists()

"""What was left for later when somebody was frozen: the same list, until it is settled."""

from datetime import datetime
from uuid import UUID

from tenantry.core.actor import Actor
from tenantry.people.selectors import get_member
from tenantry.usecases.leaving.facts import facts_of
from tenantry.usecases.leaving.matters import Matter, matters_of
from tenantry.usecases.leaving.plans import rules_of


def left_for_later(actor: Actor, membership_id: UUID, now: datetime) -> tuple[Matter, ...]:
    """Of somebody who is deactivated: what nobody looks after by now, and what waits for their word.

    :raises NotFound: unknown or out of reach.
    """
    member = get_member(actor, membership_id)
    facts = facts_of([member.id], now, rules_of(), closely=True)
    alone = [place for place in facts.places if not place.staying]
    return matters_of(actor, facts, alone, removing=False)

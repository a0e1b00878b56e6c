"""A demonstration's own clock: moved ahead by hand, never back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry
from tenantry.billing.actions.overriding import OPERATORS
from tenantry.billing.errors import ClockGoesAhead, NoDemonstration
from tenantry.billing.models import Subscription
from tenantry.billing.renewing import pass_time
from tenantry.billing.selectors import moment_of
from tenantry.billing.steps import keep, lock_subscription, resolve_entitlements
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound

# More at once is a mistake of the keyboard.
FARTHEST = timedelta(days=366)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockMoved:
    """`moment`: by its clock. `what`: happened by itself on the way, by code (`billing.renewing`)."""

    moment: datetime
    what: tuple[str, ...]


def refuse_move(row: Subscription | None, to: datetime, now: datetime) -> Subscription:
    """:raises NoDemonstration, ClockGoesAhead, InvalidInput: see `move_clock`."""
    if row is None or not row.demonstrates:
        raise NoDemonstration
    before = moment_of(row, now)
    if to <= before:
        raise ClockGoesAhead
    if to > before + FARTHEST:
        raise InvalidInput({"to": _("No more than a year at once.")})
    return row


@action(open_to=OPERATORS)
def move_clock(*, actor: Actor, now: datetime, to: datetime) -> Outcome[ClockMoved]:
    """At least to `to`, by the subscription's own clock, with everything that is due until then.

    :raises NoDemonstration: what real people bought has no clock of its own. :raises ClockGoesAhead: it is later
    already. :raises InvalidInput: more than a year.
    """
    if actor.kind not in ("operator", "system"):
        raise NotFound
    row = refuse_move(lock_subscription(), to, now)
    row.ahead_seconds = -((now - to) // _SECOND)
    happened, moment = pass_time(row, now), moment_of(row, now)
    keep(row, now)
    resolve_entitlements(now)
    values = {"at": moment.isoformat(), "what": list(happened.what), "name": row.terms["title"]}
    entry = Entry("billing.clock_moved", "subscription", row.id, values)
    return Outcome(ClockMoved(moment, happened.what), entry, happened.events, happened.jobs)

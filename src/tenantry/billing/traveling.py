"""Moving a demonstration's clock over what lies on the way: each renewal, attempt and end at its own moment, and what a
gateway is asked meanwhile. Outside of any transaction, like everything that asks a gateway."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import perform
from tenantry.billing.actions.clock import move_clock, refuse_move
from tenantry.billing.collecting import collect
from tenantry.billing.models import Subscription
from tenantry.billing.selectors import moment_of, open_invoices, subscription
from tenantry.billing.steps import dues
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.transactions import reading

# More on the way of a year is a fault.
MOST = 400
TRIED = "payment_tried"


@dataclass(frozen=True, slots=True, order=True)
class Coming:
    """`what`: a code of `billing.steps.dues`, or `payment_tried`."""

    at: datetime
    what: str


def coming(row: Subscription, now: datetime) -> Sequence[Coming]:
    """What will happen by itself and lies ahead, the next first. One query."""
    moment = moment_of(row, now)
    found = [Coming(due.at, due.what) for due in dues(row)]
    attempts = open_invoices().exclude(next_attempt_at=None).values_list("next_attempt_at", flat=True)
    found += [Coming(at, TRIED) for at in attempts if at is not None]
    return sorted(one for one in found if one.at > moment)


def travel(actor: Actor, organization_id: UUID, to: datetime) -> None:
    """To `to` by the subscription's clock, in the open scope.

    :raises NoDemonstration, ClockGoesAhead, InvalidInput: see `move_clock`; nothing has happened.
    """
    with reading():
        refuse_move(subscription(), to, clock.now())
    for _step in range(MOST):
        with reading():
            row = subscription()
            ahead = coming(row, clock.now()) if row else ()
        stop = min([one.at for one in ahead[:1]] + [to])
        # A clock counts whole seconds: it may be there already.
        moved = perform(move_clock, actor=actor, to=stop)
        _collect(organization_id)
        if moved.moment >= to:
            return
    raise RuntimeError("the clock does not arrive")


def _collect(organization_id: UUID) -> None:
    with reading():
        moment = moment_of(subscription(), clock.now())
        ids = list(open_invoices().filter(next_attempt_at__lte=moment).values_list("id", flat=True))
    for invoice_id in ids:
        collect(organization_id, invoice_id)

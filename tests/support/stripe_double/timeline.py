"""What happens by itself as time passes, each thing at its own moment."""

from collections.abc import Callable, Iterator
from functools import partial

from support.stripe_double.checkout import expire
from support.stripe_double.collecting import HOUR, finalize, try_by_itself
from support.stripe_double.schedules import OVER, enter_next_phase
from support.stripe_double.subscription_items import period_of
from support.stripe_double.subscriptions import ENDED, end, renew
from support.stripe_double.world import Object, World

# At one moment: phases before renewals, and those before what is made of them.
Due = tuple[int, int, Callable[[], None]]


def advance(world: World, to: int) -> None:
    """:raises RuntimeError: it does not come to rest"""
    for _turn in range(10_000):
        due = min(_dues(world), key=lambda one: one[:2], default=None)
        if due is None or due[0] > to:
            world.clock.to(to)
            return
        world.clock.to(due[0])
        due[2]()
    raise RuntimeError("time does not pass")


def _dues(world: World) -> Iterator[Due]:
    for row in world.all("subscription_schedule"):
        if row["status"] not in OVER:
            yield row["current_phase"]["end_date"], 0, partial(enter_next_phase, world, row)
    for row in world.all("subscription"):
        if row["status"] not in ENDED:
            yield _end_of(world, row)
    for row in world.all("invoice"):
        if not row.get("deleted"):
            yield from _of_invoice(world, row)
    for row in world.all("checkout.session"):
        if row["status"] == "open":
            yield row["_until"], 4, partial(expire, world, row)


def _end_of(world: World, row: Object) -> Due:
    if row["status"] == "incomplete":
        return row["created"] + 23 * HOUR, 1, partial(end, world, row, status="incomplete_expired")
    ends = period_of(row)[1]
    if row["cancel_at"] is not None and row["cancel_at"] <= ends:
        return row["cancel_at"], 1, partial(end, world, row)
    return ends, 1, partial(renew, world, row)


def _of_invoice(world: World, row: Object) -> Iterator[Due]:
    if row["status"] == "draft" and row["automatically_finalizes_at"] is not None:
        yield row["automatically_finalizes_at"], 2, partial(_finalize, world, row)
    elif row["status"] == "open" and row["next_payment_attempt"] is not None:
        yield row["next_payment_attempt"], 3, partial(try_by_itself, world, row)


def _finalize(world: World, row: Object) -> None:
    """An hour after it was made: finalized, and tried at once."""
    finalize(world, row)
    if row["status"] == "open" and row["auto_advance"]:
        try_by_itself(world, row)

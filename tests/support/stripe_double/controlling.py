"""The door behind the double, for tests alone."""

import base64
from collections.abc import Callable
from typing import Any

from support.stripe_double.answering import Double
from support.stripe_double.hooks import MODES, body_of, signature
from support.stripe_double.pages import act
from support.stripe_double.timeline import advance
from support.stripe_double.world import public

Wish = dict[str, Any]


def _webhooks(double: Double, wish: Wish) -> None:
    if (mode := wish.get("mode")) is not None:
        if mode not in MODES:
            raise ValueError(f"no mode {mode}")
        double.hooks.mode = mode
    if wish.get("to") is not None:
        double.hooks.to = wish["to"]
    if wish.get("only") is not None:
        double.hooks.only = tuple(wish["only"])


def _take(double: Double, wish: Wish) -> list[Wish]:
    """Signed, for a test that hands them over itself."""
    events = double.hooks.choose(newest_first=wish["newest_first"], only=tuple(wish["only"]))
    return [_signed(double, {"event": event}) for event in events for _time in range(wish["times"])]


def _signed(double: Double, wish: Wish) -> Wish:
    event = wish["event"] if isinstance(wish["event"], dict) else double.world.find("event", wish["event"])
    body = body_of(event)
    header = signature(body, double.hooks.secret, wish.get("at"))
    return {"type": event["type"], "body": base64.b64encode(body).decode(), "signature": header}


def _deliver(double: Double, wish: Wish) -> list[str]:
    events = double.hooks.choose(newest_first=wish["newest_first"], only=tuple(wish["only"]))
    again = [event for event in events for _time in range(wish["times"])]
    for event in again:
        double.hooks.send(event)
    return [event["type"] for event in again]


def _clock(double: Double, wish: Wish) -> int:
    world = double.world
    if "freeze" in wish:
        world.clock.frozen = wish["freeze"] or world.now()
    to = wish["to"] if wish.get("to") is not None else world.now() + wish.get("seconds", 0)
    if to > world.now():
        advance(world, to)
    double.tell()
    return world.now()


def _press(double: Double, wish: Wish) -> Wish:
    address, said = act(double.world, wish["page"], wish["id"], wish["do"], wish["card"])
    double.tell()
    return {"to": address or f"{double.world.base}/{wish['page']}/{wish['id']}", "said": said}


def _next(double: Double, wish: Wish) -> None:
    if wish.get("outcome"):
        double.world.coming += [wish["outcome"]] * wish["times"]
    if wish.get("status"):
        double.failing += [wish["status"]] * wish["times"]
    if wish.get("broken"):
        double.breaking, double.sparing = wish["times"], wish["after"]
    if wish.get("lost"):
        double.losing += wish["times"]


def _calm(double: Double, wish: Wish) -> None:
    double.world.coming.clear()
    double.failing.clear()
    double.breaking = double.sparing = 0
    double.losing = 0


def _reset(double: Double, wish: Wish) -> None:
    double.hooks.forget()
    double.forget()


def _retries(double: Double, wish: Wish) -> None:
    double.world.retry_days = tuple(wish["days"])


WISHES: dict[str, Callable[[Double, Wish], Any]] = {
    "webhooks": _webhooks,
    "take": _take,
    "signed": _signed,
    "pending": lambda double, _: double.hooks.kept,
    "deliveries": lambda double, _: double.hooks.deliveries,
    "clock": _clock,
    "press": _press,
    "next": _next,
    "calm": _calm,
    "reset": _reset,
    "retries": _retries,
    "requests": lambda double, _: double.requests,
    "objects": lambda double, wish: [public(row) for row in double.world.all(wish["kind"])],
}
# What waits for others, who may ask the double meanwhile.
UNLOCKED: dict[str, Callable[[Double, Wish], Any]] = {
    "deliver": _deliver,
    "settle": lambda double, _: double.hooks.settle(),
}


def wished(double: Double, name: str, wish: Wish) -> Any:
    """:raises KeyError: there is no such wish"""
    if name in UNLOCKED:
        return UNLOCKED[name](double, wish)
    with double.lock:
        return WISHES[name](double, wish)

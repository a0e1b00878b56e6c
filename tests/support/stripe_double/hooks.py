"""Webhooks: signed as Stripe signs them, sent when and as often as a test wants."""

import hashlib
import hmac
import json
import queue
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from support.stripe_double.world import Object

MODES = {"held", "at_once", "doubled", "dropped", "reordered"}


def signature(body: bytes, secret: str, at: int | None = None) -> str:
    """The header's value. By the machine's clock unless another second is named."""
    moment = int(time.time()) if at is None else at
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def body_of(event: Object) -> bytes:
    return json.dumps(event, indent=2).encode()


@dataclass
class Hooks:
    """`only`: types that are sent; empty: all."""

    secret: str
    mode: str = "held"
    to: str = ""
    only: tuple[str, ...] = ()
    kept: list[Object] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    _due: "queue.Queue[Object]" = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._work, daemon=True).start()

    def take(self, events: list[Object]) -> None:
        """What a call has caused, after it was answered."""
        for event in events:
            if self.only and event["type"] not in self.only:
                continue
            if self.mode in {"held", "reordered"}:
                self.kept.append(event)
            elif self.mode != "dropped":
                for _time in range(2 if self.mode == "doubled" else 1):
                    self._due.put(event)

    def choose(self, *, newest_first: bool, only: tuple[str, ...]) -> list[Object]:
        """Takes what is kept out, in the order it is to be sent."""
        chosen = [event for event in self.kept if not only or event["type"] in only]
        self.kept = [event for event in self.kept if event not in chosen]
        return list(reversed(chosen)) if newest_first or self.mode == "reordered" else chosen

    def settle(self) -> None:
        self._due.join()

    def forget(self) -> None:
        self.settle()
        self.mode, self.to, self.only = "held", "", ()
        self.kept.clear()
        self.deliveries.clear()

    def _work(self) -> None:
        while True:
            event = self._due.get()
            try:
                self.send(event)
            finally:
                self._due.task_done()

    def send(self, event: Object) -> int:
        """The status it was answered with; 0: nobody listened. Kept again unless it was taken."""
        body = body_of(event)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature(body, self.secret)}
        status = 0
        try:
            request = urllib.request.Request(self.to, data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=20) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except (OSError, ValueError):
            # Nobody is there, or there is no address.
            status = 0
        self.deliveries.append({"type": event["type"], "event": event["id"], "status": status})
        if not 200 <= status < 300:
            self.kept.append(event)
        return status

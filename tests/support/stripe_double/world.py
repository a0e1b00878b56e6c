"""Everything the double keeps, and its clock."""

import copy
import pickle
import secrets
import string
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.stripe_double.refusals import missing

Object = dict[str, Any]
ALPHABET = string.ascii_letters + string.digits
API_VERSION = "2026-10-28.endive"


def public(value: Any) -> Any:
    """As Stripe shows it unasked: without what begins with an underscore (ours) or a plus (shown when expanded)."""
    if isinstance(value, dict):
        return {key: public(one) for key, one in value.items() if key[:1] not in {"_", "+"}}
    if isinstance(value, list):
        return [public(one) for one in value]
    return value


@dataclass
class Clock:
    """The machine's time plus what it was advanced, or one moment that stays."""

    ahead: int = 0
    frozen: int | None = None

    def now(self) -> int:
        return self.frozen if self.frozen is not None else int(time.time()) + self.ahead

    def to(self, moment: int) -> None:
        """Never backwards."""
        later = max(moment, self.now())
        if self.frozen is not None:
            self.frozen = later
        else:
            self.ahead = later - int(time.time())


@dataclass
class World:
    """`coming`: what the next payments do, before what their card says."""

    base: str = ""
    clock: Clock = field(default_factory=Clock)
    kinds: dict[str, dict[str, Object]] = field(default_factory=dict)
    ids: dict[str, Object] = field(default_factory=dict)
    # Events that nobody has taken over for sending yet.
    unsent: list[Object] = field(default_factory=list)
    coming: list[str] = field(default_factory=list)
    retry_days: tuple[int, ...] = (1, 3, 5)
    number: int = 0
    request: Object = field(default_factory=dict)

    def now(self) -> int:
        return self.clock.now()

    def key(self, prefix: str) -> str:
        return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(24))}"

    def add(self, kind: str, prefix: str, **values: Any) -> Object:
        """A new object of that kind; nobody is told yet."""
        row = {"id": self.key(prefix), "object": kind, "created": self.now(), "livemode": False, **values}
        self.kinds.setdefault(kind, {})[row["id"]] = row
        self.ids[row["id"]] = row
        return row

    def all(self, kind: str) -> list[Object]:
        """Oldest first."""
        return list(self.kinds.get(kind, {}).values())

    def find(self, kind: str, key: str, *, param: str = "id", status: int = 400) -> Object:
        """:raises Refused: nothing is there, or it was deleted."""
        row = self.kinds.get(kind, {}).get(key)
        if row is None or row.get("deleted"):
            raise missing(kind, key, param=param, status=status)
        return row

    def forget(self, row: Object) -> Object:
        """It is gone; what is left answers that it was."""
        kept = {"id": row["id"], "object": row["object"], "deleted": True}
        row.clear()
        row.update(kept)
        return row

    def emit(self, kind: str, row: Object, previous: Object | None = None) -> None:
        data: Object = {"object": copy.deepcopy(public(row))}
        if previous is not None:
            data["previous_attributes"] = previous
        event = self.add(
            "event",
            "evt",
            api_version=API_VERSION,
            data=data,
            pending_webhooks=1,
            request={"id": self.request.get("id"), "idempotency_key": self.request.get("key")},
            type=kind,
        )
        self.unsent.append(event)

    def kept(self) -> bytes:
        """Everything but events, which never change, for `restore`."""
        rows = {kind: rows for kind, rows in self.kinds.items() if kind != "event"}
        return pickle.dumps((rows, self.coming, list(self.kinds.get("event", {}))))

    def restore(self, kept: bytes) -> None:
        """As if nothing had been done since."""
        rows, self.coming, events = pickle.loads(kept)
        happened = self.kinds.get("event", {})
        self.kinds = {**rows, "event": {key: happened[key] for key in events}}
        self.unsent = [event for event in self.unsent if event["id"] in self.kinds["event"]]
        # Parts of lists are no rows of their own kind alone: one object, by whatever way it is reached.
        self.ids = {key: row for kind in self.kinds.values() for key, row in kind.items()}

    @contextmanager
    def changing(self, row: Object, kind: str) -> Iterator[Object]:
        """Tells of it with what was before, if anything is different afterwards."""
        before = copy.deepcopy(public(row))
        yield row
        after = public(row)
        previous = {key: before.get(key) for key in after if before.get(key) != after[key]}
        if previous:
            self.emit(kind, row, previous)


def listed(rows: list[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "data": rows, "has_more": has_more, "url": url}


def merged(kept: dict[str, str], given: Any) -> dict[str, str]:
    """Metadata after an update: an empty text takes a key away, an empty value all of them."""
    if given == "":
        return {}
    return {key: value for key, value in {**kept, **(given or {})}.items() if value != ""}

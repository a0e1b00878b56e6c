"""Appending to the chain and verifying it.

An entry's hash covers its own columns, the digests of its personal values and the hash before it (SHA-256 over
canonical JSON). The head repeats number and hash under a MAC, so that cutting the end shows too.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q

from tenantry.audit.models import Entry as Row
from tenantry.audit.models import Head, OutboxEvent, PersonalValue
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.prepared import PreparedRow
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction

START = b"\0" * 32
PURPOSE = "audit head"
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """What an action hands over. `values` holds codes and plain data; `personal` what names or locates a person."""

    action: str
    target_type: str = ""
    target_id: UUID | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    personal: Mapping[str, Any] = field(default_factory=dict)

    @property
    def area(self) -> str:
        return self.action.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in the past tense, with plain ids and codes."""

    name: str
    payload: Mapping[str, Any] = field(default_factory=dict)


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode(
        "utf-8", "surrogatepass"
    )


def _plain(value: Any) -> Any:
    """As the database will give it back. Fractions become text: jsonb writes numbers its own way, and the hash of
    what is read must be the hash of what was written."""
    return json.loads(_canonical(value), parse_float=str, parse_constant=str)


def digest(salt: bytes, value: Any) -> str:
    return hashlib.sha256(bytes(salt) + _canonical(value)).hexdigest()


def _hash(row: Row) -> bytes:
    return hashlib.sha256(
        _canonical(
            [
                str(row.organization_id),
                row.number,
                row.at.astimezone(UTC).isoformat(timespec="microseconds"),
                row.actor_kind,
                str(row.actor_id or ""),
                row.actor_label,
                row.action,
                row.area,
                row.target_type,
                str(row.target_id or ""),
                row.values,
                row.personal,
                bytes(row.previous).hex(),
            ]
        )
    ).digest()


def _mac_message(organization_id: UUID, number: int, head_hash: bytes | memoryview) -> bytes:
    return organization_id.bytes + number.to_bytes(8, "big") + bytes(head_hash)


_HEAD_COLUMNS = [field.attname for field in Head._meta.concrete_fields]
_HEAD = PreparedRow(lambda: Head.objects.select_for_update(no_key=True).values_list(*_HEAD_COLUMNS), {})


def _lock_head(organization_id: UUID) -> Head:
    """The last lock of every action (design.md §3): numbers are commit order without gaps."""
    assert_in_transaction()
    row = _HEAD.find()
    if row is None:
        fresh = Head(organization_id=organization_id, number=0, hash=START)
        fresh.mac = crypto.mac(PURPOSE, _mac_message(organization_id, 0, START))
        Head.objects.bulk_create([fresh], ignore_conflicts=True)
        row = _HEAD.find()
    if row is None:
        raise Head.DoesNotExist
    return Head.from_db(DEFAULT_DB_ALIAS, _HEAD_COLUMNS, row)


@dataclass(frozen=True, slots=True)
class Act:
    """One entry to be: who did it, what is told of it, and when."""

    actor: Actor
    entry: Entry
    at: datetime
    events: tuple[Event, ...] = ()


def append(*, actor: Actor, entry: Entry, events: tuple[Event, ...], now: datetime) -> int:
    """Writes one entry and its events as the last statements of an action. Returns the entry's number."""
    return append_all([Act(actor, entry, now, events)])


def append_all(acts: Sequence[Act]) -> int:
    """Writes one entry for each, in their order, under one lock of the head. Returns the last one's number."""
    organization_id = scope.organization_id()
    head = _lock_head(organization_id)
    rows: list[Row] = []
    values: list[PersonalValue] = []
    events: list[OutboxEvent] = []
    for act in acts:
        number = head.number + 1
        personal = _personal(act)
        salts = {name: secrets.token_bytes(16) for name in personal}
        row = _row(act, number, {name: digest(salts[name], value) for name, value in personal.items()}, head)
        rows.append(row)
        values += [
            PersonalValue(organization_id=organization_id, number=number, field=name, salt=salts[name], value=value)
            for name, value in personal.items()
        ]
        events += [
            OutboxEvent(
                organization_id=organization_id, number=number, ordinal=i, name=e.name, payload=_plain(dict(e.payload))
            )
            for i, e in enumerate(act.events)
        ]
        head.number, head.hash = number, row.hash
    Row.objects.bulk_create(rows)
    PersonalValue.objects.bulk_create(values)
    OutboxEvent.objects.bulk_create(events)
    head.mac = crypto.mac(PURPOSE, _mac_message(organization_id, head.number, head.hash))
    head.save(update_fields=["number", "hash", "mac"])
    return head.number


def _personal(act: Act) -> dict[str, Any]:
    personal = {name: _plain(value) for name, value in act.entry.personal.items()}
    if act.actor.address:
        personal["address"] = act.actor.address
    if act.actor.agent:
        personal["agent"] = act.actor.agent[:300]
    return personal


def _row(act: Act, number: int, digests: dict[str, str], head: Head) -> Row:
    row = Row(
        organization_id=head.organization_id,
        number=number,
        at=act.at,
        actor_kind=act.actor.kind,
        actor_id=act.actor.acting_id,
        # A member's name is personal and is read from the membership; others are codes of ours.
        actor_label="" if act.actor.kind == "member" else act.actor.label,
        action=act.entry.action,
        area=act.entry.area,
        target_type=act.entry.target_type,
        target_id=act.entry.target_id,
        values=_plain(dict(act.entry.values)),
        personal=digests,
        previous=bytes(head.hash),
    )
    row.hash = _hash(row)
    return row


@dataclass(frozen=True, slots=True)
class Fault:
    """`number` 0: the fault is in the head."""

    number: int
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    checked: int
    erased: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def verify() -> Verification:
    """Walks the chain of the open scope's organization. Erased personal values are counted, not faults.

    May run while others append: it goes on until it has met the head.
    """
    walk = _Walk()
    while True:
        walk.read_on()
        head = Head.objects.first()
        if head is None or head.number <= walk.number or not Row.objects.filter(number__gt=walk.number).exists():
            break
    personal_faults, present = _verify_personal(walk.number)
    faults = (*walk.faults, *personal_faults, *_verify_head(head, walk))
    return Verification(walk.checked, max(0, walk.promised - present), faults)


class _Walk:
    """Where the walk stands: the last number, its hash, and what was found on the way."""

    def __init__(self) -> None:
        self.number = self.checked = self.promised = 0
        self.hash = START
        self.faults: list[Fault] = []

    def read_on(self) -> None:
        """By keyset, so that a long chain is neither loaded whole nor held in one cursor."""
        while batch := list(Row.objects.filter(number__gt=self.number).order_by("number")[:BATCH]):
            for row in batch:
                self._check(row)

    def _check(self, row: Row) -> None:
        if row.number != self.number + 1:
            self.faults.append(Fault(self.number + 1, "missing"))
        if bytes(row.previous) != self.hash:
            self.faults.append(Fault(row.number, "link_broken"))
        if _hash(row) != bytes(row.hash):
            self.faults.append(Fault(row.number, "changed"))
        self.checked += 1
        self.promised += len(row.personal)
        self.number, self.hash = row.number, bytes(row.hash)


def _verify_head(head: Head | None, walk: _Walk) -> list[Fault]:
    if head is None:
        # Every organization has at least the entry of its founding; the installation's chain begins with the first act.
        return [Fault(0, "head_missing")] if walk.number or scope.organization_id() != scope.INSTALLATION else []
    faults = []
    message = _mac_message(head.organization_id, head.number, head.hash)
    if not crypto.mac_matches(PURPOSE, message, bytes(head.mac)):
        faults.append(Fault(0, "head_forged"))
    if (head.number, bytes(head.hash)) != (walk.number, walk.hash):
        faults.append(Fault(0, "end_missing" if head.number > walk.number else "end_added"))
    return faults


def _verify_personal(last: int) -> tuple[list[Fault], int]:
    """Faults and the number of values that are still there, up to entry `last`."""
    faults: list[Fault] = []
    count = 0
    after: tuple[int, str] = (0, "")
    while True:
        beyond = Q(number__gt=after[0]) | Q(number=after[0], field__gt=after[1])
        rows = list(PersonalValue.objects.filter(beyond, number__lte=last).order_by("number", "field")[:BATCH])
        if not rows:
            return faults, count
        digests = dict(Row.objects.filter(number__in={r.number for r in rows}).values_list("number", "personal"))
        for row in rows:
            count += 1
            if digests.get(row.number, {}).get(row.field) != digest(bytes(row.salt), row.value):
                faults.append(Fault(row.number, f"personal_changed:{row.field}"))
        after = (rows[-1].number, rows[-1].field)


def erase_personal(numbers: list[int]) -> int:
    """Deletes the personal values of entries. The chain still verifies. Returns how many values went."""
    count, _by_model = PersonalValue.objects.filter(number__in=numbers).delete()
    return count

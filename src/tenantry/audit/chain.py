"""Appending to the chain and verifying it.

An entry's hash covers its own columns, the digests of its personal values and the hash before it (SHA-256 over
canonical JSON). The head repeats number and hash under a MAC, so that cutting the end shows too.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from tenantry.audit.models import Entry as Row
from tenantry.audit.models import Head, OutboxEvent, PersonalValue
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope

START = b"\0" * 32
PURPOSE = "audit head"


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


def digest(salt: bytes, value: Any) -> str:
    return hashlib.sha256(salt + _canonical(value)).hexdigest()


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


def _mac_message(organization_id: UUID, number: int, head_hash: bytes) -> bytes:
    return organization_id.bytes + number.to_bytes(8, "big") + bytes(head_hash)


def _lock_head(organization_id: UUID) -> Head:
    """The last lock of every action (design.md §3): numbers are commit order without gaps."""
    rows = Head.objects.select_for_update(no_key=True).filter(organization_id=organization_id)
    head = rows.first()
    if head is None:
        fresh = Head(organization_id=organization_id, number=0, hash=START)
        fresh.mac = crypto.mac(PURPOSE, _mac_message(organization_id, 0, START))
        Head.objects.bulk_create([fresh], ignore_conflicts=True)
        head = rows.get()
    return head


def append(*, actor: Actor, entry: Entry, events: tuple[Event, ...], now: datetime) -> int:
    """Writes one entry and its events as the last statements of an action. Returns the entry's number."""
    organization_id = scope.organization_id()
    head = _lock_head(organization_id)
    number = head.number + 1
    personal = dict(entry.personal)
    if actor.address:
        personal["address"] = actor.address
    if actor.agent:
        personal["agent"] = actor.agent[:300]
    salts = {name: secrets.token_bytes(16) for name in personal}
    row = Row(
        organization_id=organization_id,
        number=number,
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.acting_id,
        # A member's name is personal and is read from the membership; others are codes of ours.
        actor_label="" if actor.kind == "member" else actor.label,
        action=entry.action,
        area=entry.area,
        target_type=entry.target_type,
        target_id=entry.target_id,
        values=json.loads(_canonical(dict(entry.values))),
        personal={name: digest(salts[name], value) for name, value in personal.items()},
        previous=bytes(head.hash),
    )
    row.hash = _hash(row)
    Row.objects.bulk_create([row])
    PersonalValue.objects.bulk_create(
        PersonalValue(organization_id=organization_id, number=number, field=name, salt=salts[name], value=value)
        for name, value in personal.items()
    )
    OutboxEvent.objects.bulk_create(
        OutboxEvent(
            organization_id=organization_id, number=number, ordinal=i, name=e.name, payload=json.loads(_canonical(dict(e.payload)))
        )
        for i, e in enumerate(events)
    )
    head.number, head.hash = number, row.hash
    head.mac = crypto.mac(PURPOSE, _mac_message(organization_id, number, row.hash))
    head.save(update_fields=["number", "hash", "mac"])
    return number


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
    """Walks the chain of the open scope's organization. Erased personal values are counted, not faults."""
    organization_id = scope.organization_id()
    faults: list[Fault] = []
    erased = checked = 0
    previous, expected = START, 1
    for row in _rows():
        checked += 1
        if row.number != expected:
            faults.append(Fault(expected, "missing" if row.number > expected else "out_of_order"))
            expected = row.number
        if bytes(row.previous) != previous:
            faults.append(Fault(row.number, "link_broken"))
        if _hash(row) != bytes(row.hash):
            faults.append(Fault(row.number, "changed"))
        previous, expected = bytes(row.hash), expected + 1
    personal_faults, present = _verify_personal()
    faults += personal_faults
    promised = _count_promised()
    erased = promised - present
    faults += _verify_head(organization_id, expected - 1, previous)
    return Verification(checked, erased, tuple(faults))


def _rows() -> Iterator[Row]:
    """All entries in order, by keyset, so that a long chain is neither loaded whole nor held in one cursor."""
    after = 0
    while batch := list(Row.objects.filter(number__gt=after).order_by("number")[:2000]):
        yield from batch
        after = batch[-1].number


def _verify_head(organization_id: UUID, number: int, last_hash: bytes) -> list[Fault]:
    head = Head.objects.first()
    if head is None:
        return [Fault(0, "head_missing")] if number else []
    faults = []
    if not crypto.mac_matches(PURPOSE, _mac_message(organization_id, head.number, head.hash), head.mac):
        faults.append(Fault(0, "head_forged"))
    if (head.number, bytes(head.hash)) != (number, last_hash):
        faults.append(Fault(0, "end_missing" if head.number > number else "end_added"))
    return faults


def _verify_personal() -> tuple[list[Fault], int]:
    faults: list[Fault] = []
    count = 0
    after: tuple[int, str] = (0, "")
    while True:
        rows = list(
            PersonalValue.objects.filter(Q(number__gt=after[0]) | Q(number=after[0], field__gt=after[1])).order_by(
                "number", "field"
            )[:2000]
        )
        if not rows:
            return faults, count
        digests = dict(Row.objects.filter(number__in={r.number for r in rows}).values_list("number", "personal"))
        for row in rows:
            count += 1
            if digests.get(row.number, {}).get(row.field) != digest(bytes(row.salt), row.value):
                faults.append(Fault(row.number, f"personal_changed:{row.field}"))
        after = (rows[-1].number, rows[-1].field)


def _count_promised() -> int:
    table = Row._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT coalesce(sum((SELECT count(*) FROM jsonb_object_keys(personal))), 0) FROM "{table}"'
            " WHERE organization_id = %s",
            [scope.organization_id()],
        )
        return int(cursor.fetchone()[0])


def erase_personal(numbers: list[int]) -> int:
    """Deletes the personal values of entries. The chain still verifies. Returns how many values went."""
    count, _by_model = PersonalValue.objects.filter(number__in=numbers).delete()
    return count

"""What doing something to a selection would do, however large: chunk by chunk, in the order and size of the batches
that carry it out, so that the plan is the effect. Never more than one chunk of rows in memory."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.operations import BATCH
from tenantry.acting.plans import Plan, Refused
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing
from tenantry.usecases.bulk_changing.kinds import KINDS, BulkKind, Chunk
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.usecases.carried import Carried
from tenantry.usecases.leaving.matters import Matter

MOST_NAMES = 5
# Of what is to be settled first; further ones come up when these are.
MOST_MATTERS = 50
# Ids of a stream that are asked for at once.
STREAMED = 5000
# More than these are planned by an operation: nobody waits for an answer longer than about a second
# (docs/decisions/0018).
AT_ONCE = 2000
# Of all who match a filter; the same where they are planned, frozen and carried out.
ORDER = ("sort_name", "id")


@dataclass(frozen=True, slots=True)
class Selection:
    """People by id, or all that match a filter. The order is that of names, then ids."""

    ids: tuple[UUID, ...] = ()
    wanted: DirectoryFilter | None = None

    def stream(self, actor: Actor, now: datetime) -> Iterator[UUID]:
        """Inside of a transaction: a cursor of the server gives them piece by piece."""
        if self.wanted is None:
            yield from dict.fromkeys(self.ids)
            return
        rows = matching(actor, self.wanted, now).order_by(*ORDER)
        yield from rows.values_list("id", flat=True).iterator(chunk_size=STREAMED)

    def is_large(self, actor: Actor, now: datetime) -> bool:
        """Whether it is planned by an operation. Counts no further than it must."""
        if self.wanted is None:
            return False
        return matching(actor, self.wanted, now).order_by().values("id")[: AT_ONCE + 1].count() > AT_ONCE

    def some(self, actor: Actor, now: datetime) -> tuple[UUID, ...]:
        """Any of it, as many as fit into one batch."""
        if self.wanted is None:
            return self.ids[:BATCH]
        return tuple(matching(actor, self.wanted, now).order_by().values_list("id", flat=True)[:BATCH])


@dataclass(frozen=True, slots=True)
class Reason:
    """`sentence` of the first of them, with the first names."""

    code: str
    sentence: str
    number: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BulkPlan(Plan):
    """`done`: to how many it would be done; `everybody`: a digest over the whole selection and each one's outcome;
    `value`: the name of what was chosen; `gains` and `loses`: people by code of a permission; `matters`: what is to be
    settled before those can leave who are refused because of it."""

    do: str
    value_id: UUID | None
    value: str
    total: int
    done: int
    names: tuple[str, ...]
    reasons: tuple[Reason, ...]
    numbers: tuple[tuple[str, int], ...]
    gains: tuple[tuple[str, int], ...]
    loses: tuple[tuple[str, int], ...]
    everybody: str
    asks_name: bool = False
    matters: tuple[Matter, ...] = ()

    @property
    def refused(self) -> int:
        return self.total - self.done

    def number(self, name: str) -> int:
        return dict(self.numbers).get(name, 0)


@dataclass(slots=True)
class Sum:
    """A plan in the making. People stand in what is kept of it by id: no names belong there."""

    done: int = 0
    total: int = 0
    numbers: Counter[str] = field(default_factory=Counter)
    gains: Counter[str] = field(default_factory=Counter)
    loses: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ids: list[UUID] = field(default_factory=list)
    refused_ids: dict[str, list[UUID]] = field(default_factory=dict)
    everybody: str = ""
    asks_name: bool = False
    value: str = ""
    names: dict[UUID, str] = field(default_factory=dict)
    sentences: dict[str, str] = field(default_factory=dict)
    matters: dict[tuple[str, UUID | None], Matter] = field(default_factory=dict)

    def add(self, kind: BulkKind, plan: Any) -> None:
        self.done += len(plan.members)
        self.total += len(plan.members) + len(plan.refused)
        first = dict(zip(plan.members, plan.names[: MOST_NAMES - len(self.ids)], strict=False))
        self.ids += first
        self.names |= first
        self.numbers.update({name: getattr(plan, name) for name in kind.numbers})
        self.gains.update(dict(getattr(plan, "gains", ())))
        self.loses.update(dict(getattr(plan, "loses", ())))
        self.value = getattr(plan, kind.into) if kind.into else ""
        self.asks_name = getattr(plan, "asks_name", False)
        for matter in getattr(plan, "matters", ()):
            self._add_matter(matter)
        everybody = hashlib.sha256(self.everybody.encode())
        for member_id in sorted(plan.members):
            everybody.update(member_id.bytes)
        for one in sorted(plan.refused, key=lambda refused: refused.membership_id):
            everybody.update(one.membership_id.bytes + one.code.encode())
            self._add_refused(one)
        self.everybody = everybody.hexdigest()[:32]

    def _add_refused(self, one: Refused) -> None:
        self.refused[one.code] += 1
        self.sentences.setdefault(one.code, one.sentence)
        ids = self.refused_ids.setdefault(one.code, [])
        if len(ids) < MOST_NAMES:
            ids.append(one.membership_id)
            self.names[one.membership_id] = one.name

    def _add_matter(self, one: Matter) -> None:
        if not one.must:
            return
        key = (one.kind, one.id)
        present = self.matters.get(key)
        if present is not None:
            self.matters[key] = replace(present, number=present.number + one.number)
        elif len(self.matters) < MOST_MATTERS:
            self.matters[key] = one

    def add_gone(self, ids: Iterable[UUID]) -> None:
        """Of a frozen selection: out of sight by now, or gone."""
        for member_id in ids:
            self.total += 1
            self.refused[NotFound.code] += 1
            self.everybody = hashlib.sha256(self.everybody.encode() + member_id.bytes).hexdigest()[:32]

    def reasons(self) -> tuple[Reason, ...]:
        return tuple(
            Reason(code, self.sentences.get(code) or in_words(code).sentence, number, self._named(code))
            for code, number in self.refused.most_common()
        )

    def _named(self, code: str) -> tuple[str, ...]:
        return tuple(self.names[i] for i in self.refused_ids.get(code, ()) if i in self.names)

    def plan(self, kind: BulkKind, value_id: UUID | None) -> BulkPlan:
        return BulkPlan(
            do=kind.key,
            value_id=value_id,
            value=self.value,
            total=self.total,
            done=self.done,
            names=tuple(self.names[i] for i in self.ids if i in self.names),
            reasons=self.reasons(),
            numbers=tuple(sorted((name, self.numbers[name]) for name in kind.numbers)),
            gains=tuple(sorted(self.gains.items())),
            loses=tuple(sorted(self.loses.items())),
            everybody=self.everybody,
            asks_name=self.asks_name,
            matters=tuple(self.matters.values()),
        )


def kind_of(actor: Actor, do: str) -> BulkKind:
    """:raises NotFound: nothing of that name is done to selections. :raises PermissionMissing: not by this actor."""
    kind = KINDS.get(do)
    if kind is None:
        raise NotFound
    if not actor.may(kind.permission):
        raise PermissionMissing(kind.permission)
    return kind


def plan_change(
    *, actor: Actor, do: str, selection: Selection, now: datetime, value_id: UUID | None = None
) -> BulkPlan:
    """What would happen, in numbers that are exact.

    :raises NotFound: what is chosen, or somebody named, is unknown or out of reach. :raises PermissionMissing: of the
    kind. :raises InvalidInput: nobody is selected, or nothing is chosen.
    """
    kind = kind_of(actor, do)
    found, carried = Sum(), Carried()
    for ids in _chunks(selection.stream(actor, now)):
        found.add(kind, kind.plan(Chunk(actor, ids, value_id, now, carried)))
    if not found.total:
        raise InvalidInput({"ids": _("Nobody is selected.")})
    return found.plan(kind, value_id)


def _chunks(ids: Iterator[UUID]) -> Iterator[tuple[UUID, ...]]:
    while chunk := tuple(islice(ids, BATCH)):
        yield chunk

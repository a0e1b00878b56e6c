"""Declaring actions, and `perform`, the one door through which anything is written (design.md §3)."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from pydantic import TypeAdapter

from tenantry.acting.errors import AnswerNotRepeated, Busy, KeyReused
from tenantry.acting.models import IdempotencyRecord
from tenantry.audit.chain import Entry, Event, append
from tenantry.core import clock, crypto, jobs
from tenantry.core.actor import Actor
from tenantry.core.acts import Act
from tenantry.core.decisions import require_any
from tenantry.core.errors import NoLongerIn, PermissionMissing, Refusal
from tenantry.core.ids import NIL
from tenantry.core.jobs import Job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import assert_in_transaction, writing

Result = TypeVar("Result")
ATTEMPTS = 4
# Serialization failure, deadlock, lock not available: PostgreSQL asks for another try.
COLLISIONS = frozenset({"40001", "40P01", "55P03"})
# What the database refused by a constraint of that name, in words. Registered by the package whose rule it is.
_violations: dict[str, type[Refusal]] = {}
# A row that is linked to went away, or an equal row came, since this transaction looked: the next try sees it and
# answers by name.
OVERTAKEN = frozenset({"23503", "23505"})
PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Result]):
    """What an action hands back to `perform`. `entry` None: nothing worth an audit line (own preferences). `besides`:
    what else the same transaction did, each with a line of its own, because each is taken back by itself."""

    result: Result
    entry: Entry | None
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()
    besides: "tuple[Part[Any], ...]" = ()


@dataclass(frozen=True, slots=True)
class Part(Generic[Result]):
    """The makings of an outcome: what a function hands to the actions that share it."""

    result: Result
    entry: Entry
    events: tuple[Event, ...] = ()
    jobs: tuple[Job, ...] = ()

    @property
    def outcome(self) -> Outcome[Result]:
        return Outcome(self.result, self.entry, self.events, self.jobs)


@dataclass(frozen=True, slots=True)
class Declaration:
    """`permission` None needs `open_to`, the reason why nobody is asked for one. `targets` names the parameters that
    hold membership ids: they are locked together with the acting membership, in one order. `answers`: a refusal's code
    that this action gives and that is counted (`register_toll`)."""

    name: str
    permission: str | None
    open_to: str = ""
    targets: tuple[str, ...] = ()
    holds_secret: bool = False
    answers: str = ""


Action = Callable[..., Outcome[Result]]
DECLARED: dict[str, Declaration] = {}
FUNCTIONS: dict[str, Action[Any]] = {}


def action(
    permission: str | None = None,
    *,
    open_to: str = "",
    targets: tuple[str, ...] = (),
    holds_secret: bool = False,
    answers: str = "",
) -> Callable[[Action[Result]], Action[Result]]:
    if (permission is None) == (not open_to):
        raise ValueError("an action names its permission, or why it asks for none")

    def declare(function: Action[Result]) -> Action[Result]:
        name = f"{function.__module__.removeprefix('tenantry.')}.{function.__name__}"
        DECLARED[name] = Declaration(name, permission, open_to, targets, holds_secret, answers)
        FUNCTIONS[name] = function
        function.declaration = DECLARED[name]  # type: ignore[attr-defined]
        return function

    return declare


@dataclass(slots=True)
class Idempotency:
    """Sent by a caller: `key` names one intention on one route, `body` is what it asked for.

    `perform` sets `replayed` when it hands out the result of an earlier call instead of acting.
    """

    route: str
    key: str
    body: bytes = b""
    replayed: bool = field(default=False, init=False)

    @property
    def body_hash(self) -> bytes:
        # With a key: a body may hold a password, and is short enough to be guessed.
        return crypto.mac("idempotent body", self.body)


# Registered by `access` and `security`: prove that the actor may still act here, lock its row together with the
# targets in one order, and return the actor with its grants of this moment.
Proof = Callable[[Actor, frozenset[UUID], datetime], Actor]
_proofs: dict[str, Proof] = {}


def register_proof(kind: str, proof: Proof) -> None:
    _proofs[kind] = proof


def register_violation(constraint: str, refusal: type[Refusal]) -> None:
    """Whoever runs into this constraint is answered by name. Registered once."""
    if _violations.setdefault(constraint, refusal) is not refusal:
        raise ValueError(f"two refusals for {constraint}")


@dataclass(frozen=True, slots=True)
class Toll:
    """What keeps an answer rare that tells more than its reader could see. Both run outside of the transaction, so that
    a refused action stays counted; `ask` raises what refuses everybody who had too many."""

    ask: Callable[[Actor, datetime], None]
    count: Callable[[Actor, int, datetime], None]


_tolls: dict[str, Toll] = {}


def register_toll(code: str, toll: Toll) -> None:
    """Of the refusals with this code, in actions that declare it as what they answer."""
    if _tolls.setdefault(code, toll) is not toll:
        raise ValueError(f"two tolls for {code}")


def perform(
    action: Action[Result],
    *,
    actor: Actor,
    idempotency: Idempotency | None = None,
    now: datetime | None = None,
    **params: Any,
) -> Result:
    """Carries one action out, in one transaction of its own, and commits.

    The scope must be armed with the actor's organization.

    :raises Refusal: what the action refuses; nothing was written.
    :raises Busy: the transaction collided again and again.
    """
    declaration: Declaration = action.declaration  # type: ignore[attr-defined]
    if actor.organization_id is not None and scope.organization_id() != actor.organization_id:
        raise NoLongerIn
    toll = _tolls.get(declaration.answers)
    if toll is None:
        return _tried(action, actor, idempotency, now, params)
    toll.ask(actor, now or clock.now())
    try:
        result = _tried(action, actor, idempotency, now, params)
    except Refusal as refused:
        if refused.code == declaration.answers:
            toll.count(actor, 1, now or clock.now())
        raise
    answered = sum(row.code == declaration.answers for row in getattr(result, "refused", ()))
    if answered:
        toll.count(actor, answered, now or clock.now())
    return result


def _tried(
    action: Action[Result], actor: Actor, idempotency: Idempotency | None, now: datetime | None, params: dict[str, Any]
) -> Result:
    """Again where another transaction was in the way: what it left is answered by name then."""
    declaration: Declaration = action.declaration  # type: ignore[attr-defined]
    for attempt in range(ATTEMPTS):
        moment = now or clock.now()
        try:
            with writing(Act(actor.kind, actor.acting_id, declaration.name, moment)):
                return _carry_out(action, declaration, actor, idempotency, moment, params)
        except (OperationalError, IntegrityError) as error:
            state, refusal = getattr(error.__cause__, "sqlstate", None), _violated(error)
            if state not in COLLISIONS | OVERTAKEN and refusal is None:
                raise
            if attempt == ATTEMPTS - 1:
                # Overtaken every time is no collision but a fault of ours, and should be seen as one.
                if state in OVERTAKEN:
                    raise
                raise (refusal() if refusal else Busy()) from error
            time.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311 spreads tries, hides nothing
    raise Busy


def _violated(error: Exception) -> type[Refusal] | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    return _violations.get(getattr(diagnosis, "constraint_name", None) or "")


def _carry_out(
    action: Action[Result],
    declaration: Declaration,
    actor: Actor,
    idempotency: Idempotency | None,
    now: datetime,
    params: dict[str, Any],
) -> Result:
    actor = _proven(actor, declaration, params, now)
    if declaration.permission is not None:
        require_any(actor, declaration.permission)
    record = _begin_idempotent(idempotency, actor, now) if idempotency else None
    if idempotency is not None and record is not None and record.result is not None:
        idempotency.replayed = True
        return _replayed(action, declaration, record)
    outcome = action(actor=actor, now=now, **params)
    if record is not None:
        _finish_idempotent(record, action, declaration, outcome.result)
    parts: tuple[Outcome[Any] | Part[Any], ...] = (outcome, *outcome.besides)
    for part in parts:
        if part.entry is not None:
            append(actor=actor, entry=part.entry, events=part.events, now=now)
        elif part.events:
            raise ValueError("events need an entry: they share its number")
        jobs.enqueue(*part.jobs)
    if any(part.events for part in parts):
        jobs.enqueue(Job("audit.dispatch_outbox", {"organization_id": str(scope.organization_id())}))
    return outcome.result


def _proven(actor: Actor, declaration: Declaration, params: dict[str, Any], now: datetime) -> Actor:
    targets: set[UUID] = set()
    for name in declaration.targets:
        value = params.get(name)
        if value is not None:
            targets |= {value} if isinstance(value, UUID) else set(value)
    if actor.kind == "guest" and declaration.permission is not None:
        raise PermissionMissing(declaration.permission)
    proof = _proofs.get(actor.kind)
    return proof(actor, frozenset(targets), now) if proof else actor


def _begin_idempotent(given: Idempotency, actor: Actor, now: datetime) -> IdempotencyRecord:
    """Takes the key. A second request with it waits here until the first has committed.

    :raises KeyReused: the key came with another body before.
    """
    caller = actor.acting_id or NIL
    record = IdempotencyRecord(
        caller_id=caller, route=given.route, key=given.key[:200], body_hash=given.body_hash, created_at=now
    )
    try:
        with transaction.atomic():
            IdempotencyRecord.objects.bulk_create([record])
    except IntegrityError:
        record = IdempotencyRecord.objects.get(caller_id=caller, route=given.route, key=given.key[:200])
        if bytes(record.body_hash) != given.body_hash:
            raise KeyReused from None
    return record


def _result_type(action: Action[Result]) -> TypeAdapter[Result]:
    outcome = action.__annotations__["return"]
    return TypeAdapter(outcome.__args__[0])


def _finish_idempotent(
    record: IdempotencyRecord, action: Action[Result], declaration: Declaration, result: Result
) -> None:
    """Keeps the result for a repetition; of one with a secret only that it was given."""
    plain = None if declaration.holds_secret else _result_type(action).dump_python(result, mode="json")
    record.result = {} if plain is None else plain
    record.save(update_fields=["result"])


def _replayed(action: Action[Result], declaration: Declaration, record: IdempotencyRecord) -> Result:
    if declaration.holds_secret:
        raise AnswerNotRepeated
    return _result_type(action).validate_python(record.result)


def in_action() -> None:
    """Steps call this first: they are composed by actions and open no transaction of their own."""
    assert_in_transaction()


@dataclass(frozen=True, slots=True)
class Done:
    """The result of actions that have nothing to say but that they happened."""

    id: UUID | None = None
    notes: tuple[str, ...] = field(default=())

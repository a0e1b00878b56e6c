"""What a changed policy does to this organization, in numbers and names. Whoever enforces a policy also foretells it:
packages above register what they know, and the plan of the change asks all of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tenantry.acting.plans import Plan
from tenantry.core.errors import Refusal


@dataclass(frozen=True, slots=True)
class Effect:
    """One consequence. `number` None: a sentence without a figure. `names`: of whom it speaks, all of them.
    `passing`: the figure moves by itself, so that a confirmation does not grow old with it."""

    text: str
    number: int | None = None
    names: tuple[str, ...] = ()
    warning: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class EffectPlan(Plan):
    """A plan that is told by its effects. What is passing does not count for its digest."""

    effects: tuple[Effect, ...]

    @property
    def digest(self) -> str:
        lasting = replace(self, effects=tuple(effect for effect in self.effects if not effect.passing))
        return super(EffectPlan, lasting).digest


@dataclass(frozen=True, slots=True)
class Question:
    """One change that is thought of; both values are of the policy's kind. Asked inside of a transaction."""

    code: str
    before: Any
    after: Any
    now: datetime


Foretell = Callable[[Question], Iterable[Effect]]


@dataclass(slots=True)
class _Registry:
    by_code: dict[str, list[Foretell]] = field(default_factory=dict)


_registry = _Registry()


def register(*codes: str) -> Callable[[Foretell], Foretell]:
    """Declares a function that foretells what changing these policies does."""

    def declare(foretell: Foretell) -> Foretell:
        for code in codes:
            _registry.by_code.setdefault(code, []).append(foretell)
        return foretell

    return declare


def foretold(question: Question) -> tuple[Effect, ...]:
    """Every effect of a change, in the order of registration; none when nothing changes."""
    if question.before == question.after:
        return ()
    return tuple(effect for foretell in _registry.by_code.get(question.code, ()) for effect in foretell(question))


Object = Callable[[Question], Refusal | None]


_objecting: dict[str, Object] = {}


def objects(code: str) -> Callable[[Object], Object]:
    """Declares a function that says why this policy can't take a value now; asked under the action's locks."""

    def declare(function: Object) -> Object:
        if _objecting.setdefault(code, function) is not function:
            raise ValueError(f"two objections to {code}")
        return function

    return declare


def objection(question: Question) -> Refusal | None:
    """Why a change can't be made; mostly None."""
    asked = _objecting.get(question.code)
    return asked(question) if asked and question.before != question.after else None


def without_effects(codes: Sequence[str]) -> list[str]:
    """Those of the codes of which nobody says anything."""
    return [code for code in codes if code not in _registry.by_code]

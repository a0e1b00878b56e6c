"""Plan catalogues: what is sold, as a document (product.md §5, blueprints.md *Plan catalogues*).

Shapes and what their parts say about each other; `offers` reads them and knows which one holds here, `terms` makes of a
plan what an organization buys.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from tenantry.core.documents import Fault, Path, Shape, close
from tenantry.core.money import digits
from tenantry.organizations.entitlements import CATALOGUE, SEATS

LIMITS = {key for key in CATALOGUE if key != SEATS}
# What a pack may add to: meters whose allowance it stands behind (product.md §5).
PACKED = {"ai_tokens"}
INTERVALS = ("month", "year")


def _amount(value: Any) -> Any:
    """Whole amounts are numbers, others text: `29` or `"59.99"`. A number with a point would be a float."""
    try:
        if type(value) in (int, str):
            return Decimal(value)
        raise InvalidOperation
    except InvalidOperation:
        raise ValueError('is an amount: a whole number, or "59.99" in quotes') from None


def _limit(value: Any) -> Any:
    """`unlimited` is written out; features say yes and no."""
    if value == "unlimited":
        return None
    if isinstance(value, bool):
        return int(value)
    return "nothing" if value is None else value


Amount = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0, le=10_000_000, strict=False)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,40}$")]
Title = Annotated[str, Field(min_length=1, max_length=60)]
Limit = Annotated[Annotated[int, Field(ge=0, le=10**15)] | None, BeforeValidator(_limit)]
Seats = Annotated[int, Field(ge=0, le=10_000_000)]
# Null: seats are not counted.
Counted = Annotated[Seats | None, BeforeValidator(_limit)]


class PriceDefinition(Shape):
    """Of one interval: `base`, and `seat` for each above the included ones; null: none can be added."""

    base: Amount = Decimal(0)
    seat: Amount | None = None


class AddonDefinition(Shape):
    """For each person who has it switched on, on an invoice of its own."""

    key: Key
    title: Title
    month: Amount
    year: Amount | None = None


class PackDefinition(Shape):
    """Bought once, used after the allowance, never expiring."""

    key: Key
    title: Title
    meter: str
    amount: Annotated[int, Field(ge=1, le=10**12)]
    price: Amount


class PlanDefinition(Shape):
    """`included`: seats within the base, `unlimited` where seats are not counted. `minimum`: the fewest that are sold.
    `by_agreement`: no price; an operator puts an organization on it."""

    key: Key
    title: Title
    sentence: Annotated[str, Field(max_length=200)] = ""
    by_agreement: bool = False
    included: Counted = 0
    minimum: Seats = 1
    month: PriceDefinition | None = None
    year: PriceDefinition | None = None
    addons: list[AddonDefinition] = []
    packs: bool = False
    entitlements: dict[str, Limit]


class TrialDefinition(Shape):
    """`entitlements`: where the trial differs from its plan. `seats`: the licence while it lasts."""

    plan: Key
    days: Annotated[int, Field(ge=1, le=365)]
    seats: Counted
    entitlements: dict[str, Limit] = {}


class Catalogue(Shape):
    """`plans` from the smallest to the largest: what is further down is an upgrade. `yearly_months`: what a year costs
    where a plan does not say."""

    key: Key
    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(-[0-9]{2})?$")]
    title: Title
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"
    yearly_months: Annotated[int, Field(ge=1, le=12)] = 10
    trial: TrialDefinition | None = None
    packs: list[PackDefinition] = []
    plans: Annotated[list[PlanDefinition], Field(min_length=1)]

    def plan(self, key: str) -> PlanDefinition | None:
        return next((plan for plan in self.plans if plan.key == key), None)


SHAPES = (Catalogue, PlanDefinition, PriceDefinition, AddonDefinition, PackDefinition, TrialDefinition)


def faults(document: Catalogue) -> Iterator[Fault]:
    yield from _twice(("plans",), [plan.key for plan in document.plans])
    yield from _twice(("packs",), [pack.key for pack in document.packs])
    for place, plan in enumerate(document.plans):
        yield from _of_plan(("plans", place), plan, document)
    for place, pack in enumerate(document.packs):
        path: Path = ("packs", place)
        if pack.meter not in PACKED:
            yield Fault((*path, "meter"), f"no packs are sold of {pack.meter}{close(pack.meter, PACKED)}")
        yield from _exact((*path, "price"), pack.price, document.currency)
    if document.trial is not None:
        yield from _of_trial(document.trial, document)


def _twice(path: Path, keys: list[str]) -> Iterator[Fault]:
    counts = Counter(keys)
    for place, key in enumerate(keys):
        if counts[key] > 1 and keys.index(key) != place:
            yield Fault((*path, place, "key"), f"another one has the key {key}")


def _of_plan(path: Path, plan: PlanDefinition, document: Catalogue) -> Iterator[Fault]:
    if plan.by_agreement and (plan.month is not None or plan.year is not None):
        yield Fault((*path, "by_agreement"), "what is sold by agreement has no price")
    if not plan.by_agreement and plan.month is None:
        yield Fault((*path, "month"), "is missing")
    if plan.packs and not document.packs:
        yield Fault((*path, "packs"), "the catalogue has none")
    for interval in INTERVALS:
        price: PriceDefinition | None = getattr(plan, interval)
        if price is not None:
            yield from _exact((*path, interval, "base"), price.base, document.currency)
            yield from _exact((*path, interval, "seat"), price.seat, document.currency)
    if plan.month is not None and plan.year is not None and plan.year.seat is not None and plan.month.seat is None:
        yield Fault((*path, "year", "seat"), "seats can be added by the year, but not by the month")
    yield from _twice((*path, "addons"), [addon.key for addon in plan.addons])
    for place, addon in enumerate(plan.addons):
        yield from _exact((*path, "addons", place, "month"), addon.month, document.currency)
        yield from _exact((*path, "addons", place, "year"), addon.year, document.currency)
    yield from _of_entitlements((*path, "entitlements"), plan.entitlements)
    for key in sorted(LIMITS - plan.entitlements.keys()):
        yield Fault((*path, "entitlements"), f"{key} is missing")


def _of_entitlements(path: Path, written: dict[str, int | None]) -> Iterator[Fault]:
    for key, limit in written.items():
        if key == SEATS:
            yield Fault((*path, key), "seats follow from what is included and bought", at_key=True)
        elif key not in LIMITS:
            yield Fault((*path, key), f"unknown entitlement{close(key, LIMITS)}", at_key=True)
        elif CATALOGUE[key].feature and limit not in (0, 1, None):
            yield Fault((*path, key), f"{key} is on or off: yes or no")


def _of_trial(trial: TrialDefinition, document: Catalogue) -> Iterator[Fault]:
    if document.plan(trial.plan) is None:
        keys = [plan.key for plan in document.plans]
        yield Fault(("trial", "plan"), f"unknown plan {trial.plan}{close(trial.plan, keys)}")
    yield from _of_entitlements(("trial", "entitlements"), trial.entitlements)


def _exact(path: Path, amount: Decimal | None, currency: str) -> Iterator[Fault]:
    if amount is not None and amount.scaleb(digits(currency)) % 1:
        yield Fault(path, f"{currency} has {digits(currency)} digits behind the point")

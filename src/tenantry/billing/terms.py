"""What an organization has bought: a plan of one version of a catalogue, frozen. Amounts are minor units."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from tenantry.billing.catalogue import INTERVALS, AddonDefinition, Catalogue, PlanDefinition, PriceDefinition
from tenantry.core.money import digits

UNLIMITED = "unlimited"


@dataclass(frozen=True, slots=True)
class Price:
    """Of one interval. `seat` None: none can be added to the included ones."""

    base: int
    seat: int | None


@dataclass(frozen=True, slots=True)
class Addon:
    """For each person with the switch on: price by interval."""

    key: str
    title: str
    prices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pack:
    key: str
    title: str
    meter: str
    amount: int
    price: int


@dataclass(frozen=True, slots=True)
class Terms:
    """`catalogue` and `version`: of where it was bought. `rank`: place among the plans of that catalogue. `included`
    None: seats are not counted. `prices` by interval; none where nobody agreed on one yet."""

    catalogue: str
    version: str
    plan: str
    title: str
    currency: str
    rank: int
    included: int | None
    minimum: int
    by_agreement: bool
    prices: Mapping[str, Price]
    addons: tuple[Addon, ...]
    packs: tuple[Pack, ...]
    entitlements: Mapping[str, int | None] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_free(self) -> bool:
        """Nothing is ever charged for it."""
        return not self.by_agreement and all(p.base == 0 and not p.seat for p in self.prices.values())

    @property
    def is_unlimited(self) -> bool:
        return self.catalogue == UNLIMITED

    @property
    def most_seats(self) -> int | None:
        """None: as many as one pays for, or seats are not counted."""
        price = self.prices.get("month") or next(iter(self.prices.values()), None)
        return self.included if price is not None and price.seat is None else None

    def price(self, interval: str) -> Price:
        return self.prices.get(interval, Price(0, None))

    def beyond(self, seats: int) -> int:
        """Seats that are charged besides the base."""
        return 0 if self.included is None else max(0, seats - self.included)

    def amount(self, interval: str, seats: int, switched: Mapping[str, int] | None = None) -> int:
        """Of a whole interval, add-ons with it."""
        price = self.price(interval)
        extras = sum(addon.prices[interval] * (switched or {}).get(addon.key, 0) for addon in self.addons)
        return price.base + self.beyond(seats) * (price.seat or 0) + extras

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            **{name: getattr(self, name) for name in _PLAIN},
            "prices": {interval: asdict(price) for interval, price in self.prices.items()},
            "addons": [{"key": a.key, "title": a.title, "prices": dict(a.prices)} for a in self.addons],
            "packs": [asdict(pack) for pack in self.packs],
            "entitlements": dict(self.entitlements),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Terms":
        return cls(
            **{name: plain[name] for name in _PLAIN},
            prices={interval: Price(**price) for interval, price in plain["prices"].items()},
            addons=tuple(Addon(**addon) for addon in plain["addons"]),
            packs=tuple(Pack(**pack) for pack in plain["packs"]),
            entitlements=plain["entitlements"],
        )


_PLAIN = (
    "catalogue",
    "version",
    "plan",
    "title",
    "currency",
    "rank",
    "included",
    "minimum",
    "by_agreement",
)


def terms_in(catalogue: Catalogue, plan: PlanDefinition) -> Terms:
    """What buying this plan today would give."""
    packs = catalogue.packs if plan.packs else []
    return Terms(
        catalogue=catalogue.key,
        version=catalogue.version,
        plan=plan.key,
        title=plan.title,
        currency=catalogue.currency,
        rank=catalogue.plans.index(plan),
        included=plan.included,
        minimum=max(plan.minimum, plan.included or 0),
        by_agreement=plan.by_agreement,
        prices=_prices(catalogue, plan),
        addons=tuple(_addon(catalogue, addon) for addon in plan.addons),
        packs=tuple(
            Pack(one.key, one.title, one.meter, one.amount, _minor(one.price, catalogue.currency)) for one in packs
        ),
        entitlements=dict(plan.entitlements),
    )


def _prices(catalogue: Catalogue, plan: PlanDefinition) -> dict[str, Price]:
    if plan.month is None:
        return {}
    month = _price(plan.month, catalogue.currency)
    months = catalogue.yearly_months
    year = Price(month.base * months, None if month.seat is None else month.seat * months)
    if plan.year is not None:
        given = _price(plan.year, catalogue.currency)
        year = Price(given.base, year.seat if given.seat is None else given.seat)
    return dict(zip(INTERVALS, (month, year), strict=True))


def _price(price: PriceDefinition, currency: str) -> Price:
    return Price(_minor(price.base, currency), None if price.seat is None else _minor(price.seat, currency))


def _addon(catalogue: Catalogue, addon: AddonDefinition) -> Addon:
    month = _minor(addon.month, catalogue.currency)
    year = month * catalogue.yearly_months if addon.year is None else _minor(addon.year, catalogue.currency)
    return Addon(addon.key, addon.title, {"month": month, "year": year})


def _minor(amount: Decimal, currency: str) -> int:
    return int(amount.scaleb(digits(currency)))

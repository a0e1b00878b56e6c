"""The CRM of the demonstration: customers, a board that is alive, work due about today, what is nobody's."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenantry.cli.demo_cast import FAMILY, GIVEN, address_of
from tenantry.cli.demo_words import (
    ACTIVITIES,
    CITIES,
    FORMS,
    LOST,
    NOTES,
    SOURCES,
    STEMS,
    STREETS,
    TASKS,
    TITLES,
    TRADES,
    Trade,
)
from tenantry.usecases.demonstrating_records import DemoRecord

DAY = timedelta(days=1)
# Every so many have nobody.
UNASSIGNED = {"lead": 8, "contact": 30, "company": 25, "deal": 16}
# For each seller: how many, about.
EACH = {"company": 1.5, "contact": 3.0, "lead": 3.4, "deal": 3.2}
OPEN = 0.62


@dataclass(frozen=True, slots=True)
class Sellers:
    """`active` own most, the first of them more than the others; `gone` have left and still own some."""

    active: Sequence[UUID]
    gone: Sequence[UUID] = ()


@dataclass(slots=True)
class _Writer:
    dice: random.Random
    sellers: Sellers
    trade: Trade
    currency: str
    founded_at: datetime
    now: datetime
    records: list[DemoRecord] = field(default_factory=list)
    # Key of a lead, contact or deal -> first name, company.
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    given: Counter[str] = field(default_factory=Counter)

    def number(self, kind: str) -> int:
        return round(EACH[kind] * len(self.sellers.active))

    def owner(self, kind: str) -> UUID | None:
        self.given[kind] += 1
        if kind in UNASSIGNED and self.given[kind] % UNASSIGNED[kind] == 0:
            return None
        if self.sellers.gone and self.dice.random() < 0.05:
            return self.dice.choice(self.sellers.gone)
        weights = [1 + 5 / (place + 2) for place in range(len(self.sellers.active))]
        return self.dice.choices(self.sellers.active, weights)[0]

    def past(self, most_days: float, least_days: float = 0.02) -> datetime:
        """Rather lately than long ago, never before the founding."""
        age = least_days + (most_days - least_days) * self.dice.random() ** 2
        return max(self.founded_at + DAY, self.now - timedelta(days=age))

    def add(self, kind: str, owner: UUID | None, created_at: datetime, **more: Any) -> str:
        key = f"{kind}-{len(self.records)}"
        changed_at = more.pop("changed_at", created_at)
        values, links = more.pop("values"), more.pop("links", {})
        self.records.append(DemoRecord(kind, key, owner, created_at, changed_at, values, links, **more))
        return key


def cast_records(
    *, sellers: Sellers, trade: Trade, currency: str, founded_at: datetime, now: datetime, seed: str
) -> list[DemoRecord]:
    """Each record after those to which it is linked."""
    dice = random.Random(seed)  # noqa: S311 the same everywhere is the point
    writer = _Writer(dice, sellers, trade, currency, founded_at, now)
    companies = _companies(writer)
    contacts = _contacts(writer, companies)
    leads = _leads(writer)
    deals = _deals(writer, contacts)
    _work(writer, [*deals, *deals, *leads, *contacts[: len(contacts) // 3]])
    _due_about_today(writer, deals)
    _converted(writer)
    return writer.records


def _companies(w: _Writer) -> list[tuple[str, str, UUID | None, str]]:
    """Key, name, owner and domain of each."""
    made: list[tuple[str, str, UUID | None, str]] = []
    taken: set[str] = set()
    while len(made) < max(w.number("company"), 6):
        stem, (ending, industry) = w.dice.choice(STEMS), w.dice.choice(TRADES)
        name = f"{stem} {ending}"
        if name in taken:
            continue
        taken.add(name)
        full, owner = f"{name} {w.dice.choice(FORMS)}", w.owner("company")
        domain = f"{stem}-{ending}.example".lower()
        values = {
            "name": full,
            "domain": domain,
            "industry": industry,
            "phone": _phone(w),
            "address": f"{w.dice.choice(STREETS)} {w.dice.randrange(1, 90)}\n{w.dice.choice(CITIES)}",
        }
        made.append((w.add("company", owner, w.past(400, 30), values=values), full, owner, domain))
    return made


def _phone(w: _Writer) -> str:
    return f"+47 55 01 {w.dice.randrange(10, 99)} {w.dice.randrange(10, 99)}"


def _somebody(w: _Writer) -> tuple[str, str]:
    return w.dice.choice(GIVEN), w.dice.choice(FAMILY)


def _contacts(w: _Writer, companies: list[tuple[str, str, UUID | None, str]]) -> list[tuple[str, datetime]]:
    made = []
    for _n in range(w.number("contact")):
        company, name, owner, domain = w.dice.choice(companies)
        given, family = _somebody(w)
        values = {
            "given_name": given,
            "family_name": family,
            "email": address_of(given, family, domain),
            "phone": _phone(w) if w.dice.random() < 0.7 else "",
            "job_title": w.dice.choice(TITLES),
        }
        at = w.past(380, 5)
        key = w.add("contact", owner, at, values=values, links={"company": company})
        w.known[key] = (given, name)
        made.append((key, at))
    return made


def _leads(w: _Writer) -> list[tuple[str, datetime]]:
    made = []
    states = ("new", "working", "qualified", "unqualified")
    for _n in range(w.number("lead")):
        given, family = _somebody(w)
        company = f"{w.dice.choice(STEMS)} {w.dice.choice(TRADES)[0]}"
        at, owner = w.past(120), w.owner("lead")
        state = w.dice.choices(states, (40, 34, 16, 10))[0] if owner else "new"
        changed = at + (w.now - at) * w.dice.random()
        values = {
            "given_name": given,
            "family_name": family,
            "email": address_of(given, family, f"{company}.example".replace(" ", "-").lower()),
            "phone": _phone(w) if w.dice.random() < 0.6 else "",
            "company_name": company,
            "job_title": w.dice.choice(TITLES),
            "source": w.dice.choice(SOURCES),
            "state": state,
            "qualified_at": changed if state == "qualified" else None,
        }
        key = w.add("lead", owner, at, changed_at=changed, values=values)
        w.known[key] = (given, company)
        if owner:
            made.append((key, at))
    return made


# Of the deals with somebody who was known before: how many began as a lead.
CONVERTED = 0.6


def _converted(w: _Writer) -> None:
    """The leads that some deals were: converted on the day on which the deal began, and its owner's."""
    contacts = {one.key: one for one in w.records if one.kind == "contact"}
    for deal in [one for one in w.records if one.kind == "deal"]:
        contact, began = contacts[deal.links["contact"]], deal.created_at
        at = max(w.founded_at + DAY, began - timedelta(days=w.dice.uniform(2, 30)))
        if not deal.owner or contact.created_at > began or at >= began or w.dice.random() > CONVERTED:
            continue
        told = ("given_name", "family_name", "email", "phone", "job_title")
        values = {
            **{name: contact.values[name] for name in told},
            "company_name": w.known[contact.key][1],
            "source": w.dice.choice(SOURCES),
            "state": "converted",
            "qualified_at": at + (began - at) * w.dice.random(),
            "converted_at": began,
        }
        links = {f"became_{kind}": key for kind, key in (*deal.links.items(), ("deal", deal.key))}
        w.add("lead", deal.owner, at, changed_at=began, values=values, links=links)


def _deals(w: _Writer, contacts: list[tuple[str, datetime]]) -> list[tuple[str, datetime]]:
    made = []
    for _n in range(w.number("deal")):
        contact, _at = w.dice.choice(contacts)
        company = next(one.links["company"] for one in w.records if one.key == contact)
        is_open = w.dice.random() < OPEN
        at = w.past(95 if is_open else 330, 3 if is_open else 30)
        owner = w.owner("deal") if is_open else w.dice.choice(w.sellers.active)
        others = tuple(dict.fromkeys(w.dice.choices(w.sellers.active, k=w.dice.choice((0, 0, 0, 1, 2)))))
        values, moved, step = _course(w, at, is_open, w.known[contact][1])
        key = w.add(
            "deal",
            owner,
            at,
            changed_at=moved,
            values=values,
            links={"company": company, "contact": contact},
            step=step if owner else 0,
            with_=tuple(i for i in others if i != owner),
        )
        w.known[key] = w.known[contact]
        if is_open:
            made.append((key, at))
    return made


def _course(w: _Writer, at: datetime, is_open: bool, company: str) -> tuple[dict[str, Any], datetime, int]:
    """Values of a deal, when it moved last, and how far it came."""
    low, high = w.trade.values
    value = round(low + (high - low) * w.dice.random() ** 2.4, -2)
    what = w.dice.choice(w.trade.deals).format(
        city=w.dice.choice(CITIES), street=f"{w.dice.choice(STREETS)} {w.dice.randrange(1, 90)}"
    )
    step = w.dice.choices(range(len(w.trade.funnel)), w.trade.funnel)[0] if is_open else w.dice.choice((1, 2, 3, 3))
    moved = at + (w.now - at) * (w.dice.random() ** 0.6 if is_open else w.dice.uniform(0.3, 0.95))
    values: dict[str, Any] = {
        "name": f"{company.rpartition(' ')[0] or company}: {what}",
        "value": int(value) * 100,
        "currency": w.currency,
        "commission": int(value * w.trade.share / 1000) * 100,
        "stage_since": moved,
        "closes_on": (w.now + timedelta(days=w.dice.randrange(-6, 75))).date(),
    }
    if not is_open:
        won = w.dice.random() < 0.58
        values |= {"state": "won" if won else "lost", "closed_at": moved, "closes_on": moved.date()}
        values |= {} if won else {"lost_reason": w.dice.choice(LOST)}
    return values, moved, step


def _link(key: str) -> dict[str, str]:
    return {key.partition("-")[0]: key}


def _words(w: _Writer, text: str, key: str) -> str:
    name, company = w.known[key]
    return text.format(name=name, company=company.rpartition(" ")[0] or company)


def _work(w: _Writer, subjects: list[tuple[str, datetime]]) -> None:
    """Notes, activities and tasks about whom or what there is, between its beginning and now."""
    owners = {one.key: one.owner for one in w.records}
    for key, began in subjects:
        for _n in range(w.dice.choice((0, 1, 1, 2))):
            at = began + (w.now - began) * w.dice.random()
            who = owners[key] or w.owner("task")
            kind = w.dice.choices(("note", "activity", "task"), (30, 45, 25))[0]
            if kind == "note":
                w.add("note", who, at, values={"body": _words(w, w.dice.choice(NOTES), key)}, links=_link(key))
            elif kind == "activity":
                _activity(w, key, who, at)
            else:
                due = (at + timedelta(days=w.dice.randrange(1, 9))).date()
                _task(w, key, who, at, due, done=due <= w.now.date() - 3 * DAY or w.dice.random() < 0.3)


def _activity(w: _Writer, key: str, owner: UUID | None, at: datetime) -> None:
    kind, title, body, minutes = w.dice.choice(ACTIVITIES)
    values = {
        "kind": kind,
        "title": _words(w, title, key),
        "body": _words(w, body, key),
        "happened_at": at,
        "minutes": minutes,
    }
    w.add("activity", owner, at, values=values, links=_link(key))


def _task(w: _Writer, key: str, owner: UUID | None, at: datetime, due: Any, *, done: bool = False) -> None:
    done_at = min(w.now, at + timedelta(days=w.dice.uniform(0.1, 3))) if done else None
    values = {"title": _words(w, w.dice.choice(TASKS), key), "due_on": due, "done_at": done_at}
    w.add("task", owner, at, changed_at=done_at or at, values=values, links=_link(key))


# Days from today: those who look at their own list find something overdue, something today and something later.
DUE = (-5, -2, -1, 0, 0, 0, 1, 2, 4, 9, 16, None)


def _due_about_today(w: _Writer, deals: list[tuple[str, datetime]]) -> None:
    by_owner: dict[UUID | None, list[str]] = {}
    owners = {one.key: one.owner for one in w.records}
    for key, _at in deals:
        by_owner.setdefault(owners[key], []).append(key)
    for place, owner in enumerate(w.sellers.active):
        about = by_owner.get(owner) or [w.dice.choice(deals)[0]]
        for days in DUE if place < 3 else w.dice.sample(DUE, 4):
            at = w.now - timedelta(days=w.dice.uniform(0.1, 6) + max(0, -(days or 0)))
            due = None if days is None else (w.now + days * DAY).date()
            _task(w, w.dice.choice(about), owner, at, due)
        for done in range(2):
            at = w.now - timedelta(days=1 + done, hours=w.dice.uniform(1, 8))
            _task(w, w.dice.choice(about), owner, at, (w.now - done * DAY).date(), done=True)

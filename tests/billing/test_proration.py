"""Money is exact: whole minor units, one rounding a line, nothing given back that was not paid (facts: proration)."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tenantry.billing.offers import load
from tenantry.billing.proration import line, months_after, months_between, next_end, unused
from tenantry.billing.quoting import Holding, change_parts, increase_parts, period_of, quote_of
from tenantry.billing.terms import Addon, Price, Terms, terms_in

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
UNITS = st.integers(0, 10_000_000)
COUNTS = st.integers(0, 5_000)
BASES = st.sampled_from(["second", "month"])
INTERVALS = st.sampled_from(["month", "year"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 in UTC
PARTS = st.fractions(0, 1, max_denominator=10**9)


def terms(seat: int, base: int = 0, included: int = 0, year: int | None = None, **more: object) -> Terms:
    prices = {"month": Price(base, seat), "year": Price(base * 10, seat * 10 if year is None else year)}
    return Terms("c", "2026-11", f"p{seat}", "Plan", "USD", seat, included, 1, False, prices, (), (), **more)  # type: ignore[arg-type]


def held(of: Terms, interval: str, seats: int, start: datetime, **more: object) -> Holding:
    return Holding(of, interval, seats, seats, {}, period_of(of, interval, start, start), start, **more)  # type: ignore[arg-type]


def total(parts: object) -> int:
    return sum(one.amount for _key, lines in parts for one in lines)  # type: ignore[attr-defined]


def test_lines_that_were_reckoned_by_hand():
    half = Fraction(1, 2)
    assert (line(1000, -1, half), line(2000, 1, half)) == (-500, 1000)
    part = unused(START + timedelta(days=10, seconds=1), START, START + timedelta(days=30), "second")
    assert (line(1500, -3, part), line(1500, 5, part)) == (-3000, 5000)
    part = unused(START + timedelta(days=7), START, START + timedelta(days=30), "second")
    assert (line(2900, -4, part), line(1500, 4, part)) == (-8893, 4600)
    assert (line(1, 1, half), line(-1, 1, half), line(3, 1, half)) == (1, -1, 2)


@given(UNITS, COUNTS, PARTS)
def test_there_and_back_at_one_moment_is_nothing(unit, count, part):
    assert line(unit, count, part) + line(unit, -count, part) == 0
    assert abs(Fraction(line(unit, count, part)) - unit * count * part) <= Fraction(1, 2)


@given(MOMENTS, INTERVALS, BASES, st.floats(0, 1), st.floats(0, 1))
def test_what_is_unused_falls_from_all_to_nothing(start, interval, basis, one, other):
    end = next_end(start, start, interval)
    early, late = sorted((start + (end - start) * one, start + (end - start) * other))
    assert unused(start, start, end, basis, start) == 1
    assert unused(end, start, end, basis, start) == 0
    assert 1 >= unused(early, start, end, basis, start) >= unused(late, start, end, basis, start) >= 0


@given(MOMENTS, st.integers(0, 60))
def test_months_keep_to_the_day_they_are_counted_from(anchor, months):
    later = months_after(anchor, months)
    assert months_between(anchor, later) == months
    assert later.day == anchor.day or (later + timedelta(days=1)).day == 1
    assert months_after(anchor, months + 1) > later


def test_the_last_day_of_a_month_stays_the_last():
    ends = [START]
    for _month in range(4):
        ends.append(next_end(START, ends[-1], "month"))
    assert [(one.month, one.day) for one in ends] == [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31)]


@settings(max_examples=200)
@given(UNITS, UNITS, COUNTS, COUNTS, INTERVALS, BASES, st.floats(0, 1), st.integers(0, 10**9))
def test_a_change_gives_back_no_more_than_was_paid(  # noqa: PLR0917 each is drawn apart
    old, new, before, after, interval, basis, part, balance
):
    was = held(terms(old), interval, before, START)
    assert was.period is not None or was.terms.is_free
    end = was.period[1] if was.period else next_end(START, START, interval)
    at = START + (end - START) * part
    then = held(terms(new), interval, after, at)
    period = was.period or then.period
    parts = change_parts(was, then, None if then.terms.is_free else period, at, basis)
    back = -sum(one.amount for _key, lines in parts for one in lines if one.code.endswith("_unused"))
    assert 0 <= back <= was.terms.amount(interval, before)
    quote = quote_of(parts, currency="USD", at=at, balance=balance)
    assert sum(one.sums.subtotal for one in quote.sheets) == sum(one.amount for one in quote.lines) == total(parts)
    assert quote.due >= 0
    assert quote.credit_after >= 0
    assert total(parts) - quote.due == balance - quote.credit_after
    again = change_parts(was, was, was.period, at, basis)
    assert total(again) == 0


@given(UNITS, COUNTS, st.integers(1, 500), st.floats(0, 1))
def test_more_seats_cost_what_their_part_of_the_period_does(unit, seats, more, part):
    was = held(terms(unit), "month", seats, START)
    if was.period is None:
        return
    at = was.period[0] + (was.period[1] - was.period[0]) * part
    left = unused(at, *was.period, "second")
    assert total(increase_parts(was, more, at, "second")) == line(unit, more, left)


def test_the_brokerage_example_to_the_cent():
    """blueprints.md: 4,798.80 paid for a year of ten people, changed after five whole months; the add-on of three of
    seven people on an invoice of its own; credit before the card."""
    old = terms(3999, year=47_988)
    was = held(old, "year", 10, START)
    assert old.amount("year", 10) == 479_880
    at = months_after(START, 5)
    catalogue = load("brokerage")
    new = terms_in(catalogue, catalogue.plans[0])
    assert new.prices["year"].seat == 12 * 5999
    then = Holding(new, "month", 7, 7, {"mortgage_broker": 3}, None, None)
    first = quote_of(
        change_parts(was, then, period_of(new, "month", at, at), at, "month"), currency="USD", at=at, balance=0
    )
    assert [one.amount for one in first.lines] == [-279_930, 41_993, 21_000]
    assert [sheet.key for sheet in first.sheets] == ["plan", "mortgage_broker"]
    assert new.amount("month", 7, then.switched) == 62_993
    charged, balance = [first.due], first.credit_after
    for month in range(1, 5):
        begun = months_after(at, month)
        parts = change_parts(None, then, period_of(new, "month", begun, at), begun, "month")
        quote = quote_of(parts, currency="USD", at=begun, balance=balance)
        charged.append(quote.due)
        balance = quote.credit_after
    assert charged == [0, 0, 0, 0, 35_035]
    assert balance == 0


def test_a_month_that_has_begun_counts_as_used():
    end = months_after(START, 12)
    five = months_after(START, 5)
    assert unused(five, START, end, "month", START) == Fraction(7, 12)
    assert unused(five + timedelta(seconds=1), START, end, "month", START) == Fraction(6, 12)
    assert unused(five - timedelta(seconds=1), START, end, "month", START) == Fraction(7, 12)


def test_terms_of_an_addon_are_kept_as_they_were():
    kept = terms(1500, base=100, included=3)
    assert Terms.of(kept.plain()) == kept
    addon = Addon("a", "A", {"month": 1, "year": 2})
    assert addon.prices["year"] == 2

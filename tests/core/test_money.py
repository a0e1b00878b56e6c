"""Amounts are whole numbers: what is written reads back, and nothing is rounded on the way."""

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core.money import LARGEST, major, plain, read, written
from tenantry.core.text import InvalidText
from tenantry.organizations.bounds import CURRENCIES


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("minor", "currency", "long", "short"),
    [
        (123450, "EUR", "€1,234.50", "€1,234.50"),
        (1200000, "USD", "$12,000.00", "$12,000"),
        (120000, "CHF", "CHF\u00a01,200.00", "CHF\u00a01,200"),
        (1500, "JPY", "¥1,500", "¥1,500"),
        (0, "GBP", "£0.00", "£0"),
        (9, "EUR", "€0.09", "€0.09"),
        (-2550, "EUR", "−€25.50", "−€25.50"),
    ],
)
def test_amounts_are_written_as_people_do(minor, currency, long, short):
    assert written(minor, currency) == long
    assert written(minor, currency, short=True) == short


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("1,234.5", "EUR", 123450),
        (" 1 234.50 ", "EUR", 123450),
        ("€12", "EUR", 1200),
        ("12.00 EUR", "EUR", 1200),
        ("CHF 7", "CHF", 700),
        ("0.29", "USD", 29),
        ("1500", "JPY", 1500),
    ],
)
def test_what_was_typed_is_read(typed, currency, minor):
    assert read(typed, currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "code"),
    [
        ("", "EUR", "no_amount"),
        ("-5", "EUR", "no_amount"),
        ("1e5", "EUR", "no_amount"),
        ("NaN", "EUR", "no_amount"),
        ("٣", "EUR", "no_amount"),
        ("1" * 200, "EUR", "no_amount"),
        ("1.234", "EUR", "too_exact"),
        ("1.5", "JPY", "too_exact"),
        (str(LARGEST), "EUR", "too_much"),
    ],
)
def test_what_is_no_amount_is_refused(typed, currency, code):
    with pytest.raises(InvalidText) as refused:
        read(typed, currency)
    assert refused.value.code == code


@given(st.integers(0, LARGEST), st.sampled_from(CURRENCIES))
def test_what_is_written_reads_back(minor, currency):
    assert read(written(minor, currency), currency) == minor
    assert read(plain(minor, currency), currency) == minor
    assert major(minor, currency) * 10 ** (0 if currency == "JPY" else 2) == minor

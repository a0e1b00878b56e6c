"""Catalogues: the tables of blueprints.md, an operator's own file, and what is said of one that is wrong."""

import os
import subprocess
import sys
from decimal import Decimal

import pytest
from django.test import override_settings

from tenantry.billing.offers import SHIPPED, check_setting, load, read_catalogue
from tenantry.billing.terms import Terms, terms_in
from tenantry.core.documents import DocumentWrong
from tenantry.organizations.entitlements import CATALOGUE

# Plan -> month, year, included, price of one more a month, in minor units (blueprints.md, *Plan catalogues*).
PRICES = {
    "standard": {
        "free": (0, 0, 3, None),
        "team": (0, 0, 0, 1500),
        "business": (0, 0, 0, 2900),
        "enterprise": (0, 0, 0, 4500),
    },
    "crm-suite": {
        "free": (0, 0, 2, None),
        "startup": (2900, 29_000, 3, 1500),
        "launch": (7900, 79_000, 5, 1500),
        "runway": (19_900, 199_000, 10, 1500),
        "scale": (49_900, 499_000, 25, 1500),
        "enterprise": None,
    },
    "sales-floor": {"starter": (0, 0, 0, 1900), "growth": (0, 0, 0, 3900), "enterprise": (0, 0, 0, 5900)},
    "brokerage": {"brokerage": (0, 0, 0, 5999)},
    "messaging": {
        "starter": (9900, 94_800, 5, 1500),
        "growth": (19_900, 190_800, 10, 2500),
        "advanced": (34_900, 334_800, 10, 2500),
        "enterprise": None,
    },
}


def terms(key: str) -> dict[str, Terms]:
    catalogue = load(key)
    return {plan.key: terms_in(catalogue, plan) for plan in catalogue.plans}


@pytest.mark.parametrize("key", PRICES)
def test_prices_are_those_of_the_tables(key):
    found = terms(key)
    assert list(found) == list(PRICES[key])
    for plan, wanted in PRICES[key].items():
        one = found[plan]
        assert one.by_agreement == (wanted is None)
        if wanted is not None:
            month, year, included, seat = wanted
            assert (one.price("month").base, one.price("year").base, one.included) == (month, year, included)
            assert one.price("month").seat == seat
        assert set(one.entitlements) == set(CATALOGUE) - {"seats"}
        assert Terms.of(one.plain()) == one


def test_limits_are_those_of_the_tables():
    suite, standard, messaging = terms("crm-suite"), terms("standard"), terms("messaging")
    tokens = [one.entitlements["ai_tokens"] for one in suite.values()]
    assert tokens == [50_000, 1_000_000, 5_000_000, 10_000_000, 20_000_000, None]
    assert [one.entitlements["records"] for one in suite.values()] == [1000, 5000, 25_000, None, None, None]
    assert [one.entitlements["platform_settings"] for one in suite.values()] == [0, 0, 0, 0, 0, 1]
    assert [bool(one.packs) for one in suite.values()] == [False, True, True, True, True, True]
    assert [one.entitlements["drive_bytes"] for one in standard.values()] == [10**9, 10**10, 5 * 10**10, 10**11]
    assert [one.entitlements["custom_roles"] for one in standard.values()] == [0, 0, 1, 1]
    assert [one.entitlements["workspaces"] for one in messaging.values()] == [1, 1, 5, 100]
    assert [one.entitlements["sso"] for one in messaging.values()] == [0, 0, 0, 1]
    assert [one.minimum for one in terms("sales-floor").values()] == [3, 10, 25]
    assert [load(key).trial.days for key in SHIPPED[1:]] == [14, 14, 14, 14, 7]


GRANTED = ", ".join(
    f"{key}: {'yes' if one.feature else 'unlimited'}" for key, one in CATALOGUE.items() if key != "seats"
)
MINE = f"""key: mine
version: "2027-01"
title: Mine
currency: EUR
plans:
  - key: all
    title: All
    month: {{base: "12.50", seat: 3}}
    entitlements: {{{GRANTED}}}
"""


def test_an_operators_own_file_is_sold(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(MINE, "utf-8")
    with override_settings(PLAN_CATALOGUE=str(file)):
        assert check_setting().plans[0].month.base == Decimal("12.50")
    assert terms_in(load(str(file)), load(str(file)).plans[0]).price("year").base == 12_500


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("month: {base", "moonth: {base", 8, "unknown key; did you mean month?"),
        ('"12.50"', "12.50", 8, "in quotes"),
        ('"12.50"', '"12.505"', 8, "EUR has 2 digits behind the point"),
        ("sso: yes", "ssso: yes", 9, "unknown entitlement; did you mean sso?"),
        ("sso: yes", "sso: 7", 9, "on or off"),
        ("sso: yes, ", "", 9, "sso is missing"),
        ("records: unlimited", "records: -3", 9, "greater than or equal to 0"),
        ("key: all", "key: All", 6, "match pattern"),
        ("plans:", "trial: {plan: every, days: 14, seats: 3}\nplans:", 5, "unknown plan every"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(before, after, line, said):
    assert before in MINE
    with pytest.raises(DocumentWrong) as caught:
        read_catalogue(MINE.replace(before, after, 1), "mine.yaml")
    assert any(said in one.text and one.line == line for one in caught.value.findings), str(caught.value)


def test_a_wrong_file_stops_the_start_with_one_line(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(MINE.replace("key: all", "key: All"), "utf-8")
    for path, said in ((file, "mine.yaml:6"), (tmp_path / "none.yaml", "can't be read")):
        wanted = {**os.environ, "TENANTRY_PLAN_CATALOGUE": str(path), "TENANTRY_HOME": str(tmp_path)}
        wanted.pop("DJANGO_SETTINGS_MODULE", None)
        done = subprocess.run(
            [sys.executable, "-m", "tenantry", "doctor"], env=wanted, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert "TENANTRY_PLAN_CATALOGUE" in done.stderr
        assert said in done.stderr

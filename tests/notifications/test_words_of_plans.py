"""What is said of each change of a subscription: to those who look after the money, and to everybody else."""

import re
from pathlib import Path

import pytest

import tenantry
from tenantry.notifications.kinds.subscription import HERE, MANAGED, words_of_plan

BILLING = Path(tenantry.__file__).parent / "billing"
VALUES = {
    "plan": "Business",
    "before_plan": "Team",
    "on": "2026-12-01",
    "interval": "year",
    "seats": "12",
    "next_seats": "9",
}


def test_every_change_that_billing_tells_has_its_words():
    source = "".join(path.read_text("utf-8") for path in BILLING.rglob("*.py"))
    told = set(re.findall(r"changed\(\s*\w+, \"(\w+)\"", source))
    assert {"trial_started", "agreed", "payment_pending", "seats_changed", "frozen"} - {"agreed"} <= told
    assert told | {"agreed", "seats_planned"} <= MANAGED.keys()
    assert MANAGED.keys() == HERE.keys()


@pytest.mark.parametrize("said", [MANAGED, HERE], ids=["managed", "here"])
def test_each_says_what_it_means_and_when(said):
    for change, text in said.items():
        sentence = str(text) % words_of_plan(VALUES)
        assert "%(" not in sentence
        assert sentence.endswith("."), change
        assert len(sentence) < 200, f"{change}: a notice is read at a glance"
    for change in ("trial_ending", "cancel_planned", "downgrade_planned", "payment_pending", "agreement_ending"):
        assert "1 December" in str(said[change]) % words_of_plan(VALUES), change


def test_figures_stand_in_them():
    words = words_of_plan(VALUES)
    assert "12 paid seats now" in str(MANAGED["seats_changed"]) % words
    assert "9 paid seats instead of 12" in str(MANAGED["seats_planned"]) % words
    assert "yearly" in str(MANAGED["interval_changed"]) % words

"""What goes wrong at Stripe halfway: a fault that it keeps, a word of which only the beginning was followed."""

from contextlib import suppress
from datetime import timedelta

import pytest

from support.selling import Customer
from support.stripe_double import StripeDouble
from support.stripe_worlds import Payer, key_in, taking
from tenantry.billing.errors import GatewayAway
from tenantry.core import clock


@pytest.fixture
def double(tmp_path):
    with StripeDouble(tmp_path) as made, taking(made):
        yield made
        assert made.faults() == []


def test_a_fault_that_stripe_keeps_under_its_key_is_over_after_a_day(double):
    payer = Payer(double)
    payer.buy("team", seats="4")
    for nth in range(1, 4):
        # Each time another request of the renewal is the one that fails, and is answered the same for a day.
        ends = payer.row.period_end
        Customer.go_to(payer, ends)
        double.advance(to=ends + timedelta(seconds=5))
        double.break_next(after=nth - 1)
        with suppress(GatewayAway):
            payer.collect()
        double.calm()
        seen = len(double.requests())
        for hours in (2, 26):
            with suppress(GatewayAway):
                payer.go_to(ends + timedelta(hours=hours))
            payer.collect()
        assert any(one["replayed"] and one["status"] == 500 for one in double.requests()[seen:]), nth
        assert payer.state[0] == "active"
        assert payer.open == []
        payer.compare()
        assert payer.charged == payer.taken == 6000 * (nth + 1)
        assert payer.troubles == []


@pytest.mark.parametrize("what", ["customers", "products", "prices", "checkout/sessions"])
def test_a_first_payment_waits_no_day_for_a_fault_that_stripe_keeps(double, monkeypatch, what):
    payer = Payer(double)
    here = payer.choose("team", seats="4")
    asked = _asked_for(double, payer, here)
    double.reset()
    payer = Payer(double)
    here = payer.choose("team", seats="4")
    double.break_next(after=asked.index(f"/v1/{what}"))
    assert payer.post(here).status_code == 503
    double.calm()
    assert payer.post(here).status_code == 503, "Stripe answers as before"
    later = clock.now() + timedelta(hours=1)
    monkeypatch.setattr("tenantry.billing.gateways.stripe.client.clock.now", lambda: later)
    double.checkout(key_in(payer.off(here)), "pay", card="good")
    payer.hear()
    assert payer.charged == payer.taken == 6000


def _asked_for(double: StripeDouble, payer: Payer, here: str) -> list[str]:
    """What Stripe is asked to make before it is paid, in order."""
    seen = len(double.requests())
    payer.off(here)
    return [one["path"] for one in double.requests()[seen:] if one["method"] == "POST"]


def test_a_word_that_was_followed_halfway_leaves_one_subscription(double):
    payer = Payer(double)
    here = payer.choose("team", seats="4")
    double.checkout(key_in(payer.off(here)), "pay", card="good")
    double.lose_next(times=3)
    with pytest.raises(GatewayAway):
        payer.hear()
    double.calm()
    assert payer.state[0] == "active", "the payment is noted, what runs there is not"
    payer.compare()
    assert payer.turns_with_ours
    assert len(payer.running_there) == 1
    payer.go_to(payer.row.period_end)
    payer.hear()
    payer.compare()
    assert payer.charged == payer.taken == 12000
    assert payer.troubles == []

"""Every kind of request that the gateway makes, taken by the double, and by Stripe itself where somebody asks for it:
set TENANTRY_STRIPE_TEST_KEY to a key of a sandbox (`sk_test_…`). Nothing else of the suite leaves this machine."""

import os
from datetime import timedelta

import pytest
from django.test import override_settings

from factories.organizations import make_organization
from support.stripe_double import StripeDouble
from support.stripe_worlds import settings_for
from tenantry.billing.gateways import Bill, Named, Result, gateway_of
from tenantry.billing.gateways.stripe import checkout
from tenantry.billing.gateways.stripe.client import asking, keyed
from tenantry.billing.gateways.stripe.customers import customer_of, make_default
from tenantry.billing.gateways.stripe.prices import items_of
from tenantry.billing.gateways.stripe.subscriptions import Wanted, converge, end, look
from tenantry.billing.offers import load
from tenantry.billing.terms import terms_in
from tenantry.core import clock
from tenantry.core.ids import new_id

KEY = os.environ.get("TENANTRY_STRIPE_TEST_KEY", "")
HERE = "https://tenantry.example.com/"
REAL = pytest.param("real", marks=pytest.mark.skipif(not KEY, reason="opt-in: set TENANTRY_STRIPE_TEST_KEY"))


@pytest.fixture(params=["double", REAL])
def pages(request, tmp_path):
    """What addresses of Stripe's pages begin with."""
    if request.param == "real":
        assert KEY.startswith(("sk_test_", "rk_test_")), "never with a key that takes money"
        with override_settings(STRIPE_SECRET_KEY=KEY, STRIPE_WEBHOOK_SECRET="whsec_none", STRIPE_API_BASE=""):
            yield "https://"
        return
    with StripeDouble(tmp_path) as double, override_settings(**settings_for(double)):
        yield double.url
        assert double.faults() == []


def test_the_requests_of_the_gateway_are_taken(pages):
    organization_id, now = make_organization().id, clock.now()
    catalogue = load("standard")
    terms = terms_in(catalogue, next(one for one in catalogue.plans if one.key == "team"))
    more = items_of(terms, "month", 7, {})
    with asking() as client:
        customer = customer_of(client, organization_id, "Halden Supply", "ada@example.com")
        method = client.v1.payment_methods.attach("pm_card_visa", {"customer": customer}, keyed(organization_id)).id
        assert make_default(client, customer, method, organization_id).last4 == "4242"
        wanted = Wanted(
            organization_id, customer, method, items_of(terms, "month", 4, {}), (now, now + timedelta(days=28)), False,
            more, now,
        )  # fmt: skip
        ref = converge(client, wanted, None)
        seen = look(client, ref)
        assert seen is not None
        assert (list(seen.quantities.values()), seen.waits, list((seen.planned or {}).values())) == ([4], True, [7])
        assert converge(client, wanted, seen) == ref
        sums = (Named("Team, 4 seats", 6000), Named("Paid from credit", -500))
        bill = Bill("invoice", new_id(), organization_id, "Invoice 2026-0001", 5500, "USD", sums, now, method, customer)
        first = gateway_of("stripe").charge(bill, attempt=0)
        assert first.result == Result.PAID
        assert gateway_of("stripe").charge(bill, attempt=0) == first
        wish = checkout.Wish(
            new_id(), organization_id, customer, "USD", (Named("Team", 6000),), 6000, "Team", more[:0], 0, "VAT", True,
            now + timedelta(hours=2), HERE, HERE,
        )  # fmt: skip
        assert checkout.begin(client, wish).url.startswith(pages)
        for cancels in (False, True):
            url = checkout.begin_portal(client, customer, cancels=cancels, back_url=HERE, key=new_id())
            assert url.startswith(pages)
        end(client, ref)
        assert look(client, ref) is None

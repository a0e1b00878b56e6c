"""The organization as Stripe's customer, and the card that it pays with."""

from dataclasses import dataclass
from uuid import UUID

from stripe import PaymentMethod, StripeClient

from tenantry.billing.gateways.stripe.client import keyed, keyed_this_hour


@dataclass(frozen=True, slots=True)
class Card:
    """Never its number."""

    ref: str
    brand: str
    last4: str
    expires_month: int | None
    expires_year: int | None


def customer_of(client: StripeClient, organization_id: UUID, name: str, email: str, former: str = "") -> str:
    """Made once for each organization; whoever comes again within the hour gets the same. `former`: one that is
    gone."""
    found = client.v1.customers.create(
        {
            "name": name[:250],
            "metadata": {"organization": str(organization_id)},
            **({"email": email} if email else {}),
        },
        keyed_this_hour("customer", organization_id, former, name, email),
    )
    return found.id


def card_of(method: PaymentMethod) -> Card:
    """What is no card is named by its kind."""
    card = getattr(method, "card", None)
    if card is None:
        return Card(method.id, method.type.replace("_", " ").title(), "", None, None)
    return Card(
        method.id,
        (card.display_brand or card.brand).replace("_", " ").title(),
        card.last4 or "",
        card.exp_month,
        card.exp_year,
    )


def default_card(client: StripeClient, customer: str) -> Card | None:
    """What is charged by itself; None: nothing is."""
    found = client.v1.customers.retrieve(customer, {"expand": ["invoice_settings.default_payment_method"]})
    settings = getattr(found, "invoice_settings", None)
    method = settings.default_payment_method if settings else None
    return card_of(method) if isinstance(method, PaymentMethod) else None


def make_default(client: StripeClient, customer: str, method: str, why: object) -> Card:
    """`why`: what brought it, part of the key."""
    client.v1.customers.update(
        customer,
        {"invoice_settings": {"default_payment_method": method}},
        keyed("default", customer, method, why),
    )
    return card_of(client.v1.payment_methods.retrieve(method))

"""A process of ours that answers as Stripe does: README.md beside this file."""

from support.stripe_double.client import StripeDouble

__all__ = ["StripeDouble"]

"""The connection to Stripe, and what goes with every request."""

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import stripe
from django.conf import settings
from stripe import RequestOptions, StripeClient

from tenantry.billing.errors import GatewayAway, GatewayRefused
from tenantry.core import clock

logger = logging.getLogger("tenantry.stripe")
KEY: Final = "stripe"
# Seconds that a person waits at most; a job comes again.
PATIENCE: Final = 12


def is_set() -> bool:
    return bool(settings.STRIPE_SECRET_KEY)


def connected() -> StripeClient:
    """:raises GatewayAway: this installation has no key (any more)."""
    if not is_set():
        raise GatewayAway
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@functools.cache
def _client(key: str, base: str) -> StripeClient:
    more: dict[str, Any] = {"base_addresses": {"api": base}} if base else {}
    http = stripe.RequestsClient(timeout=PATIENCE)
    return StripeClient(key, max_network_retries=2, http_client=http, **more)


@contextmanager
def asking() -> Iterator[StripeClient]:
    """What goes wrong, as one of two refusals; the log has what Stripe said.

    :raises GatewayAway: no answer, or none that can be read. :raises GatewayRefused: it does not do that.
    """
    try:
        yield connected()
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        logger.exception("stripe refused", extra={"said": error.user_message or str(error)})
        raise GatewayRefused from error
    except stripe.StripeError as error:
        logger.warning("stripe is away", extra={"said": type(error).__name__})
        raise GatewayAway from error


def keyed(*parts: object) -> RequestOptions:
    """The key under which Stripe does this once: made of our ids, so that whoever comes again sends the same."""
    return {"idempotency_key": ":".join(map(str, ("tenantry", *parts)))[:255]}


def keyed_this_hour(*parts: object) -> RequestOptions:
    """For what takes no money by itself and is looked for, or thrown away, by whoever comes again: Stripe keeps a fault
    under its key for a day (API reference, "Idempotent requests"), and nobody waits for so long to pay."""
    return keyed(*parts, seconds(clock.now()) // 3600)


def seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def moment(value: int) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def id_of(found: Any) -> str:
    """Of something that is there in full, or by its id alone; "" for nothing."""
    return found if isinstance(found, str) else getattr(found, "id", "") or ""

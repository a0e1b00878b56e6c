"""Off this site to the payment service and back: its pages are the only ones to which a form leads."""

import logging
from typing import TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from tenantry.billing.errors import PageUnknown
from tenantry.web.middleware import POLICY
from tenantry.web.screens import go

logger = logging.getLogger("tenantry.stripe")
Answer = TypeVar("Answer", bound=HttpResponseBase)
_HERE = "form-action 'self'"


def may_lead_away(answer: Answer) -> Answer:
    """For a page with a form whose answer sends the browser there: `form-action` covers redirects (CSP, 6.4.1)."""
    if settings.STRIPE_SECRET_KEY:
        origins = " ".join((_HERE, *settings.STRIPE_PAGES))
        answer.headers["Content-Security-Policy"] = POLICY.replace(_HERE, origins)
    return answer


def away(request: HttpRequest, url: str) -> HttpResponse:
    """:raises PageUnknown: a browser would not follow: the page's origin is not among those that are set up."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in settings.STRIPE_PAGES:
        logger.error("TENANTRY_STRIPE_PAGES does not hold an origin of Stripe's pages", extra={"origin": origin})
        raise PageUnknown
    return go(request, url)

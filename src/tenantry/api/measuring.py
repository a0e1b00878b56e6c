"""Counts what is answered, by route, for /metrics. Routes, never paths: paths hold ids and one-time tokens."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from prometheus_client import Counter, Histogram

Respond = Callable[[HttpRequest], HttpResponseBase]
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("tenantry_requests", "Requests answered.", ["route", "method", "status"])
DURATIONS = Histogram(
    "tenantry_request_seconds",
    "How long answering took.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)


class Measured:
    """The outermost middleware, so that it sees what the others answer too."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        response = self.get_response(request)
        match = request.resolver_match
        if match is None and request.path.startswith("/static/"):
            return response
        route = f"/{match.route.lstrip('/')}" if match else "(no route)"
        method = request.method if request.method in METHODS else "OTHER"
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        DURATIONS.labels(route, method).observe(time.monotonic() - began)
        return response

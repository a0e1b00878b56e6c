"""Addresses below /api, and those for machines that watch the installation."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from tenantry.api import health, reference
from tenantry.api.problems import guarded, unknown_route
from tenantry.api.service import api


def _guarded() -> list[URLPattern]:
    """ninja's addresses, each behind the guard. Its root page is left out."""
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern) and pattern.name != "api-root"]
    for pattern in patterns:
        pattern.callback = guarded(pattern.callback)
    return patterns


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/docs", reference.api_docs, name="api_docs"),
    path("api/v1/openapi.json", guarded(reference.openapi_json), name="openapi_json"),
    path("api/v1/", include(_guarded())),
    re_path(r"^api(?:/|$)", unknown_route, name="api_unknown_route"),
]

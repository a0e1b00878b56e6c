"""The address space of the installation, one line per interface."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.api.urls")),
    path("", include("tenantry.web.urls")),
    path("", include("tenantry.console.urls")),
]

handler400 = "tenantry.config.faults.bad_request"
handler403 = "tenantry.web.errors.forbidden"
handler404 = "tenantry.web.errors.not_found"
handler500 = "tenantry.config.faults.broken"

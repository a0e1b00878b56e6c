"""Member-facing addresses: one file a screen family."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.help.urls")),
    path("", include("tenantry.web.accounts.urls")),
    path("", include("tenantry.web.own.urls")),
    path("", include("tenantry.web.setup.urls")),
    path("", include("tenantry.web.start.urls")),
]

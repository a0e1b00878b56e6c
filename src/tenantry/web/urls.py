"""Member-facing addresses: one file a screen family."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.help.urls")),
]

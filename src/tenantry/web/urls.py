"""Member-facing addresses: one file a screen family."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.help.urls")),
    path("", include("tenantry.web.accounts.urls")),
    path("", include("tenantry.web.own.urls")),
    path("", include("tenantry.web.setup.urls")),
    path("", include("tenantry.web.start.urls")),
    path("", include("tenantry.web.roles.urls")),
    path("", include("tenantry.web.profiles.urls")),
    path("", include("tenantry.web.teams.urls")),
    path("", include("tenantry.web.units.urls")),
    path("", include("tenantry.web.workspaces.urls")),
    path("", include("tenantry.web.workflows.urls")),
    path("", include("tenantry.web.people.urls")),
    path("", include("tenantry.web.explain.urls")),
    path("", include("tenantry.web.home.urls")),
    path("", include("tenantry.web.audit.urls")),
    path("", include("tenantry.web.organization.urls")),
]

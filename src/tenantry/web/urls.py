"""Member-facing addresses: one file a screen family."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tenantry.web.help.urls")),
    path("", include("tenantry.web.accounts.urls")),
    path("", include("tenantry.web.own.urls")),
    path("", include("tenantry.web.notices.urls")),
    path("", include("tenantry.web.setup.urls")),
    path("", include("tenantry.web.start.urls")),
    path("", include("tenantry.web.roles.urls")),
    path("", include("tenantry.web.profiles.urls")),
    path("", include("tenantry.web.teams.urls")),
    path("", include("tenantry.web.departments.urls")),
    path("", include("tenantry.web.units.urls")),
    path("", include("tenantry.web.workspaces.urls")),
    path("", include("tenantry.web.workflows.urls")),
    path("", include("tenantry.web.momentum.urls")),
    path("", include("tenantry.web.momentum.work_urls")),
    path("", include("tenantry.web.momentum.deal_urls")),
    path("", include("tenantry.web.workspace.urls")),
    path("", include("tenantry.web.workspace.drive_urls")),
    path("", include("tenantry.web.people.urls")),
    path("", include("tenantry.web.explain.urls")),
    path("", include("tenantry.web.home.urls")),
    path("", include("tenantry.web.audit.urls")),
    path("", include("tenantry.web.operations.urls")),
    path("", include("tenantry.web.organization.urls")),
    path("", include("tenantry.web.reports.urls")),
    path("", include("tenantry.web.billing.urls")),
]

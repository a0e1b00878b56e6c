"""Addresses of the operators' console, all below /console."""

from django.urls import path

from tenantry.console import agreements, clock, entitlements, organization, transfers, views

urlpatterns = [
    path("console", views.console_home, name="console_home"),
    path("console/login", views.console_login, name="console_login"),
    path("console/logout", views.console_logout, name="console_logout"),
    path("console/organizations", views.console_organizations, name="console_organizations"),
    path(
        "console/organizations/<uuid:organization_id>", organization.console_organization, name="console_organization"
    ),
    path(
        "console/organizations/<uuid:organization_id>/policies/<str:code>",
        organization.console_policy,
        name="console_policy",
    ),
    path(
        "console/organizations/<uuid:organization_id>/entitlements/<str:key>",
        entitlements.console_entitlement,
        name="console_entitlement",
    ),
    path(
        "console/organizations/<uuid:organization_id>/agreement",
        agreements.console_agreement,
        name="console_agreement",
    ),
    path(
        "console/organizations/<uuid:organization_id>/invoices/<uuid:invoice_id>/payment",
        transfers.console_transfer,
        name="console_transfer",
    ),
    path("console/organizations/<uuid:organization_id>/clock", clock.console_clock, name="console_clock"),
    path("console/outbox", views.console_outbox, name="console_outbox"),
    path("console/outbox/<uuid:delivery_id>", views.console_mail, name="console_mail"),
    path("console/jobs", views.console_jobs, name="console_jobs"),
    path("console/jobs/<int:job_id>/retry", views.console_job_retry, name="console_job_retry"),
    path("console/audit", views.console_audit, name="console_audit"),
]

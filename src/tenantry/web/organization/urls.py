from django.urls import path

from tenantry.web.organization import policies, views

urlpatterns = [
    path("admin/org", views.org_overview, name="org_overview"),
    path("admin/org/profile", views.org_profile, name="org_profile"),
    path("admin/org/contacts", views.org_contacts, name="org_contacts"),
    path("admin/org/plan", views.org_plan, name="org_plan"),
    path("admin/org/security", views.org_security, name="org_security"),
    path("admin/org/policies", policies.org_policies, name="org_policies"),
    path("admin/org/policies/<str:code>", policies.policy_edit, name="policy_edit"),
]

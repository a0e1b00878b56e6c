from django.urls import path

from tenantry.web.workflows import views

WORKFLOW = "admin/workflows/<uuid:workflow_id>"

urlpatterns = [
    path("admin/workflows", views.workflow_list, name="workflow_list"),
    path("admin/workflows/new", views.workflow_create, name="workflow_create"),
    path(WORKFLOW, views.workflow_detail, name="workflow_detail"),
    path(f"{WORKFLOW}/edit", views.workflow_edit, name="workflow_edit"),
    path(f"{WORKFLOW}/deletion", views.workflow_deletion, name="workflow_deletion"),
    path(f"{WORKFLOW}/people", views.workflow_people, name="workflow_people"),
    path(
        f"{WORKFLOW}/people/<uuid:membership_id>/removal",
        views.workflow_member_removal,
        name="workflow_member_removal",
    ),
]

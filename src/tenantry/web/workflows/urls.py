from django.urls import path

from tenantry.web.workflows import stages, views

WORKFLOW = "admin/workflows/<uuid:workflow_id>"

urlpatterns = [
    path("admin/workflows", views.workflow_list, name="workflow_list"),
    path("admin/workflows/new", views.workflow_create, name="workflow_create"),
    path(WORKFLOW, views.workflow_detail, name="workflow_detail"),
    path(f"{WORKFLOW}/edit", views.workflow_edit, name="workflow_edit"),
    path(f"{WORKFLOW}/deletion", views.workflow_deletion, name="workflow_deletion"),
    path(f"{WORKFLOW}/duplicate", stages.workflow_duplicate, name="workflow_duplicate"),
    path(f"{WORKFLOW}/stages/new", stages.workflow_stage_create, name="workflow_stage_create"),
    path(f"{WORKFLOW}/stages/order", stages.workflow_stage_order, name="workflow_stage_order"),
    path(f"{WORKFLOW}/stages/<uuid:stage_id>", stages.workflow_stage_edit, name="workflow_stage_edit"),
    path(f"{WORKFLOW}/stages/<uuid:stage_id>/deletion", stages.workflow_stage_deletion, name="workflow_stage_deletion"),
    path(f"{WORKFLOW}/people", views.workflow_people, name="workflow_people"),
    path(
        f"{WORKFLOW}/people/<uuid:membership_id>/removal",
        views.workflow_member_removal,
        name="workflow_member_removal",
    ),
]

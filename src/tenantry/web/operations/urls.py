from django.urls import path

from tenantry.web.operations import views

ONE = "admin/operations/<uuid:operation_id>"

urlpatterns = [
    path("admin/operations", views.operation_list, name="operation_list"),
    path(ONE, views.operation_detail, name="operation_detail"),
    path(f"{ONE}/progress", views.operation_progress, name="operation_progress"),
    path(f"{ONE}/refused.csv", views.operation_refused, name="operation_refused"),
    path(f"{ONE}/confirmation", views.operation_confirm, name="operation_confirm"),
    path(f"{ONE}/matters", views.operation_matter, name="operation_matter"),
    path(f"{ONE}/cancellation", views.operation_cancel, name="operation_cancel"),
]

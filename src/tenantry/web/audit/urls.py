from django.urls import path

from tenantry.web.audit import undoing, views

urlpatterns = [
    path("admin/audit", views.audit_list, name="audit_list"),
    path("admin/audit/file", views.audit_file, name="audit_file"),
    path("admin/audit/verification", views.audit_verification, name="audit_verification"),
    path("admin/audit/<int:number>/undo", undoing.audit_undo, name="audit_undo"),
]

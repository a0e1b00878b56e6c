from django.urls import path

from tenantry.web.roles import deleting, editing, views

ROLE = "admin/users/roles/<uuid:role_id>"

urlpatterns = [
    path("admin/users/roles", views.role_list, name="role_list"),
    path("admin/users/roles/new", editing.role_create, name="role_create"),
    path("admin/users/roles/compare", views.role_compare, name="role_compare"),
    path(ROLE, views.role_detail, name="role_detail"),
    path(f"{ROLE}/edit", editing.role_edit, name="role_edit"),
    path(f"{ROLE}/plan", editing.role_plan, name="role_plan"),
    path(f"{ROLE}/copy", editing.role_copy, name="role_copy"),
    path(f"{ROLE}/deletion", deleting.role_deletion, name="role_deletion"),
]

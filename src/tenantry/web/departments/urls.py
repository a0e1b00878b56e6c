from django.urls import path

from tenantry.web.departments import views

DEPARTMENT = "admin/users/departments/<uuid:department_id>"

urlpatterns = [
    path("admin/users/departments", views.department_list, name="department_list"),
    path("admin/users/departments/new", views.department_create, name="department_create"),
    path(f"{DEPARTMENT}/edit", views.department_edit, name="department_edit"),
    path(f"{DEPARTMENT}/merging", views.department_merge, name="department_merge"),
    path(f"{DEPARTMENT}/deletion", views.department_deletion, name="department_deletion"),
]

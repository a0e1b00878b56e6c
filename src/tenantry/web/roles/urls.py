from django.urls import path

from tenantry.web.roles import views

urlpatterns = [
    path("admin/users/roles", views.role_list, name="role_list"),
    path("admin/users/roles/<uuid:role_id>", views.role_detail, name="role_detail"),
]

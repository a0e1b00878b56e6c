from django.urls import path

from tenantry.web.explain import views

urlpatterns = [
    path("admin/users/u/<uuid:membership_id>/why", views.person_why, name="person_why"),
    path("admin/access/who", views.access_who, name="access_who"),
]

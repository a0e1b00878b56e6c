from django.urls import path

from tenantry.web.profiles import editing, views

PROFILE = "admin/users/profiles/<uuid:profile_id>"

urlpatterns = [
    path("admin/users/profiles", views.profile_list, name="profile_list"),
    path("admin/users/profiles/new", editing.profile_create, name="profile_create"),
    path(PROFILE, views.permission_profile, name="permission_profile"),
    path(f"{PROFILE}/edit", editing.profile_edit, name="profile_edit"),
    path(f"{PROFILE}/plan", editing.profile_plan, name="profile_plan"),
    path(f"{PROFILE}/copy", editing.profile_copy, name="profile_copy"),
    path(f"{PROFILE}/deletion", editing.profile_deletion, name="profile_deletion"),
]

from django.urls import path

from tenantry.web.workspaces import assigning, choosing, members, restricting, views

WORKSPACE = "admin/workspaces/<uuid:workspace_id>"
MEMBER = f"{WORKSPACE}/people/<uuid:membership_id>"
# The same outside of Admin, for who looks after one workspace.
SETTINGS = "workspaces/<uuid:workspace_id>/settings"
THEIRS = f"{SETTINGS}/people/<uuid:membership_id>"

urlpatterns = [
    path("admin/workspaces", views.workspace_list, name="workspace_list"),
    path("admin/workspaces/new", views.workspace_create, name="workspace_create"),
    path("admin/workspaces/choices", choosing.managed_choices, name="managed_choices"),
    path(WORKSPACE, views.workspace_detail, name="workspace_detail"),
    path(f"{WORKSPACE}/edit", views.workspace_edit, name="workspace_edit"),
    path(f"{WORKSPACE}/deletion", views.workspace_deletion, name="workspace_deletion"),
    path(f"{WORKSPACE}/people", members.workspace_people, name="workspace_people"),
    path(f"{MEMBER}/level", members.workspace_level, name="workspace_level"),
    path(f"{MEMBER}/restrictions", restricting.workspace_restrictions, name="workspace_restrictions"),
    path(f"{MEMBER}/removal", members.workspace_member_removal, name="workspace_member_removal"),
    path("admin/users/u/<uuid:membership_id>/workspaces/new", assigning.person_workspaces, name="person_workspaces"),
    path(SETTINGS, views.workspace_settings, name="workspace_settings"),
    path(f"{SETTINGS}/edit", views.workspace_settings_edit, name="workspace_settings_edit"),
    path(f"{SETTINGS}/people", members.workspace_settings_people, name="workspace_settings_people"),
    path(f"{THEIRS}/level", members.workspace_settings_level, name="workspace_settings_level"),
    path(f"{THEIRS}/restrictions", restricting.workspace_settings_restrictions, name="workspace_settings_restrictions"),
    path(f"{THEIRS}/removal", members.workspace_settings_removal, name="workspace_settings_removal"),
]

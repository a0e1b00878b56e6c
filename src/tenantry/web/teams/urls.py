from django.urls import path

from tenantry.web.teams import views

TEAM = "admin/users/g/<uuid:team_id>"

urlpatterns = [
    path("admin/users/g", views.team_list, name="team_list"),
    path("admin/users/g/new", views.team_create, name="team_create"),
    path("admin/users/g/joining", views.team_joining, name="team_joining"),
    path(TEAM, views.team_detail, name="team_detail"),
    path(f"{TEAM}/edit", views.team_edit, name="team_edit"),
    path(f"{TEAM}/deletion", views.team_deletion, name="team_deletion"),
    path(f"{TEAM}/people", views.team_people, name="team_people"),
    path(f"{TEAM}/people/<uuid:membership_id>/lead", views.team_lead, name="team_lead"),
    path(f"{TEAM}/people/<uuid:membership_id>/removal", views.team_member_removal, name="team_member_removal"),
]

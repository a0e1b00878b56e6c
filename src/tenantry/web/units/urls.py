from django.urls import path

from tenantry.web.units import changing, people, views

UNIT = "admin/units/<uuid:unit_id>"

urlpatterns = [
    path("admin/units", views.unit_list, name="unit_list"),
    path("admin/units/new", changing.unit_create, name="unit_create"),
    path(UNIT, views.unit_detail, name="unit_detail"),
    path(f"{UNIT}/edit", changing.unit_edit, name="unit_edit"),
    path(f"{UNIT}/move", changing.unit_move, name="unit_move"),
    path(f"{UNIT}/deletion", changing.unit_deletion, name="unit_deletion"),
    path(f"{UNIT}/people", people.unit_people, name="unit_people"),
    path(f"{UNIT}/agents", people.unit_agents, name="unit_agents"),
]

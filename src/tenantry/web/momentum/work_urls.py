from django.urls import path

from tenantry.web.momentum import work
from tenantry.web.momentum.about import composer
from tenantry.web.momentum.listing import add_listing
from tenantry.web.momentum.pages import add_panel

HOME = "apps/momentum"

add_panel(composer)
add_listing(work.NOTES)
add_listing(work.ACTIVITIES)

urlpatterns = [
    path(f"{HOME}/notes", work.note_list, name="note_list"),
    path(f"{HOME}/notes/new", work.note_create, name="note_create"),
    path(f"{HOME}/notes/<uuid:note_id>", work.note_detail, name="note_detail"),
    path(f"{HOME}/notes/<uuid:note_id>/edit", work.note_edit, name="note_edit"),
    path(f"{HOME}/activities", work.activity_list, name="activity_list"),
    path(f"{HOME}/activities/new", work.activity_create, name="activity_create"),
    path(f"{HOME}/activities/<uuid:activity_id>", work.activity_detail, name="activity_detail"),
    path(f"{HOME}/activities/<uuid:activity_id>/edit", work.activity_edit, name="activity_edit"),
    path(f"{HOME}/entries/<str:type_key>/<uuid:record_id>/removal", work.work_removal, name="work_removal"),
    path(f"{HOME}/entries/<str:type_key>/<uuid:record_id>/return", work.work_return, name="work_return"),
]

from django.urls import path

from tenantry.web.people.views import (
    adding,
    bulk,
    changing,
    detail,
    directory,
    holding,
    inviting,
    leaving,
    overview,
    places,
)

PERSON = "admin/users/u/<uuid:membership_id>"

urlpatterns = [
    path("admin/users", overview.people_overview, name="people_overview"),
    path("admin/users/invitations", inviting.invitation_list, name="invitation_list"),
    path("admin/users/u", directory.person_list, name="person_list"),
    path("admin/users/u.csv", directory.person_file, name="person_file"),
    path("admin/users/u/new", adding.person_create, name="person_create"),
    path("admin/users/u/bulk", bulk.person_bulk, name="person_bulk"),
    path(PERSON, detail.person_detail, name="person_detail"),
    path(f"{PERSON}/teams", detail.person_teams, name="person_teams"),
    path(f"{PERSON}/unit", places.person_unit, name="person_unit"),
    path(f"{PERSON}/audit", detail.person_audit, name="person_audit"),
    path(f"{PERSON}/sessions", changing.person_sessions, name="person_sessions"),
    path(f"{PERSON}/edit", changing.person_edit, name="person_edit"),
    path(f"{PERSON}/role", changing.person_role, name="person_role"),
    path(f"{PERSON}/role/undo", changing.person_role_undo, name="person_role_undo"),
    path(f"{PERSON}/roles/new", holding.person_role_add, name="person_role_add"),
    path(f"{PERSON}/roles/<uuid:assignment_id>/until", holding.person_role_until, name="person_role_until"),
    path(f"{PERSON}/roles/<uuid:assignment_id>/end", holding.person_role_end, name="person_role_end"),
    path(f"{PERSON}/profile", holding.person_profile, name="person_profile"),
    path(f"{PERSON}/restrictions", holding.person_restrictions, name="person_restrictions"),
    path(f"{PERSON}/password-reset", changing.person_password_reset, name="person_password_reset"),
    path(f"{PERSON}/picture", directory.person_picture, name="person_picture"),
    path(f"{PERSON}/deactivation", leaving.person_deactivation, name="person_deactivation"),
    path(f"{PERSON}/reactivation", leaving.person_reactivation, name="person_reactivation"),
    path(f"{PERSON}/removal", leaving.person_removal, name="person_removal"),
    path(f"{PERSON}/invitation", inviting.person_invitation, name="person_invitation"),
    path(f"{PERSON}/invitation/link", inviting.person_invitation_link, name="person_invitation_link"),
    path(f"{PERSON}/invitation/revocation", inviting.person_invitation_revocation, name="person_invitation_revocation"),
    path(f"{PERSON}/invitation/edit", inviting.person_invitation_edit, name="person_invitation_edit"),
]

from django.urls import path

from tenantry.web.own import ownership, views

urlpatterns = [
    path("me", views.profile_detail, name="profile_detail"),
    path("me/picture", views.own_picture, name="own_picture"),
    path("me/password", views.password_change, name="password_change"),
    path("me/appearance", views.appearance_update, name="appearance_update"),
    path("me/sessions", views.session_list, name="session_list"),
    path("me/sessions/<uuid:entry_id>/end", views.session_end, name="session_end"),
    path("ownership/<uuid:transfer_id>", ownership.ownership_offer, name="ownership_offer"),
    path("ownership/<uuid:transfer_id>/decline", ownership.ownership_decline, name="ownership_decline"),
    path("ownership/<uuid:transfer_id>/withdrawal", ownership.ownership_withdraw, name="ownership_withdraw"),
    path("admin/org/ownership", ownership.ownership_start, name="ownership_start"),
    path("admin/users/u/<uuid:membership_id>/ownership", ownership.person_ownership, name="person_ownership"),
    path("notifications", views.notification_list, name="notification_list"),
    path("notifications/read", views.notification_read, name="notification_read"),
]

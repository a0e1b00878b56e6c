from django.urls import path

from tenantry.web.own import address, ownership, views

urlpatterns = [
    path("me", views.profile_detail, name="profile_detail"),
    path("me/picture", views.own_picture, name="own_picture"),
    path("me/password", views.password_change, name="password_change"),
    path("me/address", address.own_address, name="own_address"),
    path("me/address/send", address.own_address_send, name="own_address_send"),
    path("me/address/cancel", address.own_address_cancel, name="own_address_cancel"),
    path("accounts/address/<str:token>", address.address_confirm, name="address_confirm"),
    path("me/appearance", views.appearance_update, name="appearance_update"),
    path("me/preferences", views.own_preferences, name="own_preferences"),
    path("me/organizations", views.own_organization_list, name="own_organization_list"),
    path("me/security", views.session_list, name="session_list"),
    path("me/sessions/<uuid:entry_id>/end", views.session_end, name="session_end"),
    path("ownership/<uuid:transfer_id>", ownership.ownership_offer, name="ownership_offer"),
    path("ownership/<uuid:transfer_id>/decline", ownership.ownership_decline, name="ownership_decline"),
    path("ownership/<uuid:transfer_id>/withdrawal", ownership.ownership_withdraw, name="ownership_withdraw"),
    path("admin/org/ownership", ownership.ownership_start, name="ownership_start"),
    path("admin/users/u/<uuid:membership_id>/ownership", ownership.person_ownership, name="person_ownership"),
]

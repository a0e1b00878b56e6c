from django.urls import path

from tenantry.web.own import views

urlpatterns = [
    path("me", views.profile_detail, name="profile_detail"),
    path("me/picture", views.own_picture, name="own_picture"),
    path("me/password", views.password_change, name="password_change"),
    path("me/appearance", views.appearance_update, name="appearance_update"),
    path("me/sessions", views.session_list, name="session_list"),
    path("me/sessions/<uuid:entry_id>/end", views.session_end, name="session_end"),
    path("notifications", views.notification_list, name="notification_list"),
    path("notifications/read", views.notification_read, name="notification_read"),
]

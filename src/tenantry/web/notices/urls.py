from django.urls import path

from tenantry.web.notices import views

urlpatterns = [
    path("notifications", views.notification_list, name="notification_list"),
    path("notifications/read", views.notification_read, name="notification_read"),
    path("notifications/unread.json", views.unread_count, name="unread_count"),
    path("notifications/<uuid:notification_id>/open", views.notice_open, name="notice_open"),
    path("notifications/<uuid:notification_id>/read", views.notice_read, name="notice_read"),
    path("notifications/<uuid:notification_id>/unread", views.notice_unread, name="notice_unread"),
    path("me/notifications", views.notice_choices, name="notice_choices"),
]

from django.urls import path

from tenantry.web.start import views

urlpatterns = [
    path("", views.launcher, name="launcher"),
    path("switch", views.switch, name="switch"),
]

from django.urls import path

from tenantry.web.help import views

urlpatterns = [
    path("help", views.help_page, name="help_page"),
    path("help/<slug:slug>", views.help_chapter, name="help_chapter"),
]

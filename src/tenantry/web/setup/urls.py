from django.urls import path

from tenantry.web.setup import views

urlpatterns = [
    path("setup", views.setup, name="setup"),
    path("setup/company", views.setup_company, name="setup_company"),
    path("setup/people", views.setup_people, name="setup_people"),
    path("setup/plan", views.setup_plan, name="setup_plan"),
    path("setup/<slug:step>/skip", views.setup_skip, name="setup_skip"),
]

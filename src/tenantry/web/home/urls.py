from django.urls import path

from tenantry.web.home import views

urlpatterns = [path("admin", views.admin_home, name="admin_home")]

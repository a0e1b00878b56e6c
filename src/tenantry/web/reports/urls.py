from django.urls import path

from tenantry.web.reports import files, views

urlpatterns = [
    path("reports", views.report_home, name="report_home"),
    path("reports/won", views.report_won, name="report_won"),
    path("reports/conversion", views.report_conversion, name="report_conversion"),
    path("reports/activity", views.report_activity, name="report_activity"),
    path("reports/<slug:report>.csv", files.report_file, name="report_file"),
]

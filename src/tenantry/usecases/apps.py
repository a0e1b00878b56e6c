from django.apps import AppConfig


class UsecasesConfig(AppConfig):
    name = "tenantry.usecases"
    label = "usecases"

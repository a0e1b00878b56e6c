from django.apps import AppConfig


class ActingConfig(AppConfig):
    name = "tenantry.acting"
    label = "acting"

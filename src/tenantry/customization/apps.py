from django.apps import AppConfig
from django.utils.module_loading import import_string


class CustomizationConfig(AppConfig):
    name = "tenantry.customization"
    label = "customization"

    def ready(self) -> None:
        import_string("tenantry.customization.permissions.FIELDS")

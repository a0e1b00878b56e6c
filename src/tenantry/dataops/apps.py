from django.apps import AppConfig
from django.utils.module_loading import import_string


class DataopsConfig(AppConfig):
    name = "tenantry.dataops"
    label = "dataops"

    def ready(self) -> None:
        import_string("tenantry.dataops.permissions.EXPORT_ALL")

from django.apps import AppConfig
from django.utils.module_loading import import_string


class MeteringConfig(AppConfig):
    name = "tenantry.metering"
    label = "metering"

    def ready(self) -> None:
        import_string("tenantry.metering.permissions.REPORT")
        import_string("tenantry.metering.seats.GAUGE")

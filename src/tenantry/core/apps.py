from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "tenantry.core"
    label = "core"

    def ready(self) -> None:
        # Declarations register themselves when their module is imported; every package uses the same file names.
        autodiscover_modules("permissions", "tasks", "mails", "receivers", "actions", "lifecycle")

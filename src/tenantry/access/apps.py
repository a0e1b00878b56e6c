from django.apps import AppConfig
from django.utils.module_loading import import_string


class AccessConfig(AppConfig):
    name = "tenantry.access"
    label = "access"

    def ready(self) -> None:
        import_string("tenantry.access.proofs.prove_member")

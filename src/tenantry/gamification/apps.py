from django.apps import AppConfig
from django.utils.module_loading import import_string


class GamificationConfig(AppConfig):
    name = "tenantry.gamification"
    label = "gamification"

    def ready(self) -> None:
        import_string("tenantry.gamification.permissions.CONFIGURE")

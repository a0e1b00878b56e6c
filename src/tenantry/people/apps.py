from django.apps import AppConfig
from django.utils.module_loading import import_string


class PeopleConfig(AppConfig):
    name = "tenantry.people"
    label = "people"

    def ready(self) -> None:
        import_string("tenantry.people.records.MEMBER")
        import_string("tenantry.people.policy_effects.foretell_counted")

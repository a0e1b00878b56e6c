from django.apps import AppConfig
from django.utils.module_loading import import_string


class SecurityConfig(AppConfig):
    name = "tenantry.security"
    label = "security"

    def ready(self) -> None:
        import_string("tenantry.security.answers.ELSEWHERE")
        import_string("tenantry.security.keys.prove_key")
        import_string("tenantry.security.operators.prove_operator")
        import_string("tenantry.security.policy_effects.foretell_sessions")
        import_string("tenantry.security.role_uses.KEYS_OF_ROLES")

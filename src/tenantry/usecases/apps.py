from django.apps import AppConfig
from django.utils.module_loading import import_string


class UsecasesConfig(AppConfig):
    name = "tenantry.usecases"
    label = "usecases"

    def ready(self) -> None:
        import_string("tenantry.usecases.changing_address.TELL")
        import_string("tenantry.usecases.policy_effects.foretell_deactivation")
        import_string("tenantry.usecases.undoing_policies.POLICY_CHANGED")
        import_string("tenantry.usecases.undoing_roles.ROLE_EDITED")
        import_string("tenantry.usecases.undoing_holding.ROLE_CHANGED")
        import_string("tenantry.usecases.undoing_structure.UNIT_MOVED")
        import_string("tenantry.usecases.undoing_membership.MEMBERS_ADDED")
        import_string("tenantry.usecases.undoing_departments.DEPARTMENT_SET")
        import_string("tenantry.usecases.undoing_person.PERSON_EDITED")
        import_string("tenantry.usecases.undoing_leaving.REMOVED")
        import_string("tenantry.usecases.undoing_records.GIVEN")
        import_string("tenantry.usecases.bulk_changing.changing.change_batch")
        import_string("tenantry.usecases.handing_over.undoing.UNDO")
        import_string("tenantry.usecases.bulk_changing.planned.plan_batch")
        import_string("tenantry.usecases.bulk_inviting.tasks.read_batch")

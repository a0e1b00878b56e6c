from django.apps import AppConfig
from django.utils.module_loading import import_string


class CrmConfig(AppConfig):
    name = "tenantry.crm"
    label = "crm"

    def ready(self) -> None:
        import_string("tenantry.crm.permissions.RECORDS_EXPORT")
        import_string("tenantry.crm.records.DEAL")
        import_string("tenantry.crm.actions.bulk.CODE")
        import_string("tenantry.crm.gauges.DRIVE_GAUGE")

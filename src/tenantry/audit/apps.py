from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tenantry.audit"
    label = "audit"

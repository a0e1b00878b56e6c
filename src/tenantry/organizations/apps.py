from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "tenantry.organizations"
    label = "organizations"

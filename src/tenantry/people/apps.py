from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "tenantry.people"
    label = "people"

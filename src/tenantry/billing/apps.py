from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from tenantry.core.documents import DocumentWrong


class BillingConfig(AppConfig):
    name = "tenantry.billing"
    label = "billing"

    def ready(self) -> None:
        check = import_string("tenantry.billing.offers.check_setting")
        try:
            check()
        except DocumentWrong as wrong:
            raise ImproperlyConfigured(f"TENANTRY_PLAN_CATALOGUE: {wrong}") from None

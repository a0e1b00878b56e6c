from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

FIELDS = "fields.manage"
MODULES = "modules.manage"
AUTOMATIONS = "automations.manage"
INTEGRATIONS = "integrations.manage"
WEBHOOKS = "webhooks.manage"

declare(
    [
        Permission(FIELDS, _("Manage fields"), _("add, change and remove custom fields"), "customization"),
        Permission(MODULES, _("Manage modules"), _("add, change and remove applications and modules"), "customization"),
        Permission(
            AUTOMATIONS, _("Manage automations"), _("write rules that act on records by themselves"), "customization"
        ),
        Permission(
            INTEGRATIONS, _("Manage integrations"), _("connect other services with the organization"), "platform"
        ),
        Permission(WEBHOOKS, _("Manage webhooks"), _("send events to other services"), "platform"),
    ]
)

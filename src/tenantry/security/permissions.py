from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

KEYS = "api_keys.manage"

PLATFORM = "platform.manage"

declare(
    [
        Permission(KEYS, _("Manage API keys"), _("create and revoke API keys"), "platform"),
        Permission(
            PLATFORM, _("Manage the platform"), _("set single sign-on, provisioning and network rules up"), "platform"
        ),
    ]
)

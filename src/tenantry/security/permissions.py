from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

KEYS = "api_keys.manage"

declare([Permission(KEYS, _("Manage API keys"), _("create and revoke API keys"), "platform")])

from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

VIEW = "audit.view"
VIEW_PEOPLE = "audit.view_people"
VIEW_BILLING = "audit.view_billing"
EXPORT = "audit.export"

# Which areas of entries a narrower permission opens.
AREAS_BY_PERMISSION = {
    VIEW_PEOPLE: frozenset({"people", "access", "teams", "structure", "operations"}),
    VIEW_BILLING: frozenset({"billing"}),
}

declare(
    [
        Permission(VIEW, _("See the audit"), _("see everything that administrators did"), "safety", reads=True),
        Permission(
            VIEW_PEOPLE, _("See people events"), _("see what was done to people, roles and teams"), "safety", reads=True
        ),
        Permission(
            VIEW_BILLING, _("See billing events"), _("see what was done to plan and billing"), "safety", reads=True
        ),
        Permission(EXPORT, _("Export the audit"), _("take the audit out as a file"), "safety", exports=True),
    ]
)

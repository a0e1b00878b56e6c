from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

ROLES_VIEW = "roles.view"
ASSIGN = "people.assign_roles"

declare(
    [
        Permission(ROLES_VIEW, _("See roles"), _("see roles and who holds them"), "access"),
        Permission(ASSIGN, _("Change roles of people"), _("give people another role"), "access"),
    ]
)

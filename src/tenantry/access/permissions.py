from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare
from tenantry.people.permissions import AT_UNITS

ROLES_VIEW = "roles.view"
ROLES_EDIT = "roles.edit"
PROFILES_EDIT = "profiles.edit"
ASSIGN = "people.assign_roles"
RESTRICT = "people.restrict"
EXPLAIN = "access.explain"
TRANSFER = "ownership.transfer"

declare(
    [
        Permission(ROLES_VIEW, _("See roles"), _("see roles, profiles and who holds them"), "access", reads=True),
        Permission(ROLES_EDIT, _("Edit roles"), _("create, copy, edit and delete roles"), "access"),
        Permission(PROFILES_EDIT, _("Edit profiles"), _("create, copy, edit and delete profiles"), "access"),
        Permission(
            ASSIGN, _("Change roles of people"), _("give people another role, and end one"), "people", scopes=AT_UNITS
        ),
        Permission(
            RESTRICT,
            _("Set profiles and restrictions"),
            _("give people a profile and set their restrictions"),
            "people",
            scopes=AT_UNITS,
        ),
        Permission(
            EXPLAIN,
            _("Explain access"),
            _("see why somebody can or can't do something"),
            "access",
            scopes=AT_UNITS,
            reads=True,
        ),
        Permission(
            TRANSFER,
            _("Transfer ownership"),
            _("hand the role with all permissions to somebody else"),
            "organization",
            keyholders_only=True,
        ),
    ]
)

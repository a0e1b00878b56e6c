from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

CONFIGURE = "gamification.configure"
CHALLENGES_CREATE = "challenges.create"
CHALLENGES_JOIN = "challenges.join"

declare(
    [
        Permission(CONFIGURE, _("Configure recognition"), _("set points, badges and challenges up"), "recognition"),
        Permission(CHALLENGES_CREATE, _("Create challenges"), _("create challenges for others"), "recognition"),
        Permission(CHALLENGES_JOIN, _("Join challenges"), _("take part in challenges"), "recognition"),
    ]
)

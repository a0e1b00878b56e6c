from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

VIEW = "people.view"
INVITE = "people.invite"
EDIT = "people.edit"
DEACTIVATE = "people.deactivate"
REMOVE = "people.remove"
RESET_PASSWORD = "people.reset_password"  # noqa: S105 a permission's code
END_SESSIONS = "people.end_sessions"
EXPORT = "people.export"
TEAMS_VIEW = "teams.view"
TEAMS_MANAGE = "teams.manage"

declare(
    [
        Permission(VIEW, _("See people"), _("see people in the directory"), "people", has_reach=True),
        Permission(INVITE, _("Add people"), _("add people and send, copy and revoke invitations"), "people"),
        Permission(EDIT, _("Edit people"), _("change names of people"), "people"),
        Permission(DEACTIVATE, _("Deactivate people"), _("deactivate and reactivate people"), "people"),
        Permission(REMOVE, _("Remove people"), _("remove people from the organization"), "people"),
        Permission(RESET_PASSWORD, _("Send password resets"), _("send people a password reset"), "people"),
        Permission(END_SESSIONS, _("End sessions"), _("sign people out everywhere"), "people"),
        Permission(EXPORT, _("Export people"), _("take the directory out as a file"), "people"),
        Permission(TEAMS_VIEW, _("See teams"), _("see teams and who is in them"), "people", has_reach=True),
        Permission(
            TEAMS_MANAGE, _("Manage teams"), _("create teams and change who is in them"), "people", has_reach=True
        ),
    ]
)

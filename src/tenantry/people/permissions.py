from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, ScopeKind, declare

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
UNITS_VIEW = "units.view"
UNITS_MANAGE = "units.manage"
WORKSPACES_VIEW = "workspaces.view"
WORKSPACES_EDIT = "workspaces.edit"
WORKSPACES_MANAGE = "workspaces.manage"
WORKFLOWS_VIEW = "workflows.view"
WORKFLOWS_MANAGE = "workflows.manage"

AT_UNITS = frozenset({ScopeKind.UNIT})
IN_WORKSPACES = frozenset({ScopeKind.WORKSPACE})

declare(
    [
        Permission(
            VIEW,
            _("See people"),
            _("see people in the directory"),
            "people",
            has_reach=True,
            scopes=AT_UNITS,
            reads=True,
        ),
        Permission(
            INVITE, _("Add people"), _("add people and send, copy and revoke invitations"), "people", scopes=AT_UNITS
        ),
        Permission(EDIT, _("Edit people"), _("change names and units of people"), "people", scopes=AT_UNITS),
        Permission(
            DEACTIVATE, _("Deactivate people"), _("deactivate and reactivate people"), "people", scopes=AT_UNITS
        ),
        Permission(REMOVE, _("Remove people"), _("remove people from the organization"), "people", scopes=AT_UNITS),
        Permission(
            RESET_PASSWORD, _("Send password resets"), _("send people a password reset"), "people", scopes=AT_UNITS
        ),
        Permission(END_SESSIONS, _("End sessions"), _("sign people out everywhere"), "people", scopes=AT_UNITS),
        Permission(
            EXPORT, _("Export people"), _("take the directory out as a file"), "people", reads=True, exports=True
        ),
        Permission(
            TEAMS_VIEW, _("See teams"), _("see teams and who is in them"), "structure", has_reach=True, reads=True
        ),
        Permission(
            TEAMS_MANAGE, _("Manage teams"), _("create teams and change who is in them"), "structure", has_reach=True
        ),
        Permission(UNITS_VIEW, _("See units"), _("see the tree of units"), "structure", scopes=AT_UNITS, reads=True),
        Permission(
            UNITS_MANAGE,
            _("Manage units"),
            _("create, rename, move and delete units"),
            "structure",
            scopes=AT_UNITS,
        ),
        Permission(
            WORKSPACES_VIEW,
            _("See workspaces"),
            _("see workspaces and who is in them"),
            "structure",
            scopes=IN_WORKSPACES,
            reads=True,
        ),
        Permission(
            WORKSPACES_EDIT,
            _("Change workspace settings"),
            _("change name and settings of a workspace"),
            "structure",
            scopes=IN_WORKSPACES,
        ),
        Permission(
            WORKSPACES_MANAGE,
            _("Manage workspaces"),
            _("create workspaces and change who is in them at which level"),
            "structure",
            scopes=IN_WORKSPACES,
        ),
        Permission(
            WORKFLOWS_VIEW,
            _("See workflows"),
            _("see workflows and who takes part in them"),
            "structure",
            has_reach=True,
            reads=True,
        ),
        Permission(
            WORKFLOWS_MANAGE,
            _("Manage workflows"),
            _("create workflows and change who takes part in them"),
            "structure",
            has_reach=True,
        ),
    ]
)

"""The audit's words for teams, units, workspaces and workflows; `usecases.telling` fills their places."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, Any] = {
    "teams.created": _("Team created"),
    "teams.edited": _("Team edited"),
    "teams.deleted": _("Team deleted"),
    "teams.members_added": _("Added to a team"),
    "teams.member_removed": _("Taken out of a team"),
    "people.moved_to_unit": _("Put into a branch"),
    "structure.unit_created": _("Branch created"),
    "structure.unit_renamed": _("Branch renamed"),
    "structure.unit_moved": _("Branch moved"),
    "structure.unit_deleted": _("Branch deleted"),
    "structure.workspace_created": _("Workspace created"),
    "structure.workspace_edited": _("Workspace edited"),
    "structure.workspace_deleted": _("Workspace deleted"),
    "structure.workspace_members_added": _("Added to a workspace"),
    "structure.workspace_level_changed": _("Level in a workspace changed"),
    "structure.workspace_member_removed": _("Taken out of a workspace"),
    "people.workspaces_assigned": _("Workspaces assigned"),
    "structure.workflow_created": _("Workflow created"),
    "structure.workflow_edited": _("Workflow edited"),
    "structure.workflow_deleted": _("Workflow deleted"),
    "structure.workflow_members_added": _("Added to a workflow"),
    "structure.workflow_member_removed": _("Taken out of a workflow"),
}
SENTENCES: Mapping[str, Any] = {
    "teams.created": _("%(who)s created the %(one_team)s “%(name)s”."),
    "teams.edited": _("%(who)s edited the %(one_team)s “%(name)s”."),
    "teams.deleted": _("%(who)s deleted the %(one_team)s “%(name)s”."),
    "teams.member_removed": _("%(who)s took %(several)s out of the %(one_team)s “%(name)s”."),
    "structure.unit_created": _("%(who)s created the %(one_unit)s “%(name)s” below “%(parent)s”."),
    "structure.unit_renamed": _("%(who)s renamed a %(one_unit)s, now “%(name)s”."),
    "structure.unit_moved": _("%(who)s moved the %(one_unit)s “%(name)s” from “%(before)s” to “%(after)s”."),
    "structure.unit_deleted": _(
        "%(who)s deleted the %(one_unit)s “%(name)s”; its people and %(many_units)s went to “%(to)s”."
    ),
    "structure.workspace_created": _("%(who)s created the workspace “%(name)s”."),
    "structure.workspace_edited": _("%(who)s edited the workspace “%(name)s”."),
    "structure.workspace_deleted": _("%(who)s deleted the workspace “%(name)s”."),
    "structure.workspace_members_added": _("%(who)s added %(several)s to the workspace “%(name)s” as %(level)s."),
    "structure.workspace_level_changed": _(
        "%(who)s changed the level of %(several)s in the workspace “%(name)s” from %(before)s to %(after)s."
    ),
    "structure.workspace_member_removed": _("%(who)s took %(several)s out of the workspace “%(name)s”."),
    "people.workspaces_assigned": _("%(who)s assigned workspaces to %(target)s: %(workspaces)s."),
    "structure.workflow_created": _("%(who)s created the workflow “%(name)s”."),
    "structure.workflow_edited": _("%(who)s edited the workflow “%(name)s”."),
    "structure.workflow_deleted": _("%(who)s deleted the workflow “%(name)s”."),
    "structure.workflow_members_added": _("%(who)s added %(several)s to the workflow “%(name)s”."),
    "structure.workflow_member_removed": _("%(who)s took %(several)s out of the workflow “%(name)s”."),
}
PLACES = ("parent", "to", "level", "workspaces")

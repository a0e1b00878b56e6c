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
    "people.moved_to_unit": _("Put into a unit"),
    "structure.unit_created": _("Unit created"),
    "structure.unit_renamed": _("Unit renamed"),
    "structure.unit_moved": _("Unit moved"),
    "structure.unit_deleted": _("Unit deleted"),
}
SENTENCES: Mapping[str, Any] = {
    "teams.created": _("%(who)s created the team “%(name)s”."),
    "teams.edited": _("%(who)s edited the team “%(name)s”."),
    "teams.deleted": _("%(who)s deleted the team “%(name)s”."),
    "teams.member_removed": _("%(who)s took %(several)s out of the team “%(name)s”."),
    "structure.unit_created": _("%(who)s created the unit “%(name)s” below “%(parent)s”."),
    "structure.unit_renamed": _("%(who)s renamed a unit, now “%(name)s”."),
    "structure.unit_moved": _("%(who)s moved the unit “%(name)s” from “%(before)s” to “%(after)s”."),
    "structure.unit_deleted": _("%(who)s deleted the unit “%(name)s”; its people and units went to “%(to)s”."),
}
PLACES = ("parent", "to", "level")

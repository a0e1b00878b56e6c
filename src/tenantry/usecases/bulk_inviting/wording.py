"""Why a row can't be sent, or wants a second look, in words."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.access.errors import RoleNotAssignable, TooManyKeyholders, TooManyWorkspaces
from tenantry.core.errors import Refusal
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.errors import AddressElsewhere, AlreadyInvited, AlreadyMember, MemberDeactivated

WARNINGS: Final = frozenset({"department_new", "was_removed", "gives_everything"})
# What is said as it is where one person is added.
_REFUSALS: Final[Mapping[str, type[Refusal]]] = {
    kind.code: kind
    for kind in (
        AddressElsewhere,
        AlreadyInvited,
        AlreadyMember,
        AtSeatLimit,
        MemberDeactivated,
        RoleNotAssignable,
        TooManyKeyholders,
        TooManyWorkspaces,
    )
}
_SENTENCES: Final[Mapping[str, Any]] = {
    "surplus_cells": gettext_lazy("This line has more cells than the heading. Please check which belongs where."),
    "listed_twice": gettext_lazy("This address stands in line %(line)s already."),
    "address_unasked": gettext_lazy("Too many addresses of yours are in use elsewhere. Try this row again in an hour."),
    "role_unknown": gettext_lazy("There is no role called “%(name)s”."),
    "role_missing": gettext_lazy("There is no role that you may give without naming it."),
    "team_unknown": gettext_lazy("There is no team called “%(name)s”."),
    "team_not_managed": gettext_lazy("You can't change who is in the team “%(name)s”."),
    "one_team_only": gettext_lazy("People here are in one team at most."),
    "one_team_of_workspace": gettext_lazy("People here are in one team of a workspace at most."),
    "profile_unknown": gettext_lazy("There is no permission profile called “%(name)s”."),
    "profile_not_given": gettext_lazy("You can't give permission profiles there."),
    "unit_unknown": gettext_lazy("There is no branch called “%(name)s”."),
    "unit_ambiguous": gettext_lazy("Several branches are called “%(name)s”. Please write the one above it too: A / B."),
    "unit_out_of_reach": gettext_lazy("You can't add people to “%(name)s”."),
    "unit_needed": gettext_lazy("You can add people to your branches only. Please name one."),
    "department_unknown": gettext_lazy("There is no department called “%(name)s”."),
    "department_new": gettext_lazy("The department “%(name)s” is new and will be created."),
    "workspace_unknown": gettext_lazy("There is no workspace called “%(name)s”."),
    "workspace_not_managed": gettext_lazy("You can't change who is in the workspace “%(name)s”."),
    "workspace_twice": gettext_lazy("The workspace “%(name)s” is named twice."),
    "level_unknown": gettext_lazy("There is no access level called “%(name)s”."),
    "level_missing": gettext_lazy("Please name the access level: “%(name)s:Level”."),
    "was_removed": gettext_lazy("Was here before and was removed: starts afresh, without the old role."),
    "gives_everything": gettext_lazy("The role “%(name)s” has all permissions."),
}


def is_warning(reason: Mapping[str, Any]) -> bool:
    return reason["code"] in WARNINGS


def reason_in_words(reason: Mapping[str, Any]) -> str:
    """One whole sentence, in the reader's language where it was not a field's own."""
    code, values = reason["code"], reason.get("values", {})
    if code in _REFUSALS:
        return str(_REFUSALS[code](**values))
    if code in _SENTENCES:
        return str(str(_SENTENCES[code]) % values)
    # Of the bounds of texts: they say it themselves.
    return str(values.get("text") or _("This value can't be used."))

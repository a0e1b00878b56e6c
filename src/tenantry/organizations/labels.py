"""Words that a blueprint may choose: headings and buttons (product.md §2, blueprints.md), and, as `one_…` and `many_…`,
what stands inside sentences. The defaults are ours."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

LABELS: Mapping[str, Any] = {
    "teams": _("Teams"),
    "team": _("Team"),
    "create_team": _("Create a team"),
    "no_teams": _("No teams yet"),
    "one_team": _("team"),
    "units": _("Branches"),
    "unit": _("Branch"),
    "create_unit": _("Create a branch"),
    "no_units": _("No branches yet"),
    "one_unit": _("branch"),
    "many_units": _("branches"),
    "workspaces": _("Workspaces"),
    "workflows": _("Workflows"),
    "add_user": _("Add user"),
    "bulk_invite": _("Bulk Invite"),
    "deactivate": _("Deactivate"),
    "deactivate_or_remove": _("Deactivate or remove"),
    "reactivate": _("Reactivate"),
}


def label(chosen: Mapping[str, str], key: str) -> str:
    """The organization's own word, else the default.

    :raises KeyError: no label is called so.
    """
    return chosen.get(key) or str(LABELS[key])

"""How roles are held, in words; and which of these ways this organization uses."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

KINDS: Mapping[str, Any] = {
    "base": _("Base roles"),
    "addition": _("Additions"),
    "unit": _("Roles at units"),
    "workspace": _("Workspace levels"),
}
ONE: Mapping[str, Any] = {
    "base": _("Base role"),
    "addition": _("Addition"),
    "unit": _("Role at a unit"),
    "workspace": _("Workspace level"),
}
SENTENCES: Mapping[str, Any] = {
    "base": _("Everybody has one of these."),
    "addition": _("Held besides the base role, in the whole organization."),
    "unit": _("Held for one unit and everything below it."),
    "workspace": _("Held inside of one workspace."),
}
_PARTS = {"addition": "additions", "unit": "units", "workspace": "workspaces"}


def kinds_in_use(structure: frozenset[str], present: Iterable[str] = ()) -> list[str]:
    """Of `structure`, the parts that are used, and the kinds of roles that are there all the same."""
    there = set(present)
    return [kind for kind in KINDS if kind == "base" or _PARTS[kind] in structure or kind in there]

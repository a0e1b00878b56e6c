"""Acts on a selection in words: titles, buttons, what has to be chosen first, and what is said afterwards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tenantry.access.holding import profile_names
from tenantry.access.selectors import assignable_roles
from tenantry.core.actor import Actor
from tenantry.organizations.labels import label
from tenantry.people.permissions import EDIT
from tenantry.web.people.grouping import DEPARTMENT, TEAM, UNIT_OF

Choices = list[tuple[Any, str]]
Text = str | Promise


def _nothing(_actor: Actor) -> Choices:
    return []


@dataclass(frozen=True, slots=True)
class BulkWords:
    """`field`: how what is chosen is called; `none`: the choice of none, empty where there is none; `missing`: said
    where there is nothing to choose from. `choices`: the few there are; `groups`: the kind of
    `web.people.grouping` among which one is searched."""

    title: Text
    button: Text
    dangerous: bool = False
    field: Text = ""
    none: Text = ""
    missing: Text = ""
    choices: Callable[[Actor], Choices] = _nothing
    groups: str = ""

    def called(self, text: Text, labels: Mapping[str, str]) -> str:
        """One of its words, with the organization's own for teams and units."""
        return str(text) % {
            "team": label(labels, "one_team"),
            "unit": label(labels, "one_unit"),
            "Team": label(labels, "team"),
            "Unit": label(labels, "unit"),
        }


WORDS: Mapping[str, BulkWords] = {
    "deactivation": BulkWords(_("Deactivate people"), _("Deactivate"), dangerous=True),
    "removal": BulkWords(_("Remove people"), _("Remove"), dangerous=True),
    "resend": BulkWords(_("Send invitations again"), _("Send again")),
    "team": BulkWords(
        _("Add people to a %(team)s"),
        _("Add to the %(team)s"),
        field=_("%(Team)s"),
        missing=_("There is no %(team)s that you may change."),
        groups=TEAM,
    ),
    "unit": BulkWords(
        _("Put people into a %(unit)s"),
        _("Put there"),
        field=_("%(Unit)s"),
        missing=_("There is no %(unit)s into which you may put people."),
        groups=UNIT_OF[EDIT],
    ),
    "role": BulkWords(
        _("Give people another role"),
        _("Give the role"),
        field=_("Role"),
        missing=_("There is no role that you may give."),
        choices=lambda actor: [(role.id, role.name) for role in assignable_roles(actor)],
    ),
    "profile": BulkWords(
        _("Give people another profile"),
        _("Set the profile"),
        field=_("Profile"),
        none=_("No profile: nothing is bounded"),
        choices=lambda _actor: list(profile_names()),
    ),
    "department": BulkWords(
        _("Put people into a department"),
        _("Put there"),
        field=_("Department"),
        none=_("In no department"),
        groups=DEPARTMENT,
    ),
}


def told(do: str, count: int, refused: int) -> str:
    """What was done, in a sentence or two."""
    texts = {
        "deactivation": ngettext("%(n)s person was deactivated.", "%(n)s people were deactivated.", count),
        "removal": ngettext("%(n)s person was removed.", "%(n)s people were removed.", count),
        "resend": ngettext("%(n)s invitation was sent again.", "%(n)s invitations were sent again.", count),
        "team": ngettext("%(n)s person was added.", "%(n)s people were added.", count),
        "unit": ngettext("%(n)s person was moved.", "%(n)s people were moved.", count),
        "role": ngettext("%(n)s person has the role now.", "%(n)s people have the role now.", count),
        "profile": ngettext("The profile of %(n)s person was set.", "The profile of %(n)s people was set.", count),
        "department": ngettext("%(n)s person was moved.", "%(n)s people were moved.", count),
    }
    text = texts[do] % {"n": count}
    if refused:
        left_out = ngettext("%(n)s was left out.", "%(n)s were left out.", refused) % {"n": refused}
        return f"{text} {left_out}"
    return text

"""What is to be settled before somebody leaves, in words: a sentence each with the place as a link, and the way to
settle it without leaving the page."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.permissions import ASSIGN
from tenantry.core.actor import Actor
from tenantry.organizations.labels import label
from tenantry.people.permissions import TEAMS_MANAGE, UNITS_VIEW, WORKFLOWS_MANAGE, WORKSPACES_MANAGE
from tenantry.usecases.leaving.matters import Matter
from tenantry.web.people.heirs import HeirPicker, heir_pickers
from tenantry.web.templatetags.components import url_if

PAGES = {"workflow": "workflow_detail", "workspace": "workspace_detail", "team": "team_detail", "unit": "unit_detail"}
FIXED_BY = {
    "workflow": WORKFLOWS_MANAGE,
    "workspace": WORKSPACES_MANAGE,
    "team": TEAMS_MANAGE,
    "mentees": ASSIGN,
}


@dataclass(frozen=True, slots=True)
class MatterLine:
    """`sentence` is safe HTML. `fix`: the label of the choice of somebody, empty where the actor can't settle it so;
    `url`: the other way to settle it."""

    key: str
    must: bool
    sentence: str
    fix: str = ""
    button: str = ""
    url: str = ""
    url_label: str = ""
    # Of somebody, where the actor can settle it so and somebody is there.
    picker: HeirPicker | None = None

    @property
    def field(self) -> str:
        return f"person_{self.key}"


def with_pickers(
    actor: Actor, lines: Collection[MatterLine], said: QueryDict, leaving: Collection[UUID]
) -> list[MatterLine]:
    """Those that are settled by choosing somebody, with their pickers; see `heir_pickers`."""
    found = heir_pickers(actor, said, [(one.field, one.fix) for one in lines if one.fix], leaving=leaving)
    shown = {name: picker for name, picker in found.items() if picker.choices or picker.typed}
    return [replace(one, picker=shown.get(one.field)) for one in lines]


def matter_lines(
    actor: Actor, matters: tuple[Matter, ...], labels: Mapping[str, str], *, already: bool = False
) -> list[MatterLine]:
    """`already`: they have left."""
    return [_line(actor, matter, labels, already=already) for matter in matters]


def _line(actor: Actor, matter: Matter, labels: Mapping[str, str], *, already: bool) -> MatterLine:
    key = f"{matter.kind}:{matter.id or ''}"
    permission = FIXED_BY.get(matter.kind)
    fixes = bool(permission and actor.may(permission)) and (matter.id is not None or matter.kind == "mentees")
    fix, button = _fixes().get(matter.kind, ("", "")) if fixes else ("", "")
    url, url_label = _other_way(actor, matter, fixes=fixes)
    return MatterLine(key, matter.must, _sentence(matter, labels, already=already), fix, button, url, url_label)


def _sentence(matter: Matter, labels: Mapping[str, str], *, already: bool) -> str:
    if matter.kind in PAGES and already:
        text = {
            "workflow": _("Workflow {} is without a member who is active."),
            "workspace": _("Workspace {} is without an Owner who is active."),
            "unit": _("{} is without an agent who is active; those above look after it."),
            "team": _("%(team)s {} is without a lead who is active.") % {"team": label(labels, "team")},
        }[matter.kind]
        return format_html(text, _place(matter))
    if matter.kind in PAGES:
        text = {
            "workflow": _("Workflow {} would be left without a member."),
            "workspace": _("Workspace {} would be left without an Owner."),
            "unit": _("{} would be left without an agent; those above look after it."),
            "team": _("%(team)s {} would be left without a lead.") % {"team": label(labels, "team")},
        }[matter.kind]
        return format_html(text, _place(matter))
    words = {
        "mentees": ngettext(
            "{} mentee would wait for a word that nobody gives.",
            "{} mentees would wait for a word that nobody gives.",
            matter.number,
        )
        if matter.must
        else ngettext(
            "{} mentee loses their mentor, unless the successor may be one.",
            "{} mentees lose their mentor, unless the successor may be one.",
            matter.number,
        ),
        "approvals": ngettext("{} deal waits for their approval.", "{} deals wait for their approval.", matter.number),
        "keys": ngettext(
            "{} API key that they made belongs to the organization and goes on working.",
            "{} API keys that they made belong to the organization and go on working.",
            matter.number,
        ),
        "shared_views": ngettext(
            "{} shared view goes on under the successor’s name, or disappears without one.",
            "{} shared views go on under the successor’s name, or disappear without one.",
            matter.number,
        ),
    }
    return format_html(words[matter.kind], matter.number)


def _place(matter: Matter) -> Any:
    if matter.id is None:
        return _("that you can’t see")
    return format_html('<a href="{}">{}</a>', reverse(PAGES[matter.kind], args=[matter.id]), matter.name)


def _fixes() -> Mapping[str, tuple[str, str]]:
    return {
        "workflow": (_("Somebody who takes part"), _("Add to the workflow")),
        "workspace": (_("The next Owner"), _("Make Owner")),
        "team": (_("The next lead"), _("Make lead")),
        "mentees": (_("The next mentor"), _("Hand the mentees on")),
    }


def _other_way(actor: Actor, matter: Matter, *, fixes: bool) -> tuple[str, str]:
    if matter.kind == "keys":
        keys = url_if("api_key_list") if actor.may("api_keys.manage") else ""
        return (keys, _("See the keys")) if keys else ("", "")
    if matter.kind == "unit" and matter.id and actor.may(UNITS_VIEW):
        return reverse("unit_agents", args=[matter.id]), _("Name an agent")
    if matter.kind == "workflow" and fixes and matter.id:
        return reverse("workflow_deletion", args=[matter.id]), _("Delete the workflow")
    if matter.kind == "workspace" and fixes and matter.id:
        return reverse("workspace_deletion", args=[matter.id]), _("Delete the workspace")
    return "", ""


def later_in_words(kind: str, number: int) -> str:
    """For a receipt: what was left for later."""
    return {
        "workflow": _("A workflow was left without a member."),
        "workspace": _("A workspace was left without an Owner."),
        "mentees": ngettext("%(n)s mentee was left waiting.", "%(n)s mentees were left waiting.", number)
        % {"n": number},
    }.get(kind, kind)

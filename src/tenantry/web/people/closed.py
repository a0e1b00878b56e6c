"""Records that whoever receives them could not open, in words: how many, where, and the way to mend it on the spot."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.core.actor import Actor
from tenantry.crm.opening import Closed, level_that_opens, total_of
from tenantry.people.permissions import WORKSPACES_VIEW
from tenantry.web.people.wording import records_in_words
from tenantry.web.templatetags.components import grouped

# Lines that say each what and where; of more the number is said.
MOST = 6


@dataclass(frozen=True, slots=True)
class ClosedLine:
    """`sentence` is safe HTML. `key` and `button`: how access is given here, the button empty where the actor can't."""

    key: str
    sentence: str
    button: str


def closed_context(actor: Actor, closed: tuple[Closed, ...], *, anyway: bool) -> dict[str, Any]:
    """For `people/closed.html`. `anyway`: somebody said that it is meant."""
    return {
        "closed": [_line(actor, one) for one in closed[:MOST]],
        "closed_more": total_of(closed[MOST:]),
        "closed_total": total_of(closed),
        "anyway": anyway,
    }


def _line(actor: Actor, one: Closed) -> ClosedLine:
    level = level_that_opens(actor, one)
    button = _("Give access as %(level)s") % {"level": level.name} if level else ""
    key = f"opening:{one.place_id or ''}:{one.membership_id}:{level.id if level else ''}"
    return ClosedLine(key, _sentence(actor, one), button)


def _sentence(actor: Actor, one: Closed) -> str:
    records = records_in_words(one.counts)
    if one.place_id is None:
        return format_html(_("{name} may not see {records}."), name=one.name, records=records)
    said = _("{name} could not open {records} in workspace {place}.")
    return format_html(said, name=one.name, records=records, place=_place(actor, one))


def _place(actor: Actor, one: Closed) -> Any:
    if not one.place:
        return _("that you can’t see")
    if not actor.may(WORKSPACES_VIEW):
        return one.place
    return format_html('<a href="{}">{}</a>', reverse("workspace_detail", args=[one.place_id]), one.place)


def closed_effect(closed: Iterable[Closed]) -> list[dict[str, Any]]:
    """Among what happens: how many, and where."""
    found = list(closed)
    number = total_of(found)
    if not number:
        return []
    text = ngettext(
        "of them could not be opened by whoever receives it",
        "of them could not be opened by whoever receives them",
        number,
    )
    said = [f"{one.name}: {grouped(one.number)}" + (f" ({one.place})" if one.place else "") for one in found[:MOST]]
    detail = ", ".join(said) + (" …" if found[MOST:] else "")
    return [{"number": number, "text": text, "detail": detail, "warning": True}]


def closed_said(number: int) -> str:
    """After it was done; empty for none."""
    if not number:
        return ""
    said = ngettext(
        "%(count)s of them can’t be opened by whoever has it now.",
        "%(count)s of them can’t be opened by whoever has them now.",
        number,
    )
    return said % {"count": grouped(number)}

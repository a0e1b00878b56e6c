"""The plan of a leaving in words: what happens, in the order in which people ask, with numbers that are exact."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy

from tenantry.core.actor import Actor
from tenantry.core.money import written
from tenantry.usecases.leaving.matters import Matter
from tenantry.usecases.leaving.receipts import Receipt
from tenantry.usecases.leaving.records import REQUIRED
from tenantry.usecases.offboarding import LeavingPlan
from tenantry.web.people.agents import device_of
from tenantry.web.people.closed import closed_context, closed_effect
from tenantry.web.people.heirs import heir_picker
from tenantry.web.people.matters import matter_lines, with_pickers
from tenantry.web.people.plans import listing
from tenantry.web.people.wording import records_in_words
from tenantry.web.templatetags.components import grouped

Line = dict[str, Any]
# Refusals that the dialog words itself, as matters or beside the successor.
WORDED = frozenset({"settle_first", "successor_required", "successor_cannot_open"})


def amounts(value: Iterable[tuple[str, int]]) -> str:
    """`€86,400 and $1,200`."""
    said = [written(minor, currency, short=True) for currency, minor in value]
    return _(" and ").join(said)


def leaving_effects(plan: LeavingPlan, *, removing: bool, counted: Any = None) -> list[Line]:
    """`counted`: seats of now (`people.seats`), for whoever may see them."""
    lines: list[Line] = []

    def add(number: int, text: str, *, warning: bool = False, detail: str = "", url: str = "", label: str = "") -> None:
        if number:
            lines.append(
                {"number": number, "text": text, "warning": warning, "detail": detail, "url": url, "url_label": label}
            )

    people = len(plan.members)
    names = listing(plan.names) if people > 1 else ""
    if removing:
        text = ngettext(
            "person leaves for good; the name stays in history",
            "people leave for good; their names stay in history",
            people,
        )
        add(people, text, warning=True, detail=names)
    elif people > 1:
        add(people, _("people can't sign in any more; everything stays under their names"), detail=names)
    devices = listing(tuple(dict.fromkeys(device_of(agent).name for agent in plan.agents)))
    add(plan.sessions, ngettext("session ends at once", "sessions end at once", plan.sessions), detail=devices)
    add(
        plan.invitations,
        ngettext("invitation ends: its link is dead", "invitations end: their links are dead", plan.invitations),
    )
    offers = plan.ending("offers")
    add(offers, ngettext("offer of ownership ends", "offers of ownership end", offers), warning=True)
    _records(plan, add, removing=removing)
    if removing:
        _ends(plan, add)
    free = ngettext("seat becomes free", "seats become free", plan.seats_freed)
    add(plan.seats_freed, free, detail=_seats(counted, plan.seats_freed))
    held = ngettext(
        "seat stays held: deactivated people count", "seats stay held: deactivated people count", plan.seats_kept
    )
    add(plan.seats_kept, held, detail=_seats(counted, 0))
    add(
        plan.planned,
        ngettext("planned change is called off", "planned changes are called off", plan.planned),
        warning=True,
    )
    return lines


def _seats(counted: Any, freed: int) -> str:
    """`46 of 50 → 45 of 50 seats`."""
    if counted is None:
        return ""
    sides = []
    for used in (counted.in_use, max(0, counted.in_use - freed)):
        words = {"used": grouped(used), "limit": grouped(counted.limit or 0)}
        sides.append(grouped(used) if counted.limit is None else _("%(used)s of %(limit)s") % words)
    now, then = sides
    if counted.limit is None:
        # Without a limit the bare numbers have to say what they count.
        return (
            _("%(now)s → %(then)s seats in use") % {"now": now, "then": then}
            if freed
            else _("%(now)s seats in use, as before") % {"now": now}
        )
    if not freed:
        return _("%(now)s seats, as before") % {"now": now}
    return _("%(now)s → %(then)s seats") % {"now": now, "then": then}


def _records(plan: LeavingPlan, add: Any, *, removing: bool) -> None:
    detail = records_in_words(plan.records)
    n = plan.owned
    if not removing:
        one = plan.members[0] if len(plan.members) == 1 else None
        text = ngettext("record stays under its owner's name", "records stay under their owners' names", n)
        if one:
            text = ngettext("record stays under this name", "records stay under this name", n)
        add(n, text, detail=detail)
        value = amounts(plan.open_value)
        text = ngettext("open deal that nobody works on", "open deals that nobody works on", plan.open_deals)
        if value:
            words = {"value": value}
            text = ngettext(
                "open deal worth %(value)s that nobody works on",
                "open deals worth %(value)s that nobody works on",
                plan.open_deals,
            )
            text = text % words
        url = f"{reverse('person_reassign', args=[one])}?state=open" if one else ""
        add(plan.open_deals, text, warning=True, url=url, label=_("Hand them over too") if url else "")
    elif plan.successor:
        text = ngettext("record goes to %(name)s", "records go to %(name)s", n) % {"name": plan.successor}
        add(n, text, detail=detail)
        for line in closed_effect(plan.closed):
            add(line["number"], line["text"], warning=True, detail=line["detail"])
    elif plan.rule == REQUIRED:
        add(n, ngettext("record goes to whom you choose", "records go to whom you choose", n), detail=detail)
    else:
        text = ngettext("record becomes unassigned", "records become unassigned", n)
        add(n, text, warning=True, detail=detail)


def _ends(plan: LeavingPlan, add: Any) -> None:
    add(plan.roles, ngettext("role is taken away", "roles are taken away", plan.roles), warning=True)
    add(plan.teams, ngettext("team place is given up", "team places are given up", plan.teams), warning=True)
    for kind, text in (
        (
            "workflows",
            ngettext("workflow goes on without them", "workflows go on without them", plan.ending("workflows")),
        ),
        ("workspaces", ngettext("workspace is left", "workspaces are left", plan.ending("workspaces"))),
        ("views", ngettext("saved view of their own goes", "saved views of their own go", plan.ending("views"))),
        ("addons", ngettext("add-on is switched off", "add-ons are switched off", plan.ending("addons"))),
    ):
        add(plan.ending(kind), text, warning=kind != "views")
    add(
        plan.reports,
        ngettext("person has no manager any more", "people have no manager any more", plan.reports),
        warning=True,
    )


def receipt_lines(receipt: Receipt) -> list[Line]:
    """What ended, in the past."""
    words = {
        "sessions": ngettext_lazy("session was ended", "sessions were ended"),
        "invitations": ngettext_lazy("invitation was revoked", "invitations were revoked"),
        "teams": ngettext_lazy("team place was given up", "team places were given up"),
        "workflows": ngettext_lazy("workflow went on without them", "workflows went on without them"),
        "workspaces": ngettext_lazy("workspace was left", "workspaces were left"),
        "mentees": ngettext_lazy("mentee got another mentor", "mentees got another mentor"),
        "mentees_alone": ngettext_lazy("mentee has no mentor any more", "mentees have no mentor any more"),
        "views": ngettext_lazy(
            "saved view ended or went to the successor", "saved views ended or went to the successor"
        ),
        "addons": ngettext_lazy("add-on was switched off", "add-ons were switched off"),
        "offers": ngettext_lazy("offer of ownership ended", "offers of ownership ended"),
        "called_off": ngettext_lazy("planned change was called off", "planned changes were called off"),
        "seats_freed": ngettext_lazy("seat became free", "seats became free"),
        "closed": ngettext_lazy(
            "record could not be opened by whoever went on with it",
            "records could not be opened by whoever went on with them",
        ),
    }
    return [
        {"number": number, "text": text % number}
        for name, text in words.items()
        if (number := receipt.numbers.get(name))
    ]


def leaving_context(
    actor: Actor,
    plan: LeavingPlan,
    supposed: LeavingPlan | None,
    labels: Mapping[str, str],
    *,
    said: QueryDict,
    removing: bool,
    counted: Any = None,
    anyway: bool = False,
) -> dict[str, Any]:
    """For the dialog. `supposed`: see `web.people.views.leaving`; `said`: its form as it was sent; `anyway`: see
    `closed_context`."""
    codes = {refused.code for refused in plan.refused}
    shown = supposed if supposed is not None and codes <= WORDED else plan
    needs_successor = "successor_required" in codes
    matters: tuple[Matter, ...] = shown.matters
    leaving = [*plan.members, *(refused.membership_id for refused in plan.refused)]
    lines = with_pickers(actor, matter_lines(actor, matters, labels), said, leaving)
    offers = removing and bool(shown.owned or shown.ending("mentees") or shown.ending("shared_views"))
    offers = offers and shown.rule != "unassign"
    heir = None
    if offers:
        free, title = shown.rule != "successor_required", _("Records go to")
        heir = heir_picker(actor, said, leaving=leaving, manager_id=shown.manager_id, free=free, title=title)
        heir = replace(heir, needed=needs_successor)
    return {
        **closed_context(actor, shown.closed, anyway=anyway),
        "heir": heir,
        "plan": plan,
        "shown": shown,
        "name": (*plan.names, *(refused.name for refused in plan.refused))[0],
        "removing": removing,
        "effects": leaving_effects(shown, removing=removing, counted=counted),
        "refusals": [refused for refused in plan.refused if refused.code not in WORDED],
        "musts": [line for line in lines if line.must],
        "shoulds": [line for line in lines if not line.must],
        "needs_successor": needs_successor,
        "may_freeze": not removing and not plan.members and bool(shown.members),
    }

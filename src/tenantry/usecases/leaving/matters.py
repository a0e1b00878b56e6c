"""What is to be settled before somebody leaves, all of it at once: what must be, because nobody would look after it any
more, and what is worth it. Whoever has to go at once is frozen: access ends, and the same list waits afterwards."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenantry.access.models import Assignment, Role
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.records import RecordType
from tenantry.people.models import TeamMember, WorkflowMember
from tenantry.people.permissions import TEAMS_VIEW, UNITS_VIEW, WORKFLOWS_VIEW, WORKSPACES_VIEW
from tenantry.people.records import TEAM, UNIT, WORKFLOW, WORKSPACE
from tenantry.usecases.carried import Carried
from tenantry.usecases.leaving.facts import OWNS, Facts, Place

# Without anybody there, its records are worked on by nobody, and nobody decides who else may.
MUST = frozenset({"workflow", "workspace"})
SEEN: Mapping[str, tuple[str, RecordType]] = {
    "workflow": (WORKFLOWS_VIEW, WORKFLOW),
    "workspace": (WORKSPACES_VIEW, WORKSPACE),
    "unit": (UNITS_VIEW, UNIT),
    "team": (TEAMS_VIEW, TEAM),
}


@dataclass(frozen=True, slots=True)
class Matter:
    """`kind`: workflow, workspace, unit or team that nobody would look after, mentees without a mentor, approvals that
    wait, keys that go on working, views that colleagues use. `must`: nobody leaves before. `id` and `name` are empty
    for whoever may not see the place; `number`: how many, of what is counted."""

    kind: str
    must: bool
    id: UUID | None = None
    name: str = ""
    number: int = 0


def deserted(facts: Facts, carried: Carried | None = None) -> list[Place]:
    """Places that nobody would look after any more. `carried`: who has left them by earlier chunks."""
    lost = carried.places_lost if carried else {}
    return [one for one in facts.places if one.leaving and one.staying - lost.get((one.kind, str(one.id)), 0) <= 0]


def note_left(facts: Facts, carried: Carried) -> None:
    """A chunk is planned: the next one finds its people gone."""
    for one in facts.places:
        if one.leaving:
            key = (one.kind, str(one.id))
            carried.places_lost[key] = carried.places_lost.get(key, 0) + one.leaving


def people_of(places: Iterable[Place], ids: Collection[UUID]) -> dict[tuple[str, UUID], list[UUID]]:
    """Who of these people looks after each place, in the order of their ids; a query a kind."""
    wanted: dict[str, list[UUID]] = {}
    for one in places:
        wanted.setdefault(one.kind, []).append(one.id)
    found: dict[tuple[str, UUID], list[UUID]] = {}
    for kind, of in wanted.items():
        for place_id, member_id in _rows(kind, of, ids):
            found.setdefault((kind, place_id), []).append(member_id)
    return found


def _rows(kind: str, of: Collection[UUID], ids: Collection[UUID]) -> Iterable[tuple[UUID, UUID]]:
    inside = {"membership_id__in": ids, "membership__status": "active"}
    rows: QuerySet[Any]
    if kind == "workflow":
        rows = WorkflowMember.objects.filter(workflow_id__in=of, **inside)
    elif kind == "team":
        rows = TeamMember.objects.filter(team_id__in=of, is_lead=True, **inside)
    elif kind == "workspace":
        rows = Assignment.objects.filter(workspace_id__in=of, role__permissions__has_keys=OWNS, **inside)
    else:
        rows = Assignment.objects.filter(unit_id__in=of, role__kind=Role.Kind.UNIT, **inside)
    return rows.order_by("membership_id").values_list(f"{kind}_id", "membership_id")


def matters_of(actor: Actor, facts: Facts, places: Sequence[Place], *, removing: bool) -> tuple[Matter, ...]:
    """`places`: those that nobody would look after. The ones that must be settled first."""
    names = _names(actor, places)
    found = [
        Matter(one.kind, one.kind in MUST, one.id if one.id in names else None, names.get(one.id, "")) for one in places
    ]
    mentees = facts.numbers.get("mentees", 0)
    if mentees and not removing:
        # Their deals would wait for the word of somebody who can't give it.
        found.append(Matter("mentees", True, number=mentees))
    elif mentees:
        found.append(Matter("mentees", False, number=mentees))
    found += [
        Matter(kind, False, number=number)
        for kind in ("approvals", "keys", "shared_views")
        if (number := facts.numbers.get(kind, 0)) and (removing or kind != "shared_views")
    ]
    return tuple(sorted(found, key=lambda one: not one.must))


def named(actor: Actor, matters: Sequence[Matter]) -> tuple[Matter, ...]:
    """The same for whoever reads of them now: places by name, and without id where they may not see them."""
    names = _names(actor, matters)
    return tuple(
        replace(one, id=one.id if one.id in names else None, name=names.get(one.id, "") if one.id else "")
        if one.kind in SEEN
        else one
        for one in matters
    )


def _names(actor: Actor, places: Sequence[Place | Matter]) -> dict[UUID, str]:
    """Of those places that the actor sees; a query a kind that there is."""
    found: dict[UUID, str] = {}
    for kind, (code, record_type) in SEEN.items():
        wanted = [one.id for one in places if one.kind == kind and one.id]
        if wanted and actor.may(code):
            rows: QuerySet[Any] = visible(actor, code, record_type).filter(id__in=wanted)
            found |= dict(rows.values_list("id", "name"))
    return found


def in_words(matter: Matter) -> str:
    """One sentence, without its end."""
    name = matter.name or _("one that you can't see")
    return {
        "workflow": _("workflow %(name)s would be left without a member"),
        "workspace": _("workspace %(name)s would be left without an owner"),
        "unit": _("unit %(name)s would be left without an agent"),
        "team": _("team %(name)s would be left without a lead"),
        "mentees": _("mentees would wait for a mentor"),
        "approvals": _("deals wait for an approval"),
        "keys": _("API keys go on working"),
        "shared_views": _("shared views disappear"),
    }[matter.kind] % {"name": name}


def plain(matter: Matter) -> dict[str, str | int]:
    """For programs."""
    return {"kind": matter.kind, "id": str(matter.id or ""), "name": matter.name, "number": matter.number}

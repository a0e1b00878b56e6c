"""Who may receive: those who were named, or who are in a team or take part in a workflow."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.ids import NIL
from tenantry.core.records import RecordType
from tenantry.crm.errors import ReceiverNotActive
from tenantry.people.models import Membership, TeamMember, WorkflowMember
from tenantry.people.selectors import teams_in_reach, visible_members, visible_workflows
from tenantry.usecases.handing_over.counting import counts_of
from tenantry.usecases.handing_over.spreads import (
    KINDS,
    NOBODY,
    ONE,
    ROUND_ROBIN,
    TEAM,
    Candidates,
    Spread,
)

Members = tuple[UUID, ...]


def candidates_of(actor: Actor, giver_ids: tuple[UUID, ...], spread: Spread, types: Iterable[RecordType]) -> Candidates:
    """:raises InvalidInput, NotFound, ReceiverNotActive: see `plan_reassign_records`."""
    refuse_nonsense(giver_ids, spread)
    if spread.kind in (ONE, ROUND_ROBIN):
        members = _named(actor, spread.to)
        return Candidates(dict.fromkeys(giver_ids, members), {}, {})
    if spread.kind == NOBODY:
        return Candidates({}, {}, {})
    by_owner, by_workflow = _of_places(actor, giver_ids, spread)
    found = Candidates(by_owner, by_workflow, {})
    loads = {one: sum(counts.values()) for one, counts in counts_of(found.everybody, types).items()}
    return replace(found, loads=loads)


def refuse_nonsense(giver_ids: Iterable[UUID], spread: Spread) -> None:
    """:raises InvalidInput: the spread does not fit its kind, or those from whom it takes."""
    givers = set(giver_ids)
    said = ""
    if spread.kind not in KINDS:
        said = _("Choose how the records are spread.")
    elif spread.kind == ONE and len(spread.to) != 1:
        said = _("Choose one person who receives them.")
    elif spread.kind == ROUND_ROBIN and not spread.to:
        said = _("Choose the people who receive them.")
    elif len(set(spread.to)) != len(spread.to):
        said = _("Somebody is chosen twice.")
    elif spread.kind == NOBODY and spread.to:
        said = _("Choose either people or the queue.")
    elif spread.kind in (ONE, ROUND_ROBIN) and givers & set(spread.to):
        said = _("Records can't go to whom they come from.")
    elif givers == {NIL} and (spread.kind == NOBODY or (spread.kind == TEAM and not spread.to)):
        said = _("What nobody owns needs somebody who receives it.")
    if said:
        raise InvalidInput({"to": said})


def _named(actor: Actor, ids: tuple[UUID, ...]) -> Members:
    """In their order.

    :raises NotFound: unknown or out of sight. :raises ReceiverNotActive: one of them can't be given anything.
    """
    rows = {row.id: row for row in visible_members(actor).filter(id__in=ids).defer("picture")}
    if len(rows) != len(ids):
        raise NotFound
    for one in ids:
        if rows[one].status != Membership.Status.ACTIVE:
            raise ReceiverNotActive(name=rows[one].name)
    return ids


def _of_places(actor: Actor, giver_ids: tuple[UUID, ...], spread: Spread) -> tuple[dict[UUID, Members], Any]:
    """By giver and by workflow: active people in sight, those from whom it is taken never among them."""
    link: Any = TeamMember if spread.kind == TEAM else WorkflowMember
    place = "team_id" if spread.kind == TEAM else "workflow_id"
    places = _places(actor, spread, place, link, giver_ids)
    wanted = {one for ones in places.values() for one in ones}
    rows = link.objects.all() if spread.by_workflow else link.objects.filter(**{f"{place}__in": wanted})
    seen = visible_members(actor).filter(status=Membership.Status.ACTIVE).exclude(id__in=giver_ids)
    inside: dict[UUID, list[UUID]] = {}
    found = rows.filter(membership_id__in=seen.values("id")).order_by("membership__sort_name", "membership_id")
    order: dict[UUID, int] = {}
    for at, one in found.values_list(place, "membership_id"):
        inside.setdefault(at, []).append(one)
        order.setdefault(one, len(order))
    by_owner = {
        giver: tuple(sorted({one for at in ones for one in inside.get(at, ())}, key=order.__getitem__))
        for giver, ones in places.items()
    }
    by_workflow = {at: tuple(ones) for at, ones in inside.items()} if spread.by_workflow else {}
    return by_owner, by_workflow


def _places(actor: Actor, spread: Spread, place: str, link: Any, giver_ids: tuple[UUID, ...]) -> dict[UUID, set[UUID]]:
    """Giver -> teams or workflows whose people receive.

    :raises NotFound: one that was named is unknown or out of sight.
    """
    if spread.to:
        rows: QuerySet[Any] = teams_in_reach(actor) if spread.kind == TEAM else visible_workflows(actor)
        if rows.filter(id__in=spread.to).count() != len(spread.to):
            raise NotFound
        return {one: set(spread.to) for one in giver_ids}
    found: dict[UUID, set[UUID]] = {one: set() for one in giver_ids}
    for at, one in link.objects.filter(membership_id__in=giver_ids).values_list(place, "membership_id"):
        found[one].add(at)
    return found

"""Selections too large to be planned while somebody waits: frozen first, planned batch by batch, and carried out as
they were frozen once whoever asked has read the plan. It stays one operation; its kind changes when it is confirmed."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.actions import Outcome, action
from tenantry.acting.models import Operation
from tenantry.acting.operations import (
    BATCH,
    Batch,
    OperationKind,
    advance,
    ended,
    finished_entry,
    get_operation,
    go_on_as,
    lines_of,
    lock_operation,
    operation_kinds,
    register_operation,
)
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.people.selectors import names_of, visible_members
from tenantry.usecases.bulk_changing.changing import Changed, ask_name, changed, freeze, started
from tenantry.usecases.bulk_changing.errors import NobodyToChange, NotPlanned, PlannedByAnother, PlanTooOld
from tenantry.usecases.bulk_changing.kinds import BY_PLANNING, KINDS, BulkKind, Chunk
from tenantry.usecases.bulk_changing.planning import BulkPlan, Selection, Sum, kind_of
from tenantry.usecases.carried import Carried
from tenantry.usecases.leaving.matters import Matter, named
from tenantry.usecases.leaving.settling import concerned

GOOD_FOR = timedelta(days=1)
DONE = Operation.State.DONE


@action(open_to="each kind of change asks for its own permission inside")
def plan_people(
    *, actor: Actor, now: datetime, do: str, wanted: DirectoryFilter, value_id: UUID | None = None
) -> Outcome[Changed]:
    """Freezes all who match and has them planned. Nothing is written to anybody.

    :raises NotFound, PermissionMissing, InvalidInput: see `plan_change`.
    """
    kind, selection = kind_of(actor, do), Selection((), wanted)
    some = selection.some(actor, now)
    if not some:
        raise InvalidInput({"ids": _("Nobody is selected.")})
    # What is refused as a whole is refused while somebody waits for the answer.
    kind.plan(Chunk(actor, some, value_id, now))
    operation, job = freeze(actor, kind.planning, selection, value_id, now)
    return Outcome(changed(operation), None, jobs=(job,))


@action(open_to="the runner of operations, with the actor who asked; each kind asks for its own permission inside")
def plan_batch(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Batch]:
    """Looks at the next people of a frozen selection; what they come to is kept in the cursor."""
    operation = lock_operation(operation_id)
    kind = kind_of(actor, BY_PLANNING[operation.kind].key)
    found, carried, at = _resumed(operation.cursor or {})
    lines = list(lines_of(operation).filter(position__gt=at)[:BATCH])
    ids = [line.target_id for line in lines]
    seen = _seen(actor, ids)
    if seen:
        found.add(kind, kind.plan(Chunk(actor, seen, _value_id(operation), now, carried)))
    found.add_gone(one for one in ids if one not in set(seen))
    at = lines[-1].position if lines else at
    batch = Batch(len(lines), finished=at >= operation.total)
    advance(operation, batch, now, cursor=_kept(found, carried, at))
    # Who waited for it has read it already; only what took longer is written down and told.
    told = ended(operation) if batch.finished else ()
    return Outcome(batch, finished_entry(operation) if told else None, events=told)


@action(open_to="who had it planned; each kind of change asks for its own permission inside")
def confirm_planned(
    *, actor: Actor, now: datetime, operation_id: UUID, organization_name: str = ""
) -> Outcome[Changed]:
    """Carries out what was planned, to exactly those people. Who changed since is refused by what holds then.

    :raises NotPlanned, PlannedByAnother, PlanTooOld, NobodyToChange, NotFound, PermissionMissing: see there.
    :raises OrganizationNameAsked: not that name, where policy `people.deactivation_by` is `owner`.
    """
    row, kind = _own_plan(actor, operation_id, now)
    if not _resumed(row.cursor or {})[0].done:
        raise NobodyToChange
    value = _asked_again(actor, kind, row, now, organization_name)
    job = go_on_as(row, operation_kinds()[kind.operation], now)
    return Outcome(changed(row), started(row, value), jobs=(job,))


@action(open_to="who had it planned; each kind of change asks for its own permission inside")
def plan_anew(*, actor: Actor, now: datetime, operation_id: UUID) -> Outcome[Changed]:
    """Looks at the same people once more, because something was settled that stood in their way.

    :raises NotPlanned, PlannedByAnother, PlanTooOld, NotFound, PermissionMissing: see there.
    """
    row, kind = _own_plan(actor, operation_id, now)
    job = go_on_as(row, operation_kinds()[kind.planning], now)
    return Outcome(changed(row), None, jobs=(job,))


def _own_plan(actor: Actor, operation_id: UUID, now: datetime) -> tuple[Operation, BulkKind]:
    """One that waits for its confirmation by this actor, locked."""
    get_operation(actor, operation_id)
    row = Operation.objects.select_for_update(no_key=True).get(id=operation_id)
    kind = BY_PLANNING.get(row.kind)
    if kind is None or row.state != DONE:
        raise NotPlanned
    if (row.actor_kind, row.actor_id) != (actor.kind, actor.acting_id):
        raise PlannedByAnother
    kind_of(actor, kind.key)
    if is_old(row, now):
        raise PlanTooOld
    return row, kind


def concerned_by(actor: Actor, operation_id: UUID, matter: str) -> tuple[UUID, ...]:
    """With whom of those who were planned a matter of this kind is settled (`leaving.settling`)."""
    row = get_operation(actor, operation_id)
    return concerned(actor, matter, lines_of(row).order_by().values("target_id"))


def _asked_again(actor: Actor, kind: BulkKind, row: Operation, now: datetime, organization_name: str) -> str:
    """What holds for all of them, as it is now. Returns the name of what was chosen."""
    some = _seen(actor, list(lines_of(row).values_list("target_id", flat=True)[:BATCH]))
    if not some:
        return ""
    plan = kind.plan(Chunk(actor, some, _value_id(row), now))
    ask_name(actor, plan, organization_name)
    return str(getattr(plan, kind.into)) if kind.into else ""


def is_old(row: Operation, now: datetime) -> bool:
    return row.finished_at is not None and now - row.finished_at > GOOD_FOR


def planned_by(actor: Actor, row: Operation, value: str) -> BulkPlan | None:
    """What an operation found that planned; None for others, and while it is under way. `value`: the name of what was
    chosen. People are named whom the reader may see."""
    kind = BY_PLANNING.get(row.kind)
    if kind is None or row.state != DONE:
        return None
    found, _carried, _at = _resumed(row.cursor or {})
    found.value = value
    first = [*found.ids, *(one for ids in found.refused_ids.values() for one in ids)]
    found.names = names_of(_seen(actor, first))
    found.matters = {(one.kind, one.id): one for one in named(actor, tuple(found.matters.values()))}
    return found.plan(kind, _value_id(row))


def _seen(actor: Actor, ids: list[UUID]) -> tuple[UUID, ...]:
    seen = set(visible_members(actor).filter(id__in=ids).values_list("id", flat=True))
    return tuple(one for one in ids if one in seen)


def _value_id(row: Operation) -> UUID | None:
    written = row.params["value_id"]
    return UUID(written) if written else None


_COUNTED = ("numbers", "gains", "loses", "refused")
_PLAIN = ("done", "total", "everybody", "asks_name")


def _kept(found: Sum, carried: Carried, at: int) -> dict[str, Any]:
    return {
        "at": at,
        **{name: getattr(found, name) for name in (*_PLAIN, *_COUNTED)},
        "ids": [str(one) for one in found.ids],
        "refused_ids": {code: [str(one) for one in ids] for code, ids in found.refused_ids.items()},
        "lost": [str(one) for one in carried.keyholders_lost],
        "made": carried.keyholders_made,
        "seats": carried.seats_taken,
        "matters": [[kind, str(one or ""), matter.number] for (kind, one), matter in found.matters.items()],
        "places": [[*place, lost] for place, lost in carried.places_lost.items()],
    }


def _resumed(kept: dict[str, Any]) -> tuple[Sum, Carried, int]:
    found, carried = Sum(), Carried()
    if not kept:
        return found, carried, 0
    for name in _PLAIN:
        setattr(found, name, kept[name])
    for name in _COUNTED:
        getattr(found, name).update(kept[name])
    found.ids = [UUID(one) for one in kept["ids"]]
    found.refused_ids = {code: [UUID(one) for one in ids] for code, ids in kept["refused_ids"].items()}
    for kind, one, number in kept.get("matters", ()):
        place = UUID(one) if one else None
        found.matters[kind, place] = Matter(kind, True, place, number=number)
    carried.keyholders_lost = {UUID(one) for one in kept["lost"]}
    carried.keyholders_made, carried.seats_taken = kept["made"], kept["seats"]
    carried.places_lost = {(kind, one): lost for kind, one, lost in kept["places"]}
    return found, carried, kept["at"]


for _kind in KINDS.values():
    _title = format_lazy(_("Plan: {what}"), what=_kind.title)
    register_operation(OperationKind(_kind.planning, _title, _kind.permission, plan_batch, asks=True))

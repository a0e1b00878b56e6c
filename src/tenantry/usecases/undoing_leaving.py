"""Taking back that somebody was deactivated or removed: they come back with what they held, and, of a removal, so do
the records that it moved, as far as they are where it put them (docs/decisions/0026, *Taking back*)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import Outcome
from tenantry.acting.models import Operation
from tenantry.acting.operations import OPEN
from tenantry.audit.chain import Entry, Event
from tenantry.audit.models import Entry as Row
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import parse_id
from tenantry.core.jobs import Job
from tenantry.core.together import Wanted, wanted
from tenantry.crm.questions import follow_words
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.permissions import BILLING_VIEW
from tenantry.organizations.policies.effects import Effect
from tenantry.people.identity import lock_accounts_of
from tenantry.people.models import Membership
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.seats import counted_statuses
from tenantry.people.selectors import names_of
from tenantry.usecases.erasing import DOMAIN as ERASED
from tenantry.usecases.erasing_errors import AlreadyErased
from tenantry.usecases.handing_over.errors import HandoverUnderWay
from tenantry.usecases.handing_over.undoing import Source, did, foreseen, give_back
from tenantry.usecases.leaving.coming_back import Returning, bring_back, returning
from tenantry.usecases.leaving.held import Held, read
from tenantry.usecases.offboarding import reactivate_member
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

DEACTIVATED, REMOVED = "people.deactivated", "people.removed"
Status = Membership.Status
Found = Mapping[str, list[dict[str, Any]]]


def _members(row: Row) -> tuple[UUID, ...]:
    return (row.target_id,) if row.target_id else tuple(UUID(str(one)) for one in row.values.get("members") or ())


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names))


def _about(row: Row, ids: Sequence[UUID]) -> tuple[str, UUID | None, dict[str, Any]]:
    """The original's target, so that it is found to be taken back; and whom of several it is about."""
    return row.target_type, row.target_id, {} if row.target_id else {"members": [str(one) for one in ids]}


# --- Deactivated --------------------------------------------------------------------------


def _reads_people(rows: Sequence[Row]) -> dict[str, Wanted]:
    ids = {one for row in rows for one in _members(row)}
    return {"people": wanted(Membership.objects.filter(id__in=ids), "id", "status", "deactivated_at", "email")}


def _still_away(row: Row, present: Mapping[UUID, Mapping[str, Any]]) -> list[UUID]:
    """Whom this act let go, and nobody has let in or go again since."""
    found = ((one, present[one]) for one in _members(row) if one in present)
    return [
        one
        for one, state in found
        if state["status"] == Status.DEACTIVATED and state["deactivated_at"] and state["deactivated_at"] <= row.at
    ]


def _refusals_of_deactivated(actor: Actor, rows: Sequence[Row], found: Found) -> dict[int, Refusal]:
    """People who came back or left for good since."""
    present = {one["id"]: one for one in found["people"]}
    return {row.number: UndoOvertaken() for row in rows if not _still_away(row, present)}


def _away(row: Row) -> list[UUID]:
    states = Membership.objects.filter(id__in=_members(row)).values("id", "status", "deactivated_at")
    return _still_away(row, {one["id"]: one for one in states})


def _reactivation(actor: Actor, row: Row, now: datetime) -> Reversal:
    ids = _away(row)
    names = names_of(ids)
    effects = [Effect(_("Come back with the same role and teams"), len(ids), tuple(sorted(names.values())))]
    if seats := len(ids) * (Status.ACTIVE in (counted := counted_statuses()) and Status.DEACTIVATED not in counted):
        effects.append(Effect(ngettext("Seat is taken again", "Seats are taken again", seats), seats))
    if others := len(_members(row)) - len(ids):
        effects.append(Effect(_("Came back or left for good since, and stay as they are"), others, warning=True))
    what = _("Access of %(name)s") % {"name": _listed(names.values())}
    return Reversal(what, _("deactivated"), _("active"), tuple(effects))


def _reactivate(actor: Actor, row: Row, now: datetime) -> Outcome[Any]:
    ids = _away(row)
    if not ids:
        raise UndoOvertaken
    done = [reactivate_member(actor=actor, now=now, membership_id=one) for one in ids]
    events = tuple(event for one in done for event in one.events)
    return Outcome(None, Entry("people.reactivated", *_about(row, ids)), events)


# --- Removed ------------------------------------------------------------------------------


def _reads(rows: Sequence[Row]) -> dict[str, Wanted]:
    handovers = [one for row in rows if (one := _handover_id(row))]
    running = Operation.objects.filter(id__in=handovers, state__in=OPEN)
    return {**_reads_people(rows), "running": wanted(running, "id")}


def _handover_id(row: Row) -> UUID | None:
    return parse_id(str(row.values.get("handover_id") or ""))


def _refusals(actor: Actor, rows: Sequence[Row], found: Found) -> dict[int, Refusal]:
    """What is not kept of an act, people who were brought back since or of whom nothing is left, and records that are
    still on their way."""
    gone = [one for one in found["people"] if one["status"] == Status.REMOVED]
    erased = {one["id"] for one in gone if one["email"].endswith(f"@{ERASED}")}
    removed = {one["id"] for one in gone} - erased
    running = {one["id"] for one in found["running"]}
    refused: dict[int, Refusal] = {}
    for row in rows:
        if not row.values.get("held"):
            refused[row.number] = UndoNotPossible()
        elif removed.isdisjoint(_members(row)):
            refused[row.number] = UndoOvertaken() if erased.isdisjoint(_members(row)) else AlreadyErased()
        elif _handover_id(row) in running:
            refused[row.number] = HandoverUnderWay()
    return refused


def _held(row: Row) -> Mapping[UUID, Held]:
    return read(row.values["held"])


def _returning(actor: Actor, row: Row, now: datetime) -> Returning:
    """:raises Refusal: nobody of them can come back; the first reason."""
    found = returning(actor, _held(row), now)
    if not found.members:
        raise next((why for _name, why in found.refused.values()), UndoOvertaken())
    return found


def _source(actor: Actor, row: Row, ids: Sequence[UUID]) -> Source | None:
    handover_id = _handover_id(row)
    return Source(handover_id, None, tuple(ids), (), did(row, actor)) if handover_id else None


def _reversal(actor: Actor, row: Row, now: datetime) -> Reversal:
    found = _returning(actor, row, now)
    names = tuple(one.name for one in found.members)
    effects = [Effect(_("Come back with the role, the teams and the places that they had"), len(names), names)]
    if seats := found.seats():
        effects.append(Effect(ngettext("Seat is taken again", "Seats are taken again", seats), seats))
    if found.lost:
        gone = ngettext("Role, team or place is gone since", "Roles, teams or places are gone since", found.lost)
        effects.append(Effect(gone, found.lost, warning=True))
    reasons: dict[str, list[str]] = {}
    for name, why in found.refused.values():
        reasons.setdefault(str(why), []).append(name)
    for said, left_out in reasons.items():
        effects.append(Effect(_("Stay away: %(reason)s") % {"reason": said}, len(left_out), tuple(left_out), True))
    source = _source(actor, row, found.ids)
    if source:
        effects += foreseen(actor, source, found.ids).effects
    addons = int(row.values.get("addons") or 0)
    if addons and actor.may(BILLING_VIEW):
        # They cost something: whoever sees the price switches them on.
        off = ngettext("Add-on stays switched off", "Add-ons stay switched off", addons)
        effects.append(Effect(off, addons, warning=True))
    effects.append(
        Effect(_("Sessions, saved views, notifications and what was planned for them are not brought back."))
    )
    what = _("Access of %(name)s") % {"name": _listed(names)}
    return Reversal(what, _("removed"), _listed({role.name for role in found.bases()}), tuple(effects))


def _bring_back(actor: Actor, row: Row, now: datetime) -> Outcome[Any]:
    lock(LockRow.Name.STRUCTURE)
    lock_accounts_of(_held(row))
    found = _returning(actor, row, now)
    back = bring_back(actor, found, parse_id(str(row.values.get("to_id") or "")), now)
    numbers = {name: number for name in back.__slots__ if (number := getattr(back, name))}
    values: dict[str, Any] = {**numbers, "seats_taken": found.seats()}
    events = [Event("MemberReactivated", {"membership_id": one}) for one in found.ids]
    source = _source(actor, row, found.ids)
    if source is None:
        return _brought_back(row, found, values, [*events, *follow_words(actor, now)])
    given = give_back(actor, source, now)
    values |= {"handover_id": given.operation.id, "records_back": given.moved}
    if given.jobs:
        values |= {"operation_id": given.operation.id, "records_back": sum(given.owners.values())}
    # Mentees are back at once, however long their records take.
    return _brought_back(row, found, values, [*events, *given.events, *follow_words(actor, now)], given.jobs)


def _brought_back(
    row: Row, found: Returning, values: Mapping[str, Any], events: Sequence[Event], jobs: tuple[Job, ...] = ()
) -> Outcome[Any]:
    kind, target, several = _about(row, found.ids)
    return Outcome(None, Entry("people.brought_back", kind, target, {**values, **several}), tuple(events), jobs)


register_undoer(DEACTIVATED, Undoer(DEACTIVATE, _refusals_of_deactivated, _reactivation, _reactivate, _reads_people))
register_undoer(REMOVED, Undoer(REMOVE, _refusals, _reversal, _bring_back, _reads))

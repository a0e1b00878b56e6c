"""Taking one act back from the audit trail: a new act with the original's permission, while nothing came after it
(product.md §6). Who can undo an act registers how; see `usecases.undoing_policies`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import confirm
from tenantry.audit.models import Entry
from tenantry.audit.selectors import AuditFilter, entries
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.core.ids import NIL
from tenantry.core.records import NOWHERE
from tenantry.core.together import Wanted, read_together
from tenantry.organizations.policies.effects import Effect, EffectPlan
from tenantry.people.models import Membership
from tenantry.people.permissions import VIEW
from tenantry.people.records import MEMBER

LIFE = timedelta(days=30)


class UndoTooLate(Refusal):
    code = "undo_too_late"
    sentence = _("This is more than 30 days ago and can't be taken back from here.")


class UndoOvertaken(Refusal):
    """The value is not any more what the act made it."""

    code = "undo_overtaken"
    sentence = _("This was changed again since, and can't be taken back from here.")


class UndoneAlready(Refusal):
    code = "undone_already"
    sentence = _("This was taken back already.")


class UndoNotPossible(Refusal):
    """Nothing takes back an act of this kind."""

    code = "undo_not_possible"
    sentence = _("This can't be taken back.")


@dataclass(frozen=True, slots=True)
class Reversal:
    """What taking one entry back means: `before` is what stands now, `after` what stood before the act; in words."""

    what: str
    before: str
    after: str
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True, slots=True)
class Undoer:
    """How the entries of one code are taken back.

    `permission`: of the original act. `refusals`: why some of many entries can't be, by number; it asks whether the
    value is still the recorded *after* (`UndoOvertaken`). `reversal`: what it would do. `carry_out`: does it under the
    original's locks, asks the value there once more, and hands back an outcome whose entry has the original's target.
    `reads`: what `refusals` needs to know of these entries, and gets as its third argument: a list of entries of many
    kinds asks for all of it by one query. Without it, `refusals` asks by itself. `permission_of`: where the original's
    permission depends on what it was done to.
    """

    permission: str
    refusals: Callable[..., Mapping[int, Refusal]]
    reversal: Callable[[Actor, Entry, datetime], Reversal]
    carry_out: Callable[[Actor, Entry, datetime], Outcome[Any]]
    reads: Callable[[Sequence[Entry]], Mapping[str, Wanted]] | None = None
    permission_of: Callable[[Entry], str] | None = None

    def asks(self, row: Entry) -> str:
        return self.permission_of(row) if self.permission_of else self.permission


UNDOERS: dict[str, Undoer] = {}


def register_undoer(code: str, undoer: Undoer) -> None:
    """`code`: of the audit entries that it takes back."""
    UNDOERS[code] = undoer


@dataclass(frozen=True, slots=True)
class UndoPlan(EffectPlan):
    """See `Reversal`."""

    number: int
    action: str
    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Undone:
    """`number`: of the entry that was taken back."""

    number: int
    what: str


def with_undone(rows: QuerySet[Entry]) -> QuerySet[Entry]:
    """Adds `undone`: whether a later entry took it back. Lists that ask `standings` save it a query."""
    undoes = Cast(KeyTextTransform("undoes", "values"), BigIntegerField())
    later = Entry.objects.filter(target_id=OuterRef("target_id"), number__gt=OuterRef("number"))
    return rows.annotate(undone=Exists(later.annotate(undoes=undoes).filter(undoes=OuterRef("number"))))


def standings(actor: Actor, rows: Iterable[Entry], now: datetime) -> dict[int, Refusal | None]:
    """Of those entries that this actor might take back: None, or why not. Others are left out."""
    offered = [row for row in rows if row.action in UNDOERS and actor.may(UNDOERS[row.action].asks(row))]
    if not offered:
        return {}
    found: dict[int, Refusal | None] = {}
    undone = _undone(offered)
    refusals = _refusals(actor, offered)
    for row in offered:
        found[row.number] = _of_any(row, undone, now) or refusals.get(row.number)
    return found


def _refusals(actor: Actor, rows: Sequence[Entry]) -> dict[int, Refusal]:
    """What each kind of act refuses by itself; one query for all that say what they read."""
    alike: dict[str, list[Entry]] = {}
    for row in rows:
        alike.setdefault(row.action, []).append(row)
    asked = {code: reads(alike[code]) for code in alike if (reads := UNDOERS[code].reads) is not None}
    known = read_together({(code, name): part for code, parts in asked.items() for name, part in parts.items()})
    found: dict[int, Refusal] = {}
    for code, entries_ in alike.items():
        more = ({name: known[code, name] for name in asked[code]},) if code in asked else ()
        found |= UNDOERS[code].refusals(actor, entries_, *more)
    return found


def _of_any(row: Entry, undone: set[int], now: datetime) -> Refusal | None:
    """What refuses whatever the act was."""
    if row.number in undone:
        return UndoneAlready()
    return UndoTooLate() if now - row.at > LIFE else None


def _undone(rows: Sequence[Entry]) -> set[int]:
    """The numbers of those that a later entry took back; no query for rows of `with_undone`."""
    if not all(hasattr(row, "undone") for row in rows):
        rows = list(with_undone(Entry.objects.filter(number__in=[row.number for row in rows])))
    return {row.number for row in rows if row.undone}  # type: ignore[attr-defined]


def _undoable(actor: Actor, number: int, now: datetime) -> tuple[Entry, Undoer]:
    """:raises NotFound: there is no such entry, or the actor knows nothing of it."""
    row = with_undone(Entry.objects.filter(number=number)).first()
    undoer = UNDOERS.get(row.action) if row else None
    if row is None or undoer is None or not actor.may(undoer.asks(row)):
        if row is None or not _reads(actor, row):
            raise NotFound
        raise PermissionMissing(undoer.asks(row)) if undoer else UndoNotPossible
    _ask_people(actor, row)
    refusal = standings(actor, [row], now)[number]
    if refusal is not None:
        raise refusal
    return row, undoer


def _ask_people(actor: Actor, row: Entry) -> None:
    """Before anything is said about an act, those whom it is about have to be within reach.

    :raises NotFound: one of them is not.
    """
    wanted = set(_members(row))
    if not wanted or decide(actor, VIEW, NOWHERE):
        return
    if visible(actor, VIEW, MEMBER, Membership.objects.filter(id__in=wanted)).count() < len(wanted):
        raise NotFound


def _reads(actor: Actor, row: Entry) -> bool:
    try:
        return entries(actor, AuditFilter()).filter(number=row.number).exists()
    except PermissionMissing:
        return False


def plan_undo_entry(*, actor: Actor, number: int, now: datetime) -> UndoPlan:
    """What taking it back would do.

    :raises NotFound, PermissionMissing, UndoNotPossible, UndoneAlready, UndoTooLate, UndoOvertaken: see there.
    """
    row, undoer = _undoable(actor, number, now)
    return _plan(actor, row, undoer, now)


def _plan(actor: Actor, row: Entry, undoer: Undoer, now: datetime) -> UndoPlan:
    found = undoer.reversal(actor, row, now)
    return UndoPlan(found.effects, row.number, row.action, found.what, found.before, found.after)


def members_of(number: int) -> tuple[UUID, ...]:
    """The members that an entry is about: what `undo_entry` locks. Entries never change, so it may be read before."""
    row = Entry.objects.filter(number=number).first()
    return _members(row) if row else ()


def _members(row: Entry) -> tuple[UUID, ...]:
    if row.target_type == "member" and row.target_id:
        return (row.target_id,)
    return tuple(UUID(str(one)) for one in row.values.get("members") or [])


@action(open_to="it asks for the permission of the act that is taken back", targets=("membership_ids",))
def undo_entry(
    *, actor: Actor, now: datetime, number: int, membership_ids: tuple[UUID, ...], digest: str | None = None
) -> Outcome[Undone]:
    """Makes things as they were before one act. `membership_ids`: `members_of` the entry, locked as the original did.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, PermissionMissing, UndoNotPossible, UndoneAlready, UndoTooLate, UndoOvertaken: see there.
    """
    row, undoer = _undoable(actor, number, now)
    if not set(_members(row)) <= set(membership_ids):
        raise ValueError("whom an entry is about is locked before it is taken back: members_of")
    plan = confirm(_plan(actor, row, undoer, now), digest)
    outcome = undoer.carry_out(actor, row, now)
    if outcome.entry is None:
        raise UndoOvertaken
    entry = replace(outcome.entry, values={**outcome.entry.values, "undoes": number})
    return Outcome(Undone(number, plan.what), entry, outcome.events, outcome.jobs)


def newest_entry(action: str, target_id: UUID | None) -> int | None:
    """The number of the last entry of this code about this target: what an Undo right after an act takes back."""
    rows = Entry.objects.filter(action=action, target_id=target_id or NIL)
    return rows.order_by("-number").values_list("number", flat=True).first()

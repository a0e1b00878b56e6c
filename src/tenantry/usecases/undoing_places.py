"""Taking back who was put where: into a unit, into a department. What all of them have in common."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL, parse_id
from tenantry.core.together import Wanted, wanted
from tenantry.people.models import Membership
from tenantry.people.permissions import EDIT
from tenantry.people.selectors import names_of
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken

Refusals = Mapping[int, Refusal]
Found = Mapping[str, list[dict[str, Any]]]


def id_of(value: Any) -> UUID | None:
    """As the audit writes an id; none is empty."""
    return parse_id(str(value or ""))


@dataclass(frozen=True, slots=True)
class Places:
    """`named`: the attribute of plans and results that holds the place's name; with `_id` it is the column of members
    and the parameter of `plan` and `put`. `title`: what is taken back, with `%(name)s`."""

    named: str
    model: Any
    title: Any
    plan: Callable[..., Any]
    put: Callable[..., Outcome[Any]]

    @property
    def column(self) -> str:
        return f"{self.named}_id"

    def stood(self, row: Entry) -> dict[UUID, UUID | None]:
        """Where each of them was before."""
        return {UUID(one): id_of(place_id) for one, place_id in row.values["before_ids"].items()}

    def stand(self, row: Entry) -> dict[UUID, UUID | None]:
        """Where the act put each of them; an undo may have put them into several places."""
        after = row.values.get("after_ids") or dict.fromkeys(row.values["before_ids"], row.values[self.column])
        return {UUID(one): id_of(place_id) for one, place_id in after.items()}

    def groups(self, row: Entry) -> list[tuple[UUID | None, tuple[UUID, ...]]]:
        """(place, the people who go back there), in a fixed order."""
        stood = self.stood(row)
        origins = sorted(set(stood.values()), key=str)
        return [(origin, tuple(one for one, was in stood.items() if was == origin)) for origin in origins]

    def reads(self, rows: Sequence[Entry]) -> dict[str, Wanted]:
        everybody = {one for row in rows for one in self.stand(row)}
        origins = {origin for row in rows for origin in self.stood(row).values() if origin}
        return {
            "people": wanted(Membership.objects.filter(id__in=everybody), "id", self.column),
            "places": wanted(self.model.objects.filter(id__in=origins), "id"),
        }

    def refusals(self, actor: Actor, rows: Sequence[Entry], read: Found) -> Refusals:
        """People who are elsewhere by now, and those whose old place is gone."""
        present = {one["id"]: one[self.column] for one in read["people"]}
        known = {one["id"] for one in read["places"]}
        found: dict[int, Refusal] = {}
        for row in rows:
            if any(present.get(one, NIL) != place_id for one, place_id in self.stand(row).items()):
                found[row.number] = UndoOvertaken()
            elif any(origin and origin not in known for origin in self.stood(row).values()):
                found[row.number] = UndoNotPossible()
        return found

    def reversal(self, actor: Actor, row: Entry, now: datetime) -> Reversal:
        names: dict[str, None] = {}
        for place_id, people in self.groups(row):
            plan = self.plan(actor=actor, membership_ids=people, **{self.column: place_id})
            if plan.refused:
                raise UndoNotPossible
            names[getattr(plan, self.named) or _("none")] = None
        called = ", ".join(sorted(names_of(self.stood(row)).values()))
        return Reversal(str(self.title) % {"name": called}, row.values["name"] or _("none"), ", ".join(names))

    def undo(self, actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
        merged: dict[str, Any] = {"before_ids": {}, "after_ids": {}}
        names: list[str] = []
        outcome: Outcome[Any] | None = None
        for place_id, people in self.groups(row):
            outcome = self.put(actor=actor, now=now, membership_ids=people, **{self.column: place_id})
            if outcome.entry is None or outcome.result.refused:
                raise UndoNotPossible
            names += [getattr(outcome.result, self.named)] if getattr(outcome.result, self.named) else []
            merged["before_ids"] |= outcome.entry.values["before_ids"]
            merged["after_ids"] |= {str(one): place_id for one in people}
        # They are locked from the beginning to the commit: what was read stands.
        stood = {UUID(one): place_id for one, place_id in merged["before_ids"].items()}
        if outcome is None or outcome.entry is None or stood != self.stand(row):
            raise UndoOvertaken
        values = {"name": ", ".join(names), "members": list(row.values["members"]), **merged}
        entry = replace(outcome.entry, target_type=row.target_type, target_id=row.target_id, values=values)
        return replace(outcome, entry=entry)

    def undoer(self) -> Undoer:
        return Undoer(EDIT, self.refusals, self.reversal, self.undo, self.reads)

"""Naming somebody who goes on: chosen among some, or typed as a name or address where there are more."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.core.ids import parse_id
from tenantry.organizations.selectors import policy
from tenantry.people.permissions import VIEW
from tenantry.usecases.leaving.records import REMOVAL_RECORDS, REQUIRED, UNASSIGN, named_active, suggested
from tenantry.web.people.particulars import FOUND, people_called

MOST = 50
# Refusals of who was chosen: said in the dialog, which keeps everything else.
ABOUT = ("successor_leaves", "receiver_not_active", "permission_missing", "successor_not_offered")
# The longest text that is looked for.
LONGEST = 200


def choices(actor: Actor, leaving: Collection[UUID], *, manager_id: UUID | None = None) -> dict[str, Any]:
    """For a template: `people` (id, name), and `more` where there are others, who are typed."""
    if not actor.may(VIEW):
        return {"people": [], "more": False}
    found = suggested(actor, leaving, manager_id=manager_id, most=MOST + 1)
    return {"people": found[:MOST], "more": len(found) > MOST}


def chosen(actor: Actor, sent: QueryDict, name: str) -> UUID | None:
    """Who was chosen under this name, or typed under `<name>_typed`; None for nobody.

    :raises InvalidInput: nobody active, or several, are called so.
    """
    typed = sent.get(f"{name}_typed", "").strip()
    if not typed:
        return parse_id(sent.get(name, ""))
    found = people_called(actor, typed, clock.now())
    exact = [one for one in found if typed.lower() in (one.email, one.name.lower())]
    if len(exact) == 1 or len(found) == 1:
        only: UUID = (exact or found)[0].id
        return only
    raise InvalidInput({name: _("Nobody active is called so.") if not found else _("Several people are called so.")})


def choices_on_a_day(actor: Actor, leaving: Collection[UUID], *, manager_id: UUID | None = None) -> dict[str, Any]:
    """Of those who are removed on a day: `choices`, and `offers_successor`, `required` (policy
    `people.removal_records`)."""
    rule = policy(REMOVAL_RECORDS)
    if rule == UNASSIGN:
        return {"people": [], "more": False, "offers_successor": False}
    found = choices(actor, leaving, manager_id=manager_id)
    return {**found, "offers_successor": True, "required": rule == REQUIRED}


@dataclass(frozen=True, slots=True)
class Receivers:
    """Several who are ticked, `chosen` first, and others found by what was `typed` (id, name); `more`: not all."""

    typed: str
    chosen: tuple[tuple[UUID, str], ...]
    found: tuple[tuple[UUID, str], ...]
    more: bool

    @property
    def people(self) -> list[tuple[UUID, str]]:
        return [*self.chosen, *self.found]


def receivers(
    actor: Actor, leaving: Collection[UUID], sent: QueryDict | None, *, manager_id: UUID | None = None
) -> Receivers:
    """`sent`: a form with `to` and `to_typed`. Two queries, however many people there are."""
    if not actor.may(VIEW):
        return Receivers("", (), (), more=False)
    typed = sent.get("to_typed", "").strip()[:LONGEST] if sent else ""
    ids = [one for text in (sent.getlist("to")[:MOST] if sent else ()) if (one := parse_id(text))]
    kept = tuple(named_active(actor, [one for one in ids if one not in leaving])) if ids else ()
    others = {*leaving, *(one for one, _name in kept)}
    if typed:
        rows = people_called(actor, typed, clock.now())
        found = [(row.id, row.name) for row in rows if row.id not in others]
        return Receivers(typed, kept, tuple(found), more=len(rows) == FOUND)
    some = suggested(actor, others, manager_id=manager_id, most=FOUND + 1)
    return Receivers(typed, kept, tuple(some[:FOUND]), more=len(some) > FOUND)

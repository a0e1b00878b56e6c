"""Naming whoever goes on with what somebody leaves behind, of any number; see `web.picking`."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.core.ids import parse_id
from tenantry.core.named import Offered
from tenantry.organizations.selectors import policy
from tenantry.people.choosing import people_offered
from tenantry.people.permissions import VIEW
from tenantry.usecases.leaving.records import REMOVAL_RECORDS, REQUIRED, UNASSIGN
from tenantry.web.offers import TYPED, ticked_in, typed_in
from tenantry.web.people.choosing import PersonPicker
from tenantry.web.picking import meant, said_of

HEIR = "heir"
SUCCESSOR = "successor"
# Refusals of who was chosen: said in the dialog, which keeps everything else.
ABOUT = ("successor_leaves", "receiver_not_active", "permission_missing", "successor_not_offered")
# Of very many who leave, those whom the search leaves out; the action refuses the others.
LEFT_OUT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HeirPicker(PersonPicker):
    """Of the active people whom the actor sees, oneself with them and whoever leaves aside. `free`: nobody may be
    chosen, too; `needed`: one has to be, and is not."""

    leaving: tuple[UUID, ...] = ()
    free: bool = False
    needed: bool = False

    @property
    def url(self) -> str:
        asked = QueryDict(mutable=True)
        asked.update({"as": HEIR, "field": self.name})
        asked.update({name: "1" for name, on in {"free": self.free, "many": self.many}.items() if on})
        asked.setlist("leaving", [str(one) for one in self.leaving[:LEFT_OUT]])
        return f"{reverse('person_choices')}?{asked.urlencode()}"

    @property
    def none(self) -> str:
        return _("Nobody: they become unassigned") if self.free else ""

    @property
    def nothing(self) -> str:
        return _("Nobody active here is called so.")

    def people(self, actor: Actor) -> QuerySet[Any]:
        return _active(actor, self.leaving)


def _active(actor: Actor, leaving: Collection[UUID]) -> QuerySet[Any]:
    found: QuerySet[Any] = matching(actor, DirectoryFilter(statuses=("active",)), clock.now())
    return found.exclude(id__in=list(leaving)) if leaving else found


def heir_picker(
    actor: Actor,
    said: QueryDict | None,
    name: str = SUCCESSOR,
    *,
    leaving: Collection[UUID],
    manager_id: UUID | None = None,
    present: UUID | None = None,
    free: bool = False,
    many: bool = False,
    title: str | Promise = "",
) -> HeirPicker:
    """The manager of who leaves comes first; `present`: who was chosen before. Whoever sees nobody names nobody. A
    query; one more where somebody is chosen or there is a manager."""
    if many:
        typed, wanted = (typed_in(said, name), ticked_in(said, name)) if said is not None else ("", ())
    else:
        typed, chosen = said_of(name, present, said)
        wanted = (chosen,) if chosen else ()
    first = (*wanted, manager_id) if manager_id and not typed else wanted
    found = people_offered(_active(actor, leaving), typed, first) if actor.may(VIEW) else Offered()
    there = dict(found.rows)
    names = dict(there)
    if manager_id in there:
        names[manager_id] = _("%(name)s (the manager)") % {"name": there[manager_id]}
    on = tuple(one for one in wanted if one in there)
    return HeirPicker(
        name=name,
        typed=typed,
        chosen=None if many else next(iter(on), None),
        unknown=len(on) < len(wanted),
        choices=tuple((one, names[one]) for one, _name in found.rows),
        more=found.more,
        title=title,
        many=many,
        ticked=on if many else (),
        leaving=tuple(leaving),
        free=free,
    )


def heir_pickers(
    actor: Actor, said: QueryDict, titles: Iterable[tuple[str, str]], *, leaving: Collection[UUID]
) -> dict[str, HeirPicker]:
    """By field, of several of one form (name, title). What nothing is said of offers the same; one query for all of
    those."""
    found: dict[str, HeirPicker] = {}
    same: HeirPicker | None = None
    for name, title in titles:
        if said.get(name) or said.get(f"{name}{TYPED}"):
            found[name] = heir_picker(actor, said, name, leaving=leaving, title=title)
            continue
        same = same or heir_picker(actor, None, name, leaving=leaving)
        found[name] = replace(same, name=name, title=title)
    return found


def asked_heirs(actor: Actor, said: QueryDict, field: str) -> HeirPicker:
    """What the address of a picker asks for."""
    leaving = [one for text in said.getlist("leaving")[:LEFT_OUT] if (one := parse_id(text))]
    free, many = said.get("free", "") == "1", said.get("many", "") == "1"
    return heir_picker(actor, said, field, leaving=leaving, free=free, many=many)


def heir_of(actor: Actor, said: QueryDict, name: str = SUCCESSOR, *, leaving: Collection[UUID] = ()) -> UUID | None:
    """Who was chosen, or typed; None for nobody. Whether they can go on, the action decides.

    :raises InvalidInput: nobody active, or more than one, is called so.
    """
    if not said.get(f"{name}{TYPED}", "").strip():
        return parse_id(said.get(name, ""))
    picker = heir_picker(actor, said, name, leaving=leaving)
    if picker.unknown:
        return parse_id(said.get(name, ""))
    try:
        return meant(picker, actor)
    except ValidationError as refused:
        text = refused.messages[0] if picker.choices else picker.nothing
        raise InvalidInput({name: text}) from refused


def heir_on_a_day(
    actor: Actor,
    said: QueryDict | None,
    leaving: Collection[UUID],
    *,
    manager_id: UUID | None = None,
    present: UUID | None = None,
) -> dict[str, Any]:
    """Of those who are removed on a day: `heir`, by policy `people.removal_records`; nobody is asked for where records
    become unassigned anyway. `present`: who was chosen when it was planned."""
    rule = policy(REMOVAL_RECORDS)
    if rule == UNASSIGN:
        return {"heir": None}
    title = _("If removed, records go to")
    free = rule != REQUIRED
    return {
        "heir": heir_picker(
            actor, said, leaving=leaving, manager_id=manager_id, present=present, free=free, title=title
        )
    }

"""Choosing teams, units and departments, of any number; see `web.picking`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Value
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from tenantry.access.permissions import ASSIGN
from tenantry.access.places import units_called, with_paths
from tenantry.access.workspaces import visible_workspaces
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.named import OFFERED, Named, called, called_just, offered
from tenantry.organizations.labels import label
from tenantry.people.departments import departments
from tenantry.people.permissions import EDIT, INVITE, TEAMS_MANAGE, UNITS_MANAGE, WORKSPACES_VIEW
from tenantry.people.selectors import manageable_teams
from tenantry.web.offers import ticked_in, typed_in
from tenantry.web.picking import Picker, said_of


@dataclass(frozen=True, slots=True)
class Kind:
    """What is chosen among. `opened_by`: any of these permissions; `name`: the column that tells them apart; `none`:
    the choice of none in words; `searched`: which of them what was typed finds."""

    rows: Callable[[Actor], QuerySet[Any]]
    opened_by: tuple[str, ...]
    name: str = "name"
    none: Callable[[Mapping[str, str]], str] = lambda _labels: ""
    searched: Callable[[QuerySet[Any], str], QuerySet[Any]] = called


def in_no_unit(labels: Mapping[str, str]) -> str:
    """The choice of none, in the organization's word."""
    return _("In no %(unit)s") % {"unit": label(labels, "one_unit")}


def _units(code: str) -> Kind:
    """Those of one name are told apart by what is above them."""
    return Kind(lambda actor: with_paths(actor, code), (code,), "path", in_no_unit, units_called)


# Of several that may be ticked: more than anybody is in.
MOST = 1000
TEAM, DEPARTMENT, WORKSPACE = "team", "department", "workspace"
UNIT_OF = {INVITE: "unit-invite", EDIT: "unit-edit", ASSIGN: "unit-assign", UNITS_MANAGE: "unit-manage"}
KINDS: Mapping[str, Kind] = {
    TEAM: Kind(manageable_teams, (TEAMS_MANAGE,)),
    DEPARTMENT: Kind(
        lambda _actor: departments().order_by("sort_name", "id"),
        (INVITE, EDIT),
        none=lambda _labels: _("In no department"),
    ),
    WORKSPACE: Kind(visible_workspaces, (WORKSPACES_VIEW,), none=lambda _labels: _("In no workspace")),
    **{name: _units(code) for code, name in UNIT_OF.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPicker(Picker):
    """Of the teams, departments or units of a kind. `free`: the words of the choice of none, "" where one has to be
    chosen; `without`: the one that is not offered."""

    kind: str
    free: str = ""
    without: UUID | None = None

    @property
    def url(self) -> str:
        asked = QueryDict(mutable=True)
        asked.update({"as": self.kind, "field": self.name})
        wanted = {"many": self.many, "free": bool(self.free)}
        asked.update({name: "1" for name, on in wanted.items() if on})
        if self.without:
            asked["without"] = str(self.without)
        return f"{reverse('person_choices')}?{asked.urlencode()}"

    @property
    def none(self) -> str:
        return self.free

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """Those among which one chooses."""
        return _rows(actor, self.kind, self.without)

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return KINDS[self.kind].searched(self.rows(actor), self.typed).filter(id=self.chosen).exists()

    def named(self, actor: Actor) -> UUID | None:
        return called_just(self.rows(actor), self.typed)


def _rows(actor: Actor, kind: str, without: UUID | None) -> QuerySet[Any]:
    rows = KINDS[kind].rows(actor)
    return rows.exclude(id=without) if without else rows


def group_picker(
    actor: Actor,
    said: QueryDict | None,
    name: str,
    kind: str,
    *,
    present: Collection[UUID] = (),
    many: bool = False,
    free: str = "",
    without: UUID | None = None,
    title: str | Promise = "",
    first: tuple[Named, ...] | None = None,
) -> GroupPicker | None:
    """`present`: what is chosen before the form is sent; `first`: see `first_of`. None where there is nothing to choose
    from. A query; one more for what is chosen and not among the first."""
    if many:
        typed, wanted = (
            (typed_in(said, name), ticked_in(said, name, MOST)) if said is not None else ("", tuple(present))
        )
    else:
        typed, chosen = said_of(name, next(iter(present), None), said)
        wanted = (chosen,) if chosen else ()
    rows = _rows(actor, kind, without)
    found = offered(rows, typed, wanted, name=KINDS[kind].name, searched=KINDS[kind].searched, first=first)
    if not found.rows and not (typed and rows.exists()):
        return None
    there = dict(found.rows)
    on = tuple(one for one in wanted if one in there)
    return GroupPicker(
        name=name,
        kind=kind,
        free=free,
        without=without,
        typed=typed,
        chosen=None if many else next(iter(on), None),
        unknown=said is not None and len(on) < len(wanted),
        choices=found.rows,
        more=found.more,
        title=title,
        many=many,
        ticked=on if many else (),
    )


def first_of(actor: Actor, kinds: Collection[str]) -> dict[str, tuple[Named, ...]]:
    """What each of these kinds offers while nothing is typed, for forms with several of them; one query."""
    parts = [
        KINDS[kind]
        .rows(actor)
        .order_by("sort_name", "id")
        .values_list(Value(kind), "sort_name", "id", KINDS[kind].name)[: OFFERED + 1]
        for kind in kinds
    ]
    rows = sorted(parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0], key=lambda row: row[:3])
    return {kind: tuple((row[2], row[3]) for row in rows if row[0] == kind) for kind in kinds}


def asked_picker(actor: Actor, said: QueryDict, field: str, labels: Mapping[str, str]) -> GroupPicker:
    """What the address of a picker asks for.

    :raises NotFound: no such kind, or nothing of it. :raises PermissionMissing: not for this actor.
    """
    kind = said.get("as", "")
    if kind not in KINDS:
        raise NotFound
    require_any(actor, *KINDS[kind].opened_by)
    found = group_picker(
        actor,
        said,
        field,
        kind,
        many=said.get("many", "") == "1",
        free=KINDS[kind].none(labels) if said.get("free", "") == "1" else "",
        without=parse_id(said.get("without", "")),
    )
    if found is None:
        raise NotFound
    return found

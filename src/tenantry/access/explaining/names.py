"""What places, teams and people are called in an explanation: only what whoever asks may see (security case 14)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import CharField, F, TextField, Value
from django.db.models.functions import Cast, Concat, Trim
from django.utils.translation import gettext as _

from tenantry.access.explaining.situation import Situation
from tenantry.core.actor import Actor
from tenantry.core.decisions import visible
from tenantry.core.records import record_types

KINDS = ("unit", "team", "workspace", "workflow", "member")


@dataclass(frozen=True, slots=True)
class Names:
    """By kind and id."""

    known: dict[tuple[str, UUID], str] = field(default_factory=dict)

    def sees(self, kind: str, record_id: UUID | None) -> bool:
        return record_id is not None and (kind, record_id) in self.known

    def of(self, kind: str, record_id: UUID | None) -> str:
        """The name, or words that say that there is something."""
        if record_id is not None and (kind, record_id) in self.known:
            return self.known[kind, record_id]
        return {
            "unit": _("a unit that you don't see"),
            "team": _("a team that you don't see"),
            "workspace": _("a workspace that you don't see"),
            "workflow": _("a workflow that you don't see"),
        }.get(kind, _("somebody whom you don't see"))

    def several(self, kind: str, ids: Iterable[UUID]) -> str:
        names = sorted(self.known[kind, i] for i in ids if (kind, i) in self.known)
        return ", ".join(names[:3]) if names else self.of(kind, None)


def names_for(actor: Actor, *situations: Situation) -> Names:
    """The names of everything that the chains of these situations mention; one query."""
    wanted: dict[str, set[UUID]] = {kind: set() for kind in KINDS}
    for situation in situations:
        for kind, ids in _mentioned(situation).items():
            wanted[kind] |= ids
    parts = [_named(actor, kind, ids) for kind, ids in wanted.items() if ids]
    if not parts:
        return Names()
    rows: Any = parts[0].union(*parts[1:]) if len(parts) > 1 else parts[0]
    return Names({(kind, record_id): name for kind, record_id, name in rows})


def _mentioned(situation: Situation) -> dict[str, set[UUID]]:
    source, target = situation.source, situation.target
    place = situation.question.place
    found: dict[str, set[UUID]] = {kind: set() for kind in KINDS}
    for one in situation.assigned():
        if one.scope_id:
            found[str(one.scope)].add(one.scope_id)
    found["workspace"] |= {UUID(taken["workspace"]) for taken in source["taken"] if taken["workspace"]}
    found["unit"] |= place.units
    if target is not None:
        found["unit"] |= target.units
        found["team"] |= target.owner_teams
        pairs = {"team": target.team, "workspace": target.workspace, "workflow": target.workflow}
        for kind, one_id in {**pairs, "member": target.owner}.items():
            if one_id:
                found[kind].add(one_id)
    return found


def _named(actor: Actor, kind: str, ids: Iterable[UUID]) -> Any:
    declared = record_types()[kind]
    rows: Any = visible(actor, declared.permissions["view"], declared).filter(pk__in=list(ids)).order_by()
    name: Any = F("name")
    if kind == "member":
        name = Trim(Concat("given_name", Value(" "), "family_name", output_field=TextField()))
    named: Any = rows.annotate(kind_=Value(kind, output_field=CharField()), shown=Cast(name, TextField())).values_list(
        "kind_", "pk", "shown"
    )
    return named

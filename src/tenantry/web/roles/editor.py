"""The editor of roles and profiles: areas of permissions with what stands, what was chosen, and what may be given."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.access.contents import ProfileContent, RoleContent, fits
from tenantry.access.simulating import Consequence
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.permissions import (
    AREAS,
    FIELD_CODES,
    REACH_CODES,
    REACH_TITLES,
    YES,
    FieldAccess,
    Permission,
    Reach,
    catalogue,
    reach_codes,
    reach_of,
    record_fields,
)
from tenantry.usecases.telling_roles import LEVELS, effects_of, worded
from tenantry.web.roles.kinds import ONE
from tenantry.web.selection import picked

if TYPE_CHECKING:
    from tenantry.access.models import Role

Written = Mapping[str, str]
PERMISSION, FIELD = "p.", "f."
MEANINGS: Mapping[str, Any] = {
    "none": gettext_lazy("Not given"),
    "own": gettext_lazy("What they own, and what they collaborate on"),
    "team": gettext_lazy("Own, and what people own who now share a team with them"),
    "workflow": gettext_lazy("Own, and everything in workflows they take part in"),
    "unit": gettext_lazy("Own, and everything in their unit and the units below it"),
    "all": gettext_lazy("Everything in the organization"),
}


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    meaning: str
    checked: bool
    stands: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One permission or field. `options` empty: a switch. `was`: how it stands, in words; `why`: why the editor can't
    give it, or not further."""

    code: str
    name: str
    title: str
    sentence: str
    options: tuple[Option, ...]
    checked: bool
    stands: bool
    disabled: bool
    was: str
    why: str
    found: bool
    level: str

    @property
    def changed(self) -> bool:
        if self.options:
            return any(one.checked != one.stands for one in self.options)
        return self.checked != self.stands


@dataclass(frozen=True, slots=True)
class Part:
    """One area. `is_open`: worth looking at first."""

    code: str
    title: str
    rows: tuple[Row, ...]
    is_open: bool

    @property
    def given(self) -> int:
        return sum(row.level != "" for row in self.rows)

    @property
    def changed(self) -> int:
        return sum(row.changed for row in self.rows)

    @property
    def found(self) -> bool:
        return any(row.found for row in self.rows)


def parts_of_role(
    actor: Actor, kind: str, before: Written, now: Written, query: str = "", *, everything: bool = False
) -> list[Part]:
    """`before` stands, `now` is chosen. Permissions that roles of this kind can't hold are left out."""
    declared = [p for p in catalogue().values() if everything or fits(p, kind)]
    if everything:
        before = now = {p.code: "all" if p.has_reach else YES for p in declared}
    return _parts(actor, declared, before, now, query)


def parts_of_profile(actor: Actor, before: Written, now: Written, query: str = "") -> list[Part]:
    return _parts(actor, [p for p in catalogue().values() if p.in_applications], before, now, query)


def _parts(actor: Actor, declared: Iterable[Permission], before: Written, now: Written, query: str) -> list[Part]:
    wanted = query.lower().split()
    by_area: dict[str, list[Row]] = {}
    for one in sorted(declared, key=_place):
        by_area.setdefault(one.area, []).append(_row(actor, one, before, now, wanted))
    found = []
    for code, title in AREAS.items():
        rows = tuple(by_area.get(code, ()))
        if rows:
            is_open = any(row.found for row in rows) if wanted else any(row.changed for row in rows)
            found.append(Part(code, str(title), rows, is_open))
    if found and not any(part.is_open for part in found) and not wanted:
        first = next((i for i, part in enumerate(found) if part.given), 0)
        found[first] = Part(found[first].code, found[first].title, found[first].rows, True)
    return found


# Seeing first, deleting last; what else there is stands between.
_VERBS = {"view": 0, "create": 1, "edit": 2, "delete": 4}


def _place(one: Permission) -> tuple[str, int]:
    thing, _dot, verb = one.code.partition(".")
    return thing, _VERBS.get(verb, 3)


def _row(actor: Actor, one: Permission, before: Written, now: Written, wanted: list[str]) -> Row:
    stands, chosen = before.get(one.code, ""), now.get(one.code, "")
    words = f"{one.title} {one.sentence} {one.code}".lower()
    options = _options(actor, one, stands, chosen) if one.has_reach else ()
    locked = not one.has_reach and not stands and not actor.grants.covers(one.code, Reach.ALL)
    return Row(
        code=one.code,
        name=f"{PERMISSION}{one.code}",
        title=str(one.title),
        sentence=str(one.sentence),
        options=options,
        checked=bool(chosen),
        stands=bool(stands),
        disabled=locked and not chosen,
        was=_("was %(what)s") % {"what": worded(stands) if stands else _("not given")},
        why=_why(actor, one, stands),
        found=all(word in words for word in wanted),
        level=chosen,
    )


def _options(actor: Actor, one: Permission, stands: str, chosen: str) -> tuple[Option, ...]:
    def may(value: str) -> bool:
        new = reach_of(value) & ~reach_of(stands)
        return not new or actor.grants.covers(one.code, reach_of(value))

    values = ("none", *REACH_CODES)
    return tuple(
        Option(
            value=value,
            label=_("None") if value == "none" else str(REACH_TITLES[value]),
            meaning=str(MEANINGS[value]),
            checked=value == (chosen or "none"),
            stands=value == (stands or "none"),
            # What is checked stays in reach: a browser does not send what is disabled.
            disabled=value not in ("none", stands, chosen) and not may(value),
        )
        for value in values
    )


def _why(actor: Actor, one: Permission, stands: str) -> str:
    mine = actor.grants.reach(one.code)
    if mine == Reach.ALL or (not one.has_reach and stands):
        return ""
    if mine is None:
        return _("You can't give it: you do not hold it yourself.")
    reach = " + ".join(worded(code) for code in reach_codes(mine))
    return _("You can't give more than you hold: %(reach)s.") % {"reach": reach}


def field_rows(actor: Actor, before: Written, now: Written) -> tuple[Row, ...]:
    """Fields that a profile may hide or make read-only."""
    found = []
    for code, declared in record_fields().items():
        stands, chosen = before.get(code, "edit"), now.get(code, "edit")
        mine = actor.grants.fields.get(code, FieldAccess.EDIT)
        options = tuple(
            Option(
                value=value,
                label=str(LEVELS[value]),
                meaning="",
                checked=value == chosen,
                stands=value == stands,
                disabled=value not in (stands, chosen) and level > max(mine, FIELD_CODES[stands]),
            )
            for value, level in FIELD_CODES.items()
        )
        was = _("was %(what)s") % {"what": LEVELS[stands]}
        found.append(
            Row(code, f"{FIELD}{code}", str(declared.title), "", options, False, False, False, was, "", True, chosen)
        )
    return tuple(found)


# --- What was sent -------------------------------------------------------------------------


def permissions_sent(data: QueryDict) -> dict[str, str]:
    """Codes as they were sent, known or not: the action says what is wrong."""
    return _sent(data, PERMISSION, ("", "none"))


def fields_sent(data: QueryDict) -> dict[str, str]:
    return _sent(data, FIELD, ("", "edit"))


def _sent(data: QueryDict, prefix: str, nothing: tuple[str, ...]) -> dict[str, str]:
    pairs = ((name.removeprefix(prefix), str(value)) for name, value in data.items() if name.startswith(prefix))
    return {code: value for code, value in pairs if value not in nothing}


def role_sent(data: QueryDict, kind: str) -> RoleContent:
    """:raises NotFound: an id that can't be one."""
    return RoleContent(
        data.get("name", ""),
        data.get("description", ""),
        permissions_sent(data),
        None if data.get("gives_all") else _ids(data.getlist("gives")),
        None if kind not in ("addition", "unit") or data.get("beside_any") else _ids(data.getlist("beside")),
    )


def profile_sent(data: QueryDict) -> ProfileContent:
    return ProfileContent(data.get("name", ""), data.get("description", ""), permissions_sent(data), fields_sent(data))


def _ids(values: list[str]) -> tuple[UUID, ...]:
    found = picked(values)
    if found is None:
        raise NotFound
    return tuple(sorted(found))


def id_sent(text: str) -> UUID | None:
    """:raises NotFound: not an id."""
    if not text:
        return None
    found = parse_id(text)
    if found is None:
        raise NotFound
    return found


# --- Other roles ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """Another role in a list of check boxes."""

    id: UUID
    name: str
    kind: str
    checked: bool
    stands: bool
    disabled: bool


def choices(
    roles: Iterable["Role"],
    before: tuple[UUID, ...] | None,
    now: tuple[UUID, ...] | None,
    allowed: Any = None,
) -> list[Choice]:
    """`allowed`: which roles may be ticked anew; None is each."""
    return [
        Choice(
            role.id,
            role.name,
            "" if role.kind == "base" else str(ONE[role.kind]),
            now is None or role.id in now,
            before is None or role.id in before,
            allowed is not None and not (before is None or role.id in before) and not allowed(role),
        )
        for role in roles
    ]


def saving(plan: Any) -> dict[str, Any]:
    """What the side panel shows of a plan."""
    return {"plan": plan, "effects": effects_shown(plan.consequences), "changes": len(plan.changes)}


def effects_shown(consequences: tuple[Consequence, ...]) -> list[dict[str, Any]]:
    """How many gain, lose or keep what, with the first by name."""
    return [
        {"number": one.number, "text": effect.text, "warning": effect.warning, "detail": _listed(one, effect.names)}
        for one, effect in zip(consequences, effects_of(consequences), strict=True)
    ]


def _listed(one: Consequence, names: tuple[str, ...]) -> str:
    more = one.number - len(names)
    if not more:
        return ", ".join(names)
    words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return words % {"names": ", ".join(names), "count": more}

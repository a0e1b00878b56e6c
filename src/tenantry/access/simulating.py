"""Who gains and loses what, before a role or profile is saved: grants built twice by the code that decides, from what
stands and from what would stand.

People in the same situation are built once: ten thousand holders of one role cost a handful of builds.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.access.grants import build, sources
from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet
from tenantry.core.actor import Actor, Grants, Line
from tenantry.core.decisions import decide, in_scope, visible
from tenantry.core.permissions import FieldAccess, Reach, ScopeKind, permission, reach_codes
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.models import Unit, UnitLink, Workspace
from tenantry.people.models import Membership
from tenantry.people.permissions import VIEW
from tenantry.people.records import MEMBER

SHOWN = 20
Source = Mapping[str, Any]
Change = Callable[[Source], Source]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Affected:
    """`through`: the role by which somebody keeps or has it already."""

    id: UUID
    name: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes of one permission (`permission`), field (`field`) or role that may be given (`role`) for `number`
    people; the first by name.

    `kind`: gains, loses, changes (other records than before), keeps (the role takes it, another one gives it),
    has_already (the role gives it, another one did), held_back (a profile or restriction keeps it away). `before` and
    `after`: reach codes or `yes`; levels of a field. `scope`: where. `everybody`: a digest over all of their ids.
    """

    kind: str
    subject: str
    code: str
    title: str
    before: Words
    after: Words
    scope: ScopeKind
    number: int
    people: tuple[Affected, ...]
    everybody: str


@dataclass(frozen=True, slots=True)
class Question:
    """One change that is thought of. `codes`: permissions it may touch; `roles`: ids of the roles that it rewrites;
    `given`: roles by id whose giving it may touch, with their names."""

    change: Change
    now: datetime
    codes: Sequence[str] = ()
    roles: frozenset[UUID] = frozenset()
    given: Mapping[UUID, str] = field(default_factory=dict)
    fields: Sequence[str] = ()


_Key = tuple[str, str, str, str, Words, Words, ScopeKind]
# Codes of permissions with a number of people, in order.
Counted = tuple[tuple[str, int], ...]


def consequences(members: QuerySet[Membership], question: Question) -> tuple[Consequence, ...]:
    """For these people, in the order of kinds and permissions. Seven queries at most, however many they are."""
    names = _names(members)
    found: dict[_Key, dict[UUID, str]] = {}
    for ids, differences in _by_situation(members, question):
        for key, through in differences:
            found.setdefault(key, {}).update(dict.fromkeys(ids, through))
    order = {member_id: index for index, member_id in enumerate(names)}
    return tuple(_consequence(key, found[key], names, order) for key in sorted(found, key=_rank))


def gains_and_losses(members: QuerySet[Membership], question: Question) -> tuple[Counted, Counted]:
    """How many of these people gain and lose something of a permission, by its code; nobody's name is read."""
    gains: Counter[str] = Counter()
    loses: Counter[str] = Counter()
    for ids, differences in _by_situation(members, question):
        # Somebody who gains it in two places is one person.
        for kind, code in {(key[0], key[2]) for key, _through in differences if key[1] == "permission"}:
            if kind in ("gains", "loses"):
                (gains if kind == "gains" else loses)[code] += len(ids)
    return tuple(sorted(gains.items())), tuple(sorted(loses.items()))


def _by_situation(
    members: QuerySet[Membership], question: Question
) -> Iterable[tuple[list[UUID], list[tuple[_Key, str]]]]:
    """Everybody of one situation, and what becomes different for them."""
    first = {ids[0]: ids for ids in _situations(members, question.now)}
    rows = list(sources(Membership.objects.filter(id__in=list(first))))
    places = _Places.of(rows)
    for row in rows:
        before, after = build(row, question.now), build(question.change(row), question.now)
        yield first[row["id"]], list(_differences(question, before, after, places))


def within_sight(actor: Actor, found: tuple[Consequence, ...]) -> tuple[Consequence, ...]:
    """The same numbers, and the names of those whom the actor may see (security case 14). The digest over everybody
    stays: a plan grows old by what happens to anybody."""
    if decide(actor, VIEW, NOWHERE):
        return found
    named = {person.id for one in found for person in one.people}
    rows = Membership.objects.filter(id__in=named)
    seen = set(visible(actor, VIEW, MEMBER, rows).values_list("id", flat=True)) if named else set()
    return tuple(replace(one, people=tuple(p for p in one.people if p.id in seen)) for one in found)


_KINDS = ("gains", "loses", "changes", "keeps", "has_already", "held_back")


def _rank(key: _Key) -> tuple[Any, ...]:
    kind, subject, code, *rest = key
    return (_KINDS.index(kind), subject, code, rest)


def _consequence(
    key: _Key, people: Mapping[UUID, str], names: Mapping[UUID, str], order: Mapping[UUID, int]
) -> Consequence:
    kind, subject, code, title, before, after, scope = key
    ids = sorted(people, key=order.__getitem__)
    shown = tuple(Affected(i, names[i], people[i]) for i in ids[:SHOWN])
    everybody = hashlib.sha256(b"".join(i.bytes for i in sorted(ids))).hexdigest()[:16]
    return Consequence(kind, subject, code, title, before, after, scope, len(ids), shown, everybody)


def _names(members: QuerySet[Membership]) -> dict[UUID, str]:
    rows = members.order_by("sort_name", "id").only("id", "given_name", "family_name", "email")
    return {row.id: row.name for row in rows}


def _situations(members: QuerySet[Membership], now: datetime) -> list[list[UUID]]:
    """Members who hold the same, bounded and cut the same: what grants are built from, but for where they stand."""
    ids = members.order_by().values("id")
    found: dict[UUID, list[Any]] = {}
    held = Assignment.objects.filter(membership__in=ids).order_by("id")
    columns = ("membership_id", "is_base", "role_id", "then_role_id", "unit_id", "workspace_id", "ends_at")
    for member, base, role, then, unit, workspace, ends in held.values_list(*columns):
        ended = ends is not None and ends <= now
        found.setdefault(member, []).append(("a", base, role, then if base else None, unit, workspace, ended))
    for member, profile in ProfileAssignment.objects.filter(membership__in=ids).values_list(
        "membership_id", "profile_id"
    ):
        found.setdefault(member, []).append(("p", profile))
    taken = RestrictionSet.objects.filter(membership__in=ids).order_by("id")
    for member, *what in taken.values_list("membership_id", "code", "value", "workspace_id"):
        found.setdefault(member, []).append(("r", *what))
    groups: dict[frozenset[Any], list[UUID]] = {}
    for member, parts in found.items():
        groups.setdefault(frozenset(parts), []).append(member)
    return [sorted(group) for group in groups.values()]


@dataclass(frozen=True, slots=True)
class _Places:
    """`above`: unit -> itself and every unit above; `titles`: of units and workspaces, by id."""

    above: Mapping[UUID, frozenset[UUID]]
    titles: Mapping[UUID, str]

    @classmethod
    def of(cls, rows: Iterable[Source]) -> "_Places":
        units = {UUID(a["unit"]) for row in rows for a in row["assigned"] if a["unit"]}
        workspaces = {UUID(a["workspace"]) for row in rows for a in row["assigned"] if a["workspace"]}
        above: dict[UUID, set[UUID]] = {}
        if units:
            for below, higher in UnitLink.objects.filter(below_id__in=units).values_list("below_id", "above_id"):
                above.setdefault(below, set()).add(higher)
        titles = dict(Unit.objects.filter(id__in=units).values_list("id", "name")) if units else {}
        if workspaces:
            titles |= dict(Workspace.objects.filter(id__in=workspaces).values_list("id", "name"))
        return cls({unit: frozenset(ids) for unit, ids in above.items()}, titles)

    def targets(self, *grants: Grants) -> dict[tuple[ScopeKind, UUID | None], Target]:
        """Where roles are held: something there, as decisions see it. The whole organization first."""
        found: dict[tuple[ScopeKind, UUID | None], Target] = {(ScopeKind.ORGANIZATION, None): NOWHERE}
        for held in (held for one in grants for held in one.held):
            if held.scope is ScopeKind.UNIT and held.scope_id:
                found[held.scope, held.scope_id] = Target(units=self.above.get(held.scope_id, frozenset()))
            elif held.scope is ScopeKind.WORKSPACE:
                found[held.scope, held.scope_id] = Target(workspace=held.scope_id)
        return found

    def label(self, line: Line) -> str:
        place = self.titles.get(line.scope_id, "") if line.scope_id else ""
        return f"{line.held.label}, {place}" if place else line.held.label


# --- One situation -------------------------------------------------------------------------


def _differences(question: Question, before: Grants, after: Grants, places: _Places) -> Iterable[tuple[_Key, str]]:
    targets = places.targets(before, after)
    for code in question.codes:
        yield from _of_permission(question, code, before, after, places, targets)
    for code in question.fields:
        had, has = (one.fields.get(code, FieldAccess.EDIT) for one in (before, after))
        if had != has:
            words = (had.name.lower(),), (has.name.lower(),)
            yield ("gains" if has > had else "loses", "field", code, "", *words, ScopeKind.ORGANIZATION), ""
    for role_id, name in question.given.items():
        could, can = before.may_assign(role_id), after.may_assign(role_id)
        if could != can:
            had_words, has_words = (("yes",) if one else () for one in (could, can))
            kind = "gains" if can else "loses"
            yield (kind, "role", str(role_id), name, had_words, has_words, ScopeKind.ORGANIZATION), ""


def effective(grants: Grants, code: str, target: Target) -> Reach:
    """What is given there, bounded by the profile and cut by restrictions."""
    lines = (line.reach for line in grants.lines(code) if in_scope(line, target))
    return reduce(or_, lines, Reach.NONE) & grants.left(code, target.workspace)


def _written(grants: Grants, code: str, target: Target, roles: frozenset[UUID]) -> Reach:
    """What these roles give there, nothing bounded or cut."""
    lines = (line.given for line in grants.lines(code) if line.held.role_id in roles and in_scope(line, target))
    return reduce(or_, lines, Reach.NONE)


def _of_permission(
    question: Question,
    code: str,
    before: Grants,
    after: Grants,
    places: _Places,
    targets: Mapping[tuple[ScopeKind, UUID | None], Target],
) -> Iterable[tuple[_Key, str]]:
    """What changes in the whole organization, and in narrower places what does not change everywhere."""
    said: set[_Key] = set()
    moved = Reach.NONE
    for (scope, _place), target in targets.items():
        had, has = effective(before, code, target), effective(after, code, target)
        if (had ^ has) & ~moved:
            kind = "gains" if had | has == has else "loses" if had | has == had else "changes"
            through = ""
        elif had == has and not said:
            was, will = (_written(one, code, target, question.roles) for one in (before, after))
            kind, through = _unmoved(was, will, has, [(line, places) for line in after.lines(code)], target)
            had, has = was, will
        else:
            continue
        moved |= (had ^ has) if scope is ScopeKind.ORGANIZATION else Reach.NONE
        key = (kind, "permission", code, "", words(code, had), words(code, has), scope)
        if kind and key not in said:
            said.add(key)
            yield key, through


def _unmoved(
    was: Reach, will: Reach, has: Reach, lines: Sequence[tuple[Line, _Places]], target: Target
) -> tuple[str, str]:
    """Why somebody has what they had although the role changed; nothing where there is nothing to say."""
    taken, added = was & ~will, will & ~was
    if taken and taken & has:
        givers = [p.label(line) for line, p in lines if line.reach & taken and in_scope(line, target)]
        return "keeps", "; ".join(dict.fromkeys(givers))
    if added and added & has == added:
        return "has_already", ""
    return ("held_back", "") if added else ("", "")


def words(code: str, reach: Reach) -> Words:
    if not permission(code).has_reach:
        return ("yes",) if reach else ()
    return reach_codes(reach)

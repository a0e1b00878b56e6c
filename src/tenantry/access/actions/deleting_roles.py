"""Deleting a role: its people, keys and everything else that names it go to another role first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from tenantry.access.actions.roles import ask_editable, holding, keys_of, plain
from tenantry.access.contents import content_of
from tenantry.access.errors import MemberOutOfHand, RoleNotAssignable, SuccessorNeeded
from tenantry.access.grants import ROLE_COLUMNS
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, OwnershipTransfer, Role
from tenantry.access.permissions import ASSIGN, ROLES_EDIT
from tenantry.access.simulating import Affected, Consequence, Question, Source, consequences
from tenantry.access.steps import bump_catalogue, get_role
from tenantry.access.uses import USES
from tenantry.access.weighing import settle
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.permissions import catalogue
from tenantry.people.errors import NotOnOneself
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.people.seats import seats_kept

NAMED = 20
# Entries name the people they are about, up to this many.
MOST_NAMED = 1000


@dataclass(frozen=True, slots=True)
class RoleDeletionPlan(Plan):
    """`needed`: something names the role, so that a successor has to be said; `may_end`: it may just end instead.
    `people`: the first holders by name; `ends_besides`: how many additions end because they may not stand beside the
    successor."""

    role_id: UUID
    name: str
    kind: str
    version: int
    needed: bool
    may_end: bool
    successor_id: UUID | None
    successor: str
    holders: int
    people: tuple[Affected, ...]
    keys: tuple[str, ...]
    consequences: tuple[Consequence, ...]
    ends_besides: int


@dataclass(frozen=True, slots=True)
class RoleDeleted:
    id: UUID
    name: str
    holders: int
    successor: str


def plan_delete_role(
    *, actor: Actor, role_id: UUID, now: datetime, successor_id: UUID | None = None
) -> RoleDeletionPlan:
    """What deleting would do. Without a successor where one is needed, the plan says so and nothing more.

    :raises NotFound, FromTheBlueprint, RoleNotAssignable, NotOnOneself, MemberOutOfHand, PermissionMissing: see there.
    """
    require(actor, ROLES_EDIT)
    role = get_role(role_id)
    ask_editable(actor, role)
    members = holding(role_id)
    successor = _successor(actor, role, successor_id)
    keys = keys_of(role_id)
    _ask_holders(actor, role)
    if keys or any(use.refers(role_id) for use in USES):
        for use in USES:
            require(actor, use.permission)
    people = [Affected(m.id, m.name) for m in members.order_by("sort_name", "id")[:NAMED]]
    may_end = role.kind in (Role.Kind.ADDITION, Role.Kind.UNIT) and not keys
    return RoleDeletionPlan(
        role_id=role.id,
        name=role.name,
        kind=role.kind,
        version=role.version,
        needed=bool(people) or _named_elsewhere(role_id),
        may_end=may_end,
        successor_id=successor.id if successor else None,
        successor=successor.name if successor else "",
        holders=members.count() if len(people) == NAMED else len(people),
        people=tuple(people),
        keys=keys,
        consequences=_consequences(role, successor, now) if people and (successor or may_end) else (),
        ends_besides=_misfits(role, successor).count() if successor else 0,
    )


def _named_elsewhere(role_id: UUID) -> bool:
    return OwnershipTransfer.objects.filter(then_role_id=role_id).exists() or any(u.refers(role_id) for u in USES)


def _successor(actor: Actor, role: Role, successor_id: UUID | None) -> Role | None:
    """:raises NotFound: there is none. :raises RoleNotAssignable: not the actor's to give, or held in another way."""
    if successor_id is None:
        return None
    found = get_role(successor_id)
    if found.id == role.id or found.kind != role.kind or found.is_keyholder or not may_assign(actor, found):
        raise RoleNotAssignable(role=found.name)
    return found


def _ask_holders(actor: Actor, role: Role) -> None:
    """Whoever moves people to another role may change the roles of each of them, everywhere.

    :raises NotOnOneself, PermissionMissing, MemberOutOfHand: see there.
    """
    held = Assignment.objects.filter(Q(role=role) | Q(then_role=role))
    if not held.exists():
        return
    if held.filter(membership_id=actor.own_id).exists() and not actor.grants.everything:
        raise NotOnOneself
    if role.kind == Role.Kind.WORKSPACE:
        require(actor, WORKSPACES_MANAGE)
        return
    require(actor, ASSIGN)
    every = Assignment.objects.filter(membership_id__in=held.values("membership_id"), workspace=None)
    ids = {i for name in ("role_id", "then_role_id") for i in every.values_list(name, flat=True).distinct()}
    out = [one for one in Role.objects.filter(id__in=ids - {None}).order_by("position") if not may_assign(actor, one)]
    if out:
        first = every.filter(Q(role=out[0]) | Q(then_role=out[0])).select_related("membership").first()
        raise MemberOutOfHand(name=first.membership.name if first else "", role=out[0].name)


# --- What it does --------------------------------------------------------------------------


def _consequences(role: Role, successor: Role | None, now: datetime) -> tuple[Consequence, ...]:
    columns = _columns(successor) if successor else None
    besides = {str(i): beside for i, beside in Role.objects.values_list("id", "beside")}
    written = {*role.permissions, *(successor.permissions if successor else ())} & catalogue().keys()
    lists = [one.assignable_roles for one in (role, successor) if one]
    given = Role.objects.filter(is_keyholder=False).exclude(id=role.id)
    if None not in lists:
        given = given.filter(id__in={i for one in lists for i in one or ()})
    question = Question(
        change=lambda row: moved(row, str(role.id), columns, besides),
        now=now,
        codes=tuple(sorted(written)) if not _ends_others(role) else tuple(catalogue()),
        roles=frozenset({role.id, *([successor.id] if successor else [])}),
        given=dict(given.order_by("position", "sort_name").values_list("id", "name")),
    )
    return consequences(holding(role.id), question)


def _ends_others(role: Role) -> bool:
    """Whether other roles may end with it: those that are held beside some base roles only."""
    return role.kind == Role.Kind.BASE and Role.objects.filter(beside__isnull=False).exists()


def _columns(role: Role) -> dict[str, Any]:
    return {name: getattr(role, name) for name in ROLE_COLUMNS} | {"id": str(role.id)}


def moved(
    row: Source, role_id: str, successor: Mapping[str, Any] | None, besides: Mapping[str, list[str] | None]
) -> Source:
    """The row of `grants.sources` after the deletion."""
    had = {(str(a["role"]["id"]), a["unit"], a["workspace"]) for a in row["assigned"] if not a["base"]}
    settles = any(a["base"] and str(a["role"]["id"]) == role_id for a in row["assigned"])
    found: list[dict[str, Any]] = []
    for one in row["assigned"]:
        then = successor if one["then"] and str(one["then"]["id"]) == role_id else one["then"]
        if str(one["role"]["id"]) != role_id:
            kept = _stays(one, successor, besides) if settles and successor else True
            found += [{**one, "then": then}] if kept else []
        elif successor and (one["base"] or (successor["id"], one["unit"], one["workspace"]) not in had):
            found.append({**one, "role": successor, "then": then})
    return {**row, "assigned": found}


def _stays(one: Mapping[str, Any], base: Mapping[str, Any], besides: Mapping[str, list[str] | None]) -> bool:
    beside = besides.get(str(one["role"]["id"]))
    return bool(one["base"] or one["workspace"] or beside is None or base["id"] in beside)


def _misfits(role: Role, successor: Role) -> Any:
    """Additions and roles at units of the base role's holders that may not stand beside the successor."""
    holders = Assignment.objects.filter(role=role, is_base=True).values("membership_id")
    rows = Assignment.objects.filter(membership_id__in=holders, is_base=False, workspace=None)
    return rows.filter(role__beside__isnull=False).exclude(role__beside__contains=[str(successor.id)])


@action(ROLES_EDIT)
def delete_role(
    *,
    actor: Actor,
    now: datetime,
    role_id: UUID,
    successor_id: UUID | None = None,
    version: int | None = None,
    digest: str | None = None,
) -> Outcome[RoleDeleted]:
    """Its people, keys and all that names it go to the successor; an addition, or a role at a unit, may just end.

    :raises SuccessorNeeded: it is in use. :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, FromTheBlueprint, RoleNotAssignable, NotOnOneself, MemberOutOfHand, PermissionMissing: see there.
    """
    bump_catalogue()
    plan = plan_delete_role(actor=actor, role_id=role_id, now=now, successor_id=successor_id)
    confirm(plan, digest)
    if plan.needed and successor_id is None and not plan.may_end:
        raise SuccessorNeeded(name=plan.name)
    role = get_role(role_id)
    members = list(holding(role_id).order_by("id").values_list("id", flat=True)[: MOST_NAMED + 1])
    with seats_kept(now):
        if successor_id is not None:
            _move(role, get_role(successor_id))
        _forget(role)
    values = {
        "name": plan.name,
        "kind": plan.kind,
        "before": plain(content_of(role)),
        "successor_id": plan.successor_id,
        "successor": plan.successor,
        "holders": plan.holders,
        "members": members if len(members) <= MOST_NAMED else [],
    }
    role.delete()
    return Outcome(
        RoleDeleted(role_id, plan.name, plan.holders, plan.successor),
        Entry("access.role_deleted", "role", role_id, values),
    )


def _move(role: Role, successor: Role) -> None:
    rows = Assignment.objects
    if role.kind == Role.Kind.BASE:
        _misfits(role, successor).delete()
    # Whoever holds the successor there already keeps that one.
    held = rows.filter(membership_id=OuterRef("membership_id"), role=successor, is_base=False, workspace=None)
    moving = rows.filter(role=role, is_base=False, workspace=None)
    moving.filter(Exists(held.filter(unit_id=OuterRef("unit_id")))).delete()
    moving.filter(Exists(held.filter(unit=None)), unit=None).delete()
    rows.filter(role=role).update(role_id=successor.id)
    affected = list(rows.filter(then_role=role).values_list("membership_id", flat=True))
    rows.filter(then_role=role).update(then_role_id=successor.id)
    # Whoever would become what they are then anyway has it for good.
    rows.filter(is_base=True, then_role_id=F("role_id")).update(ends_at=None, then_role_id=None, noticed_at=None)
    _end_with_base(affected)
    OwnershipTransfer.objects.filter(then_role=role).update(then_role_id=successor.id)
    for use in USES:
        use.move(role.id, successor.id)


def _end_with_base(member_ids: list[UUID]) -> None:
    """What may not stand beside the role that follows ends with the present one."""
    rows = Assignment.objects.filter(membership_id__in=member_ids, workspace=None).select_related("role", "then_role")
    bases = {row.membership_id: row for row in rows if row.is_base}
    for row in rows:
        _stays_there, end = settle(row, bases[row.membership_id]) if not row.is_base else (True, row.ends_at)
        if end != row.ends_at:
            row.ends_at, row.noticed_at = end, None
            row.save(update_fields=["ends_at", "noticed_at"])


def _forget(role: Role) -> None:
    """What is left of it: additions that just end, and its place in the lists of other roles."""
    Assignment.objects.filter(role=role).delete()
    gone = str(role.id)
    for other in Role.objects.exclude(id=role.id):
        lists = {
            name: [one for one in getattr(other, name) if one != gone]
            for name in ("assignable_roles", "beside")
            if gone in (getattr(other, name) or ())
        }
        if lists:
            for name, value in lists.items():
                setattr(other, name, value)
            other.version += 1
            other.save(update_fields=[*lists, "version"])


def successors(actor: Actor, role: Role) -> list[Role]:
    """The roles that may take this one's place, in their order."""
    rows = Role.objects.filter(kind=role.kind, is_keyholder=False).exclude(id=role.id).order_by("position", "sort_name")
    return [one for one in rows if may_assign(actor, one)]

"""Another base role for many: the plan and the act from the same code, by the same few queries for any number."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from tenantry.access.errors import LastKeyholder, RoleNotAssignable, SameRole, TooManyKeyholders
from tenantry.access.hands import Standing, may_assign, out_of_hand, standings
from tenantry.access.models import Assignment, Role
from tenantry.access.permissions import ASSIGN
from tenantry.access.selectors import keyholder_ids
from tenantry.access.simulating import Counted, Question, gains_and_losses
from tenantry.access.steps import get_role, keep_a_keyholder
from tenantry.access.weighing import beside, written
from tenantry.acting.actions import Part
from tenantry.acting.plans import Plan, Refused
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.permissions import catalogue
from tenantry.organizations.selectors import policy
from tenantry.people.errors import AlreadyRemoved, NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.seats import free_roles, seats
from tenantry.people.selectors import PLANNED, visible_members
from tenantry.people.steps import bump_access
from tenantry.usecases.carried import Carried

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class RolesPlan(Plan):
    """`gains` and `loses`: how many people, by code of a permission. `ended`: roles beside the base role that may not
    stand beside the new one."""

    role_id: UUID
    role: str
    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    gains: tuple[tuple[str, int], ...]
    loses: tuple[tuple[str, int], ...]
    ended: int


@dataclass(frozen=True, slots=True)
class RolesGiven:
    role_id: UUID
    members: tuple[UUID, ...]
    refused: tuple[Refused, ...]


def selected(actor: Actor, membership_ids: Iterable[UUID]) -> list[Membership]:
    """The selection by name.

    :raises NotFound: one of them is unknown or out of reach.
    """
    wanted = set(membership_ids)
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    return rows


def named(rows: Iterable[Membership], refused: Mapping[UUID, Refusal]) -> tuple[Refused, ...]:
    return tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused)


def common_refusal(actor: Actor, member: Membership, standing: Standing, code: str) -> Refusal | None:
    """What is asked of everybody whose access is changed by somebody else."""
    if member.id == actor.membership_id:
        return NotOnOneself()
    if member.status == Status.REMOVED:
        return AlreadyRemoved(name=member.name)
    return out_of_hand(actor, member, standing, code)


def plan_change_roles(
    *, actor: Actor, membership_ids: Iterable[UUID], role_id: UUID, now: datetime, carried: Carried | None = None
) -> RolesPlan:
    """Who would get the role for good, and who not and why.

    :raises NotFound: the role, or somebody of the selection, is unknown or out of reach.
    :raises RoleNotAssignable: a role that is held in another way.
    """
    rows, role = selected(actor, membership_ids), get_role(role_id)
    if role.kind != Role.Kind.BASE:
        raise RoleNotAssignable(role=role.name)
    standing = standings(member.id for member in rows)
    held = _held([member.id for member in rows])
    refused = _refusals(actor, rows, standing, held, role)
    carried = carried or Carried()
    refused |= _of_keyholders(rows, standing, refused, role, carried)
    refused |= _of_seats([one for one in rows if one.id not in refused], held, role, carried, now)
    getting = [member for member in rows if member.id not in refused]
    ids = tuple(member.id for member in getting)
    gains, loses = _consequences(ids, role, held, now)
    return RolesPlan(
        role_id=role.id,
        role=role.name,
        members=ids,
        names=tuple(member.name for member in getting),
        refused=named(rows, refused),
        gains=gains,
        loses=loses,
        ended=sum(len(_ended(held.get(i, []), role)) for i in ids),
    )


def _held(ids: Iterable[UUID]) -> dict[UUID, list[Assignment]]:
    """Roles outside of workspaces, by person."""
    found: dict[UUID, list[Assignment]] = {}
    rows = list(Assignment.objects.filter(membership_id__in=list(ids), workspace=None))
    roles = Role.objects.in_bulk({row.role_id for row in rows})
    for row in rows:
        row.role = roles[row.role_id]
        found.setdefault(row.membership_id, []).append(row)
    return found


def _refusals(
    actor: Actor,
    rows: Iterable[Membership],
    standing: Mapping[UUID, Standing],
    held: Mapping[UUID, list[Assignment]],
    role: Role,
) -> dict[UUID, Refusal]:
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        base = next((one for one in held.get(member.id, []) if one.is_base), None)
        why = common_refusal(actor, member, standing[member.id], ASSIGN)
        if why is None and not may_assign(actor, role, standing[member.id].target):
            why = RoleNotAssignable(role=role.name)
        if why is None and base and (base.role_id, base.ends_at) == (role.id, None):
            why = SameRole(name=member.name)
        if why is not None:
            refused[member.id] = why
    return refused


def _of_keyholders(
    rows: Iterable[Membership],
    standing: Mapping[UUID, Standing],
    refused: Mapping[UUID, Refusal],
    role: Role,
    carried: Carried,
) -> dict[UUID, Refusal]:
    """At least one stays, and no more than the policy allows."""
    left = [member for member in rows if member.id not in refused]
    bases = {member.id: standing[member.id].base for member in left}
    were = [m for m in left if (base := bases[m.id]) is not None and base.is_keyholder]
    if not role.is_keyholder:
        return _last_stays(were, bases, carried)
    maximum = policy("keyholders.maximum")
    coming = [member for member in left if member not in were]
    if maximum is None or not coming:
        return {}
    present = Assignment.objects.filter(is_base=True, role__is_keyholder=True)
    count = present.exclude(membership__status=Status.REMOVED).count() + carried.keyholders_made
    beyond = coming[max(0, maximum - count) :]
    carried.keyholders_made += len(coming) - len(beyond)
    return {member.id: TooManyKeyholders(maximum=maximum) for member in beyond}


def _last_stays(were: list[Membership], bases: Mapping[UUID, Role | None], carried: Carried) -> dict[UUID, Refusal]:
    holders = set(keyholder_ids()) - carried.keyholders_lost if were else set()
    losing = [member for member in were if member.id in holders]
    kept: dict[UUID, Refusal] = {}
    if losing and len(losing) == len(holders):
        keeper = losing.pop(0)
        base = bases[keeper.id]
        kept[keeper.id] = LastKeyholder(name=keeper.name, role=base.name if base else "", membership_id=str(keeper.id))
    carried.keyholders_lost |= {member.id for member in losing}
    return kept


def _of_seats(
    rows: Iterable[Membership], held: Mapping[UUID, list[Assignment]], role: Role, carried: Carried, now: datetime
) -> dict[UUID, Refusal]:
    """Whoever had a role without a fee takes a seat now: the last of them, where there are fewer free ones."""
    free = free_roles()
    if not free or role.key in free:
        return {}
    state, coming = seats(now), []
    for member in rows:
        kept = [one for one in held.get(member.id, []) if not one.is_base and beside(one.role, role)]
        stays = any(one.role.key in free and one.ends_at is None and one.unit_id is None for one in kept)
        if member.seat_free and not stays and member.status in state.counted and not member.is_expired(now):
            coming.append(member)
    if state.growth == "per_person" or state.free is None:
        return {}
    left = max(0, state.free - carried.seats_taken)
    carried.seats_taken += min(left, len(coming))
    return {member.id: state.refusal for member in coming[left:]}


def _ended(held: Iterable[Assignment], role: Role) -> list[Assignment]:
    """What may not stand beside the new base role."""
    return [one for one in held if not one.is_base and not beside(one.role, role)]


def _consequences(
    ids: tuple[UUID, ...], role: Role, held: Mapping[UUID, list[Assignment]], now: datetime
) -> tuple[Counted, Counted]:
    if not ids:
        return (), ()
    may_stand = {str(one.role_id): beside(one.role, role) for i in ids for one in held.get(i, [])}
    new = written(role, base=True)

    def change(row: Mapping[str, Any]) -> Mapping[str, Any]:
        kept = [
            one
            for one in row["assigned"]
            if not one["base"] and (one["workspace"] or may_stand.get(str(one["role"]["id"]), True))
        ]
        return {**row, "assigned": [new, *kept]}

    return gains_and_losses(Membership.objects.filter(id__in=ids), Question(change, now, codes=list(catalogue())))


def change_roles(*, actor: Actor, now: datetime, plan: RolesPlan) -> Part[RolesGiven]:
    """What a confirmed plan says; for actions that have locked its people and the keyholders."""
    role = get_role(plan.role_id)
    members = Membership.objects.filter(id__in=plan.members).defer("picture")
    if not role.is_keyholder:
        keep_a_keyholder(members)
    held = _held(plan.members)
    before = {str(i): one.role_id for i, rows in held.items() for one in rows if one.is_base}
    ended = [one.id for rows in held.values() for one in _ended(rows, role)]
    Assignment.objects.filter(id__in=ended).delete()
    values = {
        "role": role,
        "ends_at": None,
        "then_role": None,
        "noticed_at": None,
        "given_by_id": actor.membership_id,
        "given_at": now,
    }
    Assignment.objects.filter(Q(membership_id__in=plan.members), is_base=True).update(**values)
    missing = [i for i in plan.members if str(i) not in before]
    Assignment.objects.bulk_create(Assignment(membership_id=i, is_base=True, **values) for i in missing)
    bump_access(plan.members)
    told = {"after": role.name, "after_id": role.id, "members": [str(i) for i in plan.members], "before_ids": before}
    return Part(
        RolesGiven(role.id, plan.members, plan.refused),
        Entry("people.roles_changed", "members", None, {**told, "ended": len(ended)}),
        events=(Event("RolesChanged", {"membership_ids": plan.members, "role": role.name}),),
    )

"""Who may act on whom, and who may give which role (product.md §3, invariants).

A role is given only by somebody whose own role lists it, at a scope that covers the person; acts on a person reach
only people all of whose roles one may give. Levels in a workspace stay in it: they follow `workspaces.manage`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from tenantry.access.errors import MemberOutOfHand
from tenantry.access.models import Assignment, Role
from tenantry.core.actor import Actor, Held
from tenantry.core.decisions import decide
from tenantry.core.errors import PermissionMissing, Refusal
from tenantry.core.permissions import ScopeKind
from tenantry.core.records import NOWHERE, Target
from tenantry.organizations.models import UnitLink
from tenantry.people.errors import AlreadyRemoved, NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.selectors import get_member


@dataclass(frozen=True, slots=True)
class Standing:
    """One member as others act on them. `roles`: every role outside of workspaces, and what follows one that ends."""

    base: Role | None
    roles: tuple[Role, ...]
    target: Target


def covers(held: Held, target: Target) -> bool:
    """Whether a role held at this scope speaks for the target."""
    if held.scope is ScopeKind.UNIT:
        return held.scope_id in target.units
    return held.scope is ScopeKind.ORGANIZATION or held.scope_id == target.workspace


def may_assign(actor: Actor, role: Role, target: Target = NOWHERE) -> bool:
    """Whether the actor may give and take this role, there. Only keyholders give the keyholder's role."""
    return actor.grants.everything or (not role.is_keyholder and gives(actor, role.id, target))


def gives(actor: Actor, role_id: UUID, target: Target) -> bool:
    """Whether one of the actor's roles that speak for the target lists this role."""
    return any(
        (held.assignable is None or role_id in held.assignable) and covers(held, target) for held in actor.grants.held
    )


def in_hand(actor: Actor, standing: Standing) -> bool:
    return all(may_assign(actor, role, standing.target) for role in standing.roles)


# From here on roles and places are read once each, by queries of their own.
MANY = 100


def standings(member_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """By membership id; one query, three for many. Whoever holds nothing (removed people) stands nowhere."""
    wanted = list(member_ids)
    if len(wanted) > MANY:
        return _standings_of_many(wanted)
    above = UnitLink.objects.filter(below_id=OuterRef("membership__unit_id")).values("above_id")
    rows = Assignment.objects.filter(membership_id__in=wanted).annotate(above=ArraySubquery(above))
    held: dict[UUID, list[Any]] = {}
    for row in rows.select_related("role", "then_role").order_by("-is_base", "id"):
        held.setdefault(row.membership_id, []).append(row)
    return {member_id: _standing(member_id, held.get(member_id, [])) for member_id in wanted}


def _standing(member_id: UUID, held: list[Any]) -> Standing:
    outside = [row for row in held if row.workspace_id is None]
    roles = [row.role for row in outside] + [row.then_role for row in outside if row.then_role]
    units = frozenset(held[0].above) if held else frozenset()
    return Standing(
        base=next((row.role for row in outside if row.is_base), None),
        roles=tuple(roles),
        target=Target("member", member_id, owner=member_id, units=units),
    )


def _standings_of_many(wanted: list[UUID]) -> dict[UUID, Standing]:
    rows = Assignment.objects.filter(membership_id__in=wanted).order_by("-is_base", "id")
    columns = ("membership_id", "membership__unit_id", "workspace_id", "is_base", "role_id", "then_role_id")
    held: dict[UUID, list[tuple[Any, ...]]] = {}
    for member_id, *what in rows.values_list(*columns):
        held.setdefault(member_id, []).append(tuple(what))
    found = [one for ones in held.values() for one in ones]
    roles = Role.objects.in_bulk({role for *_, role, then in found for role in (role, then) if role})
    above = _above({unit for unit, *_ in found if unit})
    return {member_id: _standing_of_many(member_id, held.get(member_id, []), roles, above) for member_id in wanted}


def _above(units: set[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Unit -> itself and every unit above."""
    found: dict[UUID, set[UUID]] = {}
    for below, higher in UnitLink.objects.filter(below_id__in=units).values_list("below_id", "above_id"):
        found.setdefault(below, set()).add(higher)
    return {unit: frozenset(ids) for unit, ids in found.items()}


def _standing_of_many(
    member_id: UUID, held: list[tuple[Any, ...]], roles: Mapping[UUID, Role], above: Mapping[UUID, frozenset[UUID]]
) -> Standing:
    outside = [(base, role, then) for _unit, workspace, base, role, then in held if workspace is None]
    given = [roles[role] for _base, role, _then in outside] + [roles[then] for *_, then in outside if then]
    units = above.get(held[0][0], frozenset()) if held else frozenset()
    return Standing(
        base=next((roles[role] for base, role, _then in outside if base), None),
        roles=tuple(given),
        target=Target("member", member_id, owner=member_id, units=units),
    )


def standing_of(member_id: UUID) -> Standing:
    return standings([member_id])[member_id]


def out_of_hand(actor: Actor, member: Membership, standing: Standing, code: str) -> Refusal | None:
    """Why the actor may not do `code` to this member: the permission does not reach them (`PermissionMissing`), or
    one of their roles is not the actor's to give (`MemberOutOfHand`)."""
    decision = decide(actor, code, standing.target)
    if not decision:
        return PermissionMissing(code, decision.step or "")
    if in_hand(actor, standing):
        return None
    out = next(role for role in standing.roles if not may_assign(actor, role, standing.target))
    return MemberOutOfHand(name=member.name, role=out.name, permission=code)


def refuse_out_of_hand(actor: Actor, member: Membership, code: str) -> Standing:
    """The member's standing, when the actor may do `code` to this member.

    :raises PermissionMissing, MemberOutOfHand: see `out_of_hand`.
    """
    standing = standing_of(member.id)
    refusal = out_of_hand(actor, member, standing, code)
    if refusal is not None:
        raise refusal
    return standing


def handled(actor: Actor, membership_id: UUID, code: str) -> tuple[Membership, Standing]:
    """Somebody whose access this actor may change.

    :raises NotFound, NotOnOneself, AlreadyRemoved, PermissionMissing, MemberOutOfHand: see there.
    """
    member = get_member(actor, membership_id)
    if membership_id == actor.membership_id:
        raise NotOnOneself
    if member.status == Membership.Status.REMOVED:
        raise AlreadyRemoved(name=member.name)
    return member, refuse_out_of_hand(actor, member, code)

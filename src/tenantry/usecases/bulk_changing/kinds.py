"""What can be done to a selection: who may, how it is planned and how it is done, a chunk at a time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.acting.actions import Outcome
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.organizations.models import LockRow
from tenantry.people.actions import join_team, plan_join_team
from tenantry.people.permissions import DEACTIVATE, EDIT, INVITE, REMOVE, TEAMS_MANAGE
from tenantry.usecases import departments, offboarding, placing, resending
from tenantry.usecases.bulk_changing.profiles import plan_set_profiles, set_profiles
from tenantry.usecases.bulk_changing.roles import change_roles, plan_change_roles
from tenantry.usecases.carried import Carried

Lock = LockRow.Name


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some people of a selection. `value_id`: the team, unit, role, profile, department or successor; None for none,
    or where nothing is chosen."""

    actor: Actor
    ids: tuple[UUID, ...]
    value_id: UUID | None
    now: datetime
    carried: Carried | None = None


@dataclass(frozen=True, slots=True)
class BulkKind:
    """`into`: what has to be chosen; `optional`: none of it may be; `beside`: chosen while the plan is read.

    `plan` gives something with `members`, `names` and `refused`; `numbers`: what of it adds up over chunks; `locks`:
    taken before a chunk is planned to be carried out."""

    key: str
    title: str | Promise
    permission: str
    plan: Callable[[Chunk], Any]
    act: Callable[[Chunk, Any], Outcome[Any]]
    numbers: tuple[str, ...] = ()
    locks: tuple[LockRow.Name, ...] = ()
    into: str = ""
    optional: bool = False
    beside: bool = False

    @property
    def operation(self) -> str:
        return f"people.bulk_{self.key}"

    @property
    def planning(self) -> str:
        """The operation that plans a selection too large to be planned while somebody waits."""
        return f"people.bulk_plan_{self.key}"


def _chosen(chunk: Chunk) -> UUID:
    """:raises InvalidInput: nothing was chosen."""
    if chunk.value_id is None:
        raise InvalidInput({"value": _("Choose one.")})
    return chunk.value_id


def _deactivation(chunk: Chunk) -> Any:
    return offboarding.plan_deactivate_members(
        actor=chunk.actor, membership_ids=chunk.ids, now=chunk.now, carried=chunk.carried
    )


def _removal(chunk: Chunk) -> Any:
    return offboarding.plan_remove_members(
        actor=chunk.actor,
        membership_ids=chunk.ids,
        now=chunk.now,
        carried=chunk.carried,
        successor_id=chunk.value_id,
    )


def _resend(chunk: Chunk) -> Any:
    return resending.plan_resend_invitations(
        actor=chunk.actor, membership_ids=chunk.ids, now=chunk.now, carried=chunk.carried
    )


def _team(chunk: Chunk) -> Any:
    return plan_join_team(actor=chunk.actor, team_id=_chosen(chunk), membership_ids=chunk.ids)


def _unit(chunk: Chunk) -> Any:
    return placing.plan_move_to_unit(actor=chunk.actor, membership_ids=chunk.ids, unit_id=_chosen(chunk))


def _role(chunk: Chunk) -> Any:
    return plan_change_roles(
        actor=chunk.actor,
        membership_ids=chunk.ids,
        role_id=_chosen(chunk),
        now=chunk.now,
        carried=chunk.carried,
    )


def _profile(chunk: Chunk) -> Any:
    return plan_set_profiles(actor=chunk.actor, membership_ids=chunk.ids, profile_id=chunk.value_id, now=chunk.now)


def _department(chunk: Chunk) -> Any:
    return departments.plan_set_department(actor=chunk.actor, membership_ids=chunk.ids, department_id=chunk.value_id)


def _join(chunk: Chunk, plan: Any) -> Outcome[Any]:
    return join_team(actor=chunk.actor, now=chunk.now, team_id=plan.team_id, membership_ids=plan.members)


def _move(chunk: Chunk, plan: Any) -> Outcome[Any]:
    return placing.move_to_unit(actor=chunk.actor, now=chunk.now, unit_id=plan.unit_id, membership_ids=plan.members)


def _send_again(chunk: Chunk, plan: Any) -> Outcome[Any]:
    return resending.resend_invitations(actor=chunk.actor, now=chunk.now, membership_ids=plan.members)


def _regroup(chunk: Chunk, plan: Any) -> Outcome[Any]:
    return departments.set_department(
        actor=chunk.actor, now=chunk.now, department_id=plan.department_id, membership_ids=plan.members
    )


def _kinds() -> Iterable[BulkKind]:
    yield BulkKind(
        "deactivation",
        _("Deactivate people"),
        DEACTIVATE,
        _deactivation,
        lambda chunk, plan: offboarding.carry_out_deactivation(chunk.actor, plan, chunk.now).outcome,
        numbers=("active", "sessions", "invitations", "seats_freed", "owned"),
        locks=(Lock.STRUCTURE, Lock.KEYHOLDERS),
    )
    yield BulkKind(
        "removal",
        _("Remove people"),
        REMOVE,
        _removal,
        lambda chunk, plan: offboarding.carry_out_removal(chunk.actor, plan, chunk.now).outcome,
        numbers=("active", "sessions", "invitations", "teams", "roles", "seats_freed", "owned"),
        locks=(Lock.STRUCTURE, Lock.KEYHOLDERS),
        into="successor",
        optional=True,
        beside=True,
    )
    yield BulkKind("resend", _("Send invitations again"), INVITE, _resend, _send_again, ("seats_taken",), (Lock.SEATS,))
    yield BulkKind("team", _("Add people to a team"), TEAMS_MANAGE, _team, _join, into="team")
    yield BulkKind("unit", _("Put people into a branch"), EDIT, _unit, _move, (), (Lock.STRUCTURE,), "unit")
    yield BulkKind(
        "role",
        _("Give people another role"),
        ASSIGN,
        _role,
        lambda chunk, plan: change_roles(actor=chunk.actor, now=chunk.now, plan=plan).outcome,
        numbers=("ended",),
        locks=(Lock.SEATS, Lock.KEYHOLDERS),
        into="role",
    )
    yield BulkKind(
        "profile",
        _("Give people another profile"),
        RESTRICT,
        _profile,
        lambda chunk, plan: set_profiles(actor=chunk.actor, now=chunk.now, plan=plan).outcome,
        into="profile",
        optional=True,
    )
    yield BulkKind(
        "department",
        _("Put people into a department"),
        EDIT,
        _department,
        _regroup,
        into="department",
        optional=True,
    )


KINDS: Mapping[str, BulkKind] = {kind.key: kind for kind in _kinds()}
BY_OPERATION: Mapping[str, BulkKind] = {kind.operation: kind for kind in KINDS.values()}
BY_PLANNING: Mapping[str, BulkKind] = {kind.planning: kind for kind in KINDS.values()}

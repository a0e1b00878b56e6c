"""Inviting several people at once: one action, refusals found by query first, the rest sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from tenantry.access.errors import RoleNotAssignable, TooManyKeyholders
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, Role
from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Entry, Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import InvalidInput, NotFound, Refusal
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.organizations.permissions import EDIT as EDIT_ORGANIZATION
from tenantry.organizations.selectors import policy
from tenantry.organizations.steps import mark_step
from tenantry.people.addresses import taken_elsewhere
from tenantry.people.errors import AddressElsewhere, AlreadyInvited, AlreadyMember, MemberDeactivated
from tenantry.people.models import Membership
from tenantry.people.permissions import INVITE
from tenantry.people.seats import Seats, counted_statuses, free_roles, seats
from tenantry.people.steps import create_invitations, invitation_end, known_addresses, named_to

MOST_ROWS = 200
Status = Membership.Status
KNOWN: dict[str, type[Refusal]] = {
    Status.ACTIVE: AlreadyMember,
    Status.INVITED: AlreadyInvited,
    Status.DEACTIVATED: MemberDeactivated,
}


class ListedTwice(Refusal):
    code = "listed_twice"
    sentence = _("This address is in the list twice.")


@dataclass(frozen=True, slots=True)
class InviteRow:
    """Cleaned by the bounds of `core.bounds`."""

    email: str
    role_id: UUID
    given_name: str = ""
    family_name: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """`position` counts from 0 in what was asked for."""

    position: int
    email: str
    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ManyInvited:
    sent: tuple[UUID, ...]
    refused: tuple[RefusedRow, ...]


@action(INVITE, answers=AddressElsewhere.code)
def invite_members(
    *, actor: Actor, now: datetime, rows: tuple[InviteRow, ...], in_setup: bool = False
) -> Outcome[ManyInvited]:
    """Sends to everybody who can be invited; the others come back with the reason. Seats are counted once, for all.

    `in_setup`: the wizard asks; once everything was sent its step is done.

    :raises InvalidInput: more than 200 rows.
    """
    if len(rows) > MOST_ROWS:
        raise InvalidInput({"rows": _("At most 200 people at once.")})
    # Rows name no unit, so this takes the permission in the whole organization.
    require(actor, INVITE)
    lock(LockRow.Name.SEATS, LockRow.Name.KEYHOLDERS)
    roles = {role.id: role for role in Role.objects.filter(id__in={row.role_id for row in rows})}
    refused = _refusals(actor, rows, roles)
    _refuse_over_seats(rows, refused, roles, now)
    ready = [row for position, row in enumerate(rows) if position not in refused]
    members = _create(actor, ready, roles, now)
    if in_setup and not refused and actor.may(EDIT_ORGANIZATION):
        mark_step("people", "done", now)
    answer = ManyInvited(
        tuple(m.id for m in members),
        tuple(RefusedRow(i, rows[i].email, why.code, str(why)) for i, why in sorted(refused.items())),
    )
    if not members:
        return Outcome(answer, None)
    ids = [str(m.id) for m in members]
    values = {"count": len(ids), "members": ids, "roles": sorted({roles[row.role_id].name for row in ready})}
    entry = Entry("people.many_invited", "", None, values, {"emails": [m.email for m in members]})
    return Outcome(answer, entry, events=(Event("MembersInvited", {"membership_ids": ids}),))


def _refusals(actor: Actor, rows: tuple[InviteRow, ...], roles: dict[UUID, Role]) -> dict[int, Refusal]:
    known = known_addresses(row.email for row in rows)
    named = named_to(actor, known.values())
    taken = taken_elsewhere(row.email for row in rows)
    refused: dict[int, Refusal] = {}
    seen: set[str] = set()
    keyholders_left = _keyholders_left() if any(role.is_keyholder for role in roles.values()) else None
    for position, row in enumerate(rows):
        role, member = roles.get(row.role_id), known.get(row.email)
        if row.email in seen:
            refused[position] = ListedTwice()
        elif member is not None:
            refused[position] = KNOWN[member.status](**named[member.id])
        elif row.email in taken:
            refused[position] = AddressElsewhere()
        elif role is None:
            refused[position] = NotFound()
        elif not may_assign(actor, role):
            refused[position] = RoleNotAssignable(role=role.name)
        elif role.is_keyholder and keyholders_left is not None:
            keyholders_left -= 1
            if keyholders_left < 0:
                refused[position] = TooManyKeyholders(maximum=policy("keyholders.maximum"))
        seen.add(row.email)
    return refused


def _keyholders_left() -> int | None:
    """How many more the policy allows; None without a limit. Invited ones count too."""
    maximum: int | None = policy("keyholders.maximum")
    rows = Assignment.objects.filter(is_base=True, role__is_keyholder=True)
    return None if maximum is None else maximum - rows.exclude(membership__status=Status.REMOVED).count()


def _refuse_over_seats(
    rows: tuple[InviteRow, ...], refused: dict[int, Refusal], roles: Mapping[UUID, Role], now: datetime
) -> None:
    """The first rows get the free seats."""
    if Status.INVITED not in counted_statuses() or policy("seats.growth") == "per_person":
        return
    state: Seats = seats(now)
    if state.free is None:
        return
    free = free_roles()
    ready = [n for n, row in enumerate(rows) if n not in refused and roles[row.role_id].key not in free]
    for position in ready[state.free :]:
        refused[position] = state.refusal


def _create(actor: Actor, rows: list[InviteRow], roles: dict[UUID, Role], now: datetime) -> list[Membership]:
    until, free = invitation_end(now) if rows else None, free_roles()
    members = [
        Membership(
            email=row.email,
            given_name=row.given_name,
            family_name=row.family_name,
            status=Status.INVITED,
            created_at=now,
            invited_until=until,
            access_version=1,
            seat_free=roles[row.role_id].key in free,
        )
        for row in rows
    ]
    for member in members:
        member.refresh_search()
    create_invitations(members, invited_by=actor.membership_id, now=now)
    Assignment.objects.bulk_create(
        [
            Assignment(
                membership=member, role=roles[row.role_id], is_base=True, given_by_id=actor.membership_id, given_at=now
            )
            for member, row in zip(members, rows, strict=True)
        ]
    )
    return members

"""Sending the invitations of a selection again: set-based, planned first, everything with one lock on the seats."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.hands import out_of_hand, standings
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, Refused, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PermissionMissing, Refusal
from tenantry.organizations.selectors import policy
from tenantry.people.errors import NotInvited
from tenantry.people.models import Invitation, Membership
from tenantry.people.permissions import INVITE
from tenantry.people.seats import counted_statuses, seats, take_seats
from tenantry.people.selectors import PLANNED, visible_members
from tenantry.people.steps import invitation_end
from tenantry.people.ways import mail_ways
from tenantry.usecases.carried import Carried

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class ResendPlan(Plan):
    """`seats_taken`: expired invitations that hold a seat again; those beyond the licence are refused."""

    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    seats_taken: int


@dataclass(frozen=True, slots=True)
class Resent:
    members: tuple[UUID, ...]
    refused: tuple[Refused, ...]
    expires_at: datetime


def plan_resend_invitations(
    *, actor: Actor, membership_ids: Iterable[UUID], now: datetime, carried: Carried | None = None
) -> ResendPlan:
    """What sending them again would do. `carried`: when they are a chunk of a larger selection.

    :raises NotFound: somebody of the selection is unknown or out of reach. :raises PermissionMissing: `people.invite`.
    """
    rows, refused, lapsed = _sorted_out(actor, membership_ids, now, carried)
    sent = [m for m in rows if m.id not in refused]
    return ResendPlan(
        tuple(m.id for m in sent),
        tuple(m.name for m in sent),
        tuple(Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in rows if m.id in refused),
        sum(m.id not in refused for m in lapsed),
    )


def _sorted_out(
    actor: Actor, membership_ids: Iterable[UUID], now: datetime, carried: Carried | None = None
) -> tuple[list[Membership], dict[UUID, Refusal], list[Membership]]:
    """The selection by name, who of it is refused and why, and whose invitation takes a seat again."""
    if not actor.may(INVITE):
        raise PermissionMissing(INVITE)
    wanted = set(membership_ids)
    rows = list(visible_members(actor).filter(id__in=wanted).only(*PLANNED).order_by("sort_name", "id"))
    if not rows or len(rows) != len(wanted):
        raise NotFound
    refused = _refusals(actor, rows)
    lapsed = [m for m in rows if m.id not in refused and m.is_expired(now) and not m.seat_free]
    lapsed = lapsed if Status.INVITED in counted_statuses() else []
    beyond = _beyond_the_licence(lapsed, now, carried.seats_taken if carried else 0)
    if carried:
        carried.seats_taken += len(lapsed) - len(beyond)
    return rows, refused | beyond, lapsed


def _refusals(actor: Actor, rows: list[Membership]) -> dict[UUID, Refusal]:
    standing = standings(m.id for m in rows)
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        if member.status != Status.INVITED:
            refused[member.id] = NotInvited(name=member.name)
        elif refusal := out_of_hand(actor, member, standing[member.id], INVITE):
            refused[member.id] = refusal
    return refused


def _beyond_the_licence(lapsed: list[Membership], now: datetime, taken: int) -> dict[UUID, Refusal]:
    """The last of them, by name, when there are fewer free seats than expired invitations. `taken`: by earlier ones."""
    if not lapsed or policy("seats.growth") == "per_person":
        return {}
    state = seats(now)
    free = len(lapsed) if state.free is None else max(0, state.free - taken)
    return {m.id: state.refusal for m in lapsed[free:]}


@action(INVITE, targets=("membership_ids",))
def resend_invitations(
    *, actor: Actor, now: datetime, membership_ids: tuple[UUID, ...], digest: str | None = None
) -> Outcome[Resent]:
    """New links or temporary passwords for those of a selection who wait; the old ones are dead, the timers start anew.

    :raises PlanChanged: `digest` is of an older plan.
    :raises NotInvited, MemberOutOfHand, AtSeatLimit: when nobody of the selection could be.
    """
    plan = confirm(plan_resend_invitations(actor=actor, membership_ids=membership_ids, now=now), digest)
    if not plan.members:
        rows, refused, _lapsed = _sorted_out(actor, membership_ids, now)
        raise refused[rows[0].id]
    take_seats(plan.seats_taken, now)
    end = invitation_end(now)
    open_ones = Invitation.objects.filter(membership_id__in=plan.members, accepted_at=None, revoked_at=None)
    invitations = list(open_ones.select_related("membership").order_by("id"))
    for invitation in invitations:
        invitation.expires_at, invitation.sent_at = end, now
        invitation.sent_count += 1
    mail_ways(invitations, now)
    Invitation.objects.bulk_update(invitations, ["expires_at", "sent_at", "sent_count"])
    Membership.objects.filter(id__in=plan.members).update(invited_until=end)
    values = {"members": [str(i) for i in plan.members], "expires_at": end}
    return Outcome(Resent(plan.members, plan.refused, end), Entry("people.invitations_resent", "members", None, values))

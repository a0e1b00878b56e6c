"""The seat ledger of a demonstration organization, as if its people had come one after the other."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tenantry.billing.demonstrating import Bought
from tenantry.core.many import update_many
from tenantry.organizations.selectors import policy_values
from tenantry.people.models import Membership, SeatLine
from tenantry.people.seats import COUNTED, GROWTH

if TYPE_CHECKING:
    from tenantry.usecases.demonstrating import DemoOrganization, DemoPerson

Kind = SeatLine.Kind
WEEK, MOMENT = timedelta(days=7), timedelta(seconds=1)
# Declared names of the actions that would have done it.
INVITE, ACCEPT, BUY = (
    "usecases.joining.invite_member",
    "usecases.accepting.accept_invitation",
    "billing.actions.seats.buy_seats",
)
FOUND, DEACTIVATE, REMOVE = (
    "usecases.signing_up.found_organization",
    "usecases.offboarding.deactivate_members",
    "usecases.offboarding.remove_members",
)


def in_use_of(demo: "DemoOrganization", counted: Iterable[str]) -> Callable[[datetime], int]:
    """How many seats were in use at a moment, by those statuses."""
    statuses = frozenset(counted)

    def at(moment: datetime) -> int:
        return sum(_status(person, moment) in statuses for person in demo.people)

    return at


def _status(person: "DemoPerson", moment: datetime) -> str:
    if moment < person.invited_at:
        return ""
    if person.ended_at and moment >= person.ended_at:
        return person.status
    if person.joined_at and moment >= person.joined_at:
        return "active"
    return "invited" if moment < person.invited_at + WEEK else ""


def _came(
    person: "DemoPerson", member: Membership, founder: Membership, counted: Iterable[str]
) -> tuple[datetime, str, UUID, str]:
    """When a seat was taken, by what, by whom, by which action."""
    if member == founder:
        return person.invited_at, Kind.ADDED, founder.id, FOUND
    if "invited" in counted or person.joined_at is None:
        return person.invited_at, Kind.INVITED, founder.id, INVITE
    return person.joined_at, Kind.JOINED, member.id, ACCEPT


def _went(person: "DemoPerson", founder: Membership) -> dict[str, Any]:
    if person.ended_at is None:
        return {"at": person.invited_at + WEEK, "kind": Kind.LAPSED}
    removed = person.status == "removed"
    return {
        "at": person.ended_at,
        "kind": Kind.REMOVED if removed else Kind.DEACTIVATED,
        "actor_kind": "member",
        "actor_id": founder.id,
        "action": REMOVE if removed else DEACTIVATE,
    }


def date_seat_lines(
    demo: "DemoOrganization", members: Mapping[str, Membership], bought: Iterable[Bought], paid_since: datetime | None
) -> None:
    """The lines that triggers wrote for those who are here, at the moments at which they came; with pairs of lines for
    those who came and went, and what was bought."""
    values = policy_values(COUNTED, GROWTH)
    counted, growth = values[COUNTED], values[GROWTH]
    plain = {"counted": ",".join(sorted(counted)), "growth": growth}
    founder = members[demo.people[0].email]
    people = {members[person.email].id: person for person in demo.people}
    present = [line for line in SeatLine.objects.exclude(kind=Kind.LAPSED) if line.membership_id in people]
    of = {member.id: member for member in members.values()}
    for line in present:
        assert line.membership_id is not None
        at, kind, actor_id, action = _came(people[line.membership_id], of[line.membership_id], founder, counted)
        if line.kind in (Kind.ADDED, Kind.INVITED):
            line.kind = kind
        else:
            # Their role takes no seat: that follows at once.
            at += MOMENT
        line.at, line.actor_kind, line.actor_id, line.action = at, "member", actor_id, action
    update_many(present, ["at", "kind", "actor_kind", "actor_id", "action"])
    lines = [SeatLine(**_purchase(one, founder), **plain) for one in bought]
    seen = {line.membership_id for line in present}
    for member_id, person in people.items():
        waits = person.joined_at is None and "invited" not in counted
        if member_id in seen or person.status in ("active", "pending") or waits:
            continue
        at, kind, actor_id, action = _came(person, of[member_id], founder, counted)
        who = {"actor_kind": "member", "actor_id": actor_id, "action": action}
        lines.append(SeatLine(at=at, kind=kind, change=1, membership_id=member_id, **who, **plain))
        lines.append(SeatLine(change=-1, membership_id=member_id, **_went(person, founder), **plain))
    SeatLine.objects.bulk_create(lines)
    if growth == "per_person" and paid_since is not None:
        # Whoever came before is on an invoice already, whoever came since waits for the next one.
        SeatLine.objects.filter(at__lt=paid_since).update(effect=SeatLine.Effect.PLAN)


def _purchase(one: Bought, founder: Membership) -> dict[str, Any]:
    return {
        "at": one.at,
        "kind": Kind.BOUGHT,
        "change": 0,
        "licensed": one.count,
        "actor_kind": "member",
        "actor_id": founder.id,
        "action": BUY,
        "effect": SeatLine.Effect.CHARGED,
        "amount": one.amount,
        "currency": one.currency,
        "invoice_id": one.invoice_id,
    }

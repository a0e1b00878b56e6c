"""What happens to people who leave, one or many: computed by the same code that lets them go."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from tenantry.access.errors import LastKeyholder
from tenantry.access.hands import Standing, out_of_hand, standings
from tenantry.access.selectors import keyholder_ids
from tenantry.acting.plans import Plan, Refused
from tenantry.core.actor import Actor, Grants
from tenantry.core.errors import NotFound, Refusal
from tenantry.crm.models import Mentorship
from tenantry.crm.opening import Closed, total_of
from tenantry.crm.opening_errors import plain as plain_closed
from tenantry.crm.opening_errors import ways_to_open
from tenantry.organizations.selectors import policy_values
from tenantry.people.errors import AlreadyRemoved, NotActive, NotOnOneself
from tenantry.people.models import Membership, TeamMember
from tenantry.people.permissions import DEACTIVATE, REMOVE
from tenantry.people.planned import planned_count
from tenantry.people.seats import COUNTED, holds_seat
from tenantry.people.selectors import PLANNED, visible_members
from tenantry.security.selectors import SESSION_RULES
from tenantry.usecases.carried import Carried
from tenantry.usecases.leaving.errors import SettleFirst, SuccessorCannotOpen, SuccessorRequired
from tenantry.usecases.leaving.facts import TOLD_TO, Facts, Place, facts_of
from tenantry.usecases.leaving.handing_on import may_mentor
from tenantry.usecases.leaving.matters import (
    MUST,
    Matter,
    deserted,
    in_words,
    matters_of,
    note_left,
    people_of,
    plain,
)
from tenantry.usecases.leaving.records import (
    REMOVAL_RECORDS,
    REQUIRED,
    Owned,
    closed_to,
    closed_together,
    owned_by_each,
    owned_together,
    successor_of,
)

Status = Membership.Status
DEACTIVATION_BY = "people.deactivation_by"


@dataclass(frozen=True, slots=True)
class LeavingPlan(Plan):
    """What happens to a selection of people. Counts are totals over `members`."""

    members: tuple[UUID, ...]
    names: tuple[str, ...]
    refused: tuple[Refused, ...]
    sessions: int
    invitations: int
    teams: int
    roles: int
    seats_freed: int
    # How many of them can sign in now.
    active: int
    # Seats that stay held although access ends (policy `seats.counted_statuses`).
    seats_kept: int = 0
    # Whether the organization's name is typed first (policy `people.deactivation_by`).
    asks_name: bool = False
    # Whether deactivating is offered to this actor at all.
    deactivates: bool = False
    # How much that was planned for a day is called off.
    planned: int = 0
    # How many people lose their manager.
    reports: int = 0
    # Records by type: those that stay under their names, or change owner where they are removed.
    records: tuple[tuple[str, int], ...] = ()
    open_deals: int = 0
    open_value: tuple[tuple[str, int], ...] = ()
    # Where they are removed: policy `people.removal_records`, and who goes on with the records (None: the queue).
    rule: str = ""
    successor_id: UUID | None = None
    successor: str = ""
    # What of it the successor could not open, by workspace.
    closed: tuple[Closed, ...] = ()
    # What else ends (or, where they are deactivated, rests): numbers by kind (`facts`), some of them for those alone
    # who may know (`TOLD_TO`).
    ends: tuple[tuple[str, int], ...] = ()
    # Whether mentees and what waits for a word go to the successor.
    mentors_on: bool = False
    # Of one person: browsers of their open sessions, and API keys that they made.
    agents: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    manager_id: UUID | None = None
    manager: str = ""
    # All that is to be settled first, or was left for later.
    matters: tuple[Matter, ...] = ()
    freezing: bool = False

    @property
    def owned(self) -> int:
        """Records, of every type."""
        return sum(number for _key, number in self.records)

    def ending(self, kind: str) -> int:
        return dict(self.ends).get(kind, 0)


@dataclass(frozen=True, slots=True)
class Leave:
    """What is asked for. `freezing`: now, and what is to be settled first later; `carried`: when it is a chunk of a
    larger selection; `anyway`: also what the successor could not open."""

    removing: bool
    successor_id: UUID | None = None
    freezing: bool = False
    carried: Carried | None = None
    anyway: bool = False

    @property
    def permission(self) -> str:
        return REMOVE if self.removing else DEACTIVATE


def selection(actor: Actor, membership_ids: Iterable[UUID], *, planned: bool = False) -> list[Membership]:
    """`planned`: only what a plan reads of them.

    :raises NotFound: one of them is unknown or out of reach."""
    wanted = set(membership_ids)
    places = TeamMember.objects.filter(membership_id=OuterRef("id")).order_by().values("membership_id")
    counted = places.annotate(n=Count("id")).values("n")
    reports = Membership.objects.filter(manager_id=OuterRef("id")).exclude(status=Status.REMOVED)
    found = visible_members(actor).filter(id__in=wanted)
    rows: list[Membership] = list(
        (found.only(*PLANNED) if planned else found.defer("picture"))
        .annotate(
            places=Coalesce(Subquery(counted[:1]), Value(0)),
            planned=Coalesce(planned_count(), Value(0)),
            reports=ArraySubquery(reports.values("id")),
        )
        .order_by("id")
    )
    if not rows or len(rows) != len(wanted):
        raise NotFound
    return rows


def _holds_everything(standing: Standing) -> bool:
    return standing.base is not None and standing.base.is_keyholder


def refusals_of(
    actor: Actor, rows: list[Membership], standing: Mapping[UUID, Standing], leave: Leave
) -> dict[UUID, Refusal]:
    """Who can't be acted on, found by query first. Never a loop of single actions."""
    refused: dict[UUID, Refusal] = {}
    for member in rows:
        if member.id == actor.membership_id:
            refused[member.id] = NotOnOneself()
        elif member.status == Status.REMOVED:
            refused[member.id] = AlreadyRemoved(name=member.name)
        elif not leave.removing and member.status != Status.ACTIVE:
            refused[member.id] = NotActive(name=member.name)
        elif refusal := out_of_hand(actor, member, standing[member.id], leave.permission):
            refused[member.id] = refusal
    _keep_a_keyholder(rows, standing, leave.carried, refused)
    return refused


def _keep_a_keyholder(
    rows: list[Membership],
    standing: Mapping[UUID, Standing],
    carried: Carried | None,
    refused: dict[UUID, Refusal],
) -> None:
    left = [m for m in rows if m.id not in refused]
    holders = set(keyholder_ids()) if any(_holds_everything(standing[m.id]) for m in left) else set()
    holders -= carried.keyholders_lost if carried else set()
    if holders and holders <= {m.id for m in left}:
        # Somebody of the selection has to stay: the one who is named first.
        keeper = next(m for m in left if m.id in holders)
        base = standing[keeper.id].base
        role = base.name if base else ""
        refused[keeper.id] = LastKeyholder(name=keeper.name, role=role, membership_id=str(keeper.id))
    if carried:
        carried.keyholders_lost |= holders & {m.id for m in left if m.id not in refused}


def rules_of() -> dict[str, Any]:
    """The policies that a plan asks; one query."""
    return policy_values(COUNTED, DEACTIVATION_BY, REMOVAL_RECORDS, *SESSION_RULES)


def may_deactivate(granted: Grants, rule: str) -> bool:
    """Whether these grants let somebody deactivate under this value of policy `people.deactivation_by`."""
    if rule == "nobody" or not granted.anywhere(DEACTIVATE):
        return False
    return rule == "permission" or granted.everything


@dataclass(slots=True)
class _Looked:
    """What was found out about a selection."""

    rows: list[Membership]
    standing: Mapping[UUID, Standing]
    refused: dict[UUID, Refusal]
    each: dict[UUID, dict[str, int]]
    facts: Facts
    alone: list[Place]
    matters: tuple[Matter, ...]
    successor: Membership | None
    closed: Mapping[UUID, Mapping[UUID | None, Mapping[str, int]]]

    @property
    def leaving(self) -> list[Membership]:
        return [m for m in self.rows if m.id not in self.refused]


def look(
    actor: Actor, membership_ids: Iterable[UUID], now: datetime, rules: Mapping[str, Any], leave: Leave
) -> _Looked:
    """:raises NotFound, SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive: see there."""
    rows = selection(actor, membership_ids, planned=True)
    standing = standings(m.id for m in rows)
    refused = refusals_of(actor, rows, standing, leave)
    wanted = {m.id for m in rows}
    successor = successor_of(actor, leave.successor_id, rules[REMOVAL_RECORDS], wanted) if leave.removing else None
    left = [m for m in rows if m.id not in refused]
    each = owned_by_each([m.id for m in left])
    if leave.removing and rules[REMOVAL_RECORDS] == REQUIRED and successor is None and not leave.freezing:
        refused |= {m.id: SuccessorRequired(name=m.name) for m in left if each.get(m.id)}
        left = [m for m in left if m.id not in refused]
    closed = closed_to(successor.id if successor else None, {m.id: each.get(m.id, {}) for m in left}, now)
    if successor and closed and not leave.anyway and not leave.freezing:
        refused |= _cannot_open(actor, successor, left, closed)
        left = [m for m in left if m.id not in refused]
    closely = len(rows) == 1
    facts = facts_of([m.id for m in left], now, rules, closely=closely)
    alone = deserted(facts, leave.carried)
    matters = matters_of(actor, facts, alone, removing=leave.removing)
    found = _Looked(rows, standing, refused, each, facts, alone, matters, successor, closed)
    if not leave.freezing and (keepers := _keepers(left, facts, alone, matters)):
        said = "; ".join(in_words(one) for one in matters if one.must)
        told = [plain(one) for one in matters if one.must]
        refused |= {m.id: SettleFirst(name=m.name, what=said, matters=told) for m in left if m.id in keepers}
        found.facts = facts_of([m.id for m in found.leaving], now, rules, closely=closely)
    if leave.carried:
        leave.carried.keyholders_lost -= set(refused)
        note_left(found.facts, leave.carried)
    return found


def _cannot_open(
    actor: Actor, successor: Membership, left: Iterable[Membership], closed: Mapping[UUID, Any]
) -> dict[UUID, Refusal]:
    """One query for the names of all places."""
    places = {one.place_id: one.place for one in closed_together(actor, successor, closed, closed)}
    found: dict[UUID, Refusal] = {}
    for member in (one for one in left if one.id in closed):
        lines = [
            Closed(successor.id, successor.name, place, places[place], tuple(counts.items()))
            for place, counts in closed[member.id].items()
        ]
        said = {"name": member.name, "successor": successor.name, "number": total_of(lines)}
        refusal = SuccessorCannotOpen(**said, closed=[plain_closed(one) for one in lines])
        refusal.remedies = ways_to_open(lines)
        found[member.id] = refusal
    return found


def _keepers(left: list[Membership], facts: Facts, alone: list[Place], matters: Collection[Matter]) -> set[UUID]:
    """Who stays because something must be settled first: of a place's people the first, every mentor."""
    ids = [m.id for m in left]
    found = {people[0] for people in people_of((one for one in alone if one.kind in MUST), ids).values()}
    if any(one.kind == "mentees" and one.must for one in matters):
        mentors = Mentorship.objects.filter(mentor_id__in=ids).exclude(mentee_id__in=ids)
        found |= set(mentors.values_list("mentor_id", flat=True))
    return found


def leaving_plan(
    actor: Actor, membership_ids: Iterable[UUID], now: datetime, rules: Mapping[str, Any], leave: Leave
) -> LeavingPlan:
    """:raises NotFound, SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive: see there."""
    found = look(actor, membership_ids, now, rules, leave)
    leaving, facts, refused = found.leaving, found.facts, found.refused
    ids, removing = [m.id for m in leaving], leave.removing
    owned: Owned = owned_together(actor, ids, found.each)
    counted = set(rules[COUNTED])
    holding = sum(holds_seat(m, counted, now) for m in leaving)
    kept = not removing and Status.DEACTIVATED in counted
    successor = found.successor
    mentors_on = bool(facts.numbers.get("mentees") or facts.numbers.get("approvals")) and removing
    return LeavingPlan(
        members=tuple(ids),
        names=tuple(m.name for m in leaving),
        refused=tuple(
            Refused(m.id, m.name, refused[m.id].code, str(refused[m.id])) for m in found.rows if m.id in refused
        ),
        sessions=facts.numbers.get("sessions", 0),
        invitations=sum(m.status == Status.INVITED for m in leaving),
        teams=sum(m.places for m in leaving) if removing else 0,  # type: ignore[attr-defined]
        roles=sum(len(found.standing[i].roles) for i in ids) if removing else 0,
        seats_freed=0 if kept else holding,
        seats_kept=holding if kept else 0,
        active=sum(m.status == Status.ACTIVE for m in leaving),
        asks_name=not removing and rules[DEACTIVATION_BY] == "owner",
        deactivates=may_deactivate(actor.grants, rules[DEACTIVATION_BY]),
        planned=sum(m.planned for m in leaving),  # type: ignore[attr-defined]
        reports=len({i for m in leaving for i in m.reports} - set(ids)) if removing else 0,  # type: ignore[attr-defined]
        records=owned.counts,
        open_deals=owned.open_deals,
        open_value=owned.open_value,
        rule=rules[REMOVAL_RECORDS] if removing else "",
        successor_id=successor.id if successor else None,
        successor=successor.name if successor else "",
        closed=closed_together(actor, successor, found.closed, ids),
        ends=_ends(actor, facts),
        mentors_on=mentors_on and may_mentor(successor.id if successor else None, now),
        agents=facts.agents,
        keys=tuple(name for _id, name in facts.keys),
        manager_id=facts.manager[0] if facts.manager else None,
        manager=facts.manager[1] if facts.manager else "",
        matters=found.matters,
        freezing=leave.freezing,
    )


def _ends(actor: Actor, facts: Facts) -> tuple[tuple[str, int], ...]:
    elsewhere = {"sessions", "keys", *(kind for kind, code in TOLD_TO.items() if not actor.may(code))}
    return tuple(sorted((kind, n) for kind, n in facts.numbers.items() if kind not in elsewhere))

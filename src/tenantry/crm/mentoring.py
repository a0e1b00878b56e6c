"""Reads about mentors: who may be one, whose word is waited for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce, JSONObject

from tenantry.access.grants import of_members
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.models import Assignment
from tenantry.access.permissions import ASSIGN
from tenantry.core.actor import Actor
from tenantry.core.named import ALIKE, OFFERED, Named, just_one
from tenantry.crm.approving import may_answer
from tenantry.crm.models import DealApproval, Mentorship
from tenantry.crm.permissions import DEALS_APPROVE
from tenantry.people.choosing import people_called
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.selectors import visible_members

# Of those whose roles allow it, how many are looked at until enough of them may.
MOST = 500
_AT_ONCE = 25


def asked_of(actor: Actor, *, settled: bool | None = False) -> QuerySet[DealApproval]:
    """Requests to this mentor: those that wait, those that are settled, or (None) all."""
    rows = DealApproval.objects.filter(mentor_id=actor.own_id).select_related(
        "deal", "deal__owner", "deal__stage", "stage", "asked_by", "mentor"
    )
    rows = rows.defer("deal__owner__picture", "asked_by__picture", "mentor__picture")
    if settled is None:
        return rows
    waiting = Q(state=DealApproval.State.WAITING)
    return rows.exclude(waiting) if settled else rows.filter(waiting)


@dataclass(frozen=True, slots=True)
class Mentors:
    """`rows`: (id, name) of those who are offered; `more`: there are others; `unable`: the present mentor is none of
    those who may have mentees."""

    rows: tuple[Named, ...]
    more: bool
    unable: bool


def mentors_offered(
    actor: Actor, mentee_id: UUID, typed: str, chosen: UUID | None, now: datetime, *, present: Membership | None = None
) -> Mentors:
    """Active people in sight who may have mentees: the one who is chosen first, then others called so, by name.
    `present`: the mentor as it is, who may stay whatever became of them."""
    people = _mentors(actor, mentee_id)
    # With the chosen one and the present one, who stand before them.
    found = _able(people_called(people, typed), now, OFFERED + 3)
    able = {one.id: one for one in found}
    unable = present is not None and present.id not in able and not may_answer(present, now)
    kept = [present] if present is not None else []
    if chosen is not None and chosen not in [one.id for one in kept]:
        kept = [*([able[chosen]] if chosen in able else _able(people.filter(id=chosen), now, 1)), *kept]
    if typed.strip():
        kept = [one for one in kept if one.id == chosen or is_mentor_called(one.id, typed)]
    there = {one.id for one in kept}
    others = [one for one in found if one.id not in there]
    return Mentors(_named([*kept, *others[:OFFERED]]), len(others) > OFFERED, unable)


def is_mentor_called(membership_id: UUID, typed: str) -> bool:
    return people_called(Membership.objects.filter(id=membership_id), typed).exists()


def mentor_called(actor: Actor, mentee_id: UUID, typed: str, now: datetime) -> UUID | None:
    """Who may have mentees and has just this name."""
    return just_one(_named(_able(people_called(_mentors(actor, mentee_id), typed), now, ALIKE)), typed)


def _mentors(actor: Actor, mentee_id: UUID) -> QuerySet[Membership]:
    """By their roles; whose profile or restriction forbids it, and whose role ended, `_able` leaves out."""
    roles = Q(role__is_keyholder=True) | Q(role__permissions__has_key=DEALS_APPROVE)
    holding = Assignment.objects.filter(roles).values("membership_id")
    rows = visible_members(actor).filter(id__in=holding, status=Membership.Status.ACTIVE).exclude(id=mentee_id)
    return rows.defer("picture").order_by("sort_name", "id")


def _able(people: QuerySet[Membership], now: datetime, most: int) -> list[Membership]:
    found = list[Membership]()
    for start in range(0, MOST, _AT_ONCE):
        some = list(people[start : start + _AT_ONCE])
        granted = of_members([one.id for one in some], now)
        found += [one for one in some if granted[one.id].anywhere(DEALS_APPROVE)]
        if len(found) >= most or len(some) < _AT_ONCE:
            break
    return found[:most]


def _named(people: Iterable[Membership]) -> tuple[Named, ...]:
    return tuple((one.id, one.name) for one in people)


def refuse_no_mentee(actor: Actor, member: Membership) -> Any:
    """:raises NotOnOneself, PermissionMissing, MemberOutOfHand: not the actor's to give a mentor."""
    if member.id == actor.membership_id:
        raise NotOnOneself
    return refuse_out_of_hand(actor, member, ASSIGN)


def mentor_seen(membership_id: UUID) -> Membership | None:
    """The mentor of this member."""
    rows = Mentorship.objects.filter(mentee_id=membership_id).select_related("mentor").defer("mentor__picture")
    found = rows.first()
    return found.mentor if found else None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Questions about deals of one mentee that wait for a mentor who can't answer any more: not active here, or without
    the role."""

    mentor: str
    mentee_id: UUID
    mentee: str
    number: int


def questions_waiting(actor: Actor) -> QuerySet[Any, Any]:
    """What waits for mentors of mentees whom the actor may see, counted by both, as `unanswered` takes it."""
    seen = visible_members(actor).exclude(id=actor.own_id).order_by().values("id")
    rows = DealApproval.objects.filter(state=DealApproval.State.WAITING)
    rows = rows.annotate(mentee=Coalesce("deal__mentee_id", "deal__owner_id")).filter(mentee__in=seen)
    line = JSONObject(mentor="mentor_id", mentee="mentee", number=Count("id"))
    return rows.order_by().values("mentor_id", "mentee").annotate(line=line).values("line")[:MOST]


def unanswered(waiting: Iterable[Mapping[str, Any]], now: datetime) -> tuple[Unanswered, ...]:
    """Of `questions_waiting` those whose mentor can't answer. Two queries, none where nothing waits."""
    lines = [(UUID(row["mentor"]), UUID(row["mentee"]), int(row["number"])) for row in waiting]
    if not lines:
        return ()
    people = {one for mentor_id, mentee_id, _number in lines for one in (mentor_id, mentee_id)}
    granted = of_members({mentor_id for mentor_id, _mentee, _number in lines}, now)
    rows = {row.id: row for row in Membership.objects.filter(id__in=people).defer("picture")}

    def answers(mentor_id: UUID) -> bool:
        here = rows[mentor_id].status == Membership.Status.ACTIVE
        return here and granted[mentor_id].anywhere(DEALS_APPROVE)

    found = [
        Unanswered(rows[mentor_id].name, mentee_id, rows[mentee_id].name, number)
        for mentor_id, mentee_id, number in lines
        if not answers(mentor_id)
    ]
    return tuple(sorted(found, key=lambda one: (one.mentor, one.mentee)))

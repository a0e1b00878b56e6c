"""Reads about mentors: who may be one, whose word is waited for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.access.grants import of_members
from tenantry.access.hands import refuse_out_of_hand
from tenantry.access.models import Assignment
from tenantry.access.permissions import ASSIGN
from tenantry.core.actor import Actor
from tenantry.crm.models import DealApproval, Mentorship
from tenantry.crm.permissions import DEALS_APPROVE
from tenantry.people.errors import NotOnOneself
from tenantry.people.models import Membership
from tenantry.people.selectors import visible_members

MOST = 200


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


def mentors_for(actor: Actor, now: datetime) -> list[Membership]:
    """Active people in sight who may have mentees, by name."""
    able = Q(role__is_keyholder=True) | Q(role__permissions__has_key=DEALS_APPROVE)
    holding = Assignment.objects.filter(able).values("membership_id")
    rows = visible_members(actor).filter(id__in=holding, status=Membership.Status.ACTIVE).defer("picture")
    people = list(rows.order_by("sort_name", "id")[:MOST])
    granted = of_members([one.id for one in people], now)
    return [one for one in people if granted[one.id].anywhere(DEALS_APPROVE)]


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

"""Reads of sessions, keys and operators."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from tenantry.access.hands import refuse_out_of_hand
from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.organizations.selectors import policy, policy_values
from tenantry.people.models import Membership, User
from tenantry.people.permissions import END_SESSIONS
from tenantry.people.selectors import get_member
from tenantry.security.models import ApiKey, Operator, PastPassword, SessionEntry
from tenantry.security.permissions import KEYS

SESSION_RULES = ("session.idle_hours", "session.absolute_days")


def open_sessions(
    member_ids: Iterable[UUID], now: datetime, rules: Mapping[str, Any] | None = None
) -> QuerySet[SessionEntry]:
    """Sessions that would still be let in, the latest first. `rules`: SESSION_RULES, when they are known."""
    rows = all_open_sessions(now, rules).filter(membership_id__in=list(member_ids))
    return rows.order_by("-seen_at", "id")


def all_open_sessions(now: datetime, rules: Mapping[str, Any] | None = None) -> QuerySet[SessionEntry]:
    """Of everybody, in no order. `rules`: SESSION_RULES, when they are known or thought of."""
    rules = rules or policy_values(*SESSION_RULES)
    return SessionEntry.objects.filter(
        ended_at=None,
        epoch=F("membership__session_epoch"),
        seen_at__gt=now - timedelta(hours=rules["session.idle_hours"]),
        entered_at__gt=now - timedelta(days=rules["session.absolute_days"]),
    )


def chosen_at() -> Coalesce:
    """For annotating memberships: when the user's present password was chosen."""
    past = PastPassword.objects.filter(user_id=OuterRef("user_id")).order_by("-replaced_at")
    return Coalesce(Subquery(past.values("replaced_at")[:1]), F("user__created_at"))


def old_passwords(days: int, now: datetime) -> QuerySet[Membership]:
    """Active people whose password is older than policy `password.expiry_days` with this value lets it grow."""
    rows = Membership.objects.filter(status=Membership.Status.ACTIVE, user__isnull=False)
    return rows.annotate(chosen_at=chosen_at()).filter(chosen_at__lt=now - timedelta(days=days))


def password_is_old(user_id: UUID | None, now: datetime) -> bool:
    """Whether this user's password is too old for the open scope's organization."""
    days = policy("password.expiry_days")
    if days is None or user_id is None:
        return False
    past = PastPassword.objects.filter(user_id=user_id).aggregate(at=Max("replaced_at"))["at"]
    chosen = past or User.objects.filter(id=user_id).values_list("created_at", flat=True).first()
    return chosen is not None and chosen < now - timedelta(days=days)


def password_is_due(user_id: UUID | None, now: datetime) -> bool:
    """Whether a new password comes before anything else: it has grown too old, or somebody else chose it."""
    return must_change_password(user_id) or password_is_old(user_id, now)


def must_change_password(user_id: UUID | None) -> bool:
    return user_id is not None and User.objects.filter(id=user_id, must_change_password=True).exists()


@dataclass(frozen=True, slots=True)
class Presence:
    """Open sessions of the organization, and how many people they belong to."""

    people: int
    sessions: int


def presence(now: datetime, rules: Mapping[str, Any] | None = None) -> Presence:
    """`rules`: SESSION_RULES, when they are known."""
    rows = all_open_sessions(now, rules)
    found = rows.aggregate(people=Count("membership", distinct=True), sessions=Count("id"))
    return Presence(found["people"], found["sessions"])


def sessions_of(actor: Actor, membership_id: UUID, now: datetime) -> QuerySet[SessionEntry]:
    """Where somebody is signed in, with addresses and devices: for the person, and for whoever may end it.

    :raises NotFound, PermissionMissing, MemberOutOfHand: see there.
    """
    member = get_member(actor, membership_id)
    if membership_id != actor.membership_id:
        refuse_out_of_hand(actor, member, END_SESSIONS)
    return open_sessions([member.id], now)


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """:raises PermissionMissing: `api_keys.manage`."""
    if not actor.may(KEYS):
        raise PermissionMissing(KEYS)
    return ApiKey.objects.select_related("role").order_by("-created_at", "id")


def find_operator(operator_id: UUID) -> Operator | None:
    return Operator.objects.filter(id=operator_id, is_active=True).first()


def operator_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id (platform scope)."""
    return dict(Operator.objects.filter(id__in=list(ids)).values_list("id", "name"))

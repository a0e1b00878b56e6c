"""Reads of sessions, keys and operators."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, QuerySet

from tenantry.core.actor import Actor
from tenantry.core.errors import PermissionMissing
from tenantry.organizations.selectors import policy_values
from tenantry.security.models import ApiKey, Operator, SessionEntry
from tenantry.security.permissions import KEYS


def open_sessions(member_ids: Iterable[UUID], now: datetime) -> QuerySet[SessionEntry]:
    """Sessions that would still be let in, the latest first."""
    rules = policy_values("session.idle_hours", "session.absolute_days")
    idle = timedelta(hours=rules["session.idle_hours"])
    longest = timedelta(days=rules["session.absolute_days"])
    return SessionEntry.objects.filter(
        membership_id__in=list(member_ids),
        ended_at=None,
        epoch=F("membership__session_epoch"),
        seen_at__gt=now - idle,
        entered_at__gt=now - longest,
    ).order_by("-seen_at", "id")


def api_keys(actor: Actor) -> QuerySet[ApiKey]:
    """:raises PermissionMissing: `api_keys.manage`."""
    if not actor.may(KEYS):
        raise PermissionMissing(KEYS)
    return ApiKey.objects.select_related("role").order_by("-created_at", "id")


def find_operator(operator_id: UUID) -> Operator | None:
    return Operator.objects.filter(id=operator_id, is_active=True).first()


def key_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id, revoked keys included, for history."""
    return dict(ApiKey.objects.filter(id__in=list(ids)).values_list("id", "name"))


def operator_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names by id (platform scope)."""
    return dict(Operator.objects.filter(id__in=list(ids)).values_list("id", "name"))

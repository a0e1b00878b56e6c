"""Every link to a member and what becomes of it when the member leaves (product.md §3). The answer itself is declared
beside the column; here stands how the link is called and which of its rows still mean something. A test fails for a
link that is missing, and one looks after a removal whether each answer came true."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Q, QuerySet

from tenantry.access.models import Assignment, OwnershipTransfer, ProfileAssignment, RestrictionSet
from tenantry.billing.models import AddonSwitch, Order
from tenantry.core.records import owned_types
from tenantry.core.tenancy.fields import Leaving, TenantForeignKey
from tenantry.crm.models import DealApproval, DealMember, Mentorship
from tenantry.metering.models import UsageEvent
from tenantry.notifications.models import Notification, Reader
from tenantry.people.models import (
    Invitation,
    InvitationBatch,
    Membership,
    PlannedChange,
    SavedView,
    TeamMember,
    TemporaryPassword,
    WorkflowMember,
)
from tenantry.security.models import ApiKey, SessionEntry


@dataclass(frozen=True, slots=True)
class Link:
    """A column that names a member. `live`: which rows say something about the present; the others are history."""

    model: type[Any]
    field: str
    live: Q

    @property
    def key(self) -> str:
        return key_of(self.model, self.field)

    @property
    def answer(self) -> Leaving:
        field: Any = self.model._meta.get_field(self.field)
        answer: Leaving = field.leaving
        return answer

    def rows(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model._default_manager.filter(self.live)
        return found


def key_of(model: type[Any], field: str) -> str:
    return f"{model._meta.label_lower}.{field}"


ALWAYS = Q()
_LINKS: tuple[tuple[type[Any], str, Q], ...] = (
    (Assignment, "membership", ALWAYS),
    (Assignment, "given_by", ALWAYS),
    (ProfileAssignment, "membership", ALWAYS),
    (ProfileAssignment, "given_by", ALWAYS),
    (RestrictionSet, "membership", ALWAYS),
    (RestrictionSet, "set_by", ALWAYS),
    (OwnershipTransfer, "giver", ALWAYS),
    (OwnershipTransfer, "recipient", ALWAYS),
    (TeamMember, "membership", ALWAYS),
    (WorkflowMember, "membership", ALWAYS),
    (Membership, "manager", ALWAYS),
    (PlannedChange, "membership", Q(done_at=None, canceled_at=None)),
    (PlannedChange, "planned_by", ALWAYS),
    (PlannedChange, "successor", ALWAYS),
    (SavedView, "owner", ALWAYS),
    (Invitation, "membership", ALWAYS),
    (Invitation, "invited_by", ALWAYS),
    (InvitationBatch, "created_by", ALWAYS),
    (TemporaryPassword, "membership", Q(used_at=None, ended_at=None)),
    (SessionEntry, "membership", Q(ended_at=None)),
    (ApiKey, "created_by", Q(revoked_at=None)),
    (Notification, "membership", ALWAYS),
    (Reader, "membership", ALWAYS),
    (Mentorship, "mentor", ALWAYS),
    (Mentorship, "mentee", ALWAYS),
    (DealMember, "membership", ALWAYS),
    (DealApproval, "asked_by", ALWAYS),
    (DealApproval, "mentor", Q(state="waiting")),
    (AddonSwitch, "membership", ALWAYS),
    (Order, "asked_by", ALWAYS),
    (UsageEvent, "membership", ALWAYS),
)


@cache
def links() -> Mapping[str, Link]:
    """By key, without the links of records, which their types declare (`core.records`)."""
    found = (Link(model, field, live) for model, field, live in _LINKS)
    return {link.key: link for link in found}


def declared() -> Mapping[str, Leaving | None]:
    """Every column of a tenant table that names a member, with its answer, as the models say."""
    return {
        key_of(model, field.name): field.leaving
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, TenantForeignKey) and field.remote_field.model is Membership
    }


def of_records() -> frozenset[str]:
    """Links of records: to whom they belong, and who made them."""
    found = set()
    for record_type in owned_types().values():
        for field in record_type.model._meta.local_fields:
            if isinstance(field, TenantForeignKey) and field.remote_field.model is Membership:
                found.add(key_of(record_type.model, field.name))
    return frozenset(found)

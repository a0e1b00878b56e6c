"""What hangs on people who leave for good besides their records: it is handed on, or it ends (see `links`)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.access.grants import of_members
from tenantry.acting.actions import in_action
from tenantry.billing.models import AddonSwitch
from tenantry.crm.models import Mentorship
from tenantry.crm.permissions import DEALS_APPROVE
from tenantry.notifications.models import Notification, Reader
from tenantry.people.models import SavedView

MOST_TRIES = 100


@dataclass(frozen=True, slots=True)
class HandedOn:
    """How many mentees and shared views went to the successor; the others ended. `addons`: that were switched off."""

    mentees: int = 0
    views: int = 0
    addons: int = 0


def may_mentor(membership_id: UUID | None, now: datetime) -> bool:
    """Whether somebody may give the word that mentees need."""
    return membership_id is not None and of_members([membership_id], now)[membership_id].anywhere(DEALS_APPROVE)


def hand_on(ids: Collection[UUID], successor_id: UUID | None, now: datetime) -> HandedOn:
    """A step of removing; before the rows of their access go."""
    in_action()
    mentees, views = _mentees(ids, successor_id, now), _views(ids, successor_id)
    Notification.objects.filter(membership_id__in=ids).delete()
    Reader.objects.filter(membership_id__in=ids).delete()
    addons, _by_model = AddonSwitch.objects.filter(membership_id__in=ids).delete()
    return HandedOn(mentees, views, addons)


def _mentees(ids: Collection[UUID], successor_id: UUID | None, now: datetime) -> int:
    """To a successor who may be a mentor; else the mentorship ends. Questions follow (`crm.questions`)."""
    Mentorship.objects.filter(mentee_id__in=ids).delete()
    theirs = Mentorship.objects.filter(mentor_id__in=ids)
    moved = 0
    if theirs.exists() and may_mentor(successor_id, now):
        moved = theirs.exclude(mentee_id=successor_id).update(mentor_id=successor_id, since=now)
    theirs.delete()
    return moved


def _views(ids: Collection[UUID], successor_id: UUID | None) -> int:
    """Shared ones go on under the successor's name; a name that is taken there gets a number."""
    if successor_id is None:
        return 0
    taken = set(SavedView.objects.filter(owner_id=successor_id).values_list("sort_name", flat=True))
    shared = list(SavedView.objects.filter(owner_id__in=ids, is_shared=True).order_by("created_at", "id"))
    for view in shared:
        view.name = _free(view.name, taken)
        view.sort_name = view.name.lower()
        view.owner_id = successor_id
        taken.add(view.sort_name)
    SavedView.objects.bulk_update(shared, ["name", "sort_name", "owner_id"])
    return len(shared)


def _free(name: str, taken: Collection[str]) -> str:
    if name.lower() not in taken:
        return name
    return next(one for n in range(2, MOST_TRIES + len(taken)) if (one := f"{name} {n}").lower() not in taken)

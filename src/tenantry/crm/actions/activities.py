"""Activities: what happened with a customer, logged and corrected. Putting one away is `crm.actions.records`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.crm.models import Activity
from tenantry.crm.records import ACTIVITY
from tenantry.crm.steps import change_record, entry_of, locked_record, new_record
from tenantry.crm.work import Subject, subject_links

CREATE, EDIT = ACTIVITY.permissions["create"], ACTIVITY.permissions["edit"]
EDITABLE = ("kind", "title", "body", "happened_at", "minutes")
# Clocks differ a little; what lies further ahead has not happened.
AHEAD = timedelta(minutes=10)
LONGEST_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class ActivityLogged:
    id: UUID
    title: str


def _checked(values: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """:raises InvalidInput: no such kind, longer than a day, or not yet."""
    kind, minutes, at = values.get("kind"), values.get("minutes"), values.get("happened_at")
    if kind is not None and kind not in Activity.Kind.values:
        raise InvalidInput({"kind": _("A call, a meeting, a mail or something else.")})
    if minutes is not None and not 0 <= minutes <= LONGEST_MINUTES:
        raise InvalidInput({"minutes": _("Between 0 and %(most)s minutes.") % {"most": LONGEST_MINUTES}})
    if at is not None and at > now + AHEAD:
        raise InvalidInput({"happened_at": _("This has not happened yet. What is to be done is a task.")})
    return {name: values[name] for name in EDITABLE if name in values}


@action(CREATE)
def log_activity(
    *,
    actor: Actor,
    now: datetime,
    kind: str,
    title: str,
    body: str = "",
    happened_at: datetime | None = None,
    minutes: int | None = None,
    subject: Subject | None = None,
) -> Outcome[ActivityLogged]:
    """`kind`: call, meeting, mail or other; `happened_at`: now unless told.

    :raises InvalidInput, PermissionMissing: see there. :raises NotFound, RecordArchived: the subject.
    """
    given = {"kind": kind, "title": title, "body": body, "happened_at": happened_at or now, "minutes": minutes}
    row = new_record(Activity, actor, now, **_checked(given, now), **subject_links(actor, subject))
    event = Event(
        "ActivityLogged", {"activity_id": str(row.id), "kind": kind, "owner_id": row.owner_id and str(row.owner_id)}
    )
    return Outcome(ActivityLogged(row.id, title), entry_of("records.created", ACTIVITY, row, {"kind": kind}), (event,))


@action(EDIT)
def edit_activity(
    *, actor: Actor, now: datetime, activity_id: UUID, changes: Mapping[str, Any], version: int | None = None
) -> Outcome[Done]:
    """Changes what is given and leaves the rest. `changes`: of `EDITABLE`; `version`: what the actor saw.

    :raises InvalidInput, VersionChanged, RecordArchived, NotFound, PermissionMissing: see there.
    """
    row = locked_record(actor, ACTIVITY, activity_id, EDIT, version=version)
    changed = change_record(row, now, **_checked(changes, now))
    if not changed:
        return Outcome(Done(activity_id), None)
    return Outcome(Done(activity_id), entry_of("records.edited", ACTIVITY, row, changed=changed))

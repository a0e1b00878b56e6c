"""Taking something out as a file is itself written down: who, which filter, how much."""

from collections.abc import Mapping
from datetime import datetime

from tenantry.access.selectors import DirectoryFilter, directory
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit import permissions as audit_permissions
from tenantry.audit.chain import Entry
from tenantry.audit.selectors import readable_areas
from tenantry.core.actor import Actor
from tenantry.people import permissions as people_permissions


@action(audit_permissions.EXPORT)
def note_audit_export(
    *, actor: Actor, now: datetime, file_format: str, wanted: Mapping[str, str], count: int
) -> Outcome[Done]:
    """`wanted`: the filter as the address has it; `count`: entries at this moment.

    :raises PermissionMissing: who can read nothing of the audit takes nothing out.
    """
    readable_areas(actor)
    return Outcome(
        Done(), Entry("audit.exported", "", None, {"format": file_format, "filter": dict(wanted), "count": count})
    )


@action(people_permissions.EXPORT)
def note_people_export(
    *, actor: Actor, now: datetime, wanted: DirectoryFilter, filtered_by: tuple[str, ...]
) -> Outcome[Done]:
    """`filtered_by`: names of the filter's parts. What was searched for may name a person, so it is not kept.

    :raises PermissionMissing: `people.view` too.
    """
    count = directory(actor, wanted, now).count()
    return Outcome(Done(), Entry("people.exported", "", None, {"filter": sorted(filtered_by), "count": count}))

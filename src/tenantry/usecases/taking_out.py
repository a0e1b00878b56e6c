"""Taking something out as a file is itself written down: who, which filter, how much."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tenantry.access.selectors import DirectoryFilter, matching
from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit import permissions as audit_permissions
from tenantry.audit.chain import Entry
from tenantry.audit.selectors import readable_areas
from tenantry.core.actor import Actor
from tenantry.core.decisions import require_any
from tenantry.crm.permissions import REPORTS_EXPORT
from tenantry.organizations.permissions import BILLING_VIEW, SEATS_VIEW
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
    *,
    actor: Actor,
    now: datetime,
    wanted: DirectoryFilter,
    filtered_by: tuple[str, ...],
    columns: tuple[str, ...] = (),
    among: tuple[UUID, ...] = (),
) -> Outcome[Done]:
    """`filtered_by`: names of the filter's parts. What was searched for may name a person, so it is not kept. `among`:
    only these of them, where somebody ticked them.

    :raises PermissionMissing: `people.view` too.
    """
    rows = matching(actor, wanted, now)
    count = (rows.filter(id__in=among) if among else rows).count()
    values = {"filter": sorted(filtered_by), "count": count, "columns": list(columns)}
    return Outcome(Done(), Entry("people.exported", "", None, values))


@action(open_to="whoever may read the seat ledger may take it out; the action asks")
def note_seats_export(*, actor: Actor, now: datetime, filtered_by: tuple[str, ...]) -> Outcome[Done]:
    """The seat ledger. `filtered_by`: names of the filter's parts.

    :raises PermissionMissing: neither `seats.view` nor `billing.view`.
    """
    require_any(actor, SEATS_VIEW, BILLING_VIEW)
    return Outcome(Done(), Entry("billing.seats_exported", "", None, {"filter": sorted(filtered_by)}))


@action(REPORTS_EXPORT)
def note_report_export(*, actor: Actor, now: datetime, report: str, months: int | None, count: int) -> Outcome[Done]:
    """`report`: its key; `months`: the period, None where the report is of this moment; `count`: lines."""
    values: dict[str, object] = {"report": report, "count": count}
    if months is not None:
        values["months"] = months
    return Outcome(Done(), Entry("reports.exported", "", None, values))

"""Taking the audit out as a file is itself written down."""

from collections.abc import Mapping
from datetime import datetime

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.audit.permissions import EXPORT
from tenantry.audit.selectors import readable_areas
from tenantry.core.actor import Actor


@action(EXPORT)
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

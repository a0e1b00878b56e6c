"""Jobs of the file store: bytes that no file needs are deleted, those that were left behind are found."""

from datetime import timedelta
from uuid import UUID

from tenantry.core import clock, files
from tenantry.core.files.errors import BytesMissing
from tenantry.core.jobs import LONG, Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.files import DISCARD
from tenantry.crm.models import DiscardedBytes, File
from tenantry.organizations.models import Organization

# What an upload has put into the store and not yet made a file of is younger than this.
ORPHANED_AFTER = timedelta(days=1)
_AT_ONCE = 200


@job("crm.find_discarded", every="* * * * * 30", retry=None)
def find_discarded() -> None:
    """Files also go with what they hang on and with whole organizations: whoever deleted them, their bytes follow."""
    with scope.platform("schedule"), writing():
        waiting = DiscardedBytes.objects.order_by().values_list("organization_id", flat=True).distinct()
        enqueue(*(Job(DISCARD, {"organization_id": str(i)}, once=f"{DISCARD}:{i}") for i in sorted(waiting)))


@job(DISCARD, lane=LONG)
def discard_bytes(*, organization_id: UUID) -> None:
    """The bytes first, then the note: a kill between the two repeats, and deleting twice is no fault."""
    while True:
        with reading():
            waiting = list(DiscardedBytes.objects.order_by("id").values_list("id", "store_key")[:_AT_ONCE])
            needed = _needed({key for _id, key in waiting})
        if not waiting:
            return
        for _id, key in waiting:
            if key not in needed:
                files.delete(organization_id, key)
        with writing():
            DiscardedBytes.objects.filter(id__in=[i for i, _key in waiting]).delete()


def _needed(keys: set[str]) -> set[str]:
    return set(File.objects.filter(store_key__in=keys).values_list("store_key", flat=True))


@job("crm.find_orphans", every="30 3 * * * 0", retry=None, lane=LONG)
def find_orphans() -> None:
    """Organizations that have bytes here. What belongs to none of ours is another installation's, and stays."""
    present = files.organizations()
    with scope.platform("schedule"), writing():
        ours = Organization.objects.filter(id__in=present).values_list("id", flat=True)
        enqueue(
            *(
                Job("crm.sweep_orphans", {"organization_id": str(i)}, once=f"crm.sweep_orphans:{i}")
                for i in sorted(ours)
            )
        )


@job("crm.sweep_orphans", lane=LONG)
def sweep_orphans(*, organization_id: UUID) -> None:
    """Bytes that no file came of: a process was killed between the store and the database."""
    before = clock.now() - ORPHANED_AFTER
    for keys in files.shelves(organization_id):
        with reading():
            needed = _needed(set(keys))
        for key in keys:
            if key in needed:
                continue
            try:
                old = files.kept_at(organization_id, key) < before
            except BytesMissing:
                continue
            if old:
                files.delete(organization_id, key)

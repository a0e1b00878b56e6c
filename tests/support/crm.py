"""One record of every type, for the sweeps over pages and operations."""

import io
from uuid import UUID

from factories.organizations import Organization, unique
from factories.records import make_each, make_record
from tenantry.core import clock, files
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.bulk import act_on_records
from tenantry.crm.bulk import Selection
from tenantry.crm.models import Deal, DealApproval, File
from tenantry.people.models import SavedView
from tenantry.usecases.saving_views import save_view

# The first part of an operation's path -> the record type it is about.
OF_PATH = {f"{one.permissions['view'].partition('.')[0]}": key for key, one in owned_types().items() if key != "folder"}
OF_PATH["folders"] = "folder"


def record_samples(org: Organization, many: int = 1) -> dict[str, str]:
    """`lead_id`, `deal_id` …, `record_id` and `type_key` of addresses that take any type. `many`: of each, and as many
    notes, tasks, activities and files hang on each that they can hang on."""
    made = [make_each(org, org.owner) for _ in range(many)]
    first = made[0]
    _fill(org, first["file"])
    for subject in ("lead", "contact", "company", "deal"):
        for kind in ("note", "task", "activity", "file"):
            for _ in range(many):
                make_record(org, kind, org.owner, **{f"{subject}_id": first[subject]})
    for _ in range(many):
        make_record(org, "contact", org.owner, company_id=first["company"])
        make_record(org, "deal", org.owner, company_id=first["company"], contact_id=first["contact"])
        make_record(org, "lead", None)
    with scope.tenant(org.id), writing():
        deal = Deal.objects.get(pk=first["deal"])
        mentor = org.owner.membership_id
        asked = DealApproval.objects.create(
            deal=deal, stage_id=deal.stage_id, asked_by_id=mentor, mentor_id=mentor, asked_at=clock.now()
        )
    selection = Selection("lead", (first["lead"],))
    acted = org.perform(act_on_records, act="restore", selection=selection).operation_id
    # Nobody has more than a few: the one of an earlier call serves.
    with scope.tenant(org.id), reading():
        saved_id = SavedView.objects.filter(owner_id=mentor, place="lead").values_list("id", flat=True).first()
    if saved_id is None:
        saved_id = org.perform(save_view, name=unique("view"), query="owner=me", place="lead").id
    return {
        "acted_id": str(acted),
        "saved_id": str(saved_id),
        "stage_id": str(deal.stage_id),
        "approval_id": str(asked.pk),
        "width": "256",
        "page": "1",
        **{f"{kind}_id": str(record_id) for kind, record_id in first.items()},
        "record_id": str(first["lead"]),
        "type_key": "lead",
    }


def _fill(org: Organization, file_id: UUID) -> None:
    """A file that can be read."""
    kept = files.put(org.id, io.BytesIO(b"They asked for a visit."))
    with scope.tenant(org.id), writing():
        File.objects.filter(pk=file_id).update(store_key=kept.key, size=kept.size, sha256=kept.sha256)

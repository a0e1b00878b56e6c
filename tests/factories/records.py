"""Records of the CRM, written past the actions: ground for tests that are about something else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from factories.organizations import Organization, Person, unique
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import (
    Activity,
    Company,
    Contact,
    Deal,
    DealMember,
    File,
    Folder,
    Lead,
    Note,
    Stage,
    Task,
)
from tenantry.crm.stages import add_first_stages
from tenantry.organizations.models import Workflow


def make_workflow(org: Organization, name: str | None = None) -> UUID:
    """A workflow with the usual stages and nobody in it."""
    name = name or unique("Sales")
    with scope.tenant(org.id), writing():
        made = Workflow(name=name, sort_name=name.lower(), created_at=clock.now())
        Workflow.objects.bulk_create([made])
        add_first_stages(made)
    return made.id


def without_workflows(org: Organization) -> None:
    """As an organization is that was founded before there was a first workflow."""
    with scope.tenant(org.id), writing():
        Workflow.objects.all().delete()


def stages_of(org: Organization, workflow_id: UUID) -> list[UUID]:
    """In their order."""
    with scope.tenant(org.id), reading():
        return list(Stage.objects.filter(workflow_id=workflow_id).order_by("position").values_list("id", flat=True))


def make_record(org: Organization, kind: str, /, owner: Person | UUID | None = None, **more: Any) -> UUID:
    """One record of a type. `owner`: a person or a membership's id, None for the queue *Unassigned*. `age`: how long
    ago it was made."""
    at = clock.now() - more.pop("age", timedelta())
    owner_id = owner.membership_id if isinstance(owner, Person) else owner
    model, values = _MODELS[kind]
    given = {**values(), "owner_id": owner_id, "created_at": at, "changed_at": at, **more}
    if kind == "deal":
        if "workflow_id" not in given:
            given["workflow_id"] = _a_workflow(org)
        given.setdefault("stage_id", stages_of(org, given["workflow_id"])[0])
    members = given.pop("members", ())
    with scope.tenant(org.id), writing():
        row = model(**given)
        row.refresh_search()
        model.objects.bulk_create([row])
        for one in members:
            DealMember.objects.create(deal_id=row.id, membership_id=one.membership_id, added_at=at)
    return row.id


def make_each(org: Organization, owner: Person | UUID | None = None, **more: Any) -> dict[str, UUID]:
    """One record of every type."""
    return {kind: make_record(org, kind, owner, **more) for kind in _MODELS}


def _a_workflow(org: Organization) -> UUID:
    with scope.tenant(org.id), reading():
        found = Stage.objects.order_by("workflow_id").values_list("workflow_id", flat=True).first()
    return found or make_workflow(org)


_MODELS: dict[str, tuple[Any, Any]] = {
    "lead": (Lead, lambda: {"given_name": "Nora", "family_name": unique("Lead")}),
    "contact": (Contact, lambda: {"given_name": "Tarek", "family_name": unique("Contact")}),
    "company": (Company, lambda: {"name": unique("Company")}),
    "deal": (Deal, lambda: {"name": unique("Deal"), "value": 120_000, "currency": "EUR", "stage_since": clock.now()}),
    "task": (Task, lambda: {"title": unique("Call back")}),
    "note": (Note, lambda: {"body": unique("They asked for a visit")}),
    "activity": (Activity, lambda: {"title": unique("Call"), "happened_at": clock.now()}),
    "folder": (Folder, lambda: {"name": unique("Offers")}),
    "file": (
        File,
        lambda: {
            "name": f"{unique('offer')}.txt",
            "size": 5,
            "content_type": "text/plain",
            "sha256": "0" * 64,
            "store_key": new_id().hex,
        },
    ),
}

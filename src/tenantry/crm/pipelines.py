"""Workflows and stages as those see them who work with deals."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from tenantry.acting.actions import in_action
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, visible
from tenantry.core.errors import NotFound
from tenantry.core.permissions import Reach
from tenantry.core.text import TextBound
from tenantry.crm.models import Deal, DealApproval, Stage
from tenantry.crm.records import DEAL
from tenantry.organizations.models import Workflow
from tenantry.people.models import WorkflowMember
from tenantry.people.permissions import WORKFLOWS_MANAGE, WORKFLOWS_VIEW
from tenantry.people.records import WORKFLOW

DEALS_VIEW = "deals.view"
STAGE_NAME = TextBound(60)
MOST_STAGES = 30
_IN_ORDER = ("workflow__sort_name", "workflow_id", "position")


def open_workflows(actor: Actor) -> QuerySet[Workflow]:
    """Workflows into which the actor may put deals, by name, empty ones too: all where every deal is within reach; else
    those they take part in, see, or own a deal of. Whose reach does not ask who takes part also has those in which
    nobody does. What they look at is `seen_workflows`."""
    rows = Workflow.objects.order_by("sort_name", "id")
    if not decide(actor, DEALS_VIEW):
        return rows.none()
    reach = actor.reach(DEALS_VIEW) or Reach.NONE
    if reach == Reach.ALL:
        return rows
    owning = Exists(Deal.objects.filter(workflow=OuterRef("pk"), owner=actor.own_id))
    known = Q(id__in=sorted(actor.grants.workflows)) | Q(owning)
    if reach & Reach.WORKFLOW != Reach.WORKFLOW:
        known |= ~Q(Exists(WorkflowMember.objects.filter(workflow=OuterRef("pk"))))
    if actor.may_any(WORKFLOWS_VIEW, WORKFLOWS_MANAGE):
        known |= Q(id__in=visible(actor, WORKFLOWS_VIEW, WORKFLOW).values("id"))
    return rows.filter(known)


def find_open_workflow(actor: Actor, workflow_id: UUID) -> Workflow:
    """:raises NotFound: unknown, or not one of `open_workflows`."""
    found = open_workflows(actor).filter(id=workflow_id).first()
    if found is None:
        raise NotFound
    return found


def seen_workflows(actor: Actor) -> QuerySet[Workflow]:
    """Workflows whose board the actor has, by name: those of `open_workflows`, and those in which a deal stands that
    they see, as a collaborator for instance. No deal in somebody's list is missing on every board. `takes`: whether
    they may put deals into it."""
    if actor.reach(DEALS_VIEW) == Reach.ALL:
        return open_workflows(actor).annotate(takes=Value(value=True))
    here = Deal.objects.filter(workflow=OuterRef("pk"), state=Deal.State.OPEN, archived_at__isnull=True)
    takes = Exists(open_workflows(actor).filter(id=OuterRef("pk")).order_by())
    known = Q(takes=True) | Q(Exists(visible(actor, DEALS_VIEW, DEAL, here)))
    return Workflow.objects.annotate(takes=takes).filter(known).order_by("sort_name", "id")


def find_seen_workflow(actor: Actor, workflow_id: UUID) -> Workflow:
    """:raises NotFound: unknown, or not one of `seen_workflows`."""
    found = seen_workflows(actor).filter(id=workflow_id).first()
    if found is None:
        raise NotFound
    return found


def stages_of(workflow_id: UUID) -> list[Stage]:
    """In their order."""
    return list(Stage.objects.filter(workflow_id=workflow_id).order_by("position"))


def lock_stages(ids: Iterable[UUID]) -> dict[UUID, Stage]:
    """Keeps stages as they are until the commit, before the deals that go into them are locked; unknown ids are left
    out. In the order of their ids, after the structure."""
    in_action()
    rows = Stage.objects.select_for_update(no_key=True).filter(id__in=set(ids)).order_by("id")
    return {row.id: row for row in rows}


def lock_stage(stage_id: UUID) -> Stage:
    """:raises NotFound: unknown."""
    found = lock_stages([stage_id]).get(stage_id)
    if found is None:
        raise NotFound
    return found


def stages_of_all(workflow_ids: Iterable[UUID]) -> list[Stage]:
    """Of several workflows, in their order, each with its workflow; one query."""
    rows = Stage.objects.filter(workflow_id__in=list(workflow_ids)).select_related("workflow")
    return list(rows.order_by("workflow_id", "position"))


def stages_seen(actor: Actor) -> QuerySet[Stage]:
    """Of all `seen_workflows`, by the workflow's name and in their order, each with its workflow."""
    return _stages_in(Q(workflow_id__in=seen_workflows(actor).order_by().values("id")))


def stages_open(actor: Actor, *, beside: UUID | None = None) -> QuerySet[Stage]:
    """Into which the actor may put deals: those of all `open_workflows`, and of the workflow `beside`, in which a deal
    stands that may be moved there. As `stages_seen` otherwise."""
    into = Q(workflow_id__in=open_workflows(actor).order_by().values("id"))
    return _stages_in(into | Q(workflow_id=beside) if beside else into)


def _stages_in(wanted: Q) -> QuerySet[Stage]:
    return Stage.objects.filter(wanted).select_related("workflow").order_by(*_IN_ORDER)


def stages_asked(workflow_id: UUID) -> list[Any]:
    """In their order, each with `asked`: how many requests to mentors about it wait."""
    waiting = DealApproval.objects.filter(stage_id=OuterRef("pk"), state=DealApproval.State.WAITING).order_by()
    counted = waiting.values("stage_id").annotate(n=Count("*")).values("n")
    rows = Stage.objects.filter(workflow_id=workflow_id).annotate(asked=Coalesce(Subquery(counted), 0))
    return list(rows.order_by("position"))


def stages_in_use(workflow_id: UUID) -> list[Any]:
    """In their order, each with `deals_open`: how many open ones stand in it."""
    working = Q(deals__state=Deal.State.OPEN, deals__archived_at__isnull=True)
    return list(
        Stage.objects.filter(workflow_id=workflow_id)
        .annotate(deals_open=Count("deals", filter=working))
        .order_by("position")
    )

"""The stages that a workflow begins with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.crm.models import Stage
from tenantry.organizations.models import Workflow


@dataclass(frozen=True, slots=True)
class FirstStage:
    """`probability` in percent; `stale_days`: None never."""

    name: Any
    probability: int
    is_milestone: bool = False
    is_lodgement: bool = False
    stale_days: int | None = None


FIRST: Sequence[FirstStage] = (
    FirstStage(_("New"), 10, stale_days=14),
    FirstStage(_("Qualified"), 25, stale_days=21),
    FirstStage(_("Proposal"), 50, is_milestone=True, stale_days=30),
    FirstStage(_("Negotiation"), 75, stale_days=30),
)


def add_first_stages(workflow: Workflow, stages: Sequence[FirstStage] = FIRST) -> list[Stage]:
    """A step: a workflow that was just made gets these stages, the usual ones if nothing is said."""
    rows = [
        Stage(
            workflow=workflow,
            name=str(one.name),
            sort_name=str(one.name).lower(),
            position=position,
            probability=one.probability,
            is_milestone=one.is_milestone,
            is_lodgement=one.is_lodgement,
            stale_days=one.stale_days,
        )
        for position, one in enumerate(stages)
    ]
    return Stage.objects.bulk_create(rows)

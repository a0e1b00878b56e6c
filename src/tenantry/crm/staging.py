"""Choosing among stages of any number: those of one workflow in their order, others by typing some of a name."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from tenantry.core.named import ALIKE, OFFERED, Named, called, just_one
from tenantry.crm.models import Stage
from tenantry.crm.pipelines import MOST_STAGES

# A stage is called by its own name and its workflow's.
_NAMES = ("sort_name", "workflow__sort_name")


@dataclass(frozen=True, slots=True)
class Stages:
    """`chosen`: those of the ids asked for that there are; `rows`: all that are offered, in their order, those with
    them; `more`: there are others."""

    chosen: tuple[UUID, ...] = ()
    rows: tuple[Stage, ...] = ()
    more: bool = False

    @property
    def named(self) -> tuple[Named, ...]:
        """With the workflow, unless all that there are belong to one."""
        flows = {row.workflow_id for row in self.rows}
        alone = len(flows) == 1 and not self.more
        return tuple((row.id, row.name if alone else full_name(row)) for row in self.rows)


def full_name(stage: Stage) -> str:
    return f"{stage.workflow.name}: {stage.name}"


def stages_offered(
    rows: QuerySet[Stage],
    typed: str,
    chosen: Collection[UUID] = (),
    *,
    home: UUID | None = None,
    most: int = OFFERED,
) -> Stages:
    """Of `pipelines.stages_open` or `stages_seen`. While nothing is typed every stage of one workflow stands there, and
    others as far as there is room: of `home`, else of what is chosen, else of the first. A query; one more for what is
    chosen and not among those."""
    if typed.strip():
        found = list(_called(rows, typed)[: most + 1])
        room = most
    else:
        chosen_in = Stage.objects.filter(id__in=list(chosen)).values("workflow_id")
        first = Q(workflow_id=home) if home else Q(workflow_id__in=chosen_in)
        near = Case(When(first, then=Value(0)), default=Value(1), output_field=IntegerField())
        ordered = rows.annotate(near=near).order_by("near", *rows.query.order_by) if home or chosen else rows
        found = list(ordered[: MOST_STAGES + most + 1])
        beginning = next((row.workflow_id for row in found), None)
        room = max(most, sum(row.workflow_id == beginning for row in found))
    shown, there = found[:room], {row.id: row for row in found}
    missing = [one for one in chosen if one not in there]
    there |= {row.id: row for row in (rows.filter(id__in=missing) if missing else ())}
    kept = [there[one] for one in chosen if one in there]
    if typed.strip() or missing or any(row not in shown for row in kept):
        shown = [*kept, *(row for row in shown if row not in kept)]
    return Stages(tuple(row.id for row in kept), tuple(shown), len(found) > room)


def stage_called(rows: QuerySet[Stage], typed: str) -> UUID | None:
    """The one that has this name, alone or behind its workflow's; None for none and for several."""
    found = list(_called(rows, typed)[:ALIKE])
    alone = just_one(((row.id, row.name) for row in found), typed)
    return alone or just_one(((row.id, full_name(row)) for row in found), typed)


def is_stage_called(rows: QuerySet[Stage], stage_id: UUID, typed: str) -> bool:
    return _called(rows.filter(id=stage_id), typed).exists()


def _called(rows: QuerySet[Stage], typed: str) -> QuerySet[Stage]:
    return called(rows, typed.replace(":", " "), _NAMES)

"""Choosing a stage or a workflow, of any number: where a deal is made or moved to, what a lead begins, and in the
filter of lists."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.urls import reverse

from tenantry.core.actor import Actor
from tenantry.core.decisions import find
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.core.named import Offered, called, called_just, offered
from tenantry.crm.permissions import DEALS_MOVE
from tenantry.crm.pipelines import DEALS_VIEW, open_workflows, stages_open, stages_seen
from tenantry.crm.records import DEAL
from tenantry.crm.staging import is_stage_called, stage_called, stages_offered
from tenantry.web.momentum.owning import IN_FILTER
from tenantry.web.offers import Offer, offer_of, options_of, ticked_in, typed_in
from tenantry.web.picking import FIELD, Picker, said_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

CREATE = DEAL.permissions["create"]
WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePicker(Picker):
    """Of the stages into which the actor may put deals. `deal`: the one that is moved, with its workflow."""

    deal_id: UUID | None = None
    beside: UUID | None = None

    @property
    def url(self) -> str:
        about = f"&deal={self.deal_id}" if self.deal_id else ""
        return f"{reverse('stage_choices')}?field={self.name}{about}"

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return self.chosen is not None and is_stage_called(self.rows(actor), self.chosen, self.typed)

    def named(self, actor: Actor) -> UUID | None:
        return stage_called(self.rows(actor), self.typed)

    def rows(self, actor: Actor) -> QuerySet[Any]:
        """Those among which one chooses."""
        return stages_open(actor, beside=self.beside)


def stage_picker(
    actor: Actor,
    said: QueryDict | None,
    name: str = "stage",
    *,
    present: UUID | None = None,
    home: UUID | None = None,
    deal: Any = None,
) -> StagePicker | None:
    """None where there is no such stage. `present`: what is chosen before the form is sent, else the first one; `home`:
    the workflow whose stages stand there first, that of `deal` for one that is moved. A query, two where something is
    chosen that is not shown anyway."""
    typed, chosen = said_of(name, present, said)
    beside = deal.workflow_id if deal is not None else None
    rows = stages_open(actor, beside=beside)
    found = stages_offered(rows, typed, (chosen,) if chosen else (), home=home or beside)
    if not found.rows and not (typed and rows.exists()):
        return None
    unknown = chosen is not None and chosen not in found.chosen
    if said is None and (chosen is None or unknown):
        chosen, unknown = found.rows[0].id, False
    return StagePicker(
        name=name,
        deal_id=deal.pk if deal is not None else None,
        beside=beside,
        typed=typed,
        chosen=None if unknown else chosen,
        unknown=unknown,
        choices=found.named,
        more=found.more,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowPicker(Picker):
    """Of the workflows into which the actor may put deals."""

    @property
    def url(self) -> str:
        return f"{reverse('stage_choices')}?as={WORKFLOW}&field={self.name}"

    def is_chosen_by_name(self, actor: Actor) -> bool:
        if self.chosen is None:
            return False
        return called(open_workflows(actor).filter(id=self.chosen), self.typed).exists()

    def named(self, actor: Actor) -> UUID | None:
        return called_just(open_workflows(actor), self.typed)


def workflow_picker(actor: Actor, said: QueryDict | None, name: str = "workflow_id") -> WorkflowPicker | None:
    """None where there is no such workflow; the first one is chosen until another is. A query, two where something is
    chosen that is not shown anyway."""
    typed, chosen = said_of(name, None, said)
    rows = open_workflows(actor)
    found = offered(rows, typed, (chosen,) if chosen else ())
    if not found.rows and not (typed and rows.exists()):
        return None
    if chosen is None and not typed:
        chosen = found.rows[0][0]
    there = chosen in dict(found.rows)
    return WorkflowPicker(
        name=name,
        typed=typed,
        chosen=chosen if there else None,
        unknown=chosen is not None and not there,
        choices=found.rows,
        more=found.more,
    )


def stage_offer(actor: Actor, said: QueryDict, name: str = "stage") -> Offer:
    """Of the filter of a list: the stages of one's boards."""
    typed = typed_in(said, name)
    found = stages_offered(stages_seen(actor), typed, ticked_in(said, name), most=IN_FILTER)
    search = f"{reverse('stage_choices')}?as=filter&field={name}"
    return offer_of(Offered(found=found.named, more=found.more), search, typed)


@screen(CREATE, DEALS_MOVE, DEALS_VIEW)
def stage_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form, `?deal=` of the one that is moved; with `?as=workflow`
    workflows, with `?as=filter` the filter of a list. Whoever only looks has no form."""
    actor, said = request.actor, request.GET
    field, kind = said.get("field", "stage"), said.get("as", "")
    if not FIELD.fullmatch(field):
        raise NotFound
    if kind == "filter":
        return page(request, "components/filter_options.html", options_of(stage_offer(actor, said, field), said, field))
    picker: Picker | None
    if kind == WORKFLOW:
        picker = workflow_picker(actor, said, field) if actor.may(CREATE) else None
    elif actor.may_any(CREATE, DEALS_MOVE):
        picker = stage_picker(actor, said, field, deal=_deal(actor, said))
    else:
        picker = None
    if picker is None:
        raise NotFound
    return page(request, "components/picked.html", {"picker": picker})


def _deal(actor: Actor, said: QueryDict) -> Any:
    deal_id = parse_id(said.get("deal", ""))
    return find(actor, DEAL, deal_id) if deal_id else None

"""Something for many records: named one by one or by a filter, the plan first, at once or in the background."""

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import Field, create_model, model_validator

from tenantry.acting.operations import get_operation
from tenantry.api.idempotency import carry_out
from tenantry.api.long_work.schemas import WorkOut, work_out
from tenantry.api.operations import Answer, operation
from tenantry.api.people.leaving import closed_out
from tenantry.api.people.leaving_schemas import Anyway, ClosedOut
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Digest, Id, Ids, In, Out
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import PlanChanged
from tenantry.core.transactions import reading
from tenantry.crm.actions.bulk import act_on_records
from tenantry.crm.bulk import GIVE, RecordsPlan, Selection, plan_act_on_records
from tenantry.crm.errors import ReceiverNotActive
from tenantry.crm.opening_errors import ReceiverCannotOpen
from tenantry.metering.errors import MeterExhausted
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.usecases.bulk_changing.results import told

if TYPE_CHECKING:
    from tenantry.api.records.rows import Shape

# What a list is asked for besides its filter.
_OF_PAGES = frozenset({"limit", "cursor", "sort"})
_TOLD = """Does something to several of them. Up to 500 are done at once; more go on in the background.

Who may not act on some of them acts on the others; each line of the operation says what became of its record."""


class ChangeRecords(In):
    """Either `ids` or `filter`."""

    do: Literal["give", "archive", "restore", "delete"]
    ids: Ids | None = None
    owner_id: Annotated[Id | None, Field(description="To whom they are given; null: into the queue Unassigned.")] = None
    digest: Digest | None = None
    anyway: Anyway = False
    dry_run: Annotated[bool, Field(description="Answers what would happen and changes nothing.")] = False

    @model_validator(mode="after")
    def _is_whole(self) -> "ChangeRecords":
        if (self.ids is None) == (getattr(self, "filter", None) is None):
            raise ValueError(_("either ids or filter"))
        if (self.do == GIVE) != ("owner_id" in self.model_fields_set):
            raise ValueError(_("owner_id belongs to give, and has to be there"))
        return self


class LossOut(Out):
    """`what`: `deleted` along, or `released`: kept without the link."""

    what: str
    type: str
    count: int


class LeftOutOut(Out):
    """Why some are left out."""

    code: str
    detail: str
    number: int


class RecordsPlanOut(Out):
    """What would happen to `total` records: `done` would change, `same` are so already, the others are left out."""

    digest: str
    total: int
    done: int
    same: int
    refused: list[LeftOutOut]
    names: list[str] = Field(description="The first of those that would change.")
    losses: list[LossOut] = Field(description="What goes or comes loose with those that are deleted.")
    closed: list[ClosedOut] = Field(description="What the receiver could not open: refused unless `anyway` is sent.")
    large: bool = Field(description="It goes on in the background.")


class RecordsChangedOut(Out):
    """`plan` of a dry run, else the `operation`."""

    plan: RecordsPlanOut | None
    operation: WorkOut | None


def plan_out(plan: RecordsPlan) -> RecordsPlanOut:
    return RecordsPlanOut(
        digest=plan.digest,
        total=plan.total,
        done=plan.done,
        same=plan.same,
        refused=[LeftOutOut(code=code, detail=in_words(code).sentence, number=n) for code, n in plan.refused],
        names=list(plan.names),
        losses=[LossOut(what=loss.what, type=loss.type, count=loss.count) for loss in plan.losses],
        closed=closed_out(plan.closed),
        large=plan.large,
    )


Wanted = Callable[[Actor, "Shape", Any], QuerySet[Any]]
Named = Callable[..., Callable[[Any], Any]]


def _body_of(shape: "Shape") -> type[ChangeRecords]:
    """With a filter of what the list of this type may be asked."""
    name = shape.noun.title().replace("_", "")
    fields = {key: (info.annotation, copy(info)) for key, info in shape.query.model_fields.items()}
    kept: Any = {key: value for key, value in fields.items() if key not in _OF_PAGES}
    narrowed = create_model(f"{name}Filter", __base__=In, __doc__="As the list filters. Nothing said: all.", **kept)
    more: Any = {"filter": (narrowed | None, None)}
    return create_model(f"Change{name}", __base__=ChangeRecords, __doc__=ChangeRecords.__doc__, **more)


def add_bulk(router: Router, shape: "Shape", wanted: Wanted, named: Named) -> None:
    """`wanted`: the rows that a filter means, whoever sees them; `named`: gives a closure its name."""
    key, edit, delete = shape.record_type.key, shape.code("edit"), shape.code("delete")
    refuses = (PlanChanged, ReceiverNotActive, ReceiverCannotOpen, MeterExhausted)

    def chosen(actor: Actor, body: Any) -> Selection:
        if body.filter is None:
            return Selection(key, tuple(body.ids))
        return Selection(key, (), wanted(actor, shape, body.filter))

    @operation(
        router, "POST", f"{shape.path}/bulk", edit, delete, answer=RecordsChangedOut, refuses=refuses, accepts=True
    )
    @named(shape, "change_many", _TOLD, body=_body_of(shape))
    def records_change(request: ApiRequest, body: Any) -> Answer:
        asked: dict[str, Any] = {"act": body.do, "owner_id": body.owner_id}
        with reading():
            asked["selection"] = chosen(request.actor, body)
            if body.dry_run:
                plan = plan_act_on_records(actor=request.actor, now=clock.now(), **asked)
                return Answer(RecordsChangedOut(plan=plan_out(plan), operation=None))
        done = carry_out(request, act_on_records, **asked, digest=body.digest, anyway=body.anyway)
        with reading():
            [shown] = told([get_operation(request.actor, done.operation_id)])
        return Answer(RecordsChangedOut(plan=None, operation=work_out(shown)), accepted=not done.finished)

"""Why somebody can or can't, and who can."""

from typing import Any

from ninja import Query, Router

from tenantry.access.explaining.answering import answer_oneself, explain
from tenantry.access.explaining.who import who_can
from tenantry.access.permissions import EXPLAIN
from tenantry.api.access.schemas import (
    AbleOut,
    DoerOut,
    EvidenceOut,
    ExplainQuery,
    ExplanationOut,
    OwnExplanationOut,
    RecordOut,
    RemedyOut,
    StepOut,
    WhoPage,
    WhoQuery,
)
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound

router = Router(tags=["Access"])


def _asked(query: ExplainQuery | WhoQuery) -> dict[str, Any]:
    """:raises NotFound: half a record is no record."""
    if bool(query.record_type) != bool(query.record_id):
        raise NotFound
    return {"permission": query.permission, "record_type": query.record_type, "record_id": query.record_id}


def _record(subject: Any) -> RecordOut | None:
    return RecordOut(type=subject.kind, id=subject.id, name=subject.name) if subject else None


def _step(step: Any) -> StepOut:
    evidence = [EvidenceOut(kind=one.kind, sentence=one.text, holds=one.holds) for one in step.evidence]
    return StepOut(step=str(step.step), outcome=str(step.outcome), evidence=evidence)  # type: ignore[arg-type]


def _remedy(remedy: Any) -> RemedyOut:
    return RemedyOut(
        changes=[one.text for one in remedy.changes],
        also=list(remedy.also),
        widens=remedy.widens,
        people=[AbleOut(id=one.id, name=one.name, role=one.role) for one in remedy.people],
        yours=remedy.mine,
    )


@operation(
    router,
    "GET",
    "/people/{person_id}/explain",
    EXPLAIN,
    answer=ExplanationOut,
    refuses=(InvalidInput,),
)
def person_explain(request: ApiRequest, person_id: Id, query: Query[ExplainQuery]) -> ExplanationOut:
    """Why somebody can, or can't: every step of the published order, and the smallest change. The record has to be one
    that the caller may view."""
    told = explain(actor=request.actor, membership_id=person_id, now=clock.now(), field=query.field, **_asked(query))
    return ExplanationOut(
        person_id=told.membership_id,
        name=told.name,
        permission=told.permission,
        record=_record(told.subject),
        field=told.field,
        allowed=told.decision.allowed,
        refused_at=str(told.decision.step) if told.decision.step else None,
        steps=[_step(step) for step in told.steps],
        remedies=[_remedy(one) for one in told.remedies],
        ends=told.ends,
    )


@operation(
    router,
    "GET",
    "/me/explain",
    open_to="everybody may have one sentence about themselves",
    answer=OwnExplanationOut,
    refuses=(InvalidInput,),
)
def my_explain(request: ApiRequest, query: Query[ExplainQuery]) -> OwnExplanationOut:
    """Whether one may do something oneself, in one sentence, with a code for one's administrator."""
    told = answer_oneself(actor=request.actor, now=clock.now(), field=query.field, **_asked(query))
    return OwnExplanationOut(
        permission=told.permission,
        record=_record(told.subject),
        allowed=told.decision.allowed,
        sentence=told.sentence,
        handover=told.code,
    )


@operation(router, "GET", "/access/who", EXPLAIN, answer=WhoPage, refuses=(InvalidInput,))
def access_who(request: ApiRequest, query: Query[WhoQuery]) -> Answer:
    """Who can do this, to a record or at all: active people whose access the caller may explain, by name. A page may
    hold fewer than `limit`, since roles that might give it do not always."""
    found = who_can(actor=request.actor, now=clock.now(), cursor=query.cursor, size=query.limit, **_asked(query))
    items = [DoerOut(id=one.id, name=one.name, reason=one.reason) for one in found.doers]
    return listed(request, WhoPage, found.page, items)

"""Doing something to many people, and the long work that comes of it."""

from uuid import UUID

from ninja import Query, Router

from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.acting.errors import OperationOver
from tenantry.acting.operations import cancel_operation, get_operation, lines_of, operations
from tenantry.api.idempotency import carry_out
from tenantry.api.long_work.schemas import (
    ChangedOut,
    ChangePeople,
    ConfirmWork,
    LinePage,
    LinesQuery,
    WorkOut,
    WorkPage,
    line_out,
    plan_out,
    work_out,
)
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import PageQuery, listed
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.people.errors import NotOfferedHere
from tenantry.people.permissions import DEACTIVATE, EDIT, INVITE, REMOVE, TEAMS_MANAGE
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.errors import (
    NobodyToChange,
    NotPlanned,
    PlannedByAnother,
    PlannedFirst,
    PlanTooOld,
)
from tenantry.usecases.bulk_changing.planned import confirm_planned, plan_people, planned_by
from tenantry.usecases.bulk_changing.planning import Selection, plan_change
from tenantry.usecases.bulk_changing.results import told, told_lines

router = Router(tags=["Long work"])
ANY = (INVITE, EDIT, DEACTIVATE, REMOVE, TEAMS_MANAGE, ASSIGN, RESTRICT)
OF_ITS_KIND = "who asked for it, and whoever holds its kind's permission"
REFUSALS = (NobodyToChange, PlanChanged, PlannedFirst, OrganizationNameAsked, NotOfferedHere)


@operation(router, "POST", "/people/bulk", *ANY, answer=ChangedOut, refuses=REFUSALS, accepts=True)
def people_change(request: ApiRequest, body: ChangePeople) -> Answer:
    """Does something to a selection. Up to 500 people are done at once; more go on in the background.

    A dry run of more than 2,000 answers 202 with an operation that plans them: read its `plan` once it is there, then
    confirm the operation.
    """
    ids = tuple(body.ids or ())
    wanted = body.filter.wanted() if body.filter else None
    if body.dry_run:
        with reading():
            large = Selection(ids, wanted).is_large(request.actor, clock.now())
        if large:
            begun = carry_out(request, plan_people, do=body.do, value_id=body.value, wanted=wanted)
            return Answer(ChangedOut(plan=None, operation=_work(request, begun.operation_id)), accepted=True)
        with reading():
            plan = plan_change(
                actor=request.actor,
                do=body.do,
                selection=Selection(ids, wanted),
                value_id=body.value,
                now=clock.now(),
            )
        return Answer(ChangedOut(plan=plan_out(plan), operation=None))
    done = carry_out(
        request,
        change_people,
        do=body.do,
        value_id=body.value,
        membership_ids=ids,
        wanted=wanted,
        digest=body.digest,
        organization_name=body.organization_name,
    )
    return Answer(ChangedOut(plan=None, operation=_work(request, done.operation_id)))


def _work(request: ApiRequest, operation_id: UUID) -> WorkOut:
    with reading():
        return _shown(request, operation_id)


def _shown(request: ApiRequest, operation_id: UUID) -> WorkOut:
    """With the plan that waits for its confirmation."""
    [shown] = told([get_operation(request.actor, operation_id)])
    return work_out(shown, planned_by(request.actor, shown.row, shown.value))


@operation(router, "GET", "/operations", open_to=OF_ITS_KIND, answer=WorkPage)
def operation_list(request: ApiRequest, query: Query[PageQuery]) -> Answer:
    """Long work that the caller asked for or may look after, newest first."""
    rows = operations(request.actor)
    page = keyset_page(rows, order="created_at", descending=True, cursor=query.cursor, size=query.limit)
    return listed(request, WorkPage, page, [work_out(one) for one in told(page.rows)])


@operation(router, "GET", "/operations/{operation_id}", open_to=OF_ITS_KIND, answer=WorkOut)
def operation_get(request: ApiRequest, operation_id: Id) -> WorkOut:
    """How far it is, and the plan of one that waits for its confirmation."""
    return _shown(request, operation_id)


@operation(router, "GET", "/operations/{operation_id}/lines", open_to=OF_ITS_KIND, answer=LinePage)
def operation_lines(request: ApiRequest, operation_id: Id, query: Query[LinesQuery]) -> Answer:
    """What became of everybody of it, in the order of the selection."""
    rows = lines_of(get_operation(request.actor, operation_id), *query.state)
    page = keyset_page(rows, order="position", cursor=query.cursor, size=query.limit)
    return listed(request, LinePage, page, [line_out(one) for one in told_lines(request.actor, page.rows)])


@operation(
    router, "POST", "/operations/{operation_id}/cancel", open_to=OF_ITS_KIND, answer=WorkOut, refuses=(OperationOver,)
)
def operation_cancel(request: ApiRequest, operation_id: Id) -> WorkOut:
    """No further batch begins; what was done stays done."""
    carry_out(request, cancel_operation, operation_id=operation_id)
    return _work(request, operation_id)


@operation(
    router,
    "POST",
    "/operations/{operation_id}/confirm",
    *ANY,
    answer=WorkOut,
    status=202,
    refuses=(NotPlanned, PlannedByAnother, PlanTooOld, NobodyToChange, OrganizationNameAsked, NotOfferedHere),
)
def operation_confirm(request: ApiRequest, operation_id: Id, body: ConfirmWork = ConfirmWork()) -> WorkOut:  # noqa: B008 frozen
    """Does what was planned, to exactly those people. Only who asked for the plan may, within a day."""
    name = body.organization_name
    carry_out(request, confirm_planned, operation_id=operation_id, organization_name=name)
    return _work(request, operation_id)

"""Long work: what is under way, how far it is, and what became of everybody."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import perform
from tenantry.acting.operations import cancel_operation, get_operation, lines_of, operations
from tenantry.core import clock
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.usecases.bulk_changing.planned import concerned_by, confirm_planned, is_old, plan_anew, planned_by
from tenantry.usecases.bulk_changing.reasons import in_words
from tenantry.usecases.bulk_changing.results import DONE, REFUSED, WAITING, Told, refused_file, told, told_lines
from tenantry.usecases.handing_over.results import closed_in, left_with
from tenantry.web.people.bulk_plans import MANY, effects_of, reasons_of
from tenantry.web.people.bulk_words import WORDS
from tenantry.web.people.settling import lines_to_settle, settle
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

PAGE_SIZE = 50
STATES = (
    ("", gettext_lazy("Everybody")),
    (DONE, gettext_lazy("Done")),
    (REFUSED, gettext_lazy("Left out")),
    (WAITING, gettext_lazy("Not yet")),
)
# Seconds until the next look, by how many looks there were.
SLOWEST = 5


@screen(*MANY)
def operation_list(request: MemberRequest) -> HttpResponse:
    found = keyset_page(
        operations(request.actor),
        order="created_at",
        descending=True,
        cursor=request.GET.get("cursor"),
        size=PAGE_SIZE,
    )
    context = {"page": found, "rows": told(found.rows)}
    return page(request, "operations/list.html", context)


@screen(*MANY)
def operation_detail(request: MemberRequest, operation_id: UUID) -> HttpResponse:
    return _detail(request, operation_id)


def _detail(
    request: MemberRequest, operation_id: UUID, *, name_asked: OrganizationNameAsked | None = None, status: int = 200
) -> HttpResponse:
    """`name_asked`: the organization's name was not what was typed."""
    row = get_operation(request.actor, operation_id)
    state = request.GET.get("state", "")
    states = (state,) if state in (DONE, REFUSED, WAITING) else ()
    found = keyset_page(lines_of(row, *states), order="position", cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    [shown] = told([row])
    context = {
        "page": found,
        "lines": told_lines(request.actor, found.rows),
        "left_with": left_with(request.actor, row),
        "closed": closed_in(row),
        "state": states[0] if states else "",
        "states": [(code, text) for code, text in STATES if code != WAITING or shown.left],
        **_progress(shown, 0),
        **_planned(request, shown),
        "asked": name_asked,
        "typed": request.POST.get("organization_name", ""),
    }
    return page(request, "operations/detail.html", context, status=422 if name_asked else status)


def _planned(request: MemberRequest, shown: Told) -> dict[str, Any]:
    """The plan that waits for its confirmation. `confirms`: the reader is who asked for it, in time."""
    plan = planned_by(request.actor, shown.row, shown.value)
    if plan is None:
        return {"plan": None}
    words, actor = WORDS[plan.do], request.actor
    mine = (shown.row.actor_kind, shown.row.actor_id) == (actor.kind, actor.acting_id)
    old = is_old(shown.row, clock.now())
    return {
        "plan": plan,
        "effects": effects_of(plan),
        "reasons": reasons_of(plan),
        # Whoever may not have them looked at anew would read the old plan again.
        "matters": lines_to_settle(request, plan.matters if mine and not old else ()),
        "settle_at": reverse("operation_matter", args=[shown.row.id]),
        "button": words.called(words.button, request.organization.labels),
        "dangerous": words.dangerous,
        "mine": mine,
        "old": old,
        "confirms": mine and not old and bool(plan.done),
    }


@screen(*MANY, methods=("POST",))
def operation_matter(request: MemberRequest, operation_id: UUID) -> HttpResponse:
    """Settles one thing that keeps somebody here who was planned; then the same people are looked at once more."""
    refused = settle(request, lambda kind: concerned_by(request.actor, operation_id, kind))
    if is_searching(request.POST):
        with reading():
            return _detail(request, operation_id)
    if refused is not None:
        said = getattr(refused, "fields", {}).values()
        toast(request, " ".join(map(str, said)) or str(refused), bad=True)
        # With who was chosen, and what was typed.
        with reading():
            return _detail(request, operation_id, status=status_of(refused))
    perform(plan_anew, actor=request.actor, operation_id=operation_id)
    return go(request, reverse("operation_detail", args=[operation_id]))


@screen(*MANY, methods=("POST",))
def operation_confirm(request: MemberRequest, operation_id: UUID) -> HttpResponse:
    """What was planned is done to exactly those people."""
    if is_searching(request.POST):
        # Somebody to settle a matter with is looked for in the same form.
        with reading():
            return _detail(request, operation_id)
    name = request.POST.get("organization_name", "")
    try:
        perform(confirm_planned, actor=request.actor, operation_id=operation_id, organization_name=name)
    except OrganizationNameAsked as name_asked:
        with reading():
            return _detail(request, operation_id, name_asked=name_asked)
    return go(request, reverse("operation_detail", args=[operation_id]))


def _progress(shown: Told, looks: int) -> dict[str, Any]:
    why = in_words(shown.row.error) if shown.row.error else None
    return {
        "operation": shown,
        "failure": f"{why.sentence} {why.remedy}".strip() if why else "",
        "looks": looks + 1,
        "wait": min(SLOWEST, 1 + looks // 5),
    }


@screen(*MANY)
def operation_progress(request: MemberRequest, operation_id: UUID) -> HttpResponse:
    """The bar alone, asked for again and again, ever more slowly; at the end the whole page comes anew."""
    row = get_operation(request.actor, operation_id)
    [shown] = told([row])
    if not shown.is_open:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    given = request.GET.get("looks", "")
    looks = int(given) if given.isdecimal() and len(given) < 4 else 0
    return page(request, "operations/progress.html", _progress(shown, looks))


@screen(*MANY, crosses=True)
def operation_refused(request: MemberRequest, operation_id: UUID) -> StreamingHttpResponse:
    """Who was left out and why, as a file."""
    with reading():
        row = get_operation(request.actor, operation_id)
    lines = refused_file(request.actor, row, request.organization.id)
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="left-out-{clock.now():%Y-%m-%d}.csv"'
    return answer


@screen(*MANY, methods=("POST",))
def operation_cancel(request: MemberRequest, operation_id: UUID) -> HttpResponse:
    """No further batch begins; what was done stays done."""
    perform(cancel_operation, actor=request.actor, operation_id=operation_id)
    toast(request, _("It was canceled. What was done stays done."))
    return go(request, reverse("operation_detail", args=[operation_id]))

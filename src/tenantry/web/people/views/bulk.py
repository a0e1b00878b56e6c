"""Something for a selection of the directory, ticked or all that match: the plan with who is left out and why, then the
deed with its digest. Up to one batch is done at once; more is an operation with a page of its own."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.selectors import policy
from tenantry.people.permissions import VIEW
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_changing.errors import NobodyToChange
from tenantry.usecases.bulk_changing.planned import plan_people
from tenantry.usecases.bulk_changing.planning import BulkPlan, Selection, kind_of, plan_change
from tenantry.usecases.leaving.records import REMOVAL_RECORDS, REQUIRED, UNASSIGN
from tenantry.usecases.leaving.settling import concerned
from tenantry.web.offers import TYPED
from tenantry.web.people import filters
from tenantry.web.people.answers import current_url
from tenantry.web.people.bulk_plans import effects_of, reasons_of
from tenantry.web.people.bulk_words import WORDS, BulkWords, told
from tenantry.web.people.grouping import GroupPicker, group_picker
from tenantry.web.people.heirs import ABOUT, HeirPicker, heir_of, heir_picker
from tenantry.web.people.selecting import MOST, ticked
from tenantry.web.people.settling import lines_to_settle, settle
from tenantry.web.picking import is_searching, meant
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


@screen(VIEW, methods=("POST",))
def person_bulk(request: MemberRequest) -> HttpResponse:
    """`do`: what, `ids`: to whom, or `all` who match `query`; `digest`: the plan that was read; without it the plan is
    shown, and before that the choice of what it needs. More than `planning.AT_ONCE` are planned in the background."""
    asked = _Asked(request)
    try:
        return _answer(request, asked)
    except Refusal as refused:
        if not asked.kind.beside or asked.value_id is None or refused.code not in ABOUT:
            raise
        asked.value_id = None
        return _plan_page(request, asked, refused=refused, large=_is_large(request, asked))


@screen(VIEW, methods=("POST",))
def person_bulk_matter(request: MemberRequest) -> HttpResponse:
    """Settles one thing that keeps somebody of the selection here; then the plan of the same selection anew."""
    asked = _Asked(request)
    if _is_large(request, asked):
        # So many are settled on the page of the operation that plans them.
        return _plan_page(request, asked, large=True)
    with reading():
        ids = tuple(asked.selection.stream(request.actor, clock.now()))
    refused = settle(request, lambda kind: concerned(request.actor, kind, ids), leaving=ids)
    try:
        return _plan_page(request, asked, refused=refused)
    except Refusal as chosen_before:
        if asked.value_id is None or chosen_before.code not in ABOUT:
            raise
        asked.value_id = None
        return _plan_page(request, asked, refused=refused or chosen_before)


def _answer(request: MemberRequest, asked: "_Asked") -> HttpResponse:
    """:raises Refusal: of whoever was chosen to go on, and see `change_people`."""
    if asked.complete and _is_large(request, asked):
        if asked.mistyped or (asked.kind.beside and asked.searching) or (asked.goes_on_unasked and _leaves_records()):
            return _plan_page(request, asked, refused=asked.mistyped, large=True)
        # Whatever digest it may carry: so many were not to be read in one answer.
        return _have_planned(request, asked)
    if asked.mistyped:
        return _plan_page(request, asked, refused=asked.mistyped if asked.kind.beside else None)
    if not asked.digest or not asked.complete:
        return _plan_page(request, asked)
    try:
        result = perform(
            change_people,
            actor=request.actor,
            do=asked.do,
            value_id=asked.value_id,
            membership_ids=asked.ids,
            wanted=asked.selection.wanted,
            digest=asked.digest,
            organization_name=request.POST.get("organization_name", ""),
        )
    except PlanChanged as changed:
        return _plan_page(request, asked, changed=changed)
    except NobodyToChange:
        return _plan_page(request, asked)
    except OrganizationNameAsked as name_asked:
        return _plan_page(request, asked, name_asked=name_asked)
    there = reverse("operation_detail", args=[result.operation_id])
    if not result.finished:
        return go(request, there)
    toast(request, told(asked.do, result.done, result.refused), url=there if result.refused else "")
    return go(request, asked.back)


def _leaves_records() -> bool:
    with reading():
        return bool(policy(REMOVAL_RECORDS) != UNASSIGN)


def _is_large(request: MemberRequest, asked: "_Asked") -> bool:
    with reading():
        return asked.selection.is_large(request.actor, clock.now())


def _have_planned(request: MemberRequest, asked: "_Asked") -> HttpResponse:
    """The page of the operation that plans it, where the plan is confirmed."""
    begun = perform(
        plan_people, actor=request.actor, do=asked.do, value_id=asked.value_id, wanted=asked.selection.wanted
    )
    return go(request, reverse("operation_detail", args=[begun.operation_id]))


class _Asked:
    """What the form says.

    :raises NotFound, PermissionMissing, InvalidInput: see `kind_of` and `ticked`.
    """

    def __init__(self, request: MemberRequest) -> None:
        sent = request.POST
        self.do = sent.get("do", "")
        self.kind = kind_of(request.actor, self.do)
        self.words: BulkWords = WORDS[self.do]
        self.everybody = "all" in sent
        self.query = sent.get("query", "")
        self.ids: tuple[UUID, ...] = () if self.everybody else ticked(sent)
        wanted = filters.wanted(QueryDict(self.query)) if self.everybody else None
        self.selection = Selection(self.ids, wanted)
        written = sent.get(self.kind.into, "") if self.kind.into else ""
        self.value_id = parse_id(written)
        self.mistyped: InvalidInput | None = None
        self.picker: GroupPicker | None = None
        self.searching = is_searching(sent)
        if self.kind.beside and not self.searching:
            try:
                with reading():
                    self.value_id = heir_of(request.actor, sent, self.kind.into, leaving=self.ids)
            except InvalidInput as typed:
                self.mistyped = typed
        elif self.words.groups and not sent.get("digest"):
            self._choose(request, sent)
        if written and self.value_id is None and self.mistyped is None and not self.searching:
            raise NotFound
        # A choice of none is one where there may be none.
        self.complete = (
            not self.kind.into
            or self.kind.beside
            or self.value_id is not None
            or (self.kind.optional and self.kind.into in sent and not self.searching)
        )
        self.complete = self.complete and (self.mistyped is None or self.kind.beside)
        # So many are planned in the background: who goes on with their records is asked before.
        self.goes_on_unasked = self.kind.beside and self.kind.into not in sent
        self.digest = "" if "show" in sent or self.searching else sent.get("digest", "")
        self.back = _back(request)

    def _choose(self, request: MemberRequest, sent: QueryDict) -> None:
        """Among any number of groups: what was ticked or typed, else what there is to choose from."""
        labels, field = request.organization.labels, self.kind.into
        title, free = self.words.called(self.words.field, labels), self.words.called(self.words.none, labels)
        asked = sent if field in sent or f"{field}{TYPED}" in sent else None
        with reading():
            self.picker = group_picker(request.actor, asked, field, self.words.groups, free=free, title=title)
        if self.picker is None or self.searching:
            self.value_id = None
        elif asked is None and "asked" in sent:
            self.picker = replace(self.picker, error=_("Choose one of these."))
        elif not self.picker.unknown:
            try:
                self.value_id = meant(self.picker, request.actor)
            except ValidationError as refused:
                self.picker = replace(self.picker, error=refused.messages[0])
                self.value_id, self.mistyped = None, InvalidInput({field: refused.messages[0]})


def _plan_page(
    request: MemberRequest,
    asked: _Asked,
    *,
    changed: PlanChanged | None = None,
    name_asked: OrganizationNameAsked | None = None,
    refused: Refusal | None = None,
    large: bool = False,
) -> HttpResponse:
    """`name_asked`: the organization's name was not what was typed; `refused`: why who was chosen can't go on; `large`:
    it is planned in the background, after what it needs was chosen."""
    with reading():
        plan: BulkPlan | None = None if large else changed.plan if changed else _plan(request, asked)
        labels = request.organization.labels
        context: dict[str, Any] = {
            "do": asked.do,
            "kind": asked.kind,
            "words": asked.words,
            "title": asked.words.called(asked.words.title, labels),
            "button": asked.words.called(asked.words.button, labels),
            "field_label": asked.words.called(asked.words.field, labels),
            "ids": asked.ids,
            "everybody": asked.everybody,
            "query": asked.query,
            "plan": plan,
            "changed": changed,
            "asked": name_asked,
            "refused": refused,
            "typed": request.POST.get("organization_name", ""),
            "back": asked.back,
            "value_id": asked.value_id or "",
            "choices": asked.words.choices(request.actor) if plan is None else [],
            "picker": asked.picker if plan is None else None,
            "missing": asked.words.called(asked.words.missing, labels),
            "most": MOST,
            "none": asked.words.called(asked.words.none, labels),
            "effects": effects_of(plan) if plan else [],
            "beside": _beside(request, asked, plan) if (plan or large) and asked.kind.beside else None,
            "reasons": reasons_of(plan) if plan else [],
            "matters": lines_to_settle(request, plan.matters, leaving=asked.ids) if plan else [],
            "settle_at": reverse("person_bulk_matter"),
        }
        status = 409 if changed else 422 if name_asked or asked.mistyped else status_of(refused) if refused else 200
        return page(request, "people/bulk.html", context, status=status)


def _beside(request: MemberRequest, asked: _Asked, plan: BulkPlan | None) -> HeirPicker | None:
    """Who may go on with the records; None where there are none as far as is planned, or nobody is asked for (policy
    `people.removal_records`)."""
    needed = plan is None or any(reason.code == "successor_required" for reason in plan.reasons)
    if policy(REMOVAL_RECORDS) == UNASSIGN or not (needed or (plan and plan.number("owned"))):
        return None
    free, title = policy(REMOVAL_RECORDS) != REQUIRED, _("Records go to")
    said = request.POST if asked.value_id is not None or asked.searching or asked.mistyped else None
    return heir_picker(request.actor, said, asked.kind.into, leaving=asked.ids, free=free, title=title)


def _plan(request: MemberRequest, asked: _Asked) -> BulkPlan | None:
    if not asked.complete:
        return None
    return plan_change(
        actor=request.actor, do=asked.do, selection=asked.selection, value_id=asked.value_id, now=clock.now()
    )


def _back(request: MemberRequest) -> str:
    """The list with its filter: said by the dialog's form, else the page behind."""
    lists = (reverse("person_list"), reverse("invitation_list"))
    for url in (request.POST.get("back", ""), current_url(request)):
        if url.partition("?")[0] in lists:
            return url
    return lists[0]

"""Deals as a list, as a page, and made or edited in a dialog."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, decide_on, find, require_on
from tenantry.core.errors import Refusal
from tenantry.core.fields import closed, hidden
from tenantry.core.ids import NIL, parse_id
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.crm.actions.deals import create_deal, edit_deal
from tenantry.crm.board import is_stale
from tenantry.crm.deal_pages import last_words, splits_of, stage_names, stages_wanted
from tenantry.crm.permissions import COMMISSION_VIEW, DEALS_MOVE, REPORTS_VIEW
from tenantry.crm.pipelines import DEALS_VIEW, stages_of_all
from tenantry.crm.records import COMPANY, CONTACT, DEAL
from tenantry.crm.reports import counted
from tenantry.crm.selectors import names_together
from tenantry.organizations.bounds import CURRENCIES
from tenantry.web.momentum.deal_forms import DealForm, typed
from tenantry.web.momentum.listing import (
    ADDED_COLUMN,
    CHANGED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    Choices,
    Column,
    Filter,
    Listing,
    Row,
    ids_of,
    record_url,
)
from tenantry.web.momentum.pages import record_file, record_list, record_page
from tenantry.web.momentum.picking import pickers
from tenantry.web.momentum.placing import place_picker
from tenantry.web.momentum.staging import stage_offer, stage_picker
from tenantry.web.picking import is_searching, shown_pickers
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.times import zone_of
from tenantry.web.toasts import toast

CREATE, EDIT = DEAL.permissions["create"], DEAL.permissions["edit"]
STATES: Mapping[str, Any] = {
    "open": pgettext_lazy("state of a deal", "Open"),
    "won": gettext_lazy("Won"),
    "lost": gettext_lazy("Lost"),
}
TONES = {"open": "wait", "won": "", "lost": "off"}


# --- The list -----------------------------------------------------------------------------


def _named(request: MemberRequest, deals: Sequence[Any]) -> Mapping[UUID, Mapping[str, Any]]:
    wanted = {"stages": stages_wanted(deal.stage_id for deal in deals)}
    names, found = names_together(request.actor, {COMPANY.key: (deal.company_id for deal in deals)}, wanted)
    stages = {row["id"]: row["name"] for row in found["stages"]}
    return {
        deal.pk: {"stage": stages.get(deal.stage_id, ""), "company": names[COMPANY.key].get(deal.company_id, "")}
        for deal in deals
    }


def _company(row: Row) -> tuple[str, str] | None:
    name = row.more["company"]
    return (name, record_url("company", row.record.company_id)) if name else None


def _state(row: Row) -> tuple[str, Any, str]:
    return row.record.state, STATES[row.record.state], TONES[row.record.state]


# Of both filters: shown where an address has them, as those do to which the figures of reports lead.
def _currencies(request: MemberRequest) -> Choices:
    on = request.GET.get("currency", "") and "value" not in hidden(request.actor, DEAL)
    return [(one, one) for one in CURRENCIES] if on else ()


def _in_currency(actor: Actor, rows: QuerySet[Any], values: Sequence[str]) -> QuerySet[Any]:
    return rows.none() if "value" in hidden(actor, DEAL) else rows.filter(currency__in=values)


def _counted_choices(request: MemberRequest) -> Choices:
    return [("yes", _("Those that reports count"))] if request.GET.get("counted", "") else ()


def _counted(actor: Actor, rows: QuerySet[Any], _values: Sequence[str]) -> QuerySet[Any]:
    return rows.filter(id__in=counted(actor, DEAL).values("id")) if actor.may(REPORTS_VIEW) else rows.none()


LISTING = Listing(
    record_type=DEAL,
    name="deal_list",
    noun="deals",
    columns=(
        Column(
            "value",
            gettext_lazy("Value"),
            lambda row: (row.record.value, row.record.currency),
            kind="money",
            hides="value",
        ),
        Column("stage", gettext_lazy("Stage"), lambda row: row.more["stage"], css="d-none d-sm-table-cell"),
        Column("state", gettext_lazy("State"), _state, kind="state", css="d-none d-sm-table-cell"),
        Column("company", gettext_lazy("Company"), _company, kind="link", css="d-none d-lg-table-cell"),
        Column(
            "closes",
            gettext_lazy("Expected on"),
            lambda row: row.record.closes_on,
            kind="day",
            css="d-none d-lg-table-cell",
        ),
        OWNER_COLUMN,
        ADDED_COLUMN,
        CHANGED_COLUMN,
    ),
    usual=("value", "stage", "state", "company", "closes", "owner"),
    empty_title=gettext_lazy("No deals yet"),
    empty_text=gettext_lazy(
        "A deal is what somebody may buy. It goes through the stages of a workflow until it is won or lost."
    ),
    filters=(
        OWNER,
        Filter(
            "state",
            gettext_lazy("State"),
            lambda _request: list(STATES.items()),
            lambda _actor, rows, values: rows.filter(state__in=[one for one in values if one in STATES]),
        ),
        Filter(
            "stage",
            gettext_lazy("Stage"),
            lambda request: stage_offer(request.actor, request.GET),
            lambda _actor, rows, values: rows.filter(stage_id__in=ids_of(values)),
        ),
        Filter("currency", gettext_lazy("Currency"), _currencies, _in_currency),
        Filter("counted", gettext_lazy("Reports"), _counted_choices, _counted, many=False),
    ),
    prepare=_named,
    create_url="deal_create",
    create_label=gettext_lazy("Add a deal"),
    file="deal_file",
    placeholder=gettext_lazy("Name of a deal"),
)


@screen(DEALS_VIEW)
def deal_list(request: MemberRequest) -> HttpResponse:
    return record_list(request, LISTING)


@screen(DEALS_VIEW, crosses=True)
def deal_file(request: MemberRequest) -> HttpResponseBase:
    return record_file(request, LISTING)


# --- One deal -----------------------------------------------------------------------------


@screen(DEALS_VIEW)
def deal_detail(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    return record_page(request, DEAL, deal_id, "momentum/deal.html", lambda row: _about(request, row))


def _about(request: MemberRequest, row: Row) -> dict[str, Any]:
    deal, actor, now = row.record, request.actor, clock.now()
    stages = stages_of_all([deal.workflow_id])
    here = next(stage for stage in stages if stage.id == deal.stage_id)
    splits = _may(actor, COMMISSION_VIEW, deal, field="deals.commission")
    words = last_words(deal.id)
    names, _more = names_together(actor, {COMPANY.key: [deal.company_id], CONTACT.key: [deal.contact_id]})
    return {
        "deal": deal,
        "workflow": here.workflow,
        "stages": stages,
        "stage": here,
        "state": (deal.state, STATES[deal.state], TONES[deal.state]),
        "moves": deal.archived_at is None and _may(actor, DEALS_MOVE, deal),
        "stale": is_stale(deal, here, now),
        "overdue": deal.state == "open"
        and deal.closes_on is not None
        and deal.closes_on < now.astimezone(zone_of(request.organization)).date(),
        "company": _linked(names, COMPANY, deal.company_id),
        "contact": _linked(names, CONTACT, deal.contact_id),
        "splits": splits,
        "splitting": splits and "commission" not in closed(actor, DEAL),
        "members": splits_of(deal),
        "words": words,
        "waiting": next((one for one in words if one.state == "waiting"), None),
        "own_id": actor.membership_id,
    }


def _may(actor: Actor, code: str, deal: Any, *, field: str | None = None) -> bool:
    """No query for whoever may do it nowhere."""
    return bool(decide(actor, code, field=field) and decide_on(actor, code, DEAL, deal, field=field))


def _linked(
    names: Mapping[str, Mapping[UUID, str]], record_type: RecordType, record_id: UUID | None
) -> tuple[str, str] | None:
    name = names[record_type.key].get(record_id) if record_id else None
    return (name, record_url(record_type.key, record_id)) if name and record_id else None


# --- Made and edited ----------------------------------------------------------------------


def _links(company: UUID | None, contact: UUID | None) -> dict[str, tuple[RecordType, UUID | None]]:
    return {"company_id": (COMPANY, company), "contact_id": (CONTACT, contact)}


def _searching(request: MemberRequest) -> bool:
    """The form was sent to look for a stage, company, contact or workspace, not to be saved."""
    return request.method == "POST" and is_searching(request.POST)


def _filled(request: MemberRequest, form: type[DealForm], initial: dict[str, Any], **options: Any) -> DealForm:
    """The form as it was sent; one that only searches keeps what was typed and finds no fault with it."""
    if _searching(request):
        return form(None, initial={**initial, **request.POST.dict()}, actor=request.actor, **options)
    return form(request.POST or None, initial=initial, actor=request.actor, **options)


def _deal_page(request: MemberRequest, form: DealForm, context: Mapping[str, Any], status: int) -> HttpResponse:
    picked = [picker for name, picker in shown_pickers(form).items() if name != "stage"]
    return page(request, "momentum/deal_form.html", {"form": form, "picked": picked, **context}, status=status)


@screen(CREATE, methods=("GET", "POST"))
def deal_create(request: MemberRequest) -> HttpResponse:
    """`?workflow=` or `?stage=`: where it begins; `?company=`, `?contact=`: whom it is with."""
    actor, said = request.actor, request.GET
    with reading():
        company, contact = parse_id(said.get("company", "")), parse_id(said.get("contact", ""))
        sent = request.POST if request.method == "POST" else None
        place = place_picker(actor, DEAL, sent)
        begins, home = parse_id(said.get("stage", "")), parse_id(said.get("workflow", ""))
        stage = stage_picker(actor, sent, present=begins, home=home)
        picked = {**pickers(actor, _links(company, contact), sent), **({"stage": stage} if stage else {})}
        shut = closed(actor, DEAL, "create")
    initial = {"currency": request.organization.currency}
    form = _filled(request, DealForm, initial, picked=picked, closed=shut, place=place)
    context: dict[str, Any] = {"no_stages": not stage}
    if request.method == "GET" or _searching(request) or not stage or not form.is_valid():
        wrong = request.method == "POST" and not _searching(request)
        return _deal_page(request, form, context, 422 if wrong else 200)
    try:
        made = perform(
            create_deal,
            actor=actor,
            name=form.cleaned_data["name"],
            workflow_id=_workflow_of(form.cleaned_data["stage"]),
            stage_id=form.cleaned_data["stage"],
            workspace_id=form.cleaned_data.get("workspace_id"),
            values=form.columns(),
        )
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return _deal_page(request, form, context, status_of(refused))
    toast(request, _("The deal “%(name)s” is there.") % {"name": made.name})
    return go(request, reverse("deal_detail", args=[made.id]))


def _workflow_of(stage_id: UUID) -> UUID:
    with reading():
        found: UUID = stage_names([stage_id], workflow=True)[stage_id]
    return found


@screen(EDIT, methods=("GET", "POST"))
def deal_edit(request: MemberRequest, deal_id: UUID) -> HttpResponse:
    """`version`: of what the form was filled with."""
    actor = request.actor
    with reading():
        deal = find(actor, DEAL, deal_id)
        require_on(actor, EDIT, DEAL, deal)
        shut = closed(actor, DEAL)
        sent = request.POST if request.method == "POST" else None
        picked = pickers(actor, _links(deal.company_id, deal.contact_id), sent)
    initial = {
        "name": deal.name,
        "value": typed(deal.value, deal.currency),
        "currency": deal.currency,
        "closes_on": deal.closes_on,
    }
    form = _filled(request, DealForm, initial, picked=picked, closed=shut)
    version = request.POST.get("version", str(deal.version))
    context: dict[str, Any] = {"deal": deal, "version": version}
    if request.method == "GET" or _searching(request) or not form.is_valid():
        wrong = request.method == "POST" and not _searching(request)
        return _deal_page(request, form, context, 422 if wrong else 200)
    seen = _kept(actor, deal, {"name": form.cleaned_data["name"], **form.columns()})
    looked_at = version_sent(request.POST.get("version"))
    try:
        perform(edit_deal, actor=actor, deal_id=deal_id, changes=seen, version=looked_at)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return _deal_page(request, form, context, status_of(refused))
    toast(request, _("The deal was changed."))
    return go(request, reverse("deal_detail", args=[deal_id]))


def _kept(actor: Actor, deal: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """A company or contact that the actor does not see was never offered, and stays."""
    present = _links(deal.company_id, deal.contact_id)
    unsaid = {name: one for name, one in present.items() if one[1] is not None and changes.get(name, NIL) is None}
    with reading():
        names, _more = names_together(actor, {one.key: [i] for one, i in unsaid.values()})
    for name, (record_type, i) in unsaid.items():
        if i not in names[record_type.key]:
            del changes[name]
    return changes

"""What somebody owns, by type, and handing it over: before they leave, afterwards, or without leaving at all."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.acting.plans import Plan
from tenantry.audit.permissions import VIEW as AUDIT_VIEW
from tenantry.audit.permissions import VIEW_PEOPLE as AUDIT_PEOPLE
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal
from tenantry.core.records import record_types
from tenantry.core.transactions import reading
from tenantry.crm.opening import total_of
from tenantry.people.permissions import DEACTIVATE, EDIT, REMOVE, VIEW
from tenantry.people.selectors import get_member
from tenantry.usecases.handing_over import (
    HANDED_OVER,
    HandoverPlan,
    ReceiverCannotOpen,
    owned_counts,
    plan_reassign_records,
    reassign_records,
)
from tenantry.usecases.leaving.later import left_for_later
from tenantry.usecases.leaving.receipts import get_receipt, latest_receipt
from tenantry.usecases.leaving.records import workflows_of
from tenantry.usecases.undoing import newest_entry
from tenantry.web.people.closed import closed_context, closed_effect, closed_said
from tenantry.web.people.heirs import HeirPicker, heir_picker
from tenantry.web.people.leaving_words import amounts, receipt_lines
from tenantry.web.people.matters import later_in_words, matter_lines, with_pickers
from tenantry.web.people.reassign_forms import ReassignForm
from tenantry.web.people.views.detail import head
from tenantry.web.people.wording import records_in_words
from tenantry.web.picking import is_searching, repeated
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

HANDS = (EDIT, DEACTIVATE, REMOVE)
FEW = 8


@screen(VIEW)
def person_records(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """The tab: how many of each type, and what waits to be settled since they were let go."""
    context = head(request, membership_id)
    if not context["shows_records"]:
        raise NotFound
    counts = owned_counts(request.actor, [membership_id]).get(membership_id, {})
    types = record_types()
    hands = context["hands"]
    later = (
        left_for_later(request.actor, membership_id, clock.now())
        if hands and context["row"].status == "deactivated"
        else ()
    )
    lines = matter_lines(request.actor, later, request.organization.labels, already=True)
    context |= {
        "counts": [(types[key], number) for key, number in counts.items()],
        "total": sum(counts.values()),
        "may_reassign": (hands or context["takes"]) and bool(counts),
        "matters": with_pickers(request.actor, lines, request.GET, [membership_id]),
        "person_id": membership_id,
    }
    return page(request, "people/records.html", context)


@screen(*HANDS, methods=("GET", "POST"))
def person_reassign(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """GET: which records, and to whom. POST without a digest: what would happen. With one: it happens, or what would
    happen now is shown anew. `anyway`: also what whoever receives it could not open."""
    return reassigning(request, membership_id, digest=request.POST.get("digest", ""))


def reassigning(
    request: MemberRequest, membership_id: UUID, *, digest: str, refused: Refusal | None = None
) -> HttpResponse:
    """`refused`: why access could not be given."""
    form, context = _form(request, membership_id)
    template = "people/reassign.html"
    if request.method == "GET" or is_searching(request.POST):
        return page(request, template, context)
    if not form.is_valid() or "change" in request.POST:
        return page(request, template, context, status=200 if "change" in request.POST else 422)
    wanted: dict[str, Any] = {
        "actor": request.actor,
        "from_ids": (membership_id,),
        "spread": form.wanted_spread,
        "portion": form.portion,
    }
    anyway, status = "anyway" in request.POST, status_of(refused) if refused else 200
    try:
        if digest:
            done = perform(reassign_records, **wanted, digest=digest, anyway=anyway)
            return _handed_over(request, membership_id, done)
        with reading():
            plan: Plan = plan_reassign_records(**wanted, now=clock.now())
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except ReceiverCannotOpen as closed:
        # The plan holds, and says it; whoever confirms has to have seen it.
        return reassigning(request, membership_id, digest="", refused=closed)
    except NotFound:
        raise
    except InvalidInput as invalid:
        form.refuse(invalid)
        return page(request, template, context, status=422)
    except Refusal as why:
        form.refuse(why)
        return page(request, template, context, status=status_of(why))
    with reading():
        context |= closed_context(request.actor, plan.closed, anyway=anyway)  # type: ignore[attr-defined]
    context |= {"plan": plan, "effects": reassign_effects(plan), "repeated": _repeated(form), "refused": refused}
    return page(request, template, context, status=status)


def _form(request: MemberRequest, membership_id: UUID) -> tuple[ReassignForm, dict[str, Any]]:
    with reading():
        member = get_member(request.actor, membership_id)
        counts = owned_counts(request.actor, [membership_id]).get(membership_id, {})
        sent = request.POST if request.method == "POST" else None
        searching = is_searching(sent)
        who: dict[str, Any] = {"leaving": [membership_id], "manager_id": member.manager_id, "many": True}
        receivers: HeirPicker = heir_picker(request.actor, sent, "to", **who, title=_("People"))
        types = record_types()
        form = ReassignForm(
            None if searching else sent,
            actor=request.actor,
            receivers=receivers,
            types=[(key, f"{types[key].plural} ({number})") for key, number in counts.items()],
            workflows=workflows_of(membership_id) if counts.get("deal") else [],
            initial=_said(sent) if sent is not None else _begun(request, counts),
        )
    here = reverse("person_reassign", args=[membership_id])
    return form, {"form": form, "member": member, "counts": counts, "here": here, "total": sum(counts.values())}


def _begun(request: MemberRequest, counts: Mapping[str, int]) -> dict[str, Any]:
    """Everything, unless the address asks for deals of a state."""
    state = request.GET.get("state", "")
    return {"spread": "one", "types": ["deal"] if state and counts.get("deal") else list(counts), "state": state}


def _said(sent: QueryDict) -> dict[str, Any]:
    """What was chosen so far, while somebody looks for receivers."""
    plain = {name: sent.get(name, "") for name in ("state", "workflow", "before", "spread")}
    return {**plain, "types": sent.getlist("types")}


def _repeated(form: ReassignForm) -> list[tuple[str, str]]:
    """What was chosen, for the form that confirms it."""
    return [(name, value) for name in form.fields for value in repeated(form, name)]


def reassign_effects(plan: Any) -> list[dict[str, Any]]:
    """What handing over does, in numbers; who gets how many."""
    found: HandoverPlan = plan
    lines: list[dict[str, Any]] = []
    if found.total:
        text = ngettext("record changes owner", "records change owner", found.total)
        lines.append({"number": found.total, "text": text, "detail": records_in_words(found.counts)})
    if found.open_deals:
        text = ngettext("of them is an open deal", "of them are open deals", found.open_deals)
        lines.append({"number": found.open_deals, "text": text, "detail": amounts(found.open_value)})
    for _one, name, number in found.receivers[:FEW]:
        text = ngettext("record goes to %(name)s", "records go to %(name)s", number) % {"name": name}
        lines.append({"number": number, "text": text})
    if more := found.receivers[FEW:]:
        number = sum(one[2] for one in more)
        text = ngettext("record goes to %(count)s more", "records go to %(count)s more", number) % {"count": len(more)}
        lines.append({"number": number, "text": text})
    lines += closed_effect(found.closed)
    if found.unassigned:
        text = ngettext("record becomes unassigned", "records become unassigned", found.unassigned)
        lines.append({"number": found.unassigned, "text": text, "warning": True})
    return lines


def _handed_over(request: MemberRequest, membership_id: UUID, done: Any) -> HttpResponse:
    if done.operation_id:
        return go(request, reverse("operation_detail", args=[done.operation_id]))
    said = ngettext("%(count)s record changed owner.", "%(count)s records changed owner.", done.moved)
    with reading():
        number = newest_entry(HANDED_OVER, done.handover_id)
    undo = reverse("audit_undo", args=[number]) if number else ""
    text = f"{said % {'count': done.moved}} {closed_said(total_of(done.plan.closed))}"
    toast(request, text.strip(), undo_url=undo)
    return go(request, reverse("person_records", args=[membership_id]))


# --- Receipts -----------------------------------------------------------------------------


@screen(DEACTIVATE, REMOVE, AUDIT_VIEW, AUDIT_PEOPLE)
def person_receipt_latest(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Of the last time that they left."""
    return _receipt(request, membership_id, latest_receipt(request.actor, membership_id))


@screen(DEACTIVATE, REMOVE, AUDIT_VIEW, AUDIT_PEOPLE)
def person_receipt(request: MemberRequest, membership_id: UUID, receipt_number: int) -> HttpResponse:
    """What was done when they left, for printing."""
    return _receipt(request, membership_id, receipt_number)


def _receipt(request: MemberRequest, membership_id: UUID, number: int) -> HttpResponse:
    receipt = get_receipt(request.actor, membership_id, number)
    context = {
        "receipt": receipt,
        "person_id": membership_id,
        "removed": receipt.code == "people.removed",
        "lines": receipt_lines(receipt),
        "records": records_in_words(receipt.records),
        "total": sum(n for _key, n in receipt.records),
        "later": [later_in_words(kind, n) for kind, n in receipt.later],
    }
    return page(request, "people/receipt.html", context)

"""Letting somebody go: the plan first, with everything that is to be settled and who goes on with what; then the deed
with the plan's digest; and taking them back."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, PlanChanged, Refusal
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.permissions import BILLING_VIEW, SEATS_VIEW
from tenantry.people.permissions import DEACTIVATE, EDIT, REMOVE
from tenantry.people.seats import seats
from tenantry.people.selectors import get_member
from tenantry.usecases.offboarding import (
    LeavingPlan,
    Left,
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    reactivate_member,
    remove_members,
)
from tenantry.usecases.undoing import newest_entry
from tenantry.usecases.undoing_leaving import REMOVED
from tenantry.web.context import is_fragment
from tenantry.web.offers import TYPED
from tenantry.web.people.answers import done
from tenantry.web.people.heirs import ABOUT, SUCCESSOR, heir_of
from tenantry.web.people.leaving_words import leaving_context
from tenantry.web.people.settling import settle
from tenantry.web.people.views.records import reassigning
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of, ways_out
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

PAGES = {
    "deactivation": "person_deactivation",
    "removal": "person_removal",
    "records": "person_records",
    "reassign": "person_reassign",
    "planned": "person_detail",
}


@screen(DEACTIVATE, methods=("GET", "POST"))
def person_deactivation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """POST with `freezing`: now, although something is to be settled; with `show`: what would happen."""
    if request.method == "GET" or "show" in request.POST or is_searching(request.POST):
        return _deactivation_page(request, membership_id)
    freezing = "freezing" in request.POST
    try:
        left = perform(
            deactivate_members,
            actor=request.actor,
            membership_ids=(membership_id,),
            digest=request.POST.get("frozen_digest" if freezing else "digest", ""),
            organization_name=request.POST.get("organization_name", ""),
            freezing=freezing,
            tell=request.POST.get("tell") == "manager",
        )
    except PlanChanged as changed:
        return _deactivation_page(request, membership_id, changed=changed)
    except OrganizationNameAsked as asked:
        return _deactivation_page(request, membership_id, asked=asked)
    text = _("%(name)s is deactivated.") % {"name": left.names[0]}
    if left.sessions:
        ended = ngettext("%(count)s session was ended.", "%(count)s sessions were ended.", left.sessions)
        text = f"{text} {ended % {'count': left.sessions}}"
    return done(request, membership_id, text, undo_url=reverse("person_reactivation", args=[membership_id]))


def _deactivation_page(
    request: MemberRequest,
    membership_id: UUID,
    *,
    changed: PlanChanged | None = None,
    asked: OrganizationNameAsked | None = None,
    refused: Refusal | None = None,
) -> HttpResponse:
    """`asked`: the organization's name was not what was typed; `refused`: why something could not be settled."""
    with reading():
        wanted: dict[str, Any] = {"actor": request.actor, "membership_ids": [membership_id], "now": clock.now()}
        plan = plan_deactivate_members(**wanted)
        frozen = None if plan.members else plan_deactivate_members(**wanted, freezing=True)
        context = {"asked": asked, "changed": changed, "refused": refused}
        return _plan_page(request, membership_id, plan, frozen, context, removing=False)


@screen(REMOVE, methods=("GET", "POST"))
def person_removal(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """`successor`: who goes on with the records, `successor_typed` in words, `anyway` also with what they could not
    open. POST with `show`: what would happen. `planned_for`: the successor of the plan on the page, or "nobody"."""
    sent, ids = request.POST if request.method == "POST" else request.GET, (membership_id,)
    anyway = "anyway" in sent
    try:
        with reading():
            searching = is_searching(sent)
            # Who is looked for is not chosen yet.
            successor_id = parse_id(sent.get(SUCCESSOR, "")) if searching else heir_of(request.actor, sent, leaving=ids)
        # Another choice than the plan on the page was made for is no change of the world: its plan is shown.
        another = sent.get("planned_for", "") not in ("", str(successor_id or "nobody"))
        if searching or request.method == "GET" or "show" in sent or another:
            return _removal_page(request, membership_id, successor_id, anyway=anyway)
        left: Left = perform(
            remove_members,
            actor=request.actor,
            membership_ids=ids,
            successor_id=successor_id,
            anyway=anyway,
            digest=sent.get("digest", ""),
            tell=sent.get("tell") == "manager",
        )
    except PlanChanged as changed:
        return _removal_page(request, membership_id, changed.plan.successor_id, changed=changed, anyway=anyway)
    except InvalidInput as typed:
        return _removal_page(request, membership_id, None, refused=typed)
    except Refusal as refused:
        if refused.code not in ABOUT or not (sent.get("successor") or sent.get("successor_typed")):
            raise
        return _removal_page(request, membership_id, None, refused=refused)
    text = _("%(name)s was removed.") % {"name": left.names[0]}
    if left.operation_id:
        text = f"{text} {_('Their records are being handed over.')}"
    elif left.moved:
        moved = ngettext("%(count)s record changed owner.", "%(count)s records changed owner.", left.moved)
        text = f"{text} {moved % {'count': left.moved}}"
    with reading():
        number = None if left.operation_id else newest_entry(REMOVED, membership_id)
    return done(request, membership_id, text, undo_url=reverse("audit_undo", args=[number]) if number else "")


def _removal_page(
    request: MemberRequest,
    membership_id: UUID,
    successor_id: UUID | None,
    *,
    anyway: bool = False,
    changed: PlanChanged | None = None,
    refused: Refusal | None = None,
) -> HttpResponse:
    with reading():
        wanted: dict[str, Any] = {
            "actor": request.actor,
            "membership_ids": [membership_id],
            "now": clock.now(),
            "successor_id": successor_id,
            "anyway": anyway,
        }
        plan = plan_remove_members(**wanted)
        supposed = None if plan.members else plan_remove_members(**wanted, supposing=True)
        context = {"changed": changed, "refused": refused}
        return _plan_page(request, membership_id, plan, supposed, context, removing=True, anyway=anyway)


def _plan_page(
    request: MemberRequest,
    membership_id: UUID,
    plan: LeavingPlan,
    supposed: LeavingPlan | None,
    context: dict[str, Any],
    *,
    removing: bool,
    anyway: bool = False,
) -> HttpResponse:
    """`supposed`: what happened if everything were settled, where nothing can happen yet."""
    counted = seats(clock.now()) if request.actor.may_any(SEATS_VIEW, BILLING_VIEW) else None
    labels = request.organization.labels
    said = request.POST if request.method == "POST" else request.GET
    context |= leaving_context(
        request.actor, plan, supposed, labels, said=said, removing=removing, counted=counted, anyway=anyway
    )
    context |= {
        "person_id": membership_id,
        "typed": request.POST.get("organization_name", ""),
        "tell": request.POST.get("tell", ""),
        "here": reverse(PAGES["removal" if removing else "deactivation"], args=[membership_id]),
    }
    refused = context.get("refused")
    status = 409 if context["changed"] else 422 if context.get("asked") else status_of(refused) if refused else 200
    return page(request, "people/leaving.html", context, status=status)


@screen(DEACTIVATE, REMOVE, EDIT, methods=("POST",))
def person_matter(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """Settles one thing that stands in the way: `matter` is its kind and place, and perhaps the person and their
    level, else the choice stands under its name. `how` says where it goes on."""
    how = request.POST.get("how", "")
    how = how if how in PAGES else "deactivation"
    if is_searching(request.POST):
        return go(request, _looking(request, membership_id, how))
    about = (membership_id,)
    refused = settle(request, lambda _kind: about, leaving=about)
    if how == "reassign":
        # What was chosen stands in the form and goes on with it.
        return reassigning(request, membership_id, digest="", refused=refused)
    if refused is None and not is_fragment(request):
        said = [
            (name, request.POST[name]) for name in (SUCCESSOR, f"{SUCCESSOR}{TYPED}", "anyway") if name in request.POST
        ]
        kept = urlencode(said) if how == "removal" else ""
        return go(request, f"{reverse(PAGES[how], args=[membership_id])}{'?' if kept else ''}{kept}")
    if how in ("records", "planned") and refused is not None:
        toast(request, " ".join([str(refused), *map(str, getattr(refused, "fields", {}).values())]), bad=True)
        return go(request, reverse(PAGES[how], args=[membership_id]))
    if how != "removal":
        return _deactivation_page(request, membership_id, refused=refused)
    try:
        heir, anyway = parse_id(request.POST.get("successor", "")), "anyway" in request.POST
        return _removal_page(request, membership_id, heir, refused=refused, anyway=anyway)
    except Refusal as chosen_before:
        if chosen_before.code not in ABOUT:
            raise
        return _removal_page(request, membership_id, None, refused=refused or chosen_before)


def _looking(request: MemberRequest, membership_id: UUID, how: str) -> str:
    """The page on which somebody looks for a person without a script, with what was typed."""
    name = f"{request.POST.get('find', '')}{TYPED}"
    typed = urlencode({name: request.POST.get(name, "")})
    return f"{reverse(PAGES[how], args=[membership_id])}?{typed}"


@screen(DEACTIVATE, methods=("GET", "POST"))
def person_reactivation(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    if request.method == "POST":
        try:
            back = perform(reactivate_member, actor=request.actor, membership_id=membership_id)
        except Refusal as refused:
            # Out of a dialog the reason belongs into the dialog; a missing person has none.
            if refused.kind in ("missing", "forbidden"):
                raise
            return _reactivation_page(request, membership_id, refused)
        return done(request, membership_id, _("%(name)s is back, with the same role and teams.") % {"name": back.name})
    return _reactivation_page(request, membership_id, None)


def _reactivation_page(request: MemberRequest, membership_id: UUID, refused: Refusal | None) -> HttpResponse:
    with reading():
        member = get_member(request.actor, membership_id)
        context = {"member": member, "refused": refused, "ways": ways_out(refused, request.actor) if refused else []}
        return page(request, "people/reactivation.html", context, status=status_of(refused) if refused else 200)

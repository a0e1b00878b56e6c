"""Handing ownership over: whom to, what it does, the own password; and the other side, who accepts or declines."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import auth
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access.directory import find_listed
from tenantry.access.permissions import TRANSFER
from tenantry.access.selectors import DirectoryFilter, assignable_roles, directory
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import NotFound, PlanChanged, Refusal, TooFast
from tenantry.core.permissions import restrictions
from tenantry.core.transactions import reading
from tenantry.security import slowing
from tenantry.security.errors import SignInRefused
from tenantry.usecases.transferring import (
    TransferPlan,
    Transferred,
    accept_ownership,
    decline_ownership,
    find_transfer,
    open_transfers,
    plan_accept_ownership,
    plan_transfer_ownership,
    state_of,
    transfer_ownership,
    withdraw_ownership,
)
from tenantry.web.accounts.views import ask_slowly
from tenantry.web.forms import HouseForm
from tenantry.web.organization.frame import frame
from tenantry.web.people.answers import done
from tenantry.web.people.confirming import titles
from tenantry.web.people.holding_forms import PasswordAloneForm, TransferForm
from tenantry.web.people.plans import listing
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

FOUND = 20
SLOWED = "own_password"


def _proven(request: Any, form: HouseForm, act: Callable[[], Transferred]) -> tuple[Transferred | None, int]:
    """What `act` did with the typed password, or the status of what the form says. Guessing slows down as at
    sign-in."""
    who = str(request.actor.user_id)
    if not ask_slowly(form, SLOWED, who, request):
        return None, status_of(TooFast(seconds=1))
    try:
        found = act()
    except SignInRefused:
        slowing.failed(SLOWED, who, request.client_address, clock.now())
        form.add_error("password", _("This is not your password."))
        return None, 422
    slowing.succeeded(SLOWED, who, request.client_address)
    return found, 200


def effects_of(plan: TransferPlan) -> list[dict[str, Any]]:
    """What the transfer does, in the order in which people ask."""
    known = restrictions()
    lifted = [str(known[code].title) for code in plan.restrictions if code in known]
    gains, loses, ended = len(plan.gains), len(plan.loses), (*plan.recipient_ends, *plan.giver_ends)
    lines = [
        (gains, ngettext("permission more for %(name)s", "permissions more for %(name)s", gains), titles(plan.gains)),
        (loses, ngettext("permission less for %(giver)s", "permissions less for %(giver)s", loses), titles(plan.loses)),
        (
            len(lifted),
            ngettext("restriction of %(name)s is lifted", "restrictions of %(name)s are lifted", len(lifted)),
            lifted,
        ),
        (
            len(ended),
            ngettext(
                "further role can't stand beside it and ends", "further roles can't stand beside it and end", len(ended)
            ),
            ended,
        ),
        (
            plan.sessions,
            ngettext("session of %(giver)s ends at once", "sessions of %(giver)s end at once", plan.sessions),
            (),
        ),
    ]
    names = {"name": plan.recipient, "giver": plan.giver}
    found = [
        {
            "number": number,
            "text": text % names,
            "detail": listing(tuple(str(one) for one in detail)),
            "warning": index > 0,
        }
        for index, (number, text, detail) in enumerate(lines)
        if number
    ]
    if plan.ends_lifted:
        found.append({"number": 1, "text": _("end of the role of %(name)s is lifted") % names})
    return found


# --- The side that gives ------------------------------------------------------------------


@screen(TRANSFER)
def ownership_start(request: MemberRequest) -> HttpResponse:
    """The offer that waits, or the search for somebody to hand ownership to."""
    now, query = clock.now(), request.GET.get("q", "")[:200]
    found = []
    if query.strip():
        rows = directory(request.actor, DirectoryFilter(query, ("active",)), now).exclude(id=request.actor.own_id)
        found = list(rows.defer("picture", "search_text").order_by("sort_name", "id")[:FOUND])
    context = {"waiting": open_transfers(request.actor, now), "query": query, "found": found, **frame(request)}
    return page(request, "organization/ownership.html", context)


@screen(TRANSFER, methods=("GET", "POST"))
def person_ownership(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """What the giver becomes, what it does, and the own password."""
    with reading():
        member = find_listed(request.actor, membership_id, clock.now())
        roles = [(role.id, role.name) for role in assignable_roles(request.actor) if not role.is_keyholder]
    form = TransferForm(request.POST or None, roles=roles)
    context: dict[str, Any] = {"form": form, "member": member}
    if request.method == "GET":
        return page(request, "people/ownership.html", context)
    if not form.is_valid():
        return page(request, "people/ownership.html", context, status=422)
    then_id, digest = form.cleaned_data["then"], request.POST.get("digest", "")

    def act() -> Transferred:
        made: Transferred = perform(
            transfer_ownership,
            actor=request.actor,
            recipient_id=membership_id,
            then_role_id=then_id,
            password=form.cleaned_data["password"],
            digest=digest,
        )
        return made

    status = 200
    try:
        if digest:
            made, status = _proven(request, form, act)
            if made is not None:
                return _given(request, made)
        with reading():
            plan = plan_transfer_ownership(
                actor=request.actor, recipient_id=membership_id, then_role_id=then_id, now=clock.now()
            )
    except PlanChanged as changed:
        plan, status = changed.plan, 409
        context["changed"] = changed
    except NotFound:
        raise
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "people/ownership.html", context, status=status_of(refused))
    return page(
        request, "people/ownership.html", {**context, "plan": plan, "effects_": effects_of(plan)}, status=status
    )


def _given(request: Any, made: Transferred) -> HttpResponse:
    if made.transfer_id is not None:
        words = _("%(name)s was asked. Nothing changes until they accept.")
        return done(request, made.recipient_id, words % {"name": made.recipient})
    # Every session of theirs here has ended with the role: the way back leads through the door.
    auth.logout(request)
    return go(request, reverse("login"))


@screen(methods=("POST",))
def ownership_withdraw(request: MemberRequest, transfer_id: UUID) -> HttpResponse:
    perform(withdraw_ownership, actor=request.actor, transfer_id=transfer_id)
    toast(request, _("The offer was taken back."))
    return go(request, reverse("ownership_start"))


# --- The side that is asked ---------------------------------------------------------------


@screen(methods=("GET", "POST"))
def ownership_offer(request: MemberRequest, transfer_id: UUID) -> HttpResponse:
    """The offer to whoever takes part in it; its recipient accepts here, with the own password."""
    with reading():
        transfer = find_transfer(request.actor, transfer_id)
    form = PasswordAloneForm(request.POST or None)
    context: dict[str, Any] = {"transfer": transfer, "form": form}
    if request.method == "GET":
        return _offer_page(request, context, 200)
    if not form.is_valid():
        return _offer_page(request, context, 422)

    def act() -> Transferred:
        taken: Transferred = perform(
            accept_ownership,
            actor=request.actor,
            transfer_id=transfer_id,
            giver_id=transfer.giver_id,
            password=form.cleaned_data["password"],
            digest=request.POST.get("digest", ""),
        )
        return taken

    try:
        taken, status = _proven(request, form, act)
    except PlanChanged as changed:
        return _offer_page(request, {**context, "changed": changed}, 409)
    if taken is None:
        return _offer_page(request, context, status)
    toast(request, _("You are now %(role)s.") % {"role": taken.role})
    return go(request, reverse("admin_home"))


def _offer_page(request: Any, context: dict[str, Any], status: int) -> HttpResponse:
    now, transfer = clock.now(), context["transfer"]
    with reading():
        context["state"] = state_of(transfer, now)
        context["is_recipient"] = transfer.recipient_id == request.actor.membership_id
        if context["is_recipient"] and context["state"] == "waiting":
            try:
                plan = plan_accept_ownership(actor=request.actor, transfer_id=transfer.id, now=now)
                context |= {"plan": plan, "effects_": effects_of(plan)}
            except Refusal as refused:
                context["refused"] = str(refused)
        return page(request, "own/ownership.html", context, status=status)


@screen(methods=("POST",))
def ownership_decline(request: MemberRequest, transfer_id: UUID) -> HttpResponse:
    perform(decline_ownership, actor=request.actor, transfer_id=transfer_id)
    toast(request, _("You declined. Nothing changed."))
    return go(request, reverse("ownership_offer", args=[transfer_id]))

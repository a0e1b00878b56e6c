"""Invoices paid by bank transfer, for operators: day and reference, what follows, and the word that does it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.billing.actions.overriding import REASON
from tenantry.billing.actions.transfers import REFERENCE, plan_transfer, refuse_settled
from tenantry.billing.selectors import find_invoice, moment_of, subscription
from tenantry.billing.states import State
from tenantry.billing.transferring import transfer
from tenantry.billing.wording import STATES
from tenantry.console.screens import ConsoleRequest, SeeOther, inside, looking_into, operator_screen, show
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PlanChanged, Refusal
from tenantry.organizations.selectors import find_organization

FIELDS = ("paid_on", "reference")
Wrong = Mapping[str, str]


@operator_screen(methods=("GET", "POST"), acts=True)
def console_transfer(request: ConsoleRequest, organization_id: UUID, invoice_id: UUID) -> HttpResponse:
    """A GET asks for day and reference; a POST without a digest shows what follows and asks why; one with it does
    that."""
    with looking_into(organization_id):
        find_organization(organization_id)
        find_invoice(invoice_id)
    if request.method != "POST":
        return _form(request, organization_id, invoice_id, {})
    paid_on = _day(request.POST.get("paid_on", ""))
    if paid_on is None:
        return _form(request, organization_id, invoice_id, {"paid_on": _("A day, like 2027-01-31.")})
    if not request.POST.get("digest"):
        return _shown(request, organization_id, invoice_id, paid_on)
    return _noted(request, organization_id, invoice_id, paid_on)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip()[:10])
    except ValueError:
        return None


def _noted(request: ConsoleRequest, organization_id: UUID, invoice_id: UUID, paid_on: date) -> HttpResponse:
    try:
        with inside(organization_id):
            transfer(
                request.operator.actor,
                organization_id,
                invoice_id,
                paid_on=paid_on,
                reference=request.POST.get("reference", ""),
                reason=request.POST.get("reason", ""),
                digest=request.POST.get("digest", ""),
            )
    except PlanChanged as refused:
        return _shown(request, organization_id, invoice_id, paid_on, changed=str(refused))
    except InvalidInput as refused:
        if "reason" in refused.fields:
            return _shown(request, organization_id, invoice_id, paid_on, error=str(refused.fields["reason"]))
        return _form(request, organization_id, invoice_id, _wrong(refused))
    except NotFound:
        raise
    except Refusal as refused:
        return _form(request, organization_id, invoice_id, {}, refused=refused)
    where = reverse("console_organization", args=[organization_id])
    return SeeOther(f"{where}?transferred={invoice_id}#plan")


def _wrong(refused: InvalidInput) -> Wrong:
    return {name: str(text) for name, text in refused.fields.items()}


def _form(
    request: ConsoleRequest, organization_id: UUID, invoice_id: UUID, wrong: Wrong, *, refused: Refusal | None = None
) -> HttpResponse:
    with looking_into(organization_id):
        invoice = find_invoice(invoice_id)
        try:
            refuse_settled(invoice)
        except Refusal as settled:
            refused = refused or settled
        typed = {name: request.POST.get(name, "") for name in FIELDS}
        if request.method != "POST":
            zone = ZoneInfo(invoice.buyer.get("zone") or "UTC")
            typed["paid_on"] = moment_of(subscription(), clock.now()).astimezone(zone).date().isoformat()
        context: dict[str, Any] = {
            "viewed": find_organization(organization_id),
            "invoice": invoice,
            "typed": typed,
            "errors": wrong,
            "refused": refused,
            "longest": REFERENCE.max_length,
        }
        posted = request.method == "POST"
        status = 409 if refused and posted else 422 if wrong else 200
        return show(request, "console/transfer.html", context, status=status)


def _shown(
    request: ConsoleRequest,
    organization_id: UUID,
    invoice_id: UUID,
    paid_on: date,
    *,
    changed: str = "",
    error: str = "",
) -> HttpResponse:
    """`changed`: why what was read does not count any more; `error`: what is wrong with the reason."""
    try:
        with looking_into(organization_id):
            plan = plan_transfer(
                actor=request.operator.actor,
                invoice_id=invoice_id,
                paid_on=paid_on,
                reference=request.POST.get("reference", ""),
                now=clock.now(),
            )
            context = {
                "viewed": find_organization(organization_id),
                "plan": plan,
                "state": STATES[State(plan.state)][0],
                "changed": changed,
                "error": error,
                "reason": request.POST.get("reason", ""),
                "longest": REASON.max_length,
            }
            status = 409 if changed else 422 if error else 200
            return show(request, "console/transfer_plan.html", context, status=status)
    except InvalidInput as refused:
        return _form(request, organization_id, invoice_id, _wrong(refused))
    except NotFound:
        raise
    except Refusal as refused:
        return _form(request, organization_id, invoice_id, {}, refused=refused)

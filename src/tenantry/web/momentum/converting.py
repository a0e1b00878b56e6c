"""Converting a lead: what is there already is offered, what is new is said before."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.acting.actions import perform
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide, find
from tenantry.core.errors import Refusal
from tenantry.core.fields import closed, hidden, name_shown
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.crm.actions.converting import Beginning, convert_lead
from tenantry.crm.errors import LeadAlreadyConverted
from tenantry.crm.records import COMPANY, CONTACT, DEAL, LEAD
from tenantry.crm.selectors import called, reached_by
from tenantry.web.momentum.forms import ConversionForm
from tenantry.web.momentum.staging import workflow_picker
from tenantry.web.navigation import address
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

EDIT = LEAD.permissions["edit"]
NEW, NONE = "new", "none"


@screen(EDIT, methods=("GET", "POST"))
def lead_conversion(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    with reading():
        lead = find(request.actor, LEAD, lead_id, EDIT)
        name = name_shown(LEAD, lead, hidden(request.actor, LEAD))
        choices = _choices(request.actor, lead, name)
        sent = request.POST if request.method == "POST" else None
        begins = decide(request.actor, DEAL.permissions["create"])
        workflows = workflow_picker(request.actor, sent) if begins else None
    if lead.state == "converted":
        raise LeadAlreadyConverted
    initial = _initial(lead, name, choices)
    if is_searching(sent):
        initial |= {**request.POST.dict(), "with_deal": "with_deal" in request.POST}
    form = ConversionForm(
        None if is_searching(sent) else sent,
        initial=initial,
        actor=request.actor,
        workflows=workflows,
        currency=request.organization.currency,
        money="value" not in closed(request.actor, DEAL, "create"),
        **choices,
    )
    context = {"form": form, "lead": lead, "name": name}
    if not form.is_bound or not form.is_valid():
        return page(request, "momentum/conversion.html", context, status=422 if form.is_bound else 200)
    try:
        made = perform(convert_lead, actor=request.actor, lead_id=lead_id, **_wanted(form.cleaned_data))
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "momentum/conversion.html", context, status=status_of(refused))
    toast(request, _("%(name)s is converted.") % {"name": name})
    deal = address("deal_detail", (str(made.deal_id),)) if made.deal_id else ""
    return go(request, deal or reverse("contact_detail", args=[made.contact_id]))


def _choices(actor: Actor, lead: Any, name: str) -> dict[str, list[tuple[Any, Any]]]:
    """New ones where the actor may make them, and those that are there already under the same name or address."""
    company = called(actor, COMPANY, lead.company_name) if lead.company_name else None
    companies: list[tuple[Any, Any]] = []
    if company is not None:
        companies.append((str(company.pk), _("%(name)s, which is there already") % {"name": company.name}))
    if lead.company_name and decide(actor, COMPANY.permissions["create"]):
        companies.append((NEW, _("A new company, %(name)s") % {"name": lead.company_name}))
    companies.append((NONE, _("No company")))
    contacts: list[tuple[Any, Any]] = [
        (str(row.pk), _("%(name)s, who is there already") % {"name": name_shown(CONTACT, row, hidden(actor, CONTACT))})
        for row in reached_by(actor, CONTACT, "" if "email" in hidden(actor, LEAD) else lead.email)
    ]
    if decide(actor, CONTACT.permissions["create"]):
        contacts.append((NEW, _("A new contact, %(name)s") % {"name": name}))
    return {"companies": companies, "contacts": contacts}


def _initial(lead: Any, name: str, choices: dict[str, list[tuple[Any, Any]]]) -> dict[str, Any]:
    return {
        "company": choices["companies"][0][0],
        "contact": choices["contacts"][0][0] if choices["contacts"] else "",
        "with_deal": True,
        "deal_name": lead.company_name or name,
    }


def _wanted(data: dict[str, Any]) -> dict[str, Any]:
    deal = None
    if data.get("with_deal") and data.get("workflow_id"):
        deal = Beginning(data["workflow_id"], data.get("deal_name", ""), data.get("value", 0))
    return {
        "contact_id": parse_id(data["contact"]),
        "company_id": parse_id(data["company"]),
        "new_company": data["company"] == NEW,
        "deal": deal,
    }

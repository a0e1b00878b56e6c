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
from tenantry.crm.pipelines import open_workflows
from tenantry.crm.records import COMPANY, CONTACT, DEAL, LEAD
from tenantry.crm.selectors import called, reached_by
from tenantry.web.momentum.forms import ConversionForm
from tenantry.web.navigation import address
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

EDIT = LEAD.permissions["edit"]
NEW, NONE = "new", "none"
MOST_WORKFLOWS = 100


@screen(EDIT, methods=("GET", "POST"))
def lead_conversion(request: MemberRequest, lead_id: UUID) -> HttpResponse:
    with reading():
        lead = find(request.actor, LEAD, lead_id, EDIT)
        name = name_shown(LEAD, lead, hidden(request.actor, LEAD))
        choices = _choices(request.actor, lead, name)
    if lead.state == "converted":
        raise LeadAlreadyConverted
    form = ConversionForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(lead, name, choices),
        currency=request.organization.currency,
        money="value" not in closed(request.actor, DEAL, "create"),
        **choices,
    )
    context = {"form": form, "lead": lead, "name": name}
    if request.method == "GET" or not form.is_valid():
        return page(request, "momentum/conversion.html", context, status=200 if request.method == "GET" else 422)
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
    workflows: list[tuple[Any, Any]] = []
    if decide(actor, DEAL.permissions["create"]):
        workflows = list(open_workflows(actor).values_list("id", "name")[:MOST_WORKFLOWS])
    return {"companies": companies, "contacts": contacts, "workflows": workflows}


def _initial(lead: Any, name: str, choices: dict[str, list[tuple[Any, Any]]]) -> dict[str, Any]:
    return {
        "company": choices["companies"][0][0],
        "contact": choices["contacts"][0][0] if choices["contacts"] else "",
        "with_deal": bool(choices["workflows"]),
        "deal_name": lead.company_name or name,
        "workflow_id": str(choices["workflows"][0][0]) if choices["workflows"] else "",
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

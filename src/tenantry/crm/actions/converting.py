"""A lead becomes a contact, a company and a deal, and what hangs on it moves along."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from tenantry.acting.actions import Outcome, action, in_action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.core.decisions import Step, find, require_any
from tenantry.core.errors import PermissionMissing
from tenantry.core.fields import hidden
from tenantry.crm.actions.leads import State, open_lead
from tenantry.crm.approving import keep_word, refuse_without_word
from tenantry.crm.deals import checked
from tenantry.crm.models import Company, Contact, Deal, Lead
from tenantry.crm.naming import refuse_nameless
from tenantry.crm.pipelines import find_open_workflow, lock_stage, stages_of
from tenantry.crm.records import COMPANY, CONTACT, DEAL, LEAD
from tenantry.crm.selectors import attached_types
from tenantry.crm.steps import change_record, entry_of, new_record, refuse_archived
from tenantry.organizations.selectors import current_organization
from tenantry.people.locks import lock_statuses
from tenantry.people.models import Membership


@dataclass(frozen=True, slots=True)
class Beginning:
    """The deal that is begun. `value` in minor units of the organization's currency; `name` empty: called after the
    company or the person."""

    workflow_id: UUID
    name: str = ""
    value: int = 0


@dataclass(frozen=True, slots=True)
class Converted:
    """What it became; `moved`: how many records came along, by type."""

    lead_id: UUID
    contact_id: UUID
    company_id: UUID | None
    deal_id: UUID | None
    moved: tuple[tuple[str, int], ...]


@action("leads.edit")
def convert_lead(
    *,
    actor: Actor,
    now: datetime,
    lead_id: UUID,
    contact_id: UUID | None = None,
    company_id: UUID | None = None,
    new_company: bool = True,
    deal: Beginning | None = None,
) -> Outcome[Converted]:
    """`contact_id`, `company_id`: records that are there already, which the actor sees; without them new ones are made
    of what the lead says (`new_company` False: no company). What is new belongs to the lead's owner, or to whoever
    converts a lead of nobody who is active. Tasks, notes, activities and files move to the deal, else to the contact.

    :raises InvalidInput: the contact would have no name. :raises WordNeeded: see `refuse_without_word`.
    :raises LeadAlreadyConverted, RecordArchived, NotFound, PermissionMissing: see there.
    """
    active = _active_owner(lead_id)
    row = open_lead(actor, lead_id)
    if contact_id is None and hidden(actor, LEAD) - hidden(actor, CONTACT):
        # What is hidden on the lead would be read off the contact.
        raise PermissionMissing(LEAD.permissions["view"], Step.FIELD)
    known = active is not None and row.owner_id == active
    owner_id = active if known else actor.membership_id
    place = {"owner_id": owner_id, "workspace_id": row.workspace_id, "owner_known": known}
    company = _company(actor, now, row, company_id, place, wanted=new_company)
    contact = _contact(actor, now, row, contact_id, company, place)
    begun = _deal(actor, now, row, deal, contact, company, place) if deal else None
    subject = ("deal_id", begun.pk) if begun else ("contact_id", contact.pk)
    moved = move_attached(LEAD.key, row.pk, *subject, now)
    company_id = company.pk if company else None
    deal_id = begun.pk if begun else None
    change_record(
        row,
        now,
        state=State.CONVERTED,
        qualified_at=row.qualified_at or now,
        converted_at=now,
        became_contact_id=contact.pk,
        became_company_id=company_id,
        became_deal_id=deal_id,
    )
    made = Converted(row.pk, contact.pk, company_id, deal_id, moved)
    ids = {"lead_id": row.pk, "contact_id": contact.pk, "company_id": company_id, "deal_id": deal_id}
    entry = entry_of("leads.converted", LEAD, row, {**ids, "moved": dict(moved)})
    events = [Event("LeadConverted", {**ids, "owner_id": owner_id})]
    if begun:
        events.append(Event("DealCreated", {"deal_id": deal_id, "owner_id": owner_id, "by": actor.membership_id}))
    return Outcome(made, entry, tuple(events))


def _active_owner(lead_id: UUID) -> UUID | None:
    """The lead's owner, locked before the lead as everywhere; None where nobody is, or nobody who is active."""
    owner_id = Lead.objects.filter(pk=lead_id).values_list("owner_id", flat=True).first()
    states = lock_statuses([owner_id] if owner_id else [])
    return owner_id if owner_id and states.get(owner_id) == Membership.Status.ACTIVE else None


def _existing(actor: Actor, record_type: Any, record_id: UUID) -> Any:
    """:raises NotFound, RecordArchived: see there."""
    row = find(actor, record_type, record_id)
    refuse_archived(row)
    return row


def _company(
    actor: Actor, now: datetime, lead: Lead, company_id: UUID | None, place: dict[str, Any], *, wanted: bool
) -> Company | None:
    if company_id is not None:
        found: Company = _existing(actor, COMPANY, company_id)
        return found
    if not wanted or not lead.company_name:
        return None
    return new_record(Company, actor, now, name=lead.company_name, **place)


def _contact(
    actor: Actor, now: datetime, lead: Lead, contact_id: UUID | None, company: Company | None, place: dict[str, Any]
) -> Contact:
    if contact_id is not None:
        found: Contact = _existing(actor, CONTACT, contact_id)
        return found
    said = {"given_name": lead.given_name, "family_name": lead.family_name, "email": lead.email}
    if not any(said.values()):
        said["family_name"] = lead.company_name
    refuse_nameless(said, ("given_name", "family_name", "email"))
    return new_record(
        Contact,
        actor,
        now,
        **said,
        phone=lead.phone,
        job_title=lead.job_title,
        company_id=company.pk if company else None,
        **place,
    )


def _deal(
    actor: Actor,
    now: datetime,
    lead: Lead,
    deal: Beginning,
    contact: Contact,
    company: Company | None,
    place: dict[str, Any],
) -> Deal:
    """In the first stage of its workflow.

    :raises NotFound: not a workflow of the actor's. :raises WordNeeded: its owner's mentor is asked first.
    """
    require_any(actor, DEAL.permissions["create"])
    workflow = find_open_workflow(actor, deal.workflow_id)
    stage = lock_stage(stages_of(workflow.pk)[0].pk)
    values: dict[str, Any] = {"company_id": company.pk if company else None, "contact_id": contact.pk}
    if deal.value:
        values |= checked(actor, {"value": deal.value}, "create")
    name = deal.name or _called(lead, company)
    planned = Deal(name=name, owner_id=place["owner_id"], workflow=workflow, stage=stage)
    word = refuse_without_word(actor, planned, stage)
    currency = current_organization().currency
    begun = new_record(
        Deal,
        actor,
        now,
        name=name,
        workflow=workflow,
        stage=stage,
        stage_since=now,
        currency=currency,
        **values,
        **place,
    )
    keep_word(word, begun, now)
    return begun


def _called(lead: Lead, company: Company | None) -> str:
    """After the company or the person; an address is not a name."""
    name = company.name if company else lead.company_name or f"{lead.given_name} {lead.family_name}".strip()
    return name or _("New deal")


def move_attached(
    from_key: str, from_id: UUID, to_column: str, to_id: UUID, now: datetime
) -> tuple[tuple[str, int], ...]:
    """A step: everything that hangs on one record hangs on another from now on, archived or not, whoever owns it.
    Answers with how many, by type."""
    in_action()
    moved = []
    for record_type in attached_types():
        rows = record_type.model._default_manager.filter(**{f"{from_key}_id": from_id})
        values: dict[str, Any] = {f"{from_key}_id": None, to_column: to_id}
        count = rows.update(**values, changed_at=now, version=F("version") + 1)
        if count:
            moved.append((record_type.key, count))
    return tuple(moved)

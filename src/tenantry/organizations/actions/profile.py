"""What administrators change about the organization itself."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput, VersionChanged
from tenantry.core.tenancy import scope
from tenantry.organizations.bounds import CURRENCIES, SETUP_STEPS, TIME_ZONES
from tenantry.organizations.models import CompanyProfile, Contact, current_organization
from tenantry.organizations.permissions import EDIT
from tenantry.organizations.steps import mark_step, rename_root

PROFILE_COLUMNS = ("legal_name", "registered_address", "mailing_address", "tax_id", "website", "colour")


@dataclass(frozen=True, slots=True)
class ProfileFields:
    """Cleaned by the bounds of `organizations.bounds`."""

    name: str
    legal_name: str
    registered_address: str
    mailing_address: str
    tax_id: str
    website: str
    colour: str
    time_zone: str
    currency: str


@action(EDIT)
def change_company_profile(
    *, actor: Actor, now: datetime, fields: ProfileFields, version: int | None = None
) -> Outcome[Done]:
    """Writes the company profile. `version`: what the caller saw (`If-Match`); None asks for no check.

    :raises VersionChanged: somebody else wrote meanwhile.
    :raises InvalidInput: unknown time zone or currency.
    """
    wrong = {}
    if fields.time_zone not in TIME_ZONES:
        wrong["time_zone"] = _("Please choose a time zone from the list.")
    if fields.currency not in CURRENCIES:
        wrong["currency"] = _("Please choose a currency from the list.")
    if wrong:
        raise InvalidInput(dict(wrong))
    profile = CompanyProfile.objects.select_for_update(no_key=True).get()
    if version is not None and version != profile.version:
        raise VersionChanged
    organization = current_organization()
    changed: dict[str, list[str]] = {}
    for row, names in (
        (organization, ("name", "time_zone", "currency")),
        (profile, PROFILE_COLUMNS),
    ):
        for name in names:
            before, after = getattr(row, name), getattr(fields, name)
            if before != after:
                changed[name] = [before, after]
                setattr(row, name, after)
    if not changed:
        return Outcome(Done(), None)
    if "name" in changed:
        rename_root(organization.name)
    profile.version += 1
    organization.save(update_fields=["name", "time_zone", "currency"])
    profile.save(update_fields=[*PROFILE_COLUMNS, "version"])
    return Outcome(Done(), Entry("organization.profile_changed", "organization", organization.id, {"changed": changed}))


@action(EDIT)
def change_contact(*, actor: Actor, now: datetime, kind: str, name: str, email: str, phone: str) -> Outcome[Done]:
    """Names who gets billing, technical or legal mail.

    :raises InvalidInput: another kind.
    """
    if kind not in Contact.Kind.values:
        raise InvalidInput({"kind": _("Billing, technical or legal.")})
    contact = Contact.objects.select_for_update(no_key=True).filter(kind=kind).first()
    contact = contact or Contact(kind=kind)
    before = {"name": contact.name, "email": contact.email, "phone": contact.phone}
    after = {"name": name, "email": email, "phone": phone}
    if before == after:
        return Outcome(Done(contact.id), None)
    contact.name, contact.email, contact.phone = name, email, phone
    contact.save()
    entry = Entry(
        "organization.contact_changed", "contact", contact.id, {"kind": kind}, {"before": before, "after": after}
    )
    return Outcome(Done(contact.id), entry)


@action(EDIT)
def mark_setup_step(*, actor: Actor, now: datetime, step: str, state: str) -> Outcome[Done]:
    """Keeps the wizard's progress. `state`: "done" or "skipped"; a done step is never made skipped.

    :raises InvalidInput: no such step.
    """
    if step not in SETUP_STEPS or state not in ("done", "skipped"):
        raise InvalidInput({"step": _("There is no such step.")})
    if not mark_step(step, state, now):
        return Outcome(Done(), None)
    entry = Entry("organization.setup_step", "organization", scope.organization_id(), {"step": step, "state": state})
    return Outcome(Done(), entry)


@action(EDIT)
def set_company_up(*, actor: Actor, now: datetime, fields: ProfileFields, version: int | None = None) -> Outcome[Done]:
    """The wizard's first step: writes the company profile and marks the step done.

    :raises VersionChanged, InvalidInput: see `change_company_profile`.
    """
    written = change_company_profile(actor=actor, now=now, fields=fields, version=version)
    marked = mark_setup_step(actor=actor, now=now, step="company", state="done")
    return Outcome(Done(), written.entry or marked.entry)

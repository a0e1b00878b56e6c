"""The organization itself: profile, contacts, wizard, what it may use."""

from dataclasses import fields
from typing import Any

from ninja import Router

from tenantry.api.conditions import require_version, tag
from tenantry.api.errors import StateChanged, StateNotNamed
from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.organization.schemas import (
    ContactKind,
    ContactOut,
    Contacts,
    EditOrganization,
    EntitlementOut,
    Entitlements,
    OrganizationOut,
    PutContact,
    PutSetupStep,
    SeatsOut,
    SetupOut,
    SetupStep,
)
from tenantry.api.requests import ApiRequest
from tenantry.core import clock
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.organizations.actions.profile import (
    ProfileFields,
    change_company_profile,
    change_contact,
    mark_setup_step,
)
from tenantry.organizations.permissions import BILLING_VIEW, EDIT, SEATS_VIEW, VIEW
from tenantry.organizations.selectors import company_profile, contacts, current_organization, entitlements
from tenantry.people.permissions import INVITE
from tenantry.people.seats import seats

router = Router(tags=["Organization"])


def _organization() -> tuple[OrganizationOut, int]:
    """The organization with the version of its profile."""
    row, profile = current_organization(), company_profile()
    shown = OrganizationOut(
        id=row.id,
        name=row.name,
        slug=row.slug,
        blueprint=row.blueprint,
        state=row.state,
        time_zone=row.time_zone,
        currency=row.currency,
        created_at=row.created_at,
        legal_name=profile.legal_name,
        registered_address=profile.registered_address,
        mailing_address=profile.mailing_address,
        tax_id=profile.tax_id,
        website=profile.website,
        colour=profile.colour,
    )
    return shown, profile.version


def _tagged() -> Answer:
    shown, version = _organization()
    return Answer(shown, tag(version))


@operation(router, "GET", "/organization", VIEW, answer=OrganizationOut)
def organization_get(request: ApiRequest) -> Answer:
    """The organization of the key or session, with its ETag."""
    return _tagged()


@operation(router, "PATCH", "/organization", EDIT, answer=OrganizationOut, refuses=(StateNotNamed, StateChanged))
def organization_edit(request: ApiRequest, body: EditOrganization) -> Answer:
    """Changes the company profile. Needs If-Match with the ETag that was read; 412 when somebody else was faster."""
    with reading():
        present, version = _organization()
    require_version(request, version)
    sent: dict[str, Any] = body.model_dump(include=body.model_fields_set)
    kept = {field.name: getattr(present, field.name) for field in fields(ProfileFields)}
    try:
        carry_out(request, change_company_profile, fields=ProfileFields(**{**kept, **sent}), version=version)
    except VersionChanged:
        raise StateChanged from None
    with reading():
        return _tagged()


@operation(router, "GET", "/organization/contacts", VIEW, answer=Contacts)
def contact_list(request: ApiRequest) -> Contacts:
    """Who gets billing, technical and legal mail."""
    return Contacts(items=[_contact(kind, row) for kind, row in contacts().items()])


def _contact(kind: Any, row: Any) -> ContactOut:
    return ContactOut(kind=kind, name=row.name, email=row.email, phone=row.phone)


@operation(router, "PUT", "/organization/contacts/{kind}", EDIT, answer=ContactOut)
def contact_change(request: ApiRequest, kind: ContactKind, body: PutContact) -> ContactOut:
    """Names one contact; what is left out becomes empty."""
    carry_out(request, change_contact, kind=kind, name=body.name, email=body.email, phone=body.phone)
    with reading():
        return _contact(kind, contacts()[kind])


@operation(router, "GET", "/organization/setup", EDIT, answer=SetupOut)
def setup_get(request: ApiRequest) -> SetupOut:
    """How far the wizard has come."""
    return _setup()


def _setup() -> SetupOut:
    row = current_organization()
    return SetupOut(steps=row.setup, finished_at=row.setup_finished_at)


@operation(router, "PUT", "/organization/setup/{step}", EDIT, answer=SetupOut)
def setup_step_mark(request: ApiRequest, step: SetupStep, body: PutSetupStep) -> SetupOut:
    """Marks a step done or skipped; a done one stays done."""
    carry_out(request, mark_setup_step, step=step, state=body.state)
    with reading():
        return _setup()


@operation(router, "GET", "/organization/entitlements", SEATS_VIEW, BILLING_VIEW, INVITE, answer=Entitlements)
def entitlement_list(request: ApiRequest) -> Entitlements:
    """The seat meter, and what plan or operator grant; a null limit is unlimited."""
    state = seats(clock.now())
    return Entitlements(
        seats=SeatsOut(
            in_use=state.in_use,
            limit=state.limit,
            free=state.free,
            active=state.active,
            pending=state.pending,
            deactivated=state.deactivated,
            expired=state.expired,
        ),
        items=[EntitlementOut(key=key, limit=limit) for key, limit in entitlements().items()],
    )

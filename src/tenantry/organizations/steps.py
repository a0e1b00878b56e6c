"""What use cases compose: the rows of a new organization."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from tenantry.acting.actions import in_action
from tenantry.core.tenancy import scope
from tenantry.organizations.bounds import SETUP_STEPS
from tenantry.organizations.errors import SlugTaken
from tenantry.organizations.models import Address, CompanyProfile, Entitlement, LockRow, Organization, PolicyValue
from tenantry.organizations.policies import CATALOGUE


def create_organization(
    *,
    organization_id: UUID,
    name: str,
    slug: str,
    blueprint: str,
    policies: Mapping[str, Any],
    entitlements: Mapping[str, int | None],
    labels: Mapping[str, str],
    time_zone: str,
    now: datetime,
) -> Organization:
    """Takes the address and writes the rows every organization has.

    :raises SlugTaken: the address belongs to somebody else.
    """
    in_action()
    try:
        with transaction.atomic():
            Address.objects.bulk_create([Address(slug=slug, organization_id=organization_id)])
    except IntegrityError:
        raise SlugTaken(slug=slug) from None
    organization = Organization(
        id=organization_id,
        organization_id=organization_id,
        name=name,
        slug=slug,
        blueprint=blueprint,
        labels=dict(labels),
        time_zone=time_zone,
        created_at=now,
    )
    Organization.objects.bulk_create([organization])
    CompanyProfile.objects.bulk_create([CompanyProfile()])
    LockRow.objects.bulk_create(LockRow(name=lock) for lock in LockRow.Name.values)
    PolicyValue.objects.bulk_create(
        PolicyValue(code=code, value=CATALOGUE[code].validate(value)) for code, value in policies.items()
    )
    Entitlement.objects.bulk_create(Entitlement(key=key, limit=limit) for key, limit in entitlements.items())
    return organization


def mark_step(step: str, state: str, now: datetime) -> bool:
    """Keeps the wizard's progress; a done step is never made skipped. Returns whether anything changed."""
    in_action()
    # Two steps marked in two tabs both count: the row's other columns are nobody's lock.
    organization = Organization.objects.select_for_update(no_key=True).get(pk=scope.organization_id())
    if organization.setup.get(step) in ("done", state):
        return False
    organization.setup = {**organization.setup, step: state}
    if organization.setup_finished_at is None and all(name in organization.setup for name in SETUP_STEPS):
        organization.setup_finished_at = now
    organization.save(update_fields=["setup", "setup_finished_at"])
    return True

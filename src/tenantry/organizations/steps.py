"""What use cases compose: the rows of a new organization, and the closure of its tree of units."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from tenantry.acting.actions import in_action
from tenantry.core.ids import NEW_ID_SQL, new_id
from tenantry.core.tenancy import scope
from tenantry.organizations.bounds import SETUP_STEPS
from tenantry.organizations.errors import SlugTaken
from tenantry.organizations.models import (
    Address,
    CompanyProfile,
    Entitlement,
    LockRow,
    Organization,
    PolicyValue,
    Unit,
    UnitLink,
    current_organization,
)
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


# Every unit above the parent, and the parent, come to stand above the new unit.
_LINK = f"""
INSERT INTO organizations_unitlink (organization_id, id, above_id, below_id, depth)
SELECT organization_id, {NEW_ID_SQL}, above_id, %(unit)s, depth + 1
FROM organizations_unitlink WHERE organization_id = %(organization)s AND below_id = %(parent)s
"""  # noqa: S608 no value of anybody's
# The subtree is cut off: links from outside of it into it go, those within it stay.
_CUT = """
DELETE FROM organizations_unitlink AS link
USING organizations_unitlink AS outer_link, organizations_unitlink AS inner_link
WHERE link.organization_id = %(organization)s AND outer_link.organization_id = %(organization)s
  AND inner_link.organization_id = %(organization)s AND outer_link.below_id = %(unit)s AND outer_link.depth > 0
  AND inner_link.above_id = %(unit)s AND link.above_id = outer_link.above_id AND link.below_id = inner_link.below_id
"""
# And grafted: everything above the parent stands above everything of the subtree.
_GRAFT = f"""
INSERT INTO organizations_unitlink (organization_id, id, above_id, below_id, depth)
SELECT upper.organization_id, {NEW_ID_SQL}, upper.above_id, lower.below_id, upper.depth + lower.depth + 1
FROM organizations_unitlink AS upper, organizations_unitlink AS lower
WHERE upper.organization_id = %(organization)s AND lower.organization_id = %(organization)s
  AND upper.below_id = %(parent)s AND lower.above_id = %(unit)s
"""  # noqa: S608 no value of anybody's


def root_unit(now: datetime) -> Unit:
    """The unit that stands for the organization, made on first use. The lock on the structure is held."""
    in_action()
    root = Unit.objects.filter(parent=None).first()
    if root is None:
        name = current_organization().name
        root = Unit(id=new_id(), name=name, sort_name=name.lower(), created_at=now)
        Unit.objects.bulk_create([root])
        UnitLink.objects.bulk_create([UnitLink(above=root, below=root, depth=0)])
    return root


def rename_root(name: str) -> None:
    """The root is called like the organization."""
    in_action()
    Unit.objects.filter(parent=None).update(name=name, sort_name=name.lower())


def insert_unit(name: str, parent_id: UUID, now: datetime) -> Unit:
    """A unit below `parent_id`, linked with everything above. The lock on the structure is held."""
    in_action()
    unit = Unit(id=new_id(), name=name, sort_name=name.lower(), parent_id=parent_id, created_at=now)
    Unit.objects.bulk_create([unit])
    UnitLink.objects.bulk_create([UnitLink(above=unit, below=unit, depth=0)])
    _run(_LINK, unit.id, parent_id)
    return unit


def relink_unit(unit_id: UUID, parent_id: UUID) -> None:
    """Hangs a subtree below another parent, which is not in it. The lock on the structure is held."""
    in_action()
    Unit.objects.filter(id=unit_id).update(parent_id=parent_id)
    _run(_CUT, unit_id, parent_id)
    _run(_GRAFT, unit_id, parent_id)


def erase_unit(unit_id: UUID) -> None:
    """Of a unit that nothing stands in or below any more."""
    in_action()
    UnitLink.objects.filter(below_id=unit_id).delete()
    Unit.objects.filter(id=unit_id).delete()


def _run(statement: str, unit_id: UUID, parent_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"organization": scope.organization_id(), "unit": unit_id, "parent": parent_id})

"""Reads of an organization: itself, its profile, its policies and entitlements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tenantry.core.bounds import ORGANIZATION_NAME
from tenantry.core.errors import NotFound
from tenantry.core.prepared import PreparedRow
from tenantry.core.text import InvalidText
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.models import (
    Address,
    CompanyProfile,
    Contact,
    Entitlement,
    Organization,
    PolicyValue,
    current_organization,
    is_closed,
)
from tenantry.organizations.policies import CATALOGUE, Policy

SEATS = "seats"

__all__ = ["current_organization", "is_closed"]

_ANY = "any policy"
# Nearly every action asks, most of them several times.
_VALUE = PreparedRow(lambda: PolicyValue.objects.filter(code=_ANY).values_list("value"), {_ANY: "code"})


def policy(code: str) -> Any:
    """The value of one policy in the open scope's organization, or its default."""
    row = _VALUE.find(code=code)
    return row[0] if row else CATALOGUE[code].default


def policy_values(*codes: str) -> dict[str, Any]:
    """Several policies by one query, defaults where nothing is set."""
    rows = dict(PolicyValue.objects.filter(code__in=codes).values_list("code", "value"))
    return {code: rows.get(code, CATALOGUE[code].default) for code in codes}


def policy_values_of(organization_ids: Iterable[UUID], *codes: str) -> dict[UUID, dict[str, Any]]:
    """The same for several organizations (platform scope, whichever it is armed with), by one query."""
    found = {one: {code: CATALOGUE[code].default for code in codes} for one in organization_ids}
    rows = PolicyValue._base_manager.filter(organization_id__in=list(found), code__in=codes)
    for organization_id, code, value in rows.values_list("organization_id", "code", "value"):
        found[organization_id][code] = value
    return found


@dataclass(frozen=True, slots=True)
class PolicyState:
    policy: Policy
    value: Any
    version: int


def policies() -> list[PolicyState]:
    """Every policy with its present value; one query."""
    return policies_in(PolicyValue.objects.values("code", "value", "version"))


def policies_in(rows: Iterable[Mapping[str, Any]]) -> list[PolicyState]:
    """The same, of rows that were read already: code, value and version."""
    known = {row["code"]: row for row in rows}
    return [
        PolicyState(p, known[p.code]["value"], known[p.code]["version"])
        if p.code in known
        else PolicyState(p, p.default, 0)
        for p in CATALOGUE.values()
    ]


def refuse_other_name(typed: str) -> None:
    """:raises OrganizationNameAsked: `typed` is not the organization's name, letter by letter."""
    name = current_organization().name
    try:
        same = ORGANIZATION_NAME.clean(typed) == name
    except InvalidText:
        same = False
    if not same:
        raise OrganizationNameAsked(name=name)


def entitlement(key: str) -> int | None:
    """The limit that plan or operator grant; None is unlimited. A plan writes every key and nothing is withheld from
    whoever has none, so that what has no row has no limit."""
    row = Entitlement.objects.filter(key=key).first()
    return None if row is None else row.limit


def entitlements() -> dict[str, int | None]:
    return {row.key: row.limit for row in Entitlement.objects.order_by("key")}


def granted() -> list[Entitlement]:
    """Every entitlement with where it comes from, by key."""
    return list(Entitlement.objects.order_by("key"))


def company_profile() -> CompanyProfile:
    return CompanyProfile.objects.first() or CompanyProfile()


def contacts() -> dict[str, Contact]:
    """Billing, technical and legal contact; unsaved rows where none is named yet."""
    rows = {contact.kind: contact for contact in Contact.objects.all()}
    return {kind: rows.get(kind) or Contact(kind=kind) for kind in Contact.Kind.values}


def find_organization(organization_id: UUID) -> Organization:
    """For the console, which has armed a crossing.

    :raises NotFound: there is none.
    """
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        raise NotFound
    return organization


def find_organization_id(slug: str) -> UUID | None:
    """By its address. For crossings only."""
    return Address.objects.filter(slug=slug).values_list("organization_id", flat=True).first()


def all_organizations() -> Any:
    """Every organization of the installation, for the console and commands (platform scope)."""
    return Organization.objects.order_by("name", "id")


def blueprints_of() -> dict[UUID, str]:
    """Which blueprint each organization was founded with: all of them (platform scope), or the one of the scope."""
    return dict(Organization.objects.values_list("id", "blueprint"))


def search_organizations(query: str) -> QuerySet[Organization]:
    """Of the installation, by a part of name or address (platform scope); not ordered."""
    rows = Organization.objects.all()
    return rows.filter(Q(name__icontains=query) | Q(slug__contains=query.lower())) if query else rows


def named_organizations(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names by id (platform scope); deleted ones are missing."""
    return dict(Organization.objects.filter(id__in={i for i in ids if i}).values_list("id", "name"))


def count_organizations() -> int:
    """How many there are in the installation (platform scope)."""
    return Organization.objects.count()

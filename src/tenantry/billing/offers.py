"""Which catalogue holds for an organization, and what it offers: `TENANTRY_PLAN_CATALOGUE`."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from django.conf import settings

from tenantry.billing.catalogue import SHAPES, Catalogue, faults
from tenantry.billing.models import Subscription
from tenantry.billing.terms import UNLIMITED, Terms, terms_in
from tenantry.core.documents import DocumentWrong, Finding, read_document
from tenantry.organizations.entitlements import register_offers
from tenantry.organizations.models import current_organization

# Those that ship with Tenantry. The setting may also name a file, or `blueprint`: each blueprint's own.
SHIPPED = ("unlimited", "standard", "crm-suite", "sales-floor", "brokerage", "messaging")
BY_BLUEPRINT = "blueprint"


def read_catalogue(text: str, file: str = "catalogue.yaml") -> Catalogue:
    """:raises DocumentWrong: with everything that is wrong, each with line and column."""
    return read_document(text, file, Catalogue, faults, shapes=SHAPES)


@cache
def load(key: str) -> Catalogue:
    """A catalogue that ships with Tenantry, or an operator's by the path of its file.

    :raises DocumentWrong: the document is wrong, or the file can't be read.
    """
    if key in SHIPPED:
        name = f"{key}.yaml"
        return read_catalogue(files("tenantry.billing").joinpath("catalogues", name).read_text("utf-8"), name)
    path = Path(key).expanduser()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join((BY_BLUEPRINT, *SHIPPED))
        problem = f"can't be read ({type(error).__name__}); a catalogue's key is one of {known}"
        raise DocumentWrong([Finding(str(path), 1, 1, "", problem)]) from None
    return read_catalogue(text, path.name)


def catalogue_for(blueprint: str) -> Catalogue:
    """What is sold to an organization of this blueprint. A blueprint that brings none of its own (it shipped with an
    earlier release) is sold the standard one."""
    chosen = settings.PLAN_CATALOGUE
    if chosen != BY_BLUEPRINT:
        return load(chosen)
    return load(blueprint if blueprint in SHIPPED else "standard")


def current_catalogue() -> Catalogue:
    """What is sold to the organization of the scope."""
    return catalogue_with(current_organization().blueprint, Subscription.objects.first())


def catalogue_with(blueprint: str, held: Subscription | None) -> Catalogue:
    """For whoever has read both already. Whoever bought something stays with the catalogue it is of where the
    installation sells nothing (any more): the demonstration organizations do."""
    chosen = catalogue_for(blueprint)
    if chosen.key != UNLIMITED or held is None:
        return chosen
    key = held.terms.get("catalogue")
    return load(key) if key in SHIPPED else chosen


def offered(catalogue: Catalogue | None = None) -> list[Terms]:
    """Every plan as it would be bought now, the smallest first."""
    catalogue = catalogue or current_catalogue()
    return [terms_in(catalogue, plan) for plan in catalogue.plans]


def sells() -> bool:
    """Whether anything is sold to the organization of the scope."""
    return current_catalogue().key != UNLIMITED


def sells_to(blueprint: str, held: Subscription | None) -> bool:
    """For whoever has read both already."""
    return catalogue_with(blueprint, held).key != UNLIMITED


def plans_with(key: str, above: int = 0) -> Sequence[str]:
    """Titles of the plans on offer that grant more of an entitlement than `above`, the smallest first."""
    found = [(terms.title, terms.entitlements.get(key)) for terms in offered()] if sells() else []
    return [title for title, limit in found if limit is None or limit > above]


def check_setting() -> Catalogue | None:
    """Reads what `TENANTRY_PLAN_CATALOGUE` names, where that is a file of the operator's; what ships is tested.

    :raises DocumentWrong: see `load`.
    """
    chosen = settings.PLAN_CATALOGUE
    return None if chosen in (BY_BLUEPRINT, *SHIPPED) else load(chosen)


register_offers(plans_with)

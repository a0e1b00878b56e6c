"""The blueprints that ship with Tenantry, read and validated once a process."""

from functools import cache
from importlib.resources import files

from tenantry.blueprints.document import Blueprint
from tenantry.blueprints.reading import read
from tenantry.usecases.founding import Founding

__all__ = ["SHIPPED", "Blueprint", "founding", "load", "shipped"]

# The first one is preselected.
SHIPPED = ("standard", "crm-suite", "sales-floor", "brokerage", "messaging")


@cache
def load(key: str) -> Blueprint:
    """A blueprint that ships with Tenantry.

    :raises KeyError: none is called so. :raises DocumentWrong: the document is wrong.
    """
    if key not in SHIPPED:
        raise KeyError(key)
    name = f"{key}.yaml"
    return read(files("tenantry.blueprints").joinpath(name).read_text("utf-8"), name)


def founding(blueprint: Blueprint) -> Founding:
    """What `usecases.signing_up.found_organization` takes."""
    return Founding(
        blueprint=blueprint.key,
        policies=blueprint.policies,
        entitlements=blueprint.entitlements,
        labels=blueprint.labels,
        roles=tuple(blueprint.role_rows()),
        profiles=tuple(blueprint.profile_rows()),
        keyholder_key=blueprint.keyholder_key,
        workflow=blueprint.workflow.first(),
    )


def shipped() -> list[Blueprint]:
    return [load(key) for key in SHIPPED]

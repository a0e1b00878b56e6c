"""Entitlements in words, and what an organization began with."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from tenantry.blueprints.schema import load

SOURCES: Mapping[str, Any] = {
    "operator": gettext_lazy("Granted by whoever runs this installation"),
}


def blueprint_policies(key: str) -> Mapping[str, Any]:
    """Values by code; nothing of a blueprint that does not ship any more."""
    try:
        return load(key).policies
    except KeyError:
        return {}

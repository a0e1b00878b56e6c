"""What a new organization starts with, as its blueprint says; handed in from above, where blueprints live."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Founding:
    """`roles` and `profiles`: rows for `access.steps.create_roles` and `create_profiles`."""

    blueprint: str
    policies: Mapping[str, Any]
    entitlements: Mapping[str, int | None]
    labels: Mapping[str, str]
    roles: tuple[Mapping[str, Any], ...]
    profiles: tuple[Mapping[str, Any], ...]
    keyholder_key: str

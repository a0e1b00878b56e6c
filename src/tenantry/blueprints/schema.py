"""The blueprint format: one YAML document, validated before anything is written."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tenantry.core.permissions import REACH_CODES, catalogue
from tenantry.organizations.policies import CATALOGUE
from tenantry.usecases.founding import Founding


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RoleDefinition(_Strict):
    key: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    name: str = Field(min_length=1, max_length=80)
    description: str = Field(default="", max_length=300)
    kind: Literal["base", "addition", "unit", "workspace"] = "base"
    keyholder: bool = False
    beside: list[str] | Literal["any"] = "any"
    assignable: list[str] | Literal["all"] = []
    permissions: dict[str, str | bool] = {}

    @field_validator("permissions")
    @classmethod
    def _known(cls, value: dict[str, str | bool]) -> dict[str, str | bool]:
        for code, reach in value.items():
            permission = catalogue().get(code)
            if permission is None:
                raise ValueError(f"unknown permission {code}")
            if permission.has_reach and reach not in REACH_CODES:
                raise ValueError(f"{code} needs a reach: {', '.join(REACH_CODES)}")
            if not permission.has_reach and reach not in (True, "yes"):
                raise ValueError(f"{code} has no reach: write yes")
        return value

    def plain_permissions(self) -> dict[str, str]:
        return {code: "yes" if reach is True else str(reach) for code, reach in self.permissions.items()}


class Blueprint(_Strict):
    key: str = Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")
    title: str
    sentence: str
    labels: dict[str, str] = {}
    policies: dict[str, Any]
    roles: list[RoleDefinition] = Field(min_length=1)
    entitlements: dict[str, int | None] = {}

    @field_validator("policies")
    @classmethod
    def _valid(cls, value: dict[str, Any]) -> dict[str, Any]:
        for code, setting in value.items():
            if code not in CATALOGUE:
                raise ValueError(f"unknown policy {code}")
            if not CATALOGUE[code].check(setting):
                raise ValueError(f"{setting!r} is not a value of {code}")
        return value

    @model_validator(mode="after")
    def _coherent(self) -> "Blueprint":
        keys = [role.key for role in self.roles]
        if len(set(keys)) != len(keys):
            raise ValueError("two roles have one key")
        if sum(role.keyholder for role in self.roles) != 1:
            raise ValueError("exactly one role is the keyholder's")
        for role in self.roles:
            unknown = set(role.assignable) - set(keys) if role.assignable != "all" else set()
            if unknown:
                raise ValueError(f"{role.key} assigns unknown roles: {', '.join(sorted(unknown))}")
        return self

    @property
    def keyholder_key(self) -> str:
        return next(role.key for role in self.roles if role.keyholder)

    def role_rows(self) -> list[dict[str, Any]]:
        """What `access.steps.create_roles` takes."""
        return [
            {
                "key": role.key,
                "kind": role.kind,
                "name": role.name,
                "description": role.description,
                "keyholder": role.keyholder,
                "permissions": role.plain_permissions(),
                "assignable": None if role.assignable == "all" else role.assignable,
                "beside": None if role.beside == "any" else role.beside,
            }
            for role in self.roles
        ]


SHIPPED = ("standard",)


@cache
def load(key: str) -> Blueprint:
    """A blueprint that ships with Tenantry.

    :raises KeyError: none is called so. :raises pydantic.ValidationError: the document is wrong.
    """
    if key not in SHIPPED:
        raise KeyError(key)
    text = files("tenantry.blueprints").joinpath(f"{key}.yaml").read_text("utf-8")
    return Blueprint.model_validate(yaml.safe_load(text))


def founding(blueprint: Blueprint) -> Founding:
    """What `usecases.signing_up.found_organization` takes."""
    return Founding(
        blueprint=blueprint.key,
        policies=blueprint.policies,
        entitlements=blueprint.entitlements,
        labels=blueprint.labels,
        roles=tuple(blueprint.role_rows()),
        keyholder_key=blueprint.keyholder_key,
    )


def shipped() -> list[Blueprint]:
    return [load(key) for key in SHIPPED]

"""The shape of an organization's document: blueprints today, organization as code later (blueprints.md).

Only shapes here; what the parts say about each other is in `coherence`.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tenantry.core.permissions import YES, catalogue

# Stands for every permission of the applications that ends so: "*.view".
PATTERN = "*."


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _all_or_some(value: Any) -> Any:
    """`all` and `any` are written out and kept as None; a forgotten value is no way to say so."""
    if value in ("all", "any"):
        return None
    return "nothing" if value is None else value


# Keys of roles; None is all of them.
RoleKeys = Annotated[list[str] | None, BeforeValidator(_all_or_some)]
RoleKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Description = Annotated[str, Field(max_length=300)]
# Code or pattern -> reach, or yes where the permission has none.
Written = dict[str, Any]


def matching(pattern: str) -> list[str]:
    """The codes of the applications' permissions that a pattern stands for."""
    return [p.code for p in catalogue().values() if p.in_applications and p.code.endswith(pattern[1:])]


def expanded(written: Written) -> dict[str, str]:
    """Plain codes: patterns first, so that a code that is written out wins."""
    plain: dict[str, str] = {}
    for pattern, reach in written.items():
        if pattern.startswith(PATTERN):
            plain |= dict.fromkeys(matching(pattern), _plain(reach))
    return plain | {code: _plain(reach) for code, reach in written.items() if not code.startswith(PATTERN)}


def _plain(reach: Any) -> str:
    return YES if reach is True else str(reach)


class RoleDefinition(Shape):
    """`assignable`: roles that its holders give and whose holders they act on. `beside`: base roles beside which it
    may be held. `system` false: a ready-made role that the organization may edit and delete."""

    key: RoleKey
    name: Name
    description: Description = ""
    kind: Literal["base", "addition", "unit", "workspace"] = "base"
    keyholder: bool = False
    system: bool = True
    beside: RoleKeys = None
    assignable: RoleKeys = []
    permissions: Written = {}

    def row(self) -> dict[str, Any]:
        """What `access.steps.create_roles` takes."""
        return {
            "key": self.key,
            "kind": self.kind,
            "name": self.name,
            "description": self.description,
            "keyholder": self.keyholder,
            "system": self.system,
            "permissions": expanded(self.permissions),
            "assignable": self.assignable,
            "beside": self.beside,
        }


class ProfileDefinition(Shape):
    """An upper bound. `everything` bounds nothing; `fields`: field code -> `hidden` or `view`."""

    key: RoleKey
    name: Name
    description: Description = ""
    everything: bool = False
    permissions: Written = {}
    fields: dict[str, Literal["hidden", "view"]] = {}

    def row(self) -> dict[str, Any]:
        """What `access.steps.create_profiles` takes."""
        return {
            "key": self.key,
            "name": self.name,
            "description": self.description,
            "everything": self.everything,
            "permissions": expanded(self.permissions),
            "fields": self.fields,
        }


class Blueprint(Shape):
    """`sentence`: what differs, for whoever signs up."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    title: Name
    sentence: Annotated[str, Field(min_length=1, max_length=200)]
    labels: dict[str, Annotated[str, Field(min_length=1, max_length=40)]] = {}
    policies: dict[str, Any]
    roles: Annotated[list[RoleDefinition], Field(min_length=1)]
    profiles: list[ProfileDefinition] = []
    entitlements: dict[str, int | None] = {}

    @property
    def keyholder_key(self) -> str:
        return next(role.key for role in self.roles if role.keyholder)

    def role_rows(self) -> list[dict[str, Any]]:
        return [role.row() for role in self.roles]

    def profile_rows(self) -> list[dict[str, Any]]:
        return [profile.row() for profile in self.profiles]

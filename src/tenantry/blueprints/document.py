"""The shape of an organization's document: blueprints today, organization as code later (blueprints.md).

Only shapes here; what the parts say about each other is in `coherence`.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tenantry.core.documents import Shape
from tenantry.core.permissions import YES, catalogue
from tenantry.crm.stages import FirstStage
from tenantry.usecases.founding import FirstWorkflow

# Stands for every permission of the applications that ends so: "*.view".
PATTERN = "*."


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


class StageDefinition(Shape):
    """`probability` in percent. `milestone`: marked on the board. `lodgement`: a mentee's deal enters it with the
    mentor's approval. A deal that stands there for more than `stale_days` is shown as stale."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    probability: Annotated[int, Field(ge=0, le=100)]
    milestone: bool = False
    lodgement: bool = False
    stale_days: Annotated[int, Field(ge=1, le=3650)] | None = None

    def stage(self) -> FirstStage:
        return FirstStage(self.name, self.probability, self.milestone, self.lodgement, self.stale_days)


class WorkflowDefinition(Shape):
    """The way that deals of a new organization go. `with_founder`: the founder takes part; where nobody does, a
    workflow is open to everybody whose reach does not ask who takes part."""

    name: Name
    description: Description = ""
    with_founder: bool = False
    stages: Annotated[list[StageDefinition], Field(min_length=1, max_length=30)]

    def first(self) -> FirstWorkflow:
        """What `usecases.founding.create_first_workflow` takes."""
        return FirstWorkflow(
            self.name, self.description, tuple(stage.stage() for stage in self.stages), self.with_founder
        )


class Blueprint(Shape):
    """`sentence`: what differs, for whoever signs up."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,40}$")]
    title: Name
    sentence: Annotated[str, Field(min_length=1, max_length=200)]
    labels: dict[str, Annotated[str, Field(min_length=1, max_length=40)]] = {}
    policies: dict[str, Any]
    roles: Annotated[list[RoleDefinition], Field(min_length=1)]
    profiles: list[ProfileDefinition] = []
    workflow: WorkflowDefinition
    entitlements: dict[str, int | None] = {}

    @property
    def keyholder_key(self) -> str:
        return next(role.key for role in self.roles if role.keyholder)

    def role_rows(self) -> list[dict[str, Any]]:
        return [role.row() for role in self.roles]

    def profile_rows(self) -> list[dict[str, Any]]:
        return [profile.row() for profile in self.profiles]

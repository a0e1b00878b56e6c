from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.people.schemas import Named
from tenantry.api.schemas import Bounded, Digest, Id, In, Out, QueryIn
from tenantry.core import bounds

Code = Annotated[str, Field(max_length=60, pattern=r"^[a-z_]+\.[a-z_]+$")]
Level = Literal["own", "team", "workflow", "unit", "all", "yes"]
Written = Annotated[
    dict[Code, Level],
    Field(max_length=500, description="Code -> reach (own, team, workflow, unit, all), or yes where it has none."),
]
RoleKind = Literal["base", "addition", "unit", "workspace"]
RoleName = Annotated[str, Bounded(bounds.LABEL)]
Description = Annotated[str, Bounded(bounds.LINE)]
RoleIds = Annotated[list[Id], Field(max_length=500)]


class RoleOut(Out):
    """Its ETag is what If-Match asks for; `version` is the same number."""

    id: UUID
    key: str
    kind: str = Field(description="base, addition, unit (held at a unit) or workspace (a level in one).")
    name: str
    description: str
    is_system: bool = Field(description="Comes with the blueprint: it can only be copied.")
    holds_everything: bool = Field(description="Every permission, those of later releases included.")
    permissions: dict[str, str] = Field(description="Code -> reach (own, team, workflow, unit, all), or yes.")
    assignable_role_ids: list[UUID] | None = Field(description="Roles its holders may give; null is every role.")
    beside_role_ids: list[UUID] | None = Field(
        description="Of additions and roles at units: base roles beside which they are held; null is any."
    )
    version: int


class HeldRoleOut(RoleOut):
    holders: int


class Roles(Out):
    items: list[HeldRoleOut]


class AssignableRoles(Out):
    items: list[RoleOut]


class CreateRole(In):
    """Empty, or with `copy_of` everything that another role holds; then nothing but the name counts."""

    name: RoleName
    kind: RoleKind = "base"
    description: Description = ""
    permissions: Written = {}
    assignable_role_ids: RoleIds | None = []
    beside_role_ids: RoleIds | None = None
    copy_of: Id | None = None


class EditRole(In):
    """Only what is sent is changed. `digest` of the plan that was shown; left out, it is carried out as it is now."""

    name: RoleName = Field(default="")
    description: Description = ""
    permissions: Written = {}
    assignable_role_ids: RoleIds | None = None
    beside_role_ids: RoleIds | None = None
    digest: Digest | None = None


class RoleDeletion(QueryIn):
    successor_id: Id | None = None
    digest: Annotated[Digest | None, Field()] = None


class RoleSuccessor(QueryIn):
    successor_id: Id | None = None


class AffectedOut(Named):
    through: str = Field(description="The role by which they keep or have it; empty otherwise.")


class ConsequenceOut(Out):
    """What becomes of one permission, field or role that may be given, for `number` people; the first 20 by name."""

    kind: str = Field(description="gains, loses, changes, keeps, has_already or held_back.")
    subject: str = Field(description="permission, field or role (that may be given).")
    code: str
    before: list[str]
    after: list[str]
    scope: str
    text: str = Field(description="Follows the number.")
    number: int
    people: list[AffectedOut]


class RolePlanOut(Out):
    """`changes`: what saving changes. `api_keys`: names of keys that act with the role."""

    digest: str
    version: int
    changes: list[str]
    consequences: list[ConsequenceOut]
    api_keys: list[str]
    given_by: list[str] = Field(description="System roles whose holders may give it from then on.")
    no_longer_given_by: list[str]


class RoleDeletionPlanOut(Out):
    """`successor_needed`: the role is in use, and a successor has to be named."""

    digest: str
    name: str
    holders: int
    successor_needed: bool
    successor: str
    api_keys: list[str]
    consequences: list[ConsequenceOut]
    roles_that_end: int = Field(description="Further roles that may not stand beside the successor.")


class PermissionOut(Out):
    code: str
    title: str
    sentence: str = Field(description="Finishes “May …”.")
    area: str
    has_reach: bool
    scopes: list[str] = Field(description="Where it can be held besides the whole organization: unit, workspace.")
    bounded_by_profiles: bool
    keyholders_only: bool = Field(description="Can't be put into any role.")


class Permissions(Out):
    items: list[PermissionOut]


def consequences_out(consequences: Any, texts: Any) -> list[ConsequenceOut]:
    return [
        ConsequenceOut(
            kind=one.kind,
            subject=one.subject,
            code=one.code,
            before=list(one.before),
            after=list(one.after),
            scope=str(one.scope),
            text=effect.text,
            number=one.number,
            people=[AffectedOut(id=p.id, name=p.name, through=p.through) for p in one.people],
        )
        for one, effect in zip(consequences, texts, strict=True)
    ]

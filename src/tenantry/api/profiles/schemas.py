from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.roles.schemas import Code, ConsequenceOut, Description, RoleName, Written
from tenantry.api.schemas import Digest, Id, In, Out, QueryIn

Fields = Annotated[dict[Code, Literal["hidden", "view", "edit"]], Field(max_length=500)]


class ProfileOut(Out):
    """An upper bound: it never adds. Its ETag is what If-Match asks for; `version` is the same number."""

    id: UUID
    key: str
    name: str
    description: str
    is_system: bool = Field(description="Comes with the blueprint: it can only be copied.")
    bounds_nothing: bool
    permissions: dict[str, str] = Field(description="Code -> reach, or yes; what is missing is not let through.")
    fields: dict[str, str] = Field(description="Code -> hidden or view; what is missing is open.")
    version: int
    holders: int


class Profiles(Out):
    items: list[ProfileOut]


class CreateProfile(In):
    """Letting nothing through, or with `copy_of` the bounds of another; then nothing but the name counts."""

    name: RoleName
    description: Description = ""
    permissions: Written = {}
    fields: Fields = {}
    copy_of: Id | None = None


class EditProfile(In):
    """Only what is sent is changed. `digest` of the plan that was shown; left out, it is carried out as it is now."""

    name: RoleName = Field(default="")
    description: Description = ""
    permissions: Written = {}
    fields: Fields = {}
    digest: Digest | None = None


class ProfileSuccessor(QueryIn):
    successor_id: Id | None = None


class ProfileDeletion(ProfileSuccessor):
    digest: Annotated[Digest | None, Field()] = None


class ProfilePlanOut(Out):
    digest: str
    version: int
    changes: list[str]
    consequences: list[ConsequenceOut]


class ProfileDeletionPlanOut(Out):
    """Without a successor nothing bounds these people any more."""

    digest: str
    name: str
    holders: int
    successor: str
    consequences: list[ConsequenceOut]

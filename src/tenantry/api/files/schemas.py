"""Files and folders of Drive."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf
from tenantry.api.records.rows import RecordOut, RecordQuery
from tenantry.api.records.schemas import ForAnother
from tenantry.api.schemas import Bounded, Digest, Id, In, Out, QueryIn
from tenantry.api.work.schemas import UNSEEN, SubjectOut, SubjectType
from tenantry.crm import bounds

Name = Annotated[str, Bounded(bounds.NAME)]


class FileOut(RecordOut):
    size: int = Field(description="Bytes.")
    content_type: str = Field(description="What the bytes are, told by how they begin; never what was sent.")
    sha256: str = Field(description="Of the content, hexadecimal. Its first 32 characters are the content's ETag.")
    pages: int = Field(description="How many of them pages show as pictures.")
    folder_id: UUID | None = Field(description=UNSEEN)
    about: SubjectOut | None = Field(description=UNSEEN)


class FilePage(PageOf[FileOut]):
    pass


class FileQuery(RecordQuery):
    folder: Annotated[Id | None, Field(description="Those that lie in this folder.")] = None
    about: Annotated[Id | None, Field(description="Id of a lead, contact, company or deal.")] = None


class UploadedFile(QueryIn):
    """Where the body goes. `about_type` and `about_id` name what it hangs on."""

    name: Annotated[str, Field(min_length=1, max_length=300, description="As people will find it.")]
    folder_id: Id | None = None
    owner_id: Annotated[Id | None, Field(description="Whose it is and counts for. Left out: the caller.")] = None
    anyway: ForAnother = False
    about_type: SubjectType | None = None
    about_id: Id | None = None


class EditFile(In):
    """Only what is sent is changed."""

    name: Name = Field(default="")
    folder_id: Id | None = Field(default=None, description="Null: at the top of its owner's Drive.")


class FolderOut(RecordOut):
    parent_id: UUID | None = Field(description=UNSEEN)


class FolderPage(PageOf[FolderOut]):
    pass


class FolderQuery(RecordQuery):
    parent: Annotated[Id | None, Field(description="Those that lie in this folder.")] = None


class CreateFolder(In):
    name: Name
    parent_id: Id | None = Field(default=None, description="Null: at the top.")
    workspace_id: Id | None = Field(default=None, description="Where it stands, unless it lies in another folder.")


class EditFolder(In):
    """Only what is sent is changed."""

    name: Name = Field(default="")
    parent_id: Id | None = Field(default=None, description="Null: at the top.")


class FolderDeletionOut(Out):
    """What deleting it with its content would do. `kept`: files and folders that are not the caller's to delete; they
    come to lie at the top of their owners' Drives."""

    digest: Digest
    folders: int
    files: int
    size: int
    kept: int


class SpaceOut(Out):
    """Bytes of the caller's Drive. `limit` null: as much as one likes."""

    used: int
    limit: int | None
    left: int | None
    largest_file: int = Field(description="The most bytes that one file may have here.")

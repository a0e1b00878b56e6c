"""Tasks, notes and activities, and what they hang on."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from tenantry.api.pagination import PageOf
from tenantry.api.records.rows import RecordOut, RecordQuery
from tenantry.api.records.schemas import ForAnother
from tenantry.api.schemas import Bounded, Day, Id, In, Moment, Out
from tenantry.core import clock
from tenantry.crm import bounds
from tenantry.crm.actions.activities import LONGEST_MINUTES
from tenantry.crm.work import Subject

Title = Annotated[str, Bounded(bounds.TITLE)]
Text = Annotated[str, Bounded(bounds.TEXT)]
NoteText = Annotated[str, Bounded(bounds.NOTE)]
Kind = Literal["call", "meeting", "mail", "other"]
SubjectType = Literal["lead", "contact", "company", "deal"]
Minutes = Annotated[int, Field(ge=0, le=LONGEST_MINUTES)]


class SubjectIn(In):
    """What it is about: a lead, contact, company or deal that the caller sees."""

    type: SubjectType
    id: Id

    @property
    def named(self) -> Subject:
        return Subject(self.type, self.id)


UNSEEN = "Null: none, or none that the caller sees."


class SubjectOut(Out):
    type: str
    id: UUID


class WorkQuery(RecordQuery):
    about: Annotated[Id | None, Field(description="Id of a lead, contact, company or deal.")] = None


# --- Tasks --------------------------------------------------------------------------------


class TaskOut(RecordOut):
    title: str
    body: str
    due_on: date | None = Field(description="A day of the owner's.")
    done_at: datetime | None
    about: SubjectOut | None = Field(description=UNSEEN)


class TaskPage(PageOf[TaskOut]):
    pass


class TaskQuery(WorkQuery):
    due: Annotated[
        Literal["", "overdue", "today", "later", "done"],
        Field(description="Seen from the day that it is where the caller is. `later`: also those of no day."),
    ] = ""


class CreateTask(In):
    title: Title
    body: Text = ""
    due_on: Day | None = None
    about: SubjectIn | None = None
    owner_id: Id | None = Field(default=None, description="Left out: the caller. Null: the queue Unassigned.")
    anyway: ForAnother = False


class EditTask(In):
    """Only what is sent is changed."""

    title: Title = Field(default="")
    body: Text = ""
    due_on: Day | None = None


# --- Notes --------------------------------------------------------------------------------


class NoteOut(RecordOut):
    """`name`: its first words."""

    body: str
    about: SubjectOut | None = Field(description=UNSEEN)


class NotePage(PageOf[NoteOut]):
    pass


class AddNote(In):
    body: NoteText
    about: SubjectIn | None = None


class EditNote(In):
    body: NoteText


# --- Activities ---------------------------------------------------------------------------


class ActivityOut(RecordOut):
    kind: str
    title: str
    body: str
    happened_at: datetime
    minutes: int | None
    about: SubjectOut | None = Field(description=UNSEEN)


class ActivityPage(PageOf[ActivityOut]):
    pass


class ActivityQuery(WorkQuery):
    kind: Literal["", "call", "meeting", "mail", "other"] = ""


class LogActivity(In):
    kind: Kind
    title: Title
    body: Text = ""
    happened_at: Moment | None = Field(default=None, description="Left out: now.")
    minutes: Minutes | None = None
    about: SubjectIn | None = None


class EditActivity(In):
    """Only what is sent is changed."""

    kind: Kind = Field(default="call")
    title: Title = Field(default="")
    body: Text = ""
    happened_at: Moment = Field(default_factory=clock.now)
    minutes: Minutes | None = None

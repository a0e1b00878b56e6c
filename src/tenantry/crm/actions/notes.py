"""Notes: written and edited. Putting one away is `crm.actions.records`."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Event
from tenantry.core.actor import Actor
from tenantry.crm.models import Note
from tenantry.crm.records import NOTE
from tenantry.crm.steps import change_record, entry_of, locked_record, new_record
from tenantry.crm.work import Subject, subject_links

CREATE, EDIT = NOTE.permissions["create"], NOTE.permissions["edit"]


@dataclass(frozen=True, slots=True)
class NoteAdded:
    id: UUID
    title: str


@action(CREATE)
def add_note(*, actor: Actor, now: datetime, body: str, subject: Subject | None = None) -> Outcome[NoteAdded]:
    """:raises NotFound, RecordArchived: the subject. :raises PermissionMissing: see there."""
    note = new_record(Note, actor, now, body=body, **subject_links(actor, subject))
    event = Event("NoteAdded", {"note_id": str(note.id), "owner_id": note.owner_id and str(note.owner_id)})
    return Outcome(NoteAdded(note.id, note.title), entry_of("records.created", NOTE, note), (event,))


@action(EDIT)
def edit_note(*, actor: Actor, now: datetime, note_id: UUID, body: str, version: int | None = None) -> Outcome[Done]:
    """:raises VersionChanged, RecordArchived, NotFound, PermissionMissing: see there."""
    note = locked_record(actor, NOTE, note_id, EDIT, version=version)
    changed = change_record(note, now, body=body)
    if not changed:
        return Outcome(Done(note_id), None)
    return Outcome(Done(note_id), entry_of("records.edited", NOTE, note, changed=changed))

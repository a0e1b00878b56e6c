"""Taking back an edit of one person: names, phone, language, time zone, department and manager."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tenantry.acting.actions import Outcome
from tenantry.audit.models import Entry, PersonalValue
from tenantry.audit.selectors import personal_of
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.ids import NIL, parse_id
from tenantry.core.together import Wanted, wanted
from tenantry.people.models import Department, Membership
from tenantry.people.particulars import NAMES, PERSONAL, PLAIN, locales
from tenantry.people.permissions import EDIT
from tenantry.usecases.person import edit_person, editable
from tenantry.usecases.undoing import Reversal, Undoer, UndoNotPossible, UndoOvertaken, register_undoer

PERSON_EDITED = "people.edited"
LINKS = {"department": "department_id", "manager": "manager_id"}
Found = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _Edit:
    """Columns of the membership before and after; `words`: the same with names of departments and managers."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    words: tuple[Mapping[str, str], Mapping[str, str]]


def _edit_of(values: Mapping[str, Any], personal: Mapping[str, Any], promised: Mapping[str, Any]) -> _Edit | None:
    """None where an entry does not say all that it changed: pictures aren't kept, and texts may have been erased.
    `promised`: names of the personal values that were written."""
    if values.get("picture") or any(side in promised and side not in personal for side in ("before", "after")):
        return None
    said = [{**(values.get(side) or {}), **(personal.get(side) or {})} for side in ("before", "after")]
    ids = values.get("ids") or {}
    if any(link in said[1] and column not in ids.get("after", {}) for link, column in LINKS.items()):
        return None
    columns = [_columns(words, ids.get(side) or {}) for words, side in zip(said, ("before", "after"), strict=True)]
    return _Edit(columns[0], columns[1], (said[0], said[1])) if columns[1] else None


def _columns(words: Mapping[str, Any], ids: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: words[name] for name in (*PERSONAL, *PLAIN) if name in words}
    return plain | {column: parse_id(str(ids[column] or "")) for column in LINKS.values() if column in ids}


def reads(rows: Sequence[Entry]) -> dict[str, Wanted]:
    origins = [(row.values.get("ids") or {}).get("before") or {} for row in rows]
    departments, managers = (
        [one for ids in origins if (one := parse_id(str(ids.get(column) or "")))] for column in LINKS.values()
    )
    columns = (*PERSONAL, *PLAIN, *LINKS.values())
    active = Membership.objects.filter(id__in=managers, status=Membership.Status.ACTIVE)
    numbers = [row.number for row in rows]
    return {
        "people": wanted(Membership.objects.filter(id__in=[row.target_id or NIL for row in rows]), "id", *columns),
        "departments": wanted(Department.objects.filter(id__in=departments), "id"),
        "managers": wanted(active, "id"),
        "texts": wanted(PersonalValue.objects.filter(number__in=numbers), "number", "field", "value"),
    }


def refusals(actor: Actor, rows: Sequence[Entry], known: Found) -> Mapping[int, Refusal]:
    """People who were edited again since; departments that are gone, and managers who are not active any more."""
    present = {one["id"]: one for one in known["people"]}
    kept = {"department_id": {one["id"] for one in known["departments"]}}
    kept["manager_id"] = {one["id"] for one in known["managers"]}
    texts: dict[int, dict[str, Any]] = {}
    for one in known["texts"]:
        texts.setdefault(one["number"], {})[one["field"]] = one["value"]
    found: dict[int, Refusal] = {}
    for row in rows:
        edit = _edit_of(row.values, texts.get(row.number, {}), row.personal)
        person = present.get(row.target_id or NIL)
        if edit is None or person is None:
            found[row.number] = UndoNotPossible()
        elif any(person[name] != value for name, value in edit.after.items()):
            found[row.number] = UndoOvertaken()
        elif any(edit.before.get(name) and edit.before[name] not in ids for name, ids in kept.items()):
            found[row.number] = UndoNotPossible()
    return found


def _read(row: Entry) -> _Edit:
    edit = _edit_of(row.values, personal_of([row.number]).get(row.number, {}), row.personal)
    if edit is None:
        raise UndoNotPossible
    return edit


def _reversal(actor: Actor, row: Entry, now: datetime) -> Reversal:
    edit = _read(row)
    member = editable(actor, row.target_id or NIL, links=not set(LINKS.values()).isdisjoint(edit.after))
    before, after = _in_words(edit.words[0]), _in_words(edit.words[1])
    titles = {
        "name": _("Name of %(name)s"),
        "phone": _("Phone of %(name)s"),
        "locale": _("Language of %(name)s"),
        "time_zone": _("Time zone of %(name)s"),
        "department": _("Department of %(name)s"),
        "manager": _("Manager of %(name)s"),
    }
    several = len(after) > 1
    what = _("What is known of %(name)s") if several else titles[next(iter(after))]
    return Reversal(what % {"name": member.name}, _together(after), _together(before))


def _in_words(side: Mapping[str, Any]) -> dict[str, str]:
    """What changed, names of a person as one."""
    words = {name: str(value or "") for name, value in side.items() if name not in NAMES}
    if "locale" in words:
        words["locale"] = str(locales().get(words["locale"], words["locale"]))
    if not set(NAMES).isdisjoint(side):
        words = {"name": " ".join(str(side[name]) for name in NAMES if side.get(name)), **words}
    return words


def _together(words: Mapping[str, str]) -> str:
    return ", ".join(value or _("none") for value in words.values())


def _undo(actor: Actor, row: Entry, now: datetime) -> Outcome[Any]:
    edit = _read(row)
    outcome = edit_person(actor=actor, now=now, membership_id=row.target_id or NIL, **edit.before)
    if outcome.entry is None:
        raise UndoOvertaken
    # The person is locked from the beginning to the commit: what it reads stands.
    done = _edit_of(outcome.entry.values, outcome.entry.personal, outcome.entry.personal)
    if done is None or done.before != edit.after:
        raise UndoOvertaken
    return outcome


register_undoer(PERSON_EDITED, Undoer(EDIT, refusals, _reversal, _undo, reads))

"""What a row of a bulk invite says, before anybody asks what it means here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME
from tenantry.core.sheets import Column, Row
from tenantry.core.text import InvalidText
from tenantry.people.models import BatchRow

# The file's columns, by the names of the template and by those of other people's lists.
COLUMNS: Final = (
    Column(
        "email", ("e-mail address", "email address", "mail", "mail address", "work email", "address"), required=True
    ),
    Column("name", ("full name", "display name", "person")),
    Column("role", ("roles", "base role")),
    Column("team", ("teams", "group", "groups")),
    Column("profile", ("permission profile",)),
    Column("unit", ("branch", "office", "location")),
    Column("department", ("dept",)),
    Column("workspaces", ("workspace",)),
)
FIELDS: Final = tuple(column.name for column in COLUMNS)
# What says where somebody belongs: the same in thousands of rows, and looked up once for each.
PLACING: Final = FIELDS[2:]
# Between several teams or workspaces in one cell.
SEVERAL: Final = "|"

Reason = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """One row as it was read or typed. `position`: the line of the file. `surplus`: more cells than headings."""

    position: int
    email: str
    name: str = ""
    role: str = ""
    team: str = ""
    profile: str = ""
    unit: str = ""
    department: str = ""
    workspaces: str = ""
    surplus: bool = False

    @property
    def placing(self) -> tuple[str, ...]:
        return (self.role, self.team, self.profile, self.unit, self.department, self.workspaces)


def drafts_of(rows: Sequence[Row]) -> list[Draft]:
    """Of rows whose cells stand in the order of COLUMNS."""
    return [_draft(line, surplus, *cells) for line, cells, surplus in rows]


def _draft(line: int, surplus: bool, *cells: str) -> Draft:
    email, name, role, team, profile, unit, department, workspaces = cells
    return Draft(line, email, name, role, team, profile, unit, department, workspaces, surplus)


def draft_of(row: BatchRow) -> Draft:
    return _draft(row.position, False, *(getattr(row, field) for field in FIELDS))


def reason(field: str, code: str, **values: Any) -> Reason:
    return {"field": field, "code": code, "values": values}


def clean_email(text: str) -> tuple[str, Reason | None]:
    """The address as it is stored, or what was written and why it is none."""
    try:
        return EMAIL.clean(text), None
    except InvalidText as refused:
        return text.lower()[: EMAIL.max_length], reason("email", refused.code, text=str(refused))


def names_in(text: str) -> tuple[str, str, Reason | None]:
    """Given and family name: "Ada Stone", "Stone, Ada" or one of both."""
    family, comma, given = text.partition(",")
    if not comma:
        given, _space, family = text.strip().rpartition(" ")
        given, family = (given, family) if given else (family, "")
    try:
        return OPTIONAL_PERSON_NAME.clean(given), OPTIONAL_PERSON_NAME.clean(family), None
    except InvalidText as refused:
        return "", "", reason("name", refused.code, text=str(refused))


def several(text: str) -> list[str]:
    return [part for part in (part.strip() for part in text.split(SEVERAL)) if part]

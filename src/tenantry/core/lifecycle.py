"""What every model declares beside itself: export, retention, erasure. A test fails for a model without it."""

from dataclasses import dataclass
from enum import StrEnum


class Keep(StrEnum):
    ORGANIZATION = "as long as the organization"
    MEMBERSHIP = "as long as the membership, and its name afterwards"
    DAYS_1 = "a day"
    DAYS_30 = "30 days"
    DAYS_90 = "90 days"
    AUDIT = "by the audit's retention rule"
    INSTALLATION = "as long as the installation"


class Erase(StrEnum):
    NOTHING_PERSONAL = "holds nothing personal"
    PSEUDONYM = "personal columns are replaced by the person's pseudonym"
    DELETE = "rows of the person are deleted"
    SALTED = "value and salt are deleted, the digest stays"


# How long rows live that are kept for a number of days; `core.prune` deletes them afterwards.
DAYS = {Keep.DAYS_1: 1, Keep.DAYS_30: 30, Keep.DAYS_90: 90}


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """`export`: the name of the export file's entity, or None when the table is never exported. `age`: the column that
    a keep of some days counts from; by default the id, which is ordered by the time of its making."""

    export: str | None
    keep: Keep
    erase: Erase
    personal: tuple[str, ...] = ()
    age: str = "id"

"""Plans in words: numbers with sentences, and what has to be settled first with the way to settle it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.plans import Refused
from tenantry.people.planned import reason_in_words

MOST_NAMES = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """One planned change as a person's page shows it. `reason`: why it could not happen on its day."""

    kind: str
    icon: str
    sentence: str
    reason: str
    since: datetime
    by: str


def planned_lines(rows: Iterable[Any]) -> list[Planned]:
    """`rows`: what is planned for one person (`usecases.planning.planned_for`)."""
    return [_planned_line(row) for row in rows]


def _planned_line(row: Any) -> Planned:
    day = date_format(row.day, "DATE_FORMAT")
    if row.kind == "removal":
        return _removal_line(row, day)
    leaves = row.kind == "deactivation"
    if row.refused:
        said = _("Access was to end after %(day)s") if leaves else _("Access was to begin again on %(day)s")
    else:
        said = _("Access ends after %(day)s") if leaves else _("Access begins again on %(day)s")
    by = row.planned_by.name if row.planned_by else ""
    icon = "user-off" if leaves else "user-check"
    return Planned(row.kind, icon, said % {"day": day}, reason_in_words(row.refused), row.planned_at, by)


def _removal_line(row: Any, day: str) -> Planned:
    said = _("Was to be removed after %(day)s") if row.refused else _("Removed after %(day)s")
    to = _("records go to %(name)s") % {"name": row.successor.name} if row.successor else _("records become unassigned")
    by = row.planned_by.name if row.planned_by else ""
    reason = reason_in_words(row.refused)
    return Planned(row.kind, "user-x", f"{said % {'day': day}}; {to}", reason, row.planned_at, by)


@dataclass(frozen=True, slots=True)
class Blocker:
    """`url` and `label`: where it is settled; empty where nobody can."""

    sentence: str
    url: str = ""
    label: str = ""


def blockers(plan: Any) -> list[Blocker]:
    return [_blocker(refused) for refused in plan.refused]


def _blocker(refused: Refused) -> Blocker:
    if refused.code == "last_keyholder":
        return Blocker(refused.sentence, reverse("person_list"), _("Choose somebody"))
    if refused.code == "at_seat_limit":
        return Blocker(f"{refused.name}: {refused.sentence}", reverse("invitation_list"), _("Revoke another one"))
    known = refused.name in refused.sentence
    return Blocker(refused.sentence if known else f"{refused.name}: {refused.sentence}")


def listing(names: tuple[str, ...], of: int | None = None) -> str:
    """The first names and how many more there are. `of`: how many there are, where `names` are but the first."""
    shown = ", ".join(names[:MOST_NAMES])
    more = (of or len(names)) - MOST_NAMES
    if more <= 0:
        return shown
    return ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more) % {
        "names": shown,
        "count": more,
    }

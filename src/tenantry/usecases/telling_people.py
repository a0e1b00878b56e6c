"""The audit's words for what is known of people, for departments, and for what is planned."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tenantry.people.planned import reason_in_words
from tenantry.usecases.telling_handover import closed_said

TITLES: Mapping[str, Any] = {
    "people.edited": _("Person edited"),
    "people.department_created": _("Department added"),
    "people.department_renamed": _("Department renamed"),
    "people.department_merged": _("Departments merged"),
    "people.department_deleted": _("Department deleted"),
    "people.department_restored": _("Department restored"),
    "people.department_set": _("Put into a department"),
    "people.leaving_planned": _("End of access planned"),
    "people.leavings_planned": _("End of access planned for several"),
    "people.return_planned": _("Return planned"),
    "people.removal_planned": _("Removal planned"),
    "people.planned_called_off": _("Planned change called off"),
    "people.planned_announced": _("Planned change announced"),
    "people.planned_refused": _("Planned change not possible"),
    "people.planned_overtaken": _("Planned change overtaken"),
    "people.mentees_moved": _("Mentees handed on"),
    "people.erased": _("Person erased"),
    "people.removed": _("Removed"),
    "people.brought_back": _("Brought back"),
}


def _filled(text: Any, facts: Any) -> str:
    places = {"who": facts.who, "target": facts.target, "several": facts.several}
    return str(text) % {**places, **{name: facts.get(name) for name in ("name", "to", "before")}}


def _simply(text: Any) -> Callable[[Any], str]:
    return lambda facts: _filled(text, facts)


def _day(written: Any) -> str:
    try:
        return date_format(date.fromisoformat(str(written)), "DATE_FORMAT")
    except ValueError:
        return str(written or "")


def _edited(facts: Any) -> str:
    personal = facts.personal.get("after") or {}
    if set(personal) <= {"given_name", "family_name"} and personal and not facts.values:
        return _filled(gettext("%(who)s changed the name of %(target)s."), facts)
    return _filled(gettext("%(who)s edited what is known of %(target)s."), facts)


def _renamed(facts: Any) -> str:
    before = (facts.values.get("before") or {}).get("name", "")
    words = gettext("%(who)s renamed the department “%(before)s”, now “%(name)s”.")
    return words % {"who": facts.who, "before": before, "name": facts.get("name")}


def _moved(one: Any, none: Any) -> Callable[[Any], str]:
    """`none`: the sentence where nobody was in it."""

    def tell(facts: Any) -> str:
        count = int(facts.values.get("count") or 0)
        words = {"who": facts.who, "name": facts.get("name"), "to": facts.get("to"), "n": count}
        return (one(count) if count else str(none)) % words

    return tell


def _merged(count: int) -> str:
    return ngettext(
        "%(who)s merged the department “%(name)s” into “%(to)s”, %(n)s person.",
        "%(who)s merged the department “%(name)s” into “%(to)s”, %(n)s people.",
        count,
    )


def _deleted(count: int) -> str:
    return ngettext(
        "%(who)s deleted the department “%(name)s”; %(n)s person is in none now.",
        "%(who)s deleted the department “%(name)s”; %(n)s people are in none now.",
        count,
    )


def _set(facts: Any) -> str:
    if not facts.get("name"):
        return _filled(gettext("%(who)s took %(several)s out of every department."), facts)
    return _filled(gettext("%(who)s put %(several)s into the department “%(name)s”."), facts)


def _planned(facts: Any) -> str:
    """Of one person, or of several."""
    after = facts.values.get("after") or {}
    words = {
        "who": facts.who,
        "target": facts.several if "members" in facts.values else facts.target,
        "last": _day(after.get("deactivation")),
        "back": _day(after.get("reactivation")),
        "away": _day(after.get("removal")),
    }
    if "removal" in after:
        return gettext("%(who)s planned that %(target)s is removed after %(away)s.") % words
    if "deactivation" not in after:
        return gettext("%(who)s planned that %(target)s comes back on %(back)s.") % words
    if "reactivation" in after:
        return gettext("%(who)s planned that access of %(target)s ends after %(last)s, until %(back)s.") % words
    return gettext("%(who)s planned that access of %(target)s ends after %(last)s.") % words


def _about_a_day(leaves: Any, returns: Any, removed: Any) -> Callable[[Any], str]:
    """Of one planned change: the sentence for an end of access, for a return and for a removal."""

    def tell(facts: Any) -> str:
        text = {"deactivation": leaves, "removal": removed}.get(facts.get("kind"), returns)
        reason = reason_in_words(facts.get("code"))
        return str(text) % {"target": facts.target, "day": _day(facts.get("day")), "reason": reason}

    return tell


def as_planned(told: Callable[[Any], str], text: Any) -> Callable[[Any], str]:
    """The sentence of an act that the house did on its day: `text`, with the day."""

    def tell(facts: Any) -> str:
        if not facts.get("planned"):
            return told(facts)
        return str(text) % {"target": facts.target, "day": _day(facts.get("planned"))}

    return tell


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "people.edited": _edited,
    "people.department_created": _simply(_("%(who)s added the department “%(name)s”.")),
    "people.department_renamed": _renamed,
    "people.department_merged": _moved(_merged, _("%(who)s merged the empty department “%(name)s” into “%(to)s”.")),
    "people.department_deleted": _moved(_deleted, _("%(who)s deleted the empty department “%(name)s”.")),
    "people.department_restored": _simply(_("%(who)s restored the department “%(name)s” with its people.")),
    "people.department_set": _set,
    "people.mentees_moved": _simply(_("%(who)s handed the mentees %(several)s on to another mentor.")),
    "people.erased": _simply(_("%(who)s replaced what was personal of %(target)s by a pseudonym.")),
    "people.removed": as_planned(
        lambda facts: _filled(_("%(who)s removed %(several)s."), facts) + closed_said(facts),
        _("%(target)s was removed when %(day)s was over, as planned."),
    ),
    "people.brought_back": _simply(_("%(who)s took the removal of %(several)s back.")),
    "people.leaving_planned": _planned,
    "people.leavings_planned": _planned,
    "people.return_planned": _planned,
    "people.removal_planned": _planned,
    "people.planned_called_off": _simply(_("%(who)s called off what was planned for %(target)s.")),
    "people.planned_announced": _about_a_day(
        _("It was told that access of %(target)s ends after %(day)s."),
        _("It was told that access of %(target)s begins again on %(day)s."),
        _("It was told that %(target)s is removed after %(day)s."),
    ),
    "people.planned_refused": _about_a_day(
        _("Access of %(target)s was to end after %(day)s, and could not. %(reason)s"),
        _("Access of %(target)s was to begin again on %(day)s, and could not. %(reason)s"),
        _("%(target)s was to be removed after %(day)s, and could not. %(reason)s"),
    ),
    "people.planned_overtaken": _about_a_day(
        _("The end of access of %(target)s planned for %(day)s was overtaken."),
        _("The return of %(target)s planned for %(day)s was overtaken."),
        _("The removal of %(target)s planned for %(day)s was overtaken."),
    ),
}

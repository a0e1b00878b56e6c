"""The audit's words for what one person holds: roles, ends, profile, restrictions, ownership."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _


class Facts(Protocol):
    """What a sentence may use; see `usecases.telling`."""

    values: Mapping[str, Any]
    who: str
    target: str

    @property
    def several(self) -> str: ...

    def get(self, name: str) -> str: ...


TITLES: Mapping[str, Any] = {
    "people.role_given": _("Further role given"),
    "people.role_ended": _("Further role taken"),
    "people.role_end_changed": _("End of a role changed"),
    "people.profile_set": _("Profile of a person"),
    "people.restricted": _("Restrictions changed"),
    "access.assignment_ended": _("Role ended by itself"),
    "access.end_announced": _("End of a role announced"),
    "access.ownership_offered": _("Ownership offered"),
    "access.ownership_transferred": _("Ownership transferred"),
    "access.ownership_declined": _("Ownership declined"),
    "access.ownership_withdrawn": _("Offer of ownership withdrawn"),
}


def _filled(text: str, facts: Facts) -> str:
    places = {"who": facts.who, "target": facts.target, "several": facts.several}
    return text % {**places, **{name: facts.get(name) for name in ("role", "unit", "place", "after", "before", "then")}}


def _role_given(facts: Facts) -> str:
    if facts.get("unit"):
        return _filled(gettext("%(who)s gave %(target)s the role %(role)s at “%(unit)s”."), facts)
    return _filled(gettext("%(who)s gave %(target)s the role %(role)s as well."), facts)


def _role_ended(facts: Facts) -> str:
    if facts.get("unit"):
        return _filled(gettext("%(who)s took the role %(role)s at “%(unit)s” from %(target)s."), facts)
    return _filled(gettext("%(who)s took the role %(role)s from %(target)s."), facts)


def _profile_set(facts: Facts) -> str:
    if facts.get("after"):
        return _filled(gettext("%(who)s gave %(target)s the profile %(after)s."), facts)
    return _filled(gettext("%(who)s took the profile %(before)s from %(target)s."), facts)


def _restricted(facts: Facts) -> str:
    count = len(facts.values.get("after") or {})
    words = {"who": facts.who, "target": facts.target, "count": count, "workspace": facts.get("workspace")}
    if not count:
        return gettext("%(who)s lifted the restrictions of %(target)s.") % words
    text = ngettext(
        "%(who)s set the restrictions of %(target)s, %(count)s now.",
        "%(who)s set the restrictions of %(target)s, %(count)s now.",
        count,
    )
    if words["workspace"]:
        text = ngettext(
            "%(who)s set the restrictions of %(target)s in “%(workspace)s”, %(count)s now.",
            "%(who)s set the restrictions of %(target)s in “%(workspace)s”, %(count)s now.",
            count,
        )
    return text % words


def _assignment_ended(facts: Facts) -> str:
    if facts.get("then"):
        return _filled(gettext("The role %(role)s of %(target)s ended and gave way to %(then)s."), facts)
    return _filled(gettext("The role %(role)s of %(target)s ended."), facts)


def _transferred(facts: Facts) -> str:
    return _filled(gettext("%(target)s took ownership over from %(several)s, who is now %(then)s."), facts)


def _simply(text: Any) -> Callable[[Facts], str]:
    return lambda facts: _filled(str(text), facts)


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "people.role_given": _role_given,
    "people.role_ended": _role_ended,
    "people.role_end_changed": _simply(_("%(who)s moved the end of the role %(role)s of %(target)s.")),
    "people.profile_set": _profile_set,
    "people.restricted": _restricted,
    "access.assignment_ended": _assignment_ended,
    "access.end_announced": _simply(_("%(target)s was told that the role %(role)s ends soon.")),
    "access.ownership_offered": _simply(_("%(who)s offered %(target)s ownership.")),
    "access.ownership_transferred": _transferred,
    "access.ownership_declined": _simply(_("%(who)s declined ownership, which %(target)s had offered.")),
    "access.ownership_withdrawn": _simply(_("%(who)s took the offer of ownership to %(target)s back.")),
}

"""Where a proposed change is made."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import ngettext

from tenantry.access.explaining.answering import Explanation
from tenantry.access.explaining.remedies import Remedy
from tenantry.core.permissions import permission
from tenantry.web.navigation import address

# Kind of change -> the view where it is made; whether that is the person's or that of what the change is about.
_OF_THE_PERSON = {
    "base_role": "person_role",
    "addition": "person_role_add",
    "unit_role": "person_role_add",
    "end_role": "person_detail",
    "restriction": "person_restrictions",
    "restrict": "person_restrictions",
    "profile": "person_profile",
    "reactivate": "person_reactivation",
    "deactivate": "person_deactivation",
}
_OF_THE_PLACE = {
    "team": "team_detail",
    "leave_team": "team_detail",
    "workflow": "workflow_detail",
    "leave_workflow": "workflow_detail",
    "level": "workspace_detail",
    "leave_level": "workspace_detail",
    "unit": "unit_people",
}


@dataclass(frozen=True, slots=True)
class ShownRemedy:
    """`url`: empty when whoever looks can't make it, or it is made nowhere in particular. `besides`: what else comes
    with it, in words."""

    texts: tuple[str, ...]
    besides: str
    titles: tuple[Any, ...]
    people: Any
    mine: bool
    by_them: bool
    url: str


def shown(remedy: Remedy, told: Explanation) -> ShownRemedy:
    return ShownRemedy(
        tuple(one.text for one in remedy.changes),
        ", ".join(_besides(remedy, given=not told.decision)),
        tuple(permission(code).title for code in remedy.also[:6]),
        remedy.people,
        remedy.mine,
        any(one.by_them for one in remedy.changes),
        _url(remedy, told) if remedy.mine else "",
    )


def _besides(remedy: Remedy, *, given: bool) -> Iterator[str]:
    """What else comes and goes with it."""
    more, less = len(remedy.also) + remedy.widens, len(remedy.loses)
    if given:
        texts = (
            ngettext("gives %(n)s other permission as well", "gives %(n)s other permissions as well", more),
            ngettext("takes %(n)s permission away", "takes %(n)s permissions away", less),
        )
    else:
        texts = (
            ngettext("takes %(n)s other permission away", "takes %(n)s other permissions away", more),
            ngettext("gives %(n)s permission instead", "gives %(n)s permissions instead", less),
        )
    for text, number in zip(texts, (more, less), strict=True):
        if number:
            yield text % {"n": number}


def _url(remedy: Remedy, told: Explanation) -> str:
    change = remedy.changes[0]
    if change.kind in _OF_THE_PERSON:
        return address(_OF_THE_PERSON[change.kind], (str(told.membership_id),))
    if change.kind in _OF_THE_PLACE:
        return address(_OF_THE_PLACE[change.kind], (str(change.about),))
    return address("org_plan") if change.kind == "thaw" else ""

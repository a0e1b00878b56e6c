"""Where a proposed change is made."""

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
    number = len(remedy.also) + remedy.widens
    if told.decision:
        text = ngettext("takes %(n)s other permission away", "takes %(n)s other permissions away", number)
    else:
        text = ngettext("gives %(n)s other permission as well", "gives %(n)s other permissions as well", number)
    change = remedy.changes[0]
    url = ""
    if remedy.mine and change.kind in _OF_THE_PERSON:
        url = address(_OF_THE_PERSON[change.kind], (str(told.membership_id),))
    elif remedy.mine and change.kind in _OF_THE_PLACE:
        url = address(_OF_THE_PLACE[change.kind], (str(change.about),))
    elif remedy.mine and change.kind == "thaw":
        url = address("org_plan")
    return ShownRemedy(
        tuple(one.text for one in remedy.changes),
        text % {"n": number} if number else "",
        tuple(permission(code).title for code in remedy.also[:6]),
        remedy.people,
        remedy.mine,
        any(one.by_them for one in remedy.changes),
        url,
    )

"""*Add with the same access*: somebody is added anew under another address, with what they hold now (`like`)."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.urls import reverse

from tenantry.access.directory import base_assignment
from tenantry.access.holding import profile_id_of
from tenantry.access.workspaces import workspaces_of
from tenantry.core.errors import NotFound
from tenantry.core.ids import parse_id
from tenantry.people.selectors import get_member, teams_of_member
from tenantry.web.requests import MemberRequest

if TYPE_CHECKING:
    from tenantry.people.models import Membership


def alike(request: MemberRequest) -> "Membership | None":
    """Whose access it is; None without `like`, and for somebody out of reach."""
    member_id = parse_id(request.GET.get("like", ""))
    try:
        return get_member(request.actor, member_id) if member_id else None
    except NotFound:
        return None


def initial_of(request: MemberRequest, member: "Membership") -> dict[str, Any]:
    """For the form of *Add user*; what the actor may not give is no choice of it."""
    base = base_assignment(member.id)
    teams = teams_of_member(request.actor, member.id).values_list("team_id", flat=True) if _sees_teams(request) else ()
    return {
        "given_name": member.given_name,
        "family_name": member.family_name,
        "role": str(base.role_id) if base else "",
        "profile": str(profile_id_of(member.id) or ""),
        "teams": [str(i) for i in teams],
        "unit": str(member.unit_id or ""),
        "department": str(member.department_id or ""),
    }


def _sees_teams(request: MemberRequest) -> bool:
    return request.actor.may_any("teams.view", "teams.manage")


def levels_of(request: MemberRequest, member: "Membership") -> tuple[set[str], str]:
    """Ids of their workspaces, and the level in them where it is one and the same."""
    held = workspaces_of(request.actor, member.id)
    levels = {str(one.role_id) for one in held}
    return {str(one.workspace_id) for one in held}, levels.pop() if len(levels) == 1 else ""


def onward(request: MemberRequest, view: str, added_id: UUID) -> str:
    """Where it goes on after somebody was added; at the end, to the one who is removed now."""
    member_id = parse_id(request.GET.get("like", ""))
    if member_id is None:
        return reverse(view, args=[added_id])
    if view == "person_detail":
        return f"{reverse('person_address', args=[member_id])}?added={added_id}"
    return f"{reverse(view, args=[added_id])}?like={member_id}"

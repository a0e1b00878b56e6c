"""The role catalogue: what each role allows and who holds it."""

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse

from tenantry.access.directory import find_role_listed, listed
from tenantry.access.permissions import ROLES_VIEW
from tenantry.access.selectors import DirectoryFilter, all_role_names, permissions_of, roles
from tenantry.core import clock
from tenantry.core.permissions import AREAS, catalogue
from tenantry.people.permissions import VIEW
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

if TYPE_CHECKING:
    from tenantry.access.models import Role

SHOWN_HOLDERS = 50


@screen(ROLES_VIEW)
def role_list(request: MemberRequest) -> HttpResponse:
    rows = list(roles(request.actor))
    everything = len(catalogue())
    context = {
        "rows": [(role, len(role.permissions), _share(role, everything)) for role in rows],
    }
    return page(request, "roles/list.html", context)


def _share(role: "Role", everything: int) -> int:
    """How much of the catalogue the role gives, in percent."""
    return 100 if role.is_keyholder else round(100 * len(role.permissions) / everything)


@screen(ROLES_VIEW)
def role_detail(request: MemberRequest, role_id: UUID) -> HttpResponse:
    role = find_role_listed(request.actor, role_id)
    lines = permissions_of(role)
    areas = []
    for area, title in AREAS.items():
        inside = [line for line in lines if line.area == area]
        if inside:
            areas.append((title, inside, sum(bool(line.reach) for line in inside)))
    names = all_role_names()
    given = None if role.assignable_roles is None else {str(i) for i in role.assignable_roles}
    context = {
        "role": role,
        "parts": areas,
        "assignable": [name for i, name in names if given is None or str(i) in given],
        "everyone": given is None,
        "holders": _holders(request, role_id),
    }
    return page(request, "roles/detail.html", context)


def _holders(request: MemberRequest, role_id: UUID) -> list[object]:
    """The first by name, of those the actor may see; the directory shows the rest."""
    if not request.actor.may(VIEW):
        return []
    rows = listed(request.actor, DirectoryFilter(role_ids=(role_id,)), clock.now())
    return list(rows.order_by("sort_name", "id")[:SHOWN_HOLDERS])

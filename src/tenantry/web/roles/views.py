"""The role catalogue: what each role allows, who holds it, and how two differ."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.contents import content_of
from tenantry.access.permissions import ROLES_EDIT, ROLES_VIEW
from tenantry.access.selectors import find_role_seen, holders_of, roles
from tenantry.core.errors import NotFound
from tenantry.core.named import is_called
from tenantry.core.permissions import AREAS, catalogue
from tenantry.organizations.structure import parts_of
from tenantry.usecases.telling_roles import worded
from tenantry.web.requests import MemberRequest
from tenantry.web.roles import editing
from tenantry.web.roles.editor import id_sent, parts_of_role
from tenantry.web.roles.kinds import KINDS, ONE, SENTENCES, kinds_in_use
from tenantry.web.screens import page, screen

if TYPE_CHECKING:
    from tenantry.access.models import Role

SHOWN_HOLDERS = 8


@screen(ROLES_VIEW, ROLES_EDIT)
def role_list(request: MemberRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    every = list(roles(request.actor))
    found = [role for role in every if _matches(role, query)]
    kinds = kinds_in_use(parts_of(request.organization), {role.kind for role in every})
    everything = len(catalogue())
    groups = [
        {
            "kind": kind,
            "title": KINDS[kind],
            "sentence": SENTENCES[kind],
            "rows": [(role, len(role.permissions), _share(role, everything)) for role in found if role.kind == kind],
        }
        for kind in kinds
    ]
    shown = [group for group in groups if group["rows"] or not query]
    return page(request, "roles/list.html", {"groups": shown, "filtered": bool(query), "many": len(every) > 1})


def _matches(role: "Role", query: str) -> bool:
    return is_called(f"{role.name} {role.description}", query)


def _share(role: "Role", everything: int) -> int:
    """How much of the catalogue the role gives, in percent."""
    return 100 if role.is_keyholder else round(100 * len(role.permissions) / everything)


@screen(ROLES_VIEW, ROLES_EDIT)
def role_detail(request: MemberRequest, role_id: UUID) -> HttpResponse:
    """The editor, for whoever may edit the role; for others what it allows."""
    role = find_role_seen(request.actor, role_id)
    if editing.editable(request.actor, role):
        return page(request, "roles/editor.html", editing.editor_context(request, role, content_of(role)))
    content = content_of(role)
    names = {other.id: other.name for other in roles(request.actor)}
    query = request.GET.get("q", "")
    context = {
        **facts_of(request, role),
        "parts": parts_of_role(
            request.actor, role.kind, content.permissions, content.permissions, query, everything=role.is_keyholder
        ),
        "assignable": _named(content.assignable_ids, names),
        "beside": _named(content.beside_ids, names),
        "query": query,
        "why_not": editing.why_not(request.actor, role),
    }
    return page(request, "roles/detail.html", context)


def _named(ids: Iterable[UUID] | None, names: dict[UUID, str]) -> list[str] | None:
    return None if ids is None else [name for i, name in names.items() if i in set(ids)]


def facts_of(request: MemberRequest, role: "Role") -> dict[str, Any]:
    """What stands around a role: how it is held and by whom."""
    return {"role": role, "kind": ONE[role.kind], "holders": holders_of(request.actor, role.id, SHOWN_HOLDERS)}


# --- Comparing -----------------------------------------------------------------------------


@screen(ROLES_VIEW, ROLES_EDIT)
def role_compare(request: MemberRequest) -> HttpResponse:
    """`a` and `b`: two roles; `all`: also what is the same."""
    every = list(roles(request.actor))
    by_id = {role.id: role for role in every}
    chosen = [by_id.get(i) if (i := id_sent(request.GET.get(name, ""))) else None for name in ("a", "b")]
    if any(request.GET.get(name) and role is None for name, role in zip(("a", "b"), chosen, strict=True)):
        raise NotFound
    left, right = chosen
    everything = bool(request.GET.get("all"))
    choices = [(role, "" if role.kind == "base" else ONE[role.kind]) for role in every]
    context: dict[str, Any] = {"roles": choices, "left": left, "right": right, "all": everything}
    if left and right:
        names = {role.id: role.name for role in every}
        context |= {"parts": _compared(left, right, everything), "others": _others(left, right, names, everything)}
    return page(request, "roles/compare.html", context)


def _compared(left: "Role", right: "Role", everything: bool) -> list[tuple[str, list[tuple[Any, str, str, bool]]]]:
    """By area: permission, both reaches in words, whether they differ."""
    found = []
    for area, title in AREAS.items():
        rows = []
        for one in catalogue().values():
            if one.area == area:
                had, has = _reach(left, one), _reach(right, one)
                if everything or had != has:
                    rows.append((one, worded(had), worded(has), had != has))
        if rows:
            found.append((str(title), rows))
    return found


def _reach(role: "Role", one: Any) -> str:
    if role.is_keyholder:
        return "all" if one.has_reach else "yes"
    return str(role.permissions.get(one.code, ""))


def _others(left: "Role", right: "Role", names: dict[UUID, str], everything: bool) -> list[tuple[str, str, str, bool]]:
    """What is no permission: how they are held, and the roles that they may give."""
    rows = []
    for label, sides in (
        (_("How it is held"), [str(ONE[role.kind]) for role in (left, right)]),
        (_("May give these roles"), [_gives(role, names) for role in (left, right)]),
    ):
        if everything or sides[0] != sides[1]:
            rows.append((label, sides[0], sides[1], sides[0] != sides[1]))
    return rows


def _gives(role: "Role", names: dict[UUID, str]) -> str:
    listed = _named(content_of(role).assignable_ids, names)
    return _("every role") if listed is None else ", ".join(listed)

"""Deleting a role: where its people go, and what that does."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.deleting_roles import RoleDeletionPlan, delete_role, plan_delete_role, successors
from tenantry.access.actions.roles import ask_editable, keys_of
from tenantry.access.permissions import ROLES_EDIT
from tenantry.access.selectors import find_role_seen, holders_of
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import PlanChanged, Refusal
from tenantry.core.transactions import reading
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.roles.editor import effects_shown, id_sent
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

if TYPE_CHECKING:
    from tenantry.access.models import Role

SHOWN = 20


@screen(ROLES_EDIT, methods=("GET", "POST"))
def role_deletion(request: MemberRequest, role_id: UUID) -> HttpResponse:
    """A GET asks what takes its place; a POST without a digest shows what that does; one with it does it."""
    with reading():
        role = find_role_seen(request.actor, role_id)
    data = request.POST if request.method == "POST" else request.GET
    successor_id = id_sent(data.get("successor", ""))
    digest = request.POST.get("digest", "")
    if role.holders and "successor" not in data:
        return _question(request, role)
    if request.method != "POST" or not digest:
        with reading():
            plan = plan_delete_role(actor=request.actor, role_id=role_id, successor_id=successor_id, now=clock.now())
            return _page(request, role, plan, chosen="successor" in data)
    try:
        done = perform(delete_role, actor=request.actor, role_id=role_id, successor_id=successor_id, digest=digest)
    except PlanChanged as changed:
        return _page(request, role, changed.plan, chosen=True, changed=changed)
    toast(request, _("The role %(name)s was deleted.") % {"name": done.name})
    return go(request, reverse("role_list"))


def _question(request: MemberRequest, role: Any) -> HttpResponse:
    """What takes its place; what that does is worked out once it is said."""
    ask_editable(request.actor, role)
    with reading():
        names = dict.fromkeys(held.membership.name for held in holders_of(request.actor, role.id, SHOWN))
        plan = {
            "holders": role.holders,
            "people": names,
            "may_end": role.kind in ("addition", "unit"),
            "keys": keys_of(role.id),
        }
        context = {
            "role": role,
            "plan": plan,
            "names": ", ".join(names),
            "ready": False,
            "successors": successors(request.actor, role),
        }
        return page(request, "roles/deletion.html", context)


def _page(
    request: MemberRequest, role: "Role", plan: RoleDeletionPlan, *, chosen: bool, changed: Refusal | None = None
) -> HttpResponse:
    """`chosen`: whether what takes its place was said, nothing included where that is possible."""
    with reading():
        ready = not plan.needed or plan.successor_id is not None or (chosen and plan.may_end)
        context: dict[str, Any] = {
            "role": role,
            "ready": ready,
            "successors": successors(request.actor, role) if not ready else [],
            "missing": chosen and not ready,
            "changed": changed,
            "plan": plan,
            "effects": effects_shown(plan.consequences),
            "names": ", ".join(person.name for person in plan.people),
        }
        status = status_of(changed) if changed else 422 if context["missing"] else 200
        return page(request, "roles/deletion.html", context, status=status)

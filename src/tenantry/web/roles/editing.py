"""Writing roles: create, copy, and the editor with what saving does beside it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.roles import ask_editable, copy_role, create_role, edit_role, plan_edit_role
from tenantry.access.contents import BESIDE_KINDS, RoleContent, content_of, gives_every_role
from tenantry.access.hands import may_assign
from tenantry.access.permissions import ROLES_EDIT
from tenantry.access.selectors import find_role_seen, holders_of, roles
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PlanChanged, Refusal, VersionChanged
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.organizations.structure import parts_of
from tenantry.usecases.undoing import LIFE, newest_entry
from tenantry.usecases.undoing_roles import ROLE_EDITED
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.roles.editor import choices, parts_of_role, role_sent, saving
from tenantry.web.roles.forms import CreateForm, NameForm, TextsForm
from tenantry.web.roles.kinds import ONE, kinds_in_use
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

if TYPE_CHECKING:
    from tenantry.access.models import Role

SHOWN_HOLDERS = 8


def editable(actor: Actor, role: "Role") -> bool:
    return actor.may(ROLES_EDIT) and refusal_of(actor, role) is None


def refusal_of(actor: Actor, role: "Role") -> Refusal | None:
    """Why this role is not this actor's to edit, whatever the change."""
    try:
        ask_editable(actor, role)
    except Refusal as refusal:
        return refusal
    return None


def why_not(actor: Actor, role: "Role") -> str:
    """In words, to somebody who edits roles; nothing to others."""
    refusal = refusal_of(actor, role) if actor.may(ROLES_EDIT) else None
    return str(refusal) if refusal else ""


# --- Creating and copying ------------------------------------------------------------------


@screen(ROLES_EDIT, methods=("GET", "POST"))
def role_create(request: MemberRequest) -> HttpResponse:
    kinds = kinds_in_use(parts_of(request.organization))
    form = CreateForm(request.POST or None, kinds=kinds)
    if request.method != "POST" or not form.is_valid():
        return page(request, "roles/new.html", {"form": form}, status=200 if request.method != "POST" else 422)
    given = form.cleaned_data
    content = RoleContent(given["name"], given["description"])
    try:
        made = perform(create_role, actor=request.actor, kind=given["kind"], content=content)
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "roles/new.html", {"form": form}, status=status_of(refused))
    toast(request, _("The role %(name)s is there. Say what it allows.") % {"name": made.name})
    return go(request, reverse("role_detail", args=[made.id]))


@screen(ROLES_EDIT, methods=("GET", "POST"))
def role_copy(request: MemberRequest, role_id: UUID) -> HttpResponse:
    with reading():
        role = find_role_seen(request.actor, role_id)
    form = NameForm(request.POST or None, initial={"name": _("Copy of %(name)s") % {"name": role.name[:60]}})
    context = {"form": form, "role": role}
    if request.method != "POST" or not form.is_valid():
        return page(request, "roles/copy.html", context, status=200 if request.method != "POST" else 422)
    try:
        made = perform(copy_role, actor=request.actor, role_id=role_id, **form.cleaned_data)
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "roles/copy.html", context, status=status_of(refused))
    toast(
        request,
        _("%(name)s is there, with everything that %(source)s holds.") % {"name": made.name, "source": role.name},
    )
    return go(request, reverse("role_detail", args=[made.id]))


# --- The editor ----------------------------------------------------------------------------


@screen(ROLES_EDIT, methods=("GET", "POST"))
def role_edit(request: MemberRequest, role_id: UUID) -> HttpResponse:
    """POST with `do`: preview shows what saving does; save does it, at once when a plan was shown (`digest`)."""
    with reading():
        role = find_role_seen(request.actor, role_id)
        refusal = refusal_of(request.actor, role)
    if refusal is not None:
        raise refusal
    if request.method != "POST":
        return page(request, "roles/editor.html", editor_context(request, role, content_of(role)))
    content = role_sent(request.POST, role.kind)
    try:
        with reading():
            plan = plan_edit_role(actor=request.actor, role_id=role_id, content=content, now=clock.now())
    except NotFound:
        raise
    except Refusal as refused:
        return _shown(request, role, content, refused=refused)
    digest = request.POST.get("digest", "")
    if request.POST.get("do") != "save" or (not digest and (plan.consequences or plan.keys)):
        return _shown(request, role, content, plan=plan)
    return _saved(request, role, content, digest or plan.digest)


def _saved(request: MemberRequest, role: "Role", content: RoleContent, digest: str) -> HttpResponse:
    try:
        done = perform(
            edit_role,
            actor=request.actor,
            role_id=role.id,
            content=content,
            version=version_sent(request.POST.get("version")),
            digest=digest,
        )
    except PlanChanged as changed:
        return _shown(request, role, content, plan=changed.plan, changed=changed)
    except VersionChanged as changed:
        return _again(request, role.id, content, changed)
    except NotFound:
        raise
    except Refusal as refused:
        return _shown(request, role, content, refused=refused)
    with reading():
        number = newest_entry(ROLE_EDITED, role.id) if done.version != role.version else None
    text = _("%(name)s is saved. It takes effect with each person's next request.") % {"name": done.name}
    toast(request, text, undo_url=reverse("audit_undo", args=[number]) if number else "")
    return go(request, reverse("role_detail", args=[role.id]))


def _again(request: MemberRequest, role_id: UUID, content: RoleContent, changed: Refusal) -> HttpResponse:
    """Somebody else saved: what was chosen here stands beside what they left."""
    with reading():
        role = find_role_seen(request.actor, role_id)
        try:
            plan = plan_edit_role(actor=request.actor, role_id=role_id, content=content, now=clock.now())
        except Refusal as refused:
            return _shown(request, role, content, refused=refused)
    return _shown(request, role, content, plan=plan, changed=changed)


def _shown(
    request: MemberRequest,
    role: "Role",
    content: RoleContent,
    *,
    plan: Any = None,
    changed: Refusal | None = None,
    refused: Refusal | None = None,
) -> HttpResponse:
    """The editor with what was chosen."""
    with reading():
        context = editor_context(request, role, content)
        if plan is not None:
            context |= saving(plan)
        if refused is not None:
            context["form"].refuse(refused)
            context["refused"] = refused
        status = 409 if changed else status_of(refused) if refused else 200
        return page(request, "roles/editor.html", {**context, "changed": changed}, status=status)


@screen(ROLES_EDIT, methods=("POST",))
def role_plan(request: MemberRequest, role_id: UUID) -> HttpResponse:
    """The side panel while somebody edits: what saving would do, and the areas' figures."""
    with reading():
        role = find_role_seen(request.actor, role_id)
        content = role_sent(request.POST, role.kind)
        before = content_of(role)
        context: dict[str, Any] = {
            "discard_url": reverse("role_detail", args=[role_id]),
            "until": clock.now() + LIFE,
            "parts": parts_of_role(request.actor, role.kind, before.permissions, content.permissions),
        }
        try:
            plan = plan_edit_role(actor=request.actor, role_id=role_id, content=content, now=clock.now())
        except NotFound:
            raise
        except Refusal as refused:
            context["refused"] = refused
            return page(request, "roles/planned.html", context, status=status_of(refused))
        return page(request, "roles/planned.html", {**context, **saving(plan)})


def editor_context(request: MemberRequest, role: "Role", content: RoleContent) -> dict[str, Any]:
    """`content`: what is chosen, beside what stands."""
    actor, before = request.actor, content_of(role)
    every = list(roles(actor))
    query = request.GET.get("q", "")
    return {
        "role": role,
        "kind": ONE[role.kind],
        "form": TextsForm.holding(name=content.name, description=content.description),
        "parts": parts_of_role(actor, role.kind, before.permissions, content.permissions, query),
        "query": query,
        "gives": choices(
            [other for other in every if not other.is_keyholder],
            before.assignable_ids,
            content.assignable_ids,
            lambda other: may_assign(actor, other),
        ),
        "gives_all": content.assignable_ids is None,
        "gave_all": before.assignable_ids is None,
        "may_give_all": gives_every_role(actor) or before.assignable_ids is None,
        "besides": choices([other for other in every if other.kind == "base"], before.beside_ids, content.beside_ids)
        if role.kind in BESIDE_KINDS
        else [],
        "beside_any": content.beside_ids is None,
        "held": role.holders if hasattr(role, "holders") else 0,
        "holders": holders_of(actor, role.id, SHOWN_HOLDERS),
        "until": clock.now() + LIFE,
    }

"""Writing profiles: the same editor as of roles, with what saving does beside it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.actions.profiles import (
    ProfileDeletionPlan,
    copy_profile,
    create_profile,
    delete_profile,
    edit_profile,
    plan_delete_profile,
    plan_edit_profile,
)
from tenantry.access.contents import ProfileContent, profile_content_of
from tenantry.access.permissions import PROFILES_EDIT
from tenantry.access.selectors import find_profile_seen, having_profile, profiles
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, PlanChanged, Refusal, VersionChanged
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.usecases.undoing import LIFE, newest_entry
from tenantry.usecases.undoing_roles import PROFILE_EDITED
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.roles.editor import (
    effects_shown,
    field_rows,
    id_sent,
    parts_of_profile,
    profile_sent,
    saving,
)
from tenantry.web.roles.forms import NameForm, TextsForm
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

if TYPE_CHECKING:
    from tenantry.access.models import Profile

SHOWN = 8


def editable(actor: Actor, profile: "Profile") -> bool:
    return actor.may(PROFILES_EDIT) and not profile.is_system


# --- Creating and copying ------------------------------------------------------------------


@screen(PROFILES_EDIT, methods=("GET", "POST"))
def profile_create(request: MemberRequest) -> HttpResponse:
    form = TextsForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, "profiles/new.html", {"form": form}, status=200 if request.method != "POST" else 422)
    try:
        made = perform(create_profile, actor=request.actor, content=ProfileContent(**form.cleaned_data))
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "profiles/new.html", {"form": form}, status=status_of(refused))
    toast(request, _("The profile %(name)s is there. Say what it lets people do.") % {"name": made.name})
    return go(request, reverse("permission_profile", args=[made.id]))


@screen(PROFILES_EDIT, methods=("GET", "POST"))
def profile_copy(request: MemberRequest, profile_id: UUID) -> HttpResponse:
    with reading():
        profile = find_profile_seen(request.actor, profile_id)
    form = NameForm(request.POST or None, initial={"name": _("Copy of %(name)s") % {"name": profile.name[:60]}})
    context = {"form": form, "profile": profile}
    if request.method != "POST" or not form.is_valid():
        return page(request, "profiles/new.html", context, status=200 if request.method != "POST" else 422)
    try:
        made = perform(copy_profile, actor=request.actor, profile_id=profile_id, **form.cleaned_data)
    except Refusal as refused:
        form.refuse(refused)
        return page(request, "profiles/new.html", context, status=status_of(refused))
    toast(request, _("%(name)s is there, with the bounds of %(source)s.") % {"name": made.name, "source": profile.name})
    return go(request, reverse("permission_profile", args=[made.id]))


# --- The editor ----------------------------------------------------------------------------


@screen(PROFILES_EDIT, methods=("GET", "POST"))
def profile_edit(request: MemberRequest, profile_id: UUID) -> HttpResponse:
    """POST with `do`: preview shows what saving does; save does it, at once when a plan was shown (`digest`)."""
    with reading():
        profile = find_profile_seen(request.actor, profile_id)
    if request.method != "POST":
        if profile.is_system:
            return go(request, reverse("permission_profile", args=[profile_id]))
        context = editor_context(request, profile, profile_content_of(profile))
        return page(request, "profiles/editor.html", context)
    content = profile_sent(request.POST)
    try:
        with reading():
            plan = plan_edit_profile(actor=request.actor, profile_id=profile_id, content=content, now=clock.now())
    except NotFound:
        raise
    except Refusal as refused:
        return _shown(request, profile, content, refused=refused)
    digest = request.POST.get("digest", "")
    if request.POST.get("do") != "save" or (not digest and plan.consequences):
        return _shown(request, profile, content, plan=plan)
    return _saved(request, profile, content, digest or plan.digest)


def _saved(request: MemberRequest, profile: "Profile", content: ProfileContent, digest: str) -> HttpResponse:
    try:
        done = perform(
            edit_profile,
            actor=request.actor,
            profile_id=profile.id,
            content=content,
            version=version_sent(request.POST.get("version")),
            digest=digest,
        )
    except PlanChanged as changed:
        return _shown(request, profile, content, plan=changed.plan, changed=changed)
    except VersionChanged as changed:
        with reading():
            profile = find_profile_seen(request.actor, profile.id)
            plan = plan_edit_profile(actor=request.actor, profile_id=profile.id, content=content, now=clock.now())
        return _shown(request, profile, content, plan=plan, changed=changed)
    with reading():
        number = newest_entry(PROFILE_EDITED, profile.id) if done.version != profile.version else None
    text = _("%(name)s is saved. It takes effect with each person's next request.") % {"name": done.name}
    toast(request, text, undo_url=reverse("audit_undo", args=[number]) if number else "")
    return go(request, reverse("permission_profile", args=[profile.id]))


def _shown(
    request: MemberRequest,
    profile: "Profile",
    content: ProfileContent,
    *,
    plan: Any = None,
    changed: Refusal | None = None,
    refused: Refusal | None = None,
) -> HttpResponse:
    """The editor with what was chosen."""
    with reading():
        context = editor_context(request, profile, content)
        if plan is not None:
            context |= saving(plan)
        if refused is not None:
            context["form"].refuse(refused)
            context["refused"] = refused
        status = 409 if changed else status_of(refused) if refused else 200
        return page(request, "profiles/editor.html", {**context, "changed": changed}, status=status)


@screen(PROFILES_EDIT, methods=("POST",))
def profile_plan(request: MemberRequest, profile_id: UUID) -> HttpResponse:
    """The side panel while somebody edits: what saving would do, and the areas' figures."""
    with reading():
        profile = find_profile_seen(request.actor, profile_id)
        content, before = profile_sent(request.POST), profile_content_of(profile)
        context: dict[str, Any] = {
            "discard_url": reverse("permission_profile", args=[profile_id]),
            "until": clock.now() + LIFE,
            "parts": parts_of_profile(request.actor, before.permissions, content.permissions),
        }
        try:
            plan = plan_edit_profile(actor=request.actor, profile_id=profile_id, content=content, now=clock.now())
        except Refusal as refused:
            return page(request, "roles/planned.html", {**context, "refused": refused}, status=status_of(refused))
        return page(request, "roles/planned.html", {**context, **saving(plan)})


def editor_context(request: MemberRequest, profile: "Profile", content: ProfileContent) -> dict[str, Any]:
    """`content`: what is chosen, beside what stands."""
    before, query = profile_content_of(profile), request.GET.get("q", "")
    return {
        "profile": profile,
        "form": TextsForm.holding(name=content.name, description=content.description),
        "parts": parts_of_profile(request.actor, before.permissions, content.permissions, query),
        "fields": field_rows(request.actor, before.fields, content.fields),
        "query": query,
        "holders": having_profile(request.actor, profile.id, SHOWN),
        "until": clock.now() + LIFE,
    }


# --- Deleting ------------------------------------------------------------------------------


@screen(PROFILES_EDIT, methods=("GET", "POST"))
def profile_deletion(request: MemberRequest, profile_id: UUID) -> HttpResponse:
    """A GET asks which profile its people get; a POST without a digest shows what that does; one with it does it."""
    with reading():
        profile = find_profile_seen(request.actor, profile_id)
    data = request.POST if request.method == "POST" else request.GET
    successor_id, digest = id_sent(data.get("successor", "")), request.POST.get("digest", "")
    if not digest:
        if profile.holders and "successor" not in data:
            with reading():
                others = [one for one in profiles(request.actor) if one.id != profile_id]
                return page(request, "profiles/deletion.html", {"profile": profile, "successors": others})
        with reading():
            plan = plan_delete_profile(
                actor=request.actor, profile_id=profile_id, successor_id=successor_id, now=clock.now()
            )
        return _deletion_page(request, profile, plan)
    try:
        done = perform(
            delete_profile, actor=request.actor, profile_id=profile_id, successor_id=successor_id, digest=digest
        )
    except PlanChanged as changed:
        return _deletion_page(request, profile, changed.plan, changed)
    toast(request, _("The profile %(name)s was deleted.") % {"name": done.name})
    return go(request, reverse("profile_list"))


def _deletion_page(
    request: MemberRequest, profile: "Profile", plan: ProfileDeletionPlan, changed: Refusal | None = None
) -> HttpResponse:
    context = {
        "profile": profile,
        "plan": plan,
        "effects": effects_shown(plan.consequences),
        "names": ", ".join(person.name for person in plan.people),
        "changed": changed,
    }
    return page(request, "profiles/deletion.html", context, status=409 if changed else 200)

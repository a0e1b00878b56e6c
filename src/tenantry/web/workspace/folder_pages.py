"""Folders: made, renamed, moved, and deleted with their effect first."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.acting.actions import perform
from tenantry.core.decisions import find
from tenantry.core.errors import NotFound, PlanChanged
from tenantry.core.ids import parse_id
from tenantry.core.sizes import in_words
from tenantry.core.transactions import reading
from tenantry.crm.actions.folders import (
    FolderDeletionPlan,
    create_folder,
    delete_folder,
    edit_folder,
    plan_delete_folder,
)
from tenantry.crm.drive import CREATE, DELETE, EDIT, find_folder, find_folder_seen, may_add
from tenantry.crm.records import FOLDER
from tenantry.organizations.structure import parts_of
from tenantry.web.dialogs import form_dialog
from tenantry.web.momentum.placing import PlacePicker, place_picker
from tenantry.web.picking import is_searching
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast
from tenantry.web.workspace.drive_forms import FolderForm
from tenantry.web.workspace.items import item_form

if TYPE_CHECKING:
    from tenantry.crm.models import Folder


def _url(folder_id: UUID | None) -> str:
    return reverse("folder_detail", args=[folder_id]) if folder_id else reverse("drive_home")


@screen(CREATE, methods=("GET", "POST"))
def folder_create(request: MemberRequest) -> HttpResponse:
    """`in`: the folder that it lies in, none for the top."""
    given = request.GET.get("in", "")
    parent_id = parse_id(given) if given else None
    if given and parent_id is None:
        raise NotFound
    with reading():
        parent = find_folder(request.actor, parent_id) if parent_id else None
        place = None if parent else _place(request)
    sent = request.POST if request.method == "POST" else None
    if is_searching(sent):
        form = FolderForm(None, initial=request.POST.dict(), actor=request.actor, place=place)
    else:
        form = FolderForm(sent, actor=request.actor, place=place)

    def create(given: dict[str, Any]) -> HttpResponse:
        made = perform(
            create_folder,
            actor=request.actor,
            name=given["name"],
            parent_id=parent_id,
            workspace_id=given.get("workspace"),
        )
        toast(request, _("The folder %(name)s is there.") % {"name": made.name})
        return go(request, _url(made.id))

    context = {"parent": parent, "cancel": _url(parent_id)}
    return form_dialog(request, "workspace/drive/folder_form.html", form, context, create)


def _place(request: MemberRequest) -> PlacePicker | None:
    if "workspaces" not in parts_of(request.organization):
        return None
    sent = request.POST if request.method == "POST" else None
    return place_picker(request.actor, FOLDER, sent, "workspace", free=may_add(request.actor))


@screen(EDIT, methods=("GET", "POST"))
def folder_edit(request: MemberRequest, folder_id: UUID) -> HttpResponse:
    with reading():
        row: Folder = find(request.actor, FOLDER, folder_id, EDIT)
        form = item_form(request, row, row.parent_id, without=folder_id)

    def save(given: dict[str, Any]) -> HttpResponse:
        perform(
            edit_folder,
            actor=request.actor,
            folder_id=folder_id,
            name=given["name"],
            parent_id=given["place"],
            version=given["version"],
        )
        toast(request, _("The folder was changed."))
        return go(request, _url(folder_id))

    context = {"name": row.name, "cancel": _url(folder_id)}
    return form_dialog(request, "workspace/drive/item_form.html", form, context, save)


@screen(DELETE, methods=("GET", "POST"))
def folder_deletion(request: MemberRequest, folder_id: UUID) -> HttpResponse:
    if request.method == "GET":
        return _deletion(request, plan_delete_folder(actor=request.actor, folder_id=folder_id))
    with reading():
        parent_id = find(request.actor, FOLDER, folder_id, DELETE).parent_id
    try:
        plan = perform(delete_folder, actor=request.actor, folder_id=folder_id, digest=request.POST.get("digest", ""))
    except PlanChanged as changed:
        return _deletion(request, changed.plan, changed)
    toast(request, _("The folder %(name)s was deleted.") % {"name": plan.name})
    return go(request, _url(_seen(request, parent_id)))


def _seen(request: MemberRequest, folder_id: UUID | None) -> UUID | None:
    with reading():
        try:
            return find_folder_seen(request.actor, folder_id).id if folder_id else None
        except NotFound:
            return None


def _deletion(request: MemberRequest, plan: FolderDeletionPlan, changed: PlanChanged | None = None) -> HttpResponse:
    context = {"plan": plan, "effects": _effects(plan), "changed": changed, "cancel": _url(plan.folder_id)}
    return page(request, "workspace/drive/folder_deletion.html", context, status=409 if changed else 200)


def _effects(plan: FolderDeletionPlan) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    if plan.files:
        lines.append(
            {
                "number": plan.files,
                "text": ngettext("file deleted for good", "files deleted for good", plan.files),
                "detail": in_words(plan.size),
                "warning": True,
            }
        )
    lines.append(
        {
            "number": plan.folders,
            "text": ngettext("folder deleted", "folders deleted, this one and those in it", plan.folders),
            "warning": True,
        }
    )
    if plan.kept:
        lines.append(
            {
                "number": plan.kept,
                "text": ngettext(
                    "file or folder of somebody else kept: it comes to lie at the top of Drive",
                    "files and folders of others kept: they come to lie at the top of Drive",
                    plan.kept,
                ),
            }
        )
    return lines

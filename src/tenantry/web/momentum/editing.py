"""Forms that make and edit one record, the same way for every type."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise

from tenantry.acting.actions import perform
from tenantry.core.decisions import decide, find
from tenantry.core.errors import Refusal, VersionChanged
from tenantry.core.fields import closed, hidden, name_shown
from tenantry.core.records import RecordType
from tenantry.core.transactions import reading
from tenantry.core.versions import version_sent
from tenantry.organizations.structure import has_rows
from tenantry.web.momentum.acts import behind
from tenantry.web.momentum.forms import RecordForm
from tenantry.web.momentum.placing import place_picker
from tenantry.web.picking import is_searching
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page
from tenantry.web.toasts import toast

Values = Callable[[MemberRequest, dict[str, Any], Any], dict[str, Any]]


def _same(_request: MemberRequest, values: dict[str, Any], _row: Any) -> dict[str, Any]:
    return values


@dataclass(frozen=True, slots=True)
class Editor:
    """How one type is made and edited. `create`, `edit`: actions, `edit` with the record's id as `<key>_id` and
    `version`; `values`: what the form says as the actions take it, of a new record (None) or of one that is edited;
    `initial`: the form's fields of a record; `context`: what else the template shows. `made`: the toast, with
    `%(name)s`."""

    record_type: RecordType
    form: type[RecordForm]
    create: Any
    edit: Any
    title: str | Promise
    button: str | Promise
    made: str | Promise
    values: Values = _same
    initial: Callable[[MemberRequest, Any], Mapping[str, Any]] | None = None
    context: Callable[[MemberRequest], Mapping[str, Any]] = lambda _request: {}
    template: str = "momentum/form.html"


def _options(request: MemberRequest, editor: Editor, verb: str) -> dict[str, Any]:
    actor, record_type = request.actor, editor.record_type
    options: dict[str, Any] = {"actor": actor, "closed": closed(actor, record_type, verb)}
    if verb == "create" and record_type.workspace and has_rows(request.organization, "workspaces"):
        options["place"] = place_picker(actor, record_type, request.POST if request.method == "POST" else None)
    return options


def create_record(request: MemberRequest, editor: Editor) -> HttpResponse:
    """The dialog that makes one."""
    record_type = editor.record_type
    with reading():
        options = _options(request, editor, "create")
        context = {"editor": editor, "record_type": record_type, "back": behind(request), **editor.context(request)}
    if request.method == "POST" and is_searching(request.POST):
        context["form"] = editor.form(None, initial=request.POST.dict(), **options)
        return page(request, editor.template, context)
    form = editor.form(request.POST if request.method == "POST" else None, **options)
    context["form"] = form
    if request.method == "GET" or not form.is_valid():
        return page(request, editor.template, context, status=200 if request.method == "GET" else 422)
    try:
        with reading():
            values = editor.values(request, dict(form.cleaned_data), None)
        made = perform(editor.create, actor=request.actor, **values)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, editor.template, context, status=status_of(refused))
    with reading():
        row = find(request.actor, record_type, made.id) if _sees(request, record_type) else None
        name = name_shown(record_type, row, hidden(request.actor, record_type)) if row else record_type.title
    toast(request, str(editor.made) % {"name": name})
    return go(request, reverse(f"{record_type.key}_detail", args=[made.id]))


def _sees(request: MemberRequest, record_type: RecordType) -> bool:
    return decide(request.actor, record_type.permissions["view"]).allowed


def edit_record(request: MemberRequest, editor: Editor, record_id: UUID, said: str) -> HttpResponse:
    """The dialog that edits one. What somebody else changed meanwhile is said, and the next try knows of it."""
    record_type = editor.record_type
    with reading():
        row = find(request.actor, record_type, record_id, record_type.permissions["edit"])
        initial = {name: getattr(row, name) for name in editor.form.base_fields if hasattr(row, name)}
        initial |= editor.initial(request, row) if editor.initial else {}
        options = _options(request, editor, "edit")
        context = {
            "editor": editor,
            "record_type": record_type,
            "record": row,
            "name": name_shown(record_type, row, hidden(request.actor, record_type)),
            "version": row.version,
            **editor.context(request),
        }
    form = editor.form(request.POST if request.method == "POST" else None, initial=initial, **options)
    context["form"] = form
    if request.method == "GET" or not form.is_valid():
        context["version"] = request.POST.get("version", row.version)
        return page(request, editor.template, context, status=200 if request.method == "GET" else 422)
    try:
        with reading():
            values = editor.values(request, dict(form.cleaned_data), row)
        _perform_edit(request, editor, record_id, values)
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        if not isinstance(refused, VersionChanged):
            context["version"] = request.POST.get("version", row.version)
        return page(request, editor.template, context, status=status_of(refused))
    toast(request, said)
    return go(request, reverse(f"{record_type.key}_detail", args=[record_id]))


def _perform_edit(request: MemberRequest, editor: Editor, record_id: UUID, values: dict[str, Any]) -> None:
    version = version_sent(request.POST.get("version"))
    values.pop("workspace_id", None)
    named: dict[str, Any] = {f"{editor.record_type.key}_id": record_id, "version": version, **values}
    perform(editor.edit, actor=request.actor, **named)

"""One row of a batch: mended in its place, or dropped."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from tenantry.access.holding import profile_names
from tenantry.access.permissions import RESTRICT
from tenantry.access.places import unit_choices
from tenantry.access.selectors import assignable_roles
from tenantry.access.workspaces import managed_workspaces
from tenantry.acting.actions import perform
from tenantry.core.records import Target
from tenantry.core.transactions import reading
from tenantry.people.departments import departments
from tenantry.people.permissions import INVITE
from tenantry.people.selectors import manageable_teams
from tenantry.usecases.bulk_inviting import drop_row, edit_row, get_batch
from tenantry.usecases.bulk_inviting.errors import BatchNotReady
from tenantry.web.context import is_fragment
from tenantry.web.people.batch_forms import RowForm
from tenantry.web.people.batch_page import get_row, page_url, shown_batch
from tenantry.web.people.batch_rows import FIELDS, cells_of, fields_of, labels_of, whole_of
from tenantry.web.people.batches import name_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

MOST_NAMES = 500
# Line and state, and what can be done, beside the fields.
FURTHER_COLUMNS = 3


@screen(INVITE, methods=("GET", "POST"))
def batch_row(request: MemberRequest, batch_id: UUID, row_id: UUID) -> HttpResponse:
    with reading():
        context = _row_context(request, batch_id, row_id)
    form: RowForm = context["form"]
    if request.method == "GET":
        return _form(request, context, 200)
    if not form.is_valid():
        return _form(request, context, 422)
    # Fields that this form did not show stay as they are.
    values = {name: form.cleaned_data.get(name, getattr(context["row"], name)) for name in FIELDS}
    perform(edit_row, actor=request.actor, batch_id=batch_id, row_id=row_id, **values)
    return _answer(request, batch_id, context["row"])


def _form(request: MemberRequest, context: dict[str, Any], status: int) -> HttpResponse:
    template = "people/batches/row_inline.html" if is_fragment(request) else "people/batches/row_page.html"
    return page(request, template, context, status=status)


@screen(INVITE, methods=("POST",))
def batch_row_drop(request: MemberRequest, batch_id: UUID, row_id: UUID) -> HttpResponse:
    with reading():
        row = get_row(get_batch(request.actor, batch_id), row_id)
    perform(drop_row, actor=request.actor, batch_id=batch_id, row_id=row_id)
    toast(request, _("The line was dropped."))
    return _answer(request, batch_id, row, gone=True)


def _answer(request: MemberRequest, batch_id: UUID, row: Any, *, gone: bool = False) -> HttpResponse:
    """The batch's page as it is now, at the row."""
    if is_fragment(request):
        return shown_batch(request, batch_id, near=row.position)
    return go(request, page_url(request, batch_id, anchor="" if gone else f"#row-{row.id}"))


def _row_context(request: MemberRequest, batch_id: UUID, row_id: UUID) -> dict[str, Any]:
    batch = get_batch(request.actor, batch_id)
    row = get_row(batch, row_id)
    if batch.state != "ready":
        raise BatchNotReady
    labels = labels_of(request.organization.labels)
    fields = fields_of(batch, [row])
    choices, lists = _names(request, fields)
    form = RowForm(
        request.POST or None,
        initial={name: getattr(row, name) for name in FIELDS},
        named=fields,
        choices=choices,
        lists=lists,
        labels=request.organization.labels,
    )
    read = cells_of(row, fields, labels)
    wrong = next((cell.name for cell in read if cell.faults), fields[0])
    form.fields[wrong].widget.attrs["autofocus"] = True
    cells = [
        {"name": cell.name, "bound": form[cell.name], "faults": cell.faults, "names": lists.get(cell.name, ())}
        for cell in read
    ]
    return {
        "batch": batch,
        "name": name_of(batch),
        "row": row,
        "form": form,
        "cells": cells,
        "whole": whole_of(row, fields, labels),
        "columns": len(fields) + FURTHER_COLUMNS,
        "back": page_url(request, batch_id),
    }


def _names(request: MemberRequest, fields: Sequence[str]) -> tuple[dict[str, Sequence[str]], dict[str, Sequence[str]]]:
    """What this person may give: names of which one is chosen, and names that are only offered."""
    actor = request.actor
    units = unit_choices(actor, INVITE) if "unit" in fields or "role" in fields else []
    roles = assignable_roles(actor, Target(units=frozenset(i for i, _name in units)))
    choices: dict[str, Sequence[str]] = {"role": [role.name for role in roles]}
    lists: dict[str, Sequence[str]] = {
        "team": list(manageable_teams(actor).values_list("name", flat=True)[:MOST_NAMES]),
        "unit": [name for _id, name in units],
    }
    if "profile" in fields and actor.may(RESTRICT):
        choices["profile"] = [name for _id, name in profile_names()]
    if "department" in fields:
        lists["department"] = list(departments().values_list("name", flat=True)[:MOST_NAMES])
    if "workspaces" in fields:
        lists["workspaces"] = [name for _id, name in managed_workspaces(actor)[:MOST_NAMES]]
    return choices, lists
